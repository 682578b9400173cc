"""A venue's funding rule as data, and the rate it makes of premium samples. Exact; one rule for the
public questions and for the golden cases.

All rules read so far are one of three forms of the premium P and the interest I, then spread over
the hours a premium is paid in, capped and smoothed:

    interest-clamp   P + clamp(I - P, -c, c)
    damper           max(c, P) + min(-c, P), plus I where there is one
    premium          P + I

The group `parameters.funding` of a preset holds them; `FundingRule` says what each key means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, Literal, get_args

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Version
from solvent.venues.questions import funding

Form = Literal["interest-clamp", "damper", "premium"]
Average = Literal["place", "equal", "each"]
Paid = Literal["at stamps", "continuously"]
Valued = Literal["mark", "index"]

EIGHT = Fraction(8)
WORDS = {
    "form": get_args(Form),
    "average": get_args(Average),
    "paid": get_args(Paid),
    "valued_at": get_args(Valued),
}


@dataclass(frozen=True, slots=True)
class FundingRule:
    """How a venue makes a funding rate. Rates are shares of notional.

    source: where it was read. clamp, damper: the c of the form. interest_per_8_hours: None where
    the venue does not print it. average: of an interval's premium samples: "place" (the n-th counts
    n times), "equal", "each" (a rate of every sample, then their mean: continuous funding), None
    where it is not printed. spread_hours: hours over which the form's rate is paid, so that an
    interval of h hours pays h / spread_hours of it; None: the form's rate is that of the interval.
    cap: largest rate either way, of `cap_hours` hours (None: of the interval). cap_of_maintenance,
    cap_of_initial_less_maintenance, change_cap_of_maintenance: caps on the rate and on its change
    as multiples of the first tier's rates, of `cap_hours` too. weight_of_new: share of the new rate
    in the smoothed one. paid: whole at stamps, or continuously. valued_at: the price at which the
    notional is taken.
    """

    source: str
    form: Form
    clamp: Fraction | None = None
    damper: Fraction | None = None
    interest_per_8_hours: Fraction | None = None
    average: Average | None = None
    spread_hours: Fraction | None = None
    cap: Fraction | None = None
    cap_hours: Fraction | None = None
    cap_of_maintenance: Fraction | None = None
    cap_of_initial_less_maintenance: Fraction | None = None
    change_cap_of_maintenance: Fraction | None = None
    weight_of_new: Fraction | None = None
    paid: Paid = "at stamps"
    valued_at: Valued = "mark"


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest rate either way and largest change of it, per interval; None: no limit."""

    rate: Fraction | None = None
    change: Fraction | None = None


NO_LIMITS = Limits()
KEYS = tuple(one.name for one in fields(FundingRule))


def rule_of(version: Version, symbol: str = "") -> FundingRule:
    """The rule of a preset, with what its `by_symbol` says of one contract laid over.

    Raises InputError where the preset has none, with what it says is missing.

    >>> from solvent.venues.presets.catalogue import version
    >>> rule = rule_of(version("binance-usdm@2026-09"))
    >>> rule.form, rule.average, rule.clamp, rule.spread_hours
    ('interest-clamp', 'place', Fraction(1, 2000), Fraction(8, 1))
    """
    group = version.parameters.get("funding")
    listed = group if isinstance(group, Mapping) else {}
    own = listed.get("by_symbol", {}).get(symbol, {})
    given: dict[str, Any] = {key: value for key, value in {**listed, **own}.items() if key in KEYS}
    if "form" not in given:
        what = f"{version.label} has no funding rule" + (f" of {symbol}" if listed else "")
        gaps = " ".join(one for one in version.missing if one.startswith("Funding"))
        raise InputError(f"{what}; give the rate itself. {gaps}".strip())
    for key, known in WORDS.items():
        if given.get(key) not in (None, *known):
            raise InputError(
                f"{version.label}, parameters.funding: {key} {given[key]!r} is none of "
                f"{', '.join(known)}"
            )
    rule = FundingRule(**{key: value for key, value in given.items() if value is not None})
    width = {"interest-clamp": rule.clamp, "damper": rule.damper}
    if width.get(rule.form, funding.ZERO) is None:
        raise InputError(f"{version.label}, parameters.funding: form {rule.form} needs its width")
    return rule


def limits_of(
    rule: FundingRule, version: Version, instrument: Instrument, hours: Fraction
) -> Limits:
    """The caps of an interval, from the rule and the first tier's margin rates.

    Raises InputError where a cap is a multiple of a rate that the preset does not have.
    """
    share = hours / rule.cap_hours if rule.cap_hours else Fraction(1)
    caps = [] if rule.cap is None else [rule.cap * share]
    change = None
    needs = (
        rule.cap_of_maintenance,
        rule.cap_of_initial_less_maintenance,
        rule.change_cap_of_maintenance,
    )
    if any(one is not None for one in needs):
        initial, maintenance = first_rates(version, instrument)
        if rule.cap_of_maintenance is not None:
            caps.append(rule.cap_of_maintenance * maintenance * share)
        if rule.cap_of_initial_less_maintenance is not None:
            if initial is None:
                raise InputError(
                    f"{instrument.symbol}: {version.label} caps funding by the initial margin rate "
                    "and has none here; give cap"
                )
            caps.append(rule.cap_of_initial_less_maintenance * (initial - maintenance) * share)
        if rule.change_cap_of_maintenance is not None:
            change = rule.change_cap_of_maintenance * maintenance * share
    return Limits(min(caps) if caps else None, change)


def first_rates(version: Version, instrument: Instrument) -> tuple[Fraction | None, Fraction]:
    """Initial and maintenance rate of a contract's first tier; initial None where not published."""
    table = version.tables.get(instrument.table)
    if table is None:
        raise InputError(
            f"{instrument.symbol}: {version.label} caps funding by the maintenance rate and has no "
            "table for it; give cap"
        )
    if not table.rows:
        return table.initial_base, table.base
    row = table.rows[0]
    leverage = row.max_leverage or instrument.max_leverage
    initial = row.initial if row.initial is not None else 1 / leverage if leverage else None
    return initial, row.maintenance


def rate_of(
    rule: FundingRule,
    samples: Sequence[Fraction],
    hours: Fraction,
    limits: Limits = NO_LIMITS,
    previous: Fraction | None = None,
) -> Term:
    """The rate of an interval of `hours` hours, as a tree whose value it is.

    samples: premiums, oldest first; one is taken as the average. previous: the rate before, where
    the rule smooths or limits the change. Raises InputError where the rule needs what is not given.

    >>> rule = FundingRule("x", "interest-clamp", Fraction("0.0005"), None, Fraction("0.0001"),
    ...                    "place", Fraction(8))
    >>> rate_of(rule, [Fraction("0.001")], Fraction(4)).value
    Fraction(1, 4000)
    """
    if not samples:
        raise InputError("samples: none given; an average needs at least one premium")
    interest = _interest(rule, hours)
    share = hours / rule.spread_hours if rule.spread_hours else Fraction(1)

    def one(premium: Fraction) -> Fraction:
        rate = _formed(rule, premium, interest) * share
        return rate if limits.rate is None else funding.clamped(rate, limits.rate)

    premium = _averaged(rule, samples)
    rate = funding.mean([one(each) for each in samples]) if rule.average == "each" else one(premium)
    terms = [Term("premium", premium, note=_words_of_average(rule, len(samples)))]
    if interest or rule.form != "damper":
        terms.append(Term("interest rate", interest))
    width = rule.damper if rule.form == "damper" else rule.clamp
    if rule.form != "premium" and width is not None:
        terms.append(Term("damper" if rule.form == "damper" else "clamp", width))
    if rule.spread_hours:
        terms.append(
            Term("share of the rate paid", share, note="interval / hours it is spread over")
        )
    if limits.rate is not None:
        terms.append(Term("cap", limits.rate))
    rate, moved = _moved(rule, rate, limits, previous)
    return Term("funding rate", rate, "", _formula(rule), terms=(*terms, *moved))


def _moved(
    rule: FundingRule, rate: Fraction, limits: Limits, previous: Fraction | None
) -> tuple[Fraction, list[Term]]:
    """The rate as it moves away from the one before: smoothed, or by so much at most."""
    terms: list[Term] = []
    if rule.weight_of_new is not None:
        if previous is None:
            raise InputError(
                "previous: is missing; this venue smooths its rate, so give the rate of the "
                "interval before"
            )
        terms += [Term("weight of the new rate", rule.weight_of_new), Term("previous", previous)]
        rate = funding.smoothed(rate, previous, rule.weight_of_new)
    if limits.change is not None:
        if previous is None:
            note = "not applied: the previous rate is not given"
        else:
            note = ""
            rate = previous + funding.clamped(rate - previous, limits.change)
            terms.append(Term("previous", previous))
        terms.append(Term("largest change", limits.change, note=note))
    return rate, terms


def with_width(rule: FundingRule, form: Form, width: Fraction) -> FundingRule:
    """The rule in another form, or with another width."""
    if form == "damper":
        return replace(rule, form=form, damper=width)
    return replace(rule, form=form, clamp=width)


def _interest(rule: FundingRule, hours: Fraction) -> Fraction:
    if rule.interest_per_8_hours is None:
        if rule.form == "damper":
            return funding.ZERO
        raise InputError(
            "interest: is not printed by the venue; give the interest rate of 8 hours (interest=)"
        )
    return rule.interest_per_8_hours * (rule.spread_hours or hours) / EIGHT


def _formed(rule: FundingRule, premium: Fraction, interest: Fraction) -> Fraction:
    if rule.form == "interest-clamp" and rule.clamp is not None:
        return funding.interest_clamped_rate(premium, interest, rule.clamp)
    if rule.form == "damper" and rule.damper is not None:
        return funding.damped_rate(premium, rule.damper) + interest
    return premium + interest


def _averaged(rule: FundingRule, samples: Sequence[Fraction]) -> Fraction:
    if len(samples) == 1:
        return samples[0]
    if rule.average is None:
        raise InputError(
            f"samples: {len(samples)} given; how the venue averages them is not printed, so give "
            "the average alone (premium=)"
        )
    if rule.average == "place":
        return funding.averaged_premium(samples)
    return funding.mean(samples)


def _words_of_average(rule: FundingRule, count: int) -> str:
    if count == 1:
        return ""
    how = {"place": "the n-th counts n times", "each": "a rate of each, then their mean"}
    return f"mean of {figure_text(Fraction(count))} samples" + (
        f": {how[rule.average]}" if rule.average in how else ""
    )


def _formula(rule: FundingRule) -> str:
    form = {
        "interest-clamp": "P + clamp(I - P, -c, +c)",
        "damper": "max(damper, P) + min(-damper, P)",
        "premium": "P + I",
    }[rule.form]
    if rule.form == "damper" and rule.interest_per_8_hours:
        form += " + I"
    if rule.spread_hours:
        form = f"({form}) x share of the rate paid"
    if rule.average == "each":
        form = f"mean over the samples of {form}"
    return f"{form}, within the cap"
