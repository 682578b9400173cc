"""Funding asked of a venue: the rate its rule makes of premium samples, and who pays whom.

A positive rate is paid by longs to shorts; nobody else is paid, so that the payments of all
accounts of a contract sum to exactly zero. Exact fractions; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.questions import funding
from solvent.venues.questions.funding_rules import FundingRule, Limits, limits_of, rate_of, rule_of
from solvent.venues.reading import positive, symbol_of, version_of
from solvent.venues.result import Answer

if TYPE_CHECKING:
    from solvent.venues.preset import Instrument, Version


def funding_rate(
    preset: str | Version,
    *,
    symbol: str,
    samples: Sequence[Number] | None = None,
    premium: Number | None = None,
    hours: Number | None = None,
    interest: Number | None = None,
    cap: Number | None = None,
    previous: Number | None = None,
) -> Answer:
    """The funding rate of one interval, by the rule in the preset's `parameters.funding`.

    samples: premiums of the interval as shares of the index, oldest first; or premium, their
    average. hours: length of the interval (the contract's own; 8 where it accrues and has none).
    interest: rate of 8 hours, in place of the preset's. cap: largest rate of the interval either
    way, in place of the preset's. previous: the rate of the interval before, where the venue
    smooths its rate or limits how far it moves.

    The answer is a share of notional per interval. Source of the formula: the venue's, named by
    the preset. Raises InputError: no rule in the preset, no sample, an unknown symbol, a cap or
    average that the venue does not print.

    >>> found = funding_rate("binance-usdm@2026-09", symbol="BTCUSDT",
    ...                      samples=["0.0008", "0.0011"])
    >>> print(found)
    funding rate 0.0005 of notional per 8 h (binance-usdm@2026-09)
    >>> print(funding_rate("binance-usdm@2026-09", symbol="BTCUSDT", premium="0.02"))
    funding rate 0.003 of notional per 8 h (binance-usdm@2026-09)
    """
    version = version_of(preset)
    instrument = symbol_of(version, symbol)
    rule = rule_of(version, instrument.symbol)
    if interest is not None:
        rule = replace(rule, interest_per_8_hours=exact(interest, "interest"))
    span = _hours(instrument, rule, hours)
    limits = _limits(rule, version, instrument, span, cap)
    before = None if previous is None else exact(previous, "previous")
    tree = rate_of(rule, _premiums(samples, premium), span, limits, before)
    rate = tree.value
    if not isinstance(rate, Fraction):  # the tree of a rate has one
        raise TypeError(f"funding rate: {rate!r}")
    unit = f"of notional per {figure_text(span)} h"

    def explained() -> Term:
        return replace(tree, unit=unit, note=f"{version.sources[rule.source].title}")

    return Answer("funding rate", rate, figure_text(rate), unit, version.label, _tree=explained)


def funding_payments(
    preset: str | Version,
    rate: Number | Answer,
    sizes: Mapping[str, Number],
    *,
    symbol: str,
    price: Number,
    held_hours: Number | None = None,
    hours: Number | None = None,
    rest: str | None = None,
) -> dict[str, Fraction]:
    """What each account receives (positive) or pays (negative), in settlement money.

    sizes: account to signed size, long positive: base units, or face value in quote units for an
    inverse contract. price: the mark, or the index where the venue's `valued_at` says so.
    held_hours: time the positions were held, where the venue accrues funding continuously; there
    `hours` is the interval the rate is of. rest: account that takes the other side of sizes that do
    not sum to zero.

    Raises InputError for sizes that do not sum to zero without `rest`, and for a time held at a
    venue that pays the whole rate at its stamps.

    >>> paid = funding_payments("binance-usdm@2026-09", "0.0001", {"ann": "3", "bob": "-1"},
    ...                         symbol="BTCUSDT", price="50000", rest="others")
    >>> {name: str(amount) for name, amount in paid.items()}, sum(paid.values())
    ({'ann': '-15', 'bob': '5', 'others': '10'}, Fraction(0, 1))
    """
    version = version_of(preset)
    instrument = symbol_of(version, symbol)
    signed = _both_sides({name: exact(one, name) for name, one in sizes.items()}, instrument, rest)
    share = exact(rate.exact if isinstance(rate, Answer) else rate, "rate")
    if held_hours is not None:
        rule = rule_of(version, instrument.symbol)
        if rule.paid != "continuously":
            raise InputError(
                f"held_hours: {version.label} pays the whole rate to who holds at its stamps; "
                "leave it out, and leave out who held none"
            )
        seconds = positive(held_hours, "held_hours") * 3600
        share = funding.accrued_share(share, seconds, _hours(instrument, rule, hours))
    worth = positive(price, "price")
    unit = instrument.multiplier
    unit *= 1 / worth if instrument.kind == "inverse" else worth
    return {
        name: funding.received(1 if size >= 0 else -1, abs(size) * unit, share)
        for name, size in signed.items()
    }


def _both_sides(
    sizes: dict[str, Fraction], instrument: Instrument, rest: str | None
) -> dict[str, Fraction]:
    over = sum(sizes.values(), funding.ZERO)
    if rest is not None:
        if rest in sizes:
            raise InputError(f"rest: {rest!r} has a size already; name an account that has none")
        return {**sizes, rest: -over}
    if over:
        raise InputError(
            f"sizes: sum to {figure_text(over)} {instrument.symbol}; every long has a short, so "
            "add the other side or name an account for it (rest=)"
        )
    return sizes


def _premiums(samples: Sequence[Number] | None, premium: Number | None) -> list[Fraction]:
    if (samples is None) == (premium is None):
        what = "missing" if samples is None else "given beside premium"
        raise InputError(f"samples: are {what}; give an interval's premiums, or their average")
    if samples is None:
        return [exact(premium, "premium")]
    if isinstance(samples, str):
        raise InputError(f"samples: {samples!r} is one text; give a list of premiums")
    return [exact(one, "samples") for one in samples]


def _hours(instrument: Instrument, rule: FundingRule, given: Number | None) -> Fraction:
    if given is not None:
        return positive(given, "hours")
    if instrument.funding_interval_hours is not None:
        return instrument.funding_interval_hours
    if rule.paid == "continuously" and rule.spread_hours is not None:
        return rule.spread_hours
    raise InputError(
        f"hours: {instrument.symbol} has no funding interval in the preset; give hours"
    )


def _limits(
    rule: FundingRule, version: Version, instrument: Instrument, hours: Fraction, cap: Number | None
) -> Limits:
    if cap is None:
        return limits_of(rule, version, instrument, hours)
    largest = exact(cap, "cap")
    if largest < 0:
        raise InputError(f"cap: {cap} given; it is the largest rate either way, 0 or more")
    without = replace(rule, cap=None, cap_of_maintenance=None, cap_of_initial_less_maintenance=None)
    return replace(limits_of(without, version, instrument, hours), rate=largest)
