"""Spot margin on exchanges: borrowed coins against all coins of the bucket.

Two conventions. "margin level over maintenance and fee" (OKX isolated): liquidated when the assets
are worth no more than `debt x (1 + maintenance rate) x (1 + taker fee)`, the rate by tier of the
borrowed amount. "assets over debt" (Binance): liquidated when assets / debt reaches the venue's
level, 1.1 in a cross account. Both are the inequality of `loans` with a multiple on the debt. The
tier is chosen when the loan is made: `after` and `repay_for` keep it, which is on the safe side
where a repayment would reach a lower tier.

Source: OKX help centre, isolated margin mode; Binance FAQ, margin level and risk control.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.lending.inputs import Inputs, member, rate
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import ratio_of, strict_of
from solvent.venues.numbers import InputError
from solvent.venues.preset import Table, Version
from solvent.venues.solver.rows import tier_at


def build(inputs: Inputs) -> Loan:
    """The bucket; `market` names the pair (OKX, Binance isolated) or the account (cross-3x)."""
    convention = str(inputs.group("lender").get("convention", ""))
    if convention == "assets over debt":
        multiple, name = _level(inputs)
        notes = dict.fromkeys(inputs.debt, "")
        multiples = dict.fromkeys(inputs.debt, multiple)
        ratio = ratio_of(inputs.version, multiple)
    elif convention == "maintenance and fee":
        name = "(1 + maintenance rate) x (1 + taker fee)"
        multiples, notes = _maintained(inputs)
        ratio = ratio_of(inputs.version)
    else:
        raise InputError(f"{inputs.version.label}: convention {convention!r} is unknown")
    held = tuple(
        Line(asset, amount, inputs.price(asset), Fraction(1), "weight")
        for asset, amount in inputs.collateral.items()
    )
    owed = tuple(
        Line(asset, amount, inputs.price(asset), multiples[asset], name, note=notes[asset])
        for asset, amount in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        held,
        owed,
        ratio,
        money=str(inputs.option("money", "USDT")),
        market=inputs.market,
        strict=strict_of(inputs.version),
        rule="spot_margin",
    )


def _level(inputs: Inputs) -> tuple[Fraction, str]:
    accounts = inputs.group("accounts")
    account = member(accounts, inputs.market or "cross-3x", "account")
    return rate(account, "liquidates_at", inputs.market), "margin level at liquidation"


def _maintained(inputs: Inputs) -> tuple[dict[str, Fraction], dict[str, str]]:
    version = inputs.version
    pair = inputs.market or _only_pair(version)
    instrument = version.instruments.get(pair)
    if instrument is None:
        raise InputError(
            f"{version.label}: {pair!r} is no pair; it has {', '.join(version.instruments)}"
        )
    multiples, notes = {}, {}
    for asset, amount in inputs.debt.items():
        if asset not in (instrument.base, instrument.quote):
            raise InputError(f"{pair}: {asset} cannot be borrowed; only its two coins can")
        table = _tiers(version, pair, asset)
        number = tier_at(table, amount)
        row = table.rows[number]
        if row.up_to is not None and amount > row.up_to:
            raise InputError(
                f"{pair}: {amount} {asset} borrowed is above the last published tier, {row.up_to}"
            )
        multiples[asset] = (1 + row.maintenance) * (1 + instrument.taker_fee)
        notes[asset] = (
            f"tier {number + 1}: maintenance {figure_text(row.maintenance)}, "
            f"fee {figure_text(instrument.taker_fee)}"
        )
    return multiples, notes


def _tiers(version: Version, pair: str, asset: str) -> Table:
    table = version.tables.get(f"{pair} {asset}")
    if table is None:
        raise InputError(f"{version.label}: no tiers of {asset} borrowed in {pair}")
    return table


def _only_pair(version: Version) -> str:
    if len(version.instruments) != 1:
        raise InputError(
            f"name the pair as market; {version.label} has {', '.join(version.instruments)}"
        )
    return next(iter(version.instruments))


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """Not public: the order in which a venue sells and repays is its own."""
    shown = loan.shown
    at = figure_text(shown.liquidates_at) if shown.liquidates_at is not None else "its threshold"
    raise InputError(
        f"{loan.label}: how the venue sells and repays from a {shown.name} of {at} on is not public"
    )
