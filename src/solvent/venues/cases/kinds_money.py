"""Kinds about money that moves: funding and interest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.positions import leg_value, side_of
from solvent.venues.cases.read import CaseError, number
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.cases.venue_rules import family, version_of
from solvent.venues.numbers import InputError
from solvent.venues.presets import catalogue
from solvent.venues.questions import funding, interest
from solvent.venues.questions.funding_rules import (
    EIGHT,
    FundingRule,
    Limits,
    rate_of,
    rule_of,
    with_width,
)

# Venues whose funding accrues while a position is held; the others pay it whole at a stamp.
# Sources: Kraken futures and Deribit funding specifications.
ACCRUING = ("kraken_futures", "kraken", "deribit")
DERIBIT_HOURS = 8
HOURS_MAX = 10**6
ZERO = Fraction(0)

USUAL = "binance-usdm"
"""The rule of a case whose venue has none, and of what a venue does not print: the usual form,
interest and averaging.
"""


@kind("funding_fee")
def funding_fee(inputs: Inputs) -> Answer:
    """What funding brings the account over the stamps it was open at; paid is negative."""
    if inputs.given("stamps"):
        return _over_stamps(inputs)
    side = side_of(inputs)
    value = _notional(inputs, inputs)
    rate = inputs.number("rate")
    share = _share(inputs)
    fee = funding.received(side, value, rate) * share
    terms = [Term("notional", value), Term("rate", rate)]
    if share != 1:
        terms.append(Term("share of the interval held", share))
    return Answer(
        {"funding_fee": fee},
        Term("funding received", fee, "", "-side * notional * rate", terms=tuple(terms)),
    )


def _over_stamps(inputs: Inputs) -> Answer:
    side = side_of(inputs)
    opened, closed = _moment(inputs, "open"), _moment(inputs, "close")
    start = datetime(1970, 1, 1, tzinfo=UTC) if opened is None else opened
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = {}
    stamps = []
    for row in inputs.rows("stamps"):
        at = _stamp_time(row, midnight)
        stamp = funding.Stamp(at, row.number("mark"), row.number("rate"))
        rows[stamp] = row
        stamps.append(stamp)
    if not stamps:
        raise inputs.missing("stamps")
    first = opened or min(stamp.at for stamp in stamps)
    last = closed or max(stamp.at for stamp in stamps)
    late = funding.GRACE if inputs.venue.startswith("binance") else timedelta(0)
    paying = funding.due(stamps, first, last, late)
    terms = []
    total = ZERO
    for stamp in stamps:
        value = _notional(inputs, rows[stamp])
        if stamp not in paying:
            terms.append(Term(f"stamp {stamp.at:%H:%M:%S}", ZERO, note="not open then"))
            continue
        fee = funding.received(side, value, stamp.rate)
        total += fee
        terms.append(
            Term(
                f"stamp {stamp.at:%H:%M:%S}",
                fee,
                "",
                f"rate {stamp.rate}",
                terms=(Term("notional", value),),
            )
        )
    return Answer(
        {"funding_fee": total},
        Term(
            "funding received",
            total,
            "",
            "sum over the stamps the position was open at",
            terms=tuple(terms),
        ),
    )


@kind("funding_rate_8h")
def funding_rate_8h(inputs: Inputs) -> Answer:
    """The rate of a premium as the venue makes it: with a dead zone (Deribit), or drawn towards an
    interest rate (Binance, BitMEX, Bybit, Gate).
    """
    cap = _cap(inputs)
    tree = rate_of(_rule(inputs), _premiums(inputs), EIGHT, Limits(cap))
    return Answer({"funding_rate": tree.value, "premium": tree.terms[0].value}, tree)


kind("funding_rate")(funding_rate_8h)


@kind("borrow_interest")
def borrow_interest(inputs: Inputs) -> Answer:
    """Interest on a borrowed asset: by the started hour (Binance), or an opening fee and one for
    every started four hours (Kraken).
    """
    borrowed, hours = inputs.number("borrowed"), inputs.number("hours")
    own = inputs.maybe("rate")
    if inputs.venue in ("kraken", "kraken_futures"):
        rate = inputs.number("rate_per_4h", own)
        owed = interest.opening_and_rollover(borrowed, rate, rate, hours)
        periods = interest.started(hours, interest.ROLLOVER_HOURS)
        formula = "borrowed * rate * (1 + started four hours)"
        terms = (Term("rate of four hours", rate), Term("started four hours", periods))
    elif inputs.venue.startswith("binance"):
        daily = inputs.maybe("daily_rate") if inputs.given("daily_rate") else own
        rate = inputs.number("hourly_rate") * interest.HOURS_A_DAY if daily is None else daily
        owed = interest.hourly(borrowed, rate, hours)
        formula = "borrowed * daily rate / 24 * started hours"
        terms = (Term("daily rate", rate), Term("started hours", interest.started(hours, 1)))
    else:
        raise CaseError(
            f"borrow_interest: no rule for venue {inputs.case.venue!r}; there are rules for "
            "binance and kraken"
        )
    return Answer(
        {"interest": owed},
        Term("interest", owed, "", formula, terms=(Term("borrowed", borrowed), *terms)),
    )


def _cap(inputs: Inputs) -> Fraction | None:
    """The largest rate either way; Deribit names both ends."""
    upper, lower = inputs.maybe("max_cap"), inputs.maybe("min_cap")
    if upper is not None and lower is not None and upper + lower:
        raise CaseError(f"min_cap {lower} and max_cap {upper}: are not the same either way")
    both = inputs.maybe("cap")
    ends = [abs(end) for end in (both, upper, lower) if end is not None]
    return ends[0] if ends else None


def _share(inputs: Inputs) -> Fraction:
    """The share of the interval that counts: all of it where funding is paid at stamps."""
    if inputs.venue in ACCRUING:
        hours = inputs.maybe("held_hours")
        if hours is not None and inputs.venue == "deribit":
            return hours / DERIBIT_HOURS
        return inputs.number("share")
    if inputs.given("share"):
        inputs.raw("share")  # a venue that pays at stamps charges the whole interval
    return Fraction(1)


def _notional(inputs: Inputs, at: Inputs) -> Fraction:
    """Absolute value of the position at the mark of `at` (Deribit: at the index), in settlement
    money.
    """
    price = at.maybe("mark") or at.maybe("index")
    worth = at.maybe("mark_value") or inputs.maybe("mark_value")
    if worth is not None and (price is None or not inputs.given("size")):
        return abs(worth)
    if price is None:
        raise at.missing("mark")
    if price <= 0:
        raise CaseError(f"{at.where}mark: {price} must be above 0")
    return leg_value(inputs, price, family(inputs.case))


def _rule(inputs: Inputs) -> FundingRule:
    """The venue's rule with what the case gives laid over: a damper or a clamp sets the form."""
    usual = rule_of(catalogue.version(USUAL))
    try:
        found = rule_of(version_of(inputs.case, family(inputs.case))[0])
    except InputError:
        found = usual
    found = replace(found, average=found.average or usual.average)
    if found.interest_per_8_hours is None and found.form != "damper":
        found = replace(found, interest_per_8_hours=usual.interest_per_8_hours)
    if inputs.given("damper"):
        found = with_width(found, "damper", inputs.number("damper"))
    elif inputs.given("clamp"):
        found = with_width(found, "interest-clamp", inputs.number("clamp"))
    if inputs.given("interest"):
        found = replace(found, interest_per_8_hours=inputs.number("interest"))
    return found


def _premiums(inputs: Inputs) -> list[Fraction]:
    samples = inputs.raw("samples")
    if samples is not None:
        return [number(item, "samples") for item in samples]
    if inputs.given("impact_bid"):
        index = inputs.number("index")
        bid, ask = inputs.number("impact_bid"), inputs.number("impact_ask")
        return [funding.premium_index(index, bid, ask)]
    if not inputs.given("premium") and inputs.given("mark") and inputs.given("index"):
        index = inputs.number("index")  # Deribit: (mark - index) / index
        if index <= 0:
            raise CaseError(f"index: {index} must be above 0")
        return [(inputs.number("mark") - index) / index]
    return [inputs.number("premium")]


def _moment(inputs: Inputs, name: str) -> datetime | None:
    if not inputs.given(name):
        return None
    text = str(inputs.raw(name)).strip()
    return _time(text, f"{inputs.where}{name}")


def _time(text: str, what: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        raise CaseError(f"{what}: {text!r} is not a time such as 2021-09-01T08:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _stamp_time(row: Inputs, midnight: datetime) -> datetime:
    """A stamp's time: hours from the first day's midnight, or a time of its own."""
    raw = row.raw("t")
    if raw is None:
        raise row.missing("t")
    if isinstance(raw, str) and not raw.strip().lstrip("-").replace(".", "").isdigit():
        return _time(raw, f"{row.where}t")
    hours = row.number("t")
    if abs(hours) > HOURS_MAX:
        raise CaseError(
            f"{row.spelled('t')}: {hours} is no number of hours from the first midnight"
        )
    return midnight + timedelta(microseconds=int(hours * 3600 * 10**6))
