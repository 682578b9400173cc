"""Binance portfolio margin: one ratio over futures, margin loans and collateral.

`uniMMR = adjusted equity / maintenance margin`. Per asset the equity is the smaller of value x
collateral rate and value, so a negative balance is never cut. Maintenance is that of every futures
position plus loan x rate. When liquidation starts and whether it stops once the ratio has recovered
is a dated preset (`binance-pm`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from solvent.margin.explain import Term
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.portfolio.scenario_tables import group_of
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version

ZERO = Fraction(0)
State = Literal["free", "warned", "reduce only", "liquidated"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A balance: margin assets less loans, plus futures wallet and unrealised profit, in units of
    the asset; its index price; the collateral rate; what is on loan.
    """

    name: str
    amount: Fraction
    price: Fraction
    rate: Fraction
    loan: Fraction = ZERO


@dataclass(frozen=True, slots=True)
class Unified:
    """The account's ratio and state. ratio: None without any requirement.

    stops_when_recovered: whether a liquidation under way ends when the ratio is above its limit.
    """

    equity: Fraction
    maintenance: Fraction
    ratio: Fraction | None
    state: State
    stops_when_recovered: bool
    version: str
    tree: Term

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def asset(name: str, amount: Number, price: Number, rate: Number = 1, loan: Number = 0) -> Asset:
    """An asset from what people type; amount is net of the loan. Raises InputError.

    >>> asset("BTC", "0.06", 40_000, "0.95", loan="0.04").rate
    Fraction(19, 20)
    """
    made = Asset(
        name,
        exact(amount, f"{name}: amount"),
        exact(price, f"{name}: price"),
        exact(rate, f"{name}: rate"),
        exact(loan, f"{name}: loan"),
    )
    if not 0 <= made.rate <= 1:
        raise InputError(f"{name}: collateral rate {rate} lies outside 0 to 1")
    if made.loan < 0:
        raise InputError(f"{name}: loan {loan} must not be negative; a loan is an amount owed")
    return made


def unified(
    venue: str | Version,
    assets: Sequence[Asset],
    futures_maintenance: Mapping[str, Number],
    *,
    leverage: int = 3,
    open_loss: Number = 0,
) -> Unified:
    """The account's ratio. futures_maintenance: requirement of each position in quote money (as
    `liquidation` answers compute it). leverage: of the margin loans, 3, 5 or 10.

    >>> answer = unified("binance-pm", [asset("USDT", 1050, 1)], {"BTCUSDT": 1000})
    >>> answer.ratio, answer.state
    (Fraction(21, 20), 'liquidated')
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    rules, loans = group_of(version, "ratio"), group_of(version, "loans")
    if not rules:
        raise InputError(f"{version.label} has no unified ratio")
    loan_rate = loans.get(f"leverage_{leverage}")
    if loan_rate is None:
        raise InputError(f"leverage {leverage}: {version.label} lends at 3, 5 or 10")
    worth, held = [], []
    for one in assets:
        value = one.amount * one.price
        counted = min(value, value * one.rate)
        worth.append(Term(one.name, counted, "USD", "min(value, value x rate)"))
        if one.loan:
            held.append(
                Term(f"loan of {one.name}", one.loan * one.price * loan_rate, "USD", "loan x rate")
            )
    held += [Term(name, exact(need, name), "USD") for name, need in futures_maintenance.items()]
    lost = exact(open_loss, "open_loss")
    equity = sum((Fraction(term.value or 0) for term in worth), ZERO) - lost
    need = sum((Fraction(term.value or 0) for term in held), ZERO)
    ratio = equity / need if need else None
    state = _state(ratio, equity, rules)
    explain = Term(
        str(rules["name"]),
        ratio,
        "",
        "adjusted equity / maintenance margin",
        f"{version.label}: {state}",
        (
            Term("adjusted equity", equity, "USD", "sum of assets - open loss", terms=tuple(worth)),
            Term("maintenance margin", need, "USD", terms=tuple(held)),
        ),
    )
    stops = bool(rules["stops_when_recovered"])
    return Unified(equity, need, ratio, state, stops, version.label, explain)


def _state(ratio: Fraction | None, equity: Fraction, rules: Mapping[str, Fraction]) -> State:
    """Negative adjusted equity is liquidated even without a requirement."""
    if ratio is None:
        return "free" if equity >= 0 else "liquidated"
    if ratio <= rules["liquidates"]:
        return "liquidated"
    if ratio <= rules["warns"]:
        return "reduce only"
    return "warned" if ratio <= rules["free"] else "free"
