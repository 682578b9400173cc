"""Derive v2 portfolio manager: 21 scenarios over one account, exact to the contract's rule.

Options are valued with Black-76 (an estimate, rounded once to the unit of the risk arrays), all
else is exact. Margins here are *net*, as the venue states them: what the account is worth less what
it must hold; negative is a shortfall. Rule: derivexyz/v2-core, `PMRMLib.sol`; the numbers are a
dated preset (`derive-v2-pmrm`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.options import naked_shorts
from solvent.margin.scenario import confidence_charge, discounted_change, leg_loss, scan
from solvent.prices import Instrument, Scenario, publish, shocked_value
from solvent.prices.scenarios import UNCHANGED
from solvent.venues.numbers import round_to
from solvent.venues.portfolio.derive_rules import YEAR, OptionLeg, Rules
from solvent.venues.result import Told, money_text

UNIT = Fraction(1, 10**12)  # of quote money, per lot: far below the contract's printed 1e-6
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Options of one expiry with its forward: `variable` moves with spot, `fixed` no longer does.
    confidence: the lower of the forward feed's and the rate feed's.
    """

    seconds: Fraction
    variable: Fraction
    fixed: Fraction
    rate: Fraction
    confidence: Fraction
    options: tuple[OptionLeg, ...]

    @property
    def years(self) -> Fraction:
        """Time to expiry in years of 365 days."""
        return max(self.seconds, ZERO) / YEAR


@dataclass(frozen=True, slots=True)
class Book:
    """A portfolio-margined account. perp_profit: unrealised profit and funding of the perpetual."""

    spot: Fraction
    cash: Fraction = ZERO
    base: Fraction = ZERO
    perps: Fraction = ZERO
    perp_price: Fraction = ZERO
    perp_profit: Fraction = ZERO
    spot_confidence: Fraction = ONE
    perp_confidence: Fraction = ONE
    stable_price: Fraction = ONE
    expiries: tuple[Expiry, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Margin(Told):
    """Net margins and their parts, in quote money; contingencies are negative.

    min_span: least change of value over the scenarios; where the forward contingency is lower, that
    one decides instead.

    worst: name of the scenario that decides ("forward contingency" where that does).
    """

    initial: Fraction
    maintenance: Fraction
    portfolio_mtm: Fraction
    min_span: Fraction
    forward_contingency: Fraction
    option_contingency: Fraction
    perp_contingency: Fraction
    base_contingency: Fraction
    oracle_contingency: Fraction
    loss_factor: Fraction
    worst: str
    tree: Term

    def __str__(self) -> str:
        told = f"net maintenance margin {money_text(self.maintenance)} USD; net initial margin "
        return f"{told}{money_text(self.initial)} USD; worst scenario {self.worst}"

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


@dataclass(frozen=True, slots=True)
class _Valued:
    """An expiry's value now, its change in every scenario, and each option's part of it."""

    mtm: Fraction
    changes: tuple[Fraction, ...]
    basis: Fraction
    by_leg: tuple[tuple[Fraction, ...], ...]
    discount: Fraction


def margin(book: Book, rules: Rules) -> Margin:
    """Both net margins of an account.

    >>> from solvent.venues.portfolio.derive_rules import portfolio_rules
    >>> long_perp = Book(Fraction(1500), perps=Fraction(1), perp_price=Fraction(1505))
    >>> answer = margin(long_perp, portfolio_rules("derive-v2-pmrm"))
    >>> answer.maintenance, answer.worst
    (Fraction(-1023, 4), '-15 %, vol up')
    """
    valued = [_value(expiry, rules) for expiry in book.expiries]
    base_value = book.base * book.spot / book.stable_price
    delta = base_value + book.perps * book.perp_price
    totals = [
        sum((one.changes[i] for one in valued), ZERO) + delta * scenario.move * scenario.counted
        for i, scenario in enumerate(rules.scenarios)
    ]
    forward = sum((one.basis for one in valued), ZERO)
    worst = min(range(len(totals)), key=totals.__getitem__, default=None)
    if worst is not None and totals[worst] >= forward:
        worst = None
    span = forward if worst is None else totals[worst]
    least = min(totals, default=ZERO)
    name = "forward contingency" if worst is None else rules.scenarios[worst].name

    perp_charge = -abs(book.perps) * rules.perp_percent * book.spot
    base_charge = -book.base * rules.base_percent * book.spot
    naked = sum((Fraction(naked_shorts(_legs(expiry))) for expiry in book.expiries), ZERO)
    option_charge = -naked * rules.option_percent * book.spot
    oracle = _oracle(book, rules)
    factor = rules.im_factor
    factor += max(ZERO, rules.peg_loss_threshold - book.stable_price) * rules.peg_loss_factor
    mtm = book.cash + base_value + book.perp_profit + sum((one.mtm for one in valued), ZERO)
    requirement = span + perp_charge + base_charge + option_charge

    parts = (
        Term(
            "worst scenario",
            span,
            "USD",
            "least of the scenarios' changes and the forward contingency",
            name,
            terms=_attribution(book, rules, valued, worst),
        ),
        Term("forward contingency", forward, "USD", "per expiry, share of a basis move"),
        Term("perpetual contingency", perp_charge, "USD", "-|size| x rate x spot"),
        Term("base contingency", base_charge, "USD", "-size x rate x spot"),
        Term("option contingency", option_charge, "USD", "-naked shorts x rate x spot"),
    )
    initial = requirement * factor + oracle + mtm
    maintained = requirement * rules.mm_factor + mtm
    value = Term("portfolio value", mtm, "USD", "cash + base + perpetual profit + options at mark")
    explain = Term(
        "net maintenance margin",
        maintained,
        "USD",
        "portfolio value + (worst scenario + contingencies) x factor",
        "negative: shortfall",
        (
            value,
            *parts,
            Term("factor", rules.mm_factor),
            Term(
                "net initial margin",
                initial,
                "USD",
                "the same with the initial factor, plus the oracle contingency",
                terms=(
                    Term("factor", factor, "", "initial factor + depeg x factor"),
                    Term("oracle contingency", oracle, "USD", "feeds below the confidence limit"),
                ),
            ),
        ),
    )
    return Margin(
        initial, maintained, mtm, least, forward, option_charge, perp_charge, base_charge, oracle,
        factor, name, explain,
    )  # fmt: skip


def _legs(expiry: Expiry) -> list[tuple[bool, Fraction, Fraction]]:
    return [(one.is_call, one.strike, one.size) for one in expiry.options]


def _value(expiry: Expiry, rules: Rules) -> _Valued:
    """Revalue one expiry in every scenario through integer risk arrays."""
    basis = tuple(Scenario(at - 1) for at in (rules.basis_scenario_up, rules.basis_scenario_down))
    instruments = [
        Instrument(
            str(place), "call" if one.is_call else "put", expiry.variable, one.strike, one.vol,
            expiry.years, expiry.fixed,
        )
        for place, one in enumerate(expiry.options)
    ]  # fmt: skip
    lot = Fraction(1, math.lcm(*(one.size.denominator for one in expiry.options)))
    arrays = publish(
        "", instruments, (*rules.scenarios, *basis), rules.vol, time=0, unit=UNIT * lot, lot=lot
    )
    lots = [int(one.size / lot) for one in expiry.options]
    found = scan(lots, [(a.lower, a.upper) for a in arrays.arrays.values()])
    changes = [-loss * UNIT * lot for loss in found.losses]
    mtm = sum(
        (
            one.size * round_to(shocked_value(made, UNCHANGED, rules.vol), UNIT, "nearest")
            for one, made in zip(expiry.options, instruments, strict=True)
        ),
        ZERO,
    )
    rate = max(expiry.rate, ZERO) * rules.rate_mult_scale + rules.rate_add_scale
    decay = Fraction(math.exp(-float(expiry.years * rate)))
    discount = rules.base_static_discount * round_to(decay, UNIT, "nearest")
    share = rules.basis_add_factor + rules.basis_mult_factor * expiry.years
    return _Valued(
        mtm,
        tuple(
            Fraction(discounted_change(mtm + change, mtm, discount))
            for change in changes[: len(rules.scenarios)]
        ),
        min(*changes[len(rules.scenarios) :], ZERO) * share,
        tuple(
            tuple(
                -leg_loss(held, low, high) * UNIT * lot
                for low, high in zip(a.lower, a.upper, strict=True)
            )
            for held, a in zip(lots, arrays.arrays.values(), strict=True)
        ),
        discount,
    )


def _oracle(book: Book, rules: Rules) -> Fraction:
    """Charges for unsure feeds, not above 0."""
    account = book.spot_confidence
    if book.perps:
        account = min(account, book.perp_confidence)
    amounts = [(account, abs(book.perps) + book.base)]
    for expiry in book.expiries:
        sure = min(account, expiry.confidence, *(one.confidence for one in expiry.options))
        amounts.append((sure, sum((abs(one.size) for one in expiry.options), ZERO)))
    limit, charge = rules.conf_threshold, rules.conf_margin
    return -sum(
        (Fraction(confidence_charge(sure, limit, charge, size, book.spot))
         for sure, size in amounts),
        ZERO,
    )  # fmt: skip


def _attribution(
    book: Book, rules: Rules, valued: Sequence[_Valued], worst: int | None
) -> tuple[Term, ...]:
    """Each leg's part of the worst scenario."""
    if worst is None:
        return ()
    terms = []
    for expiry, one in zip(book.expiries, valued, strict=True):
        legs = [
            Term(option.name, part[worst], "USD")
            for option, part in zip(expiry.options, one.by_leg, strict=True)
        ]
        rest = one.changes[worst] - sum((part[worst] for part in one.by_leg), ZERO)
        legs.append(Term("value not counted", rest, "USD", "positive value x (1 - discount)"))
        days = f"{float(expiry.seconds) / 86_400:.4g} days"
        terms.append(Term(f"options, {days}", one.changes[worst], "USD", terms=tuple(legs)))
    move = rules.scenarios[worst].move * rules.scenarios[worst].counted
    if book.perps:
        terms.append(Term("perpetual", book.perps * book.perp_price * move, "USD"))
    if book.base:
        terms.append(Term("base", book.base * book.spot / book.stable_price * move, "USD"))
    return tuple(terms)
