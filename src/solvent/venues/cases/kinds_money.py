"""Kinds about money that moves or counts: funding, interest, collateral."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.weights import sliced_amount
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
    paying = funding.due(stamps, first, last)
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
    cap = inputs.maybe("cap")
    tree = rate_of(_rule(inputs), _premiums(inputs), EIGHT, Limits(cap))
    return Answer({"funding_rate": tree.value, "premium": tree.terms[0].value}, tree)


kind("funding_rate")(funding_rate_8h)


@kind("borrow_interest")
def borrow_interest(inputs: Inputs) -> Answer:
    """Interest on a borrowed asset: by the started hour (Binance), or an opening fee and one for
    every started four hours (Kraken).
    """
    borrowed, hours = inputs.number("borrowed"), inputs.number("hours")
    if inputs.venue in ("kraken", "kraken_futures"):
        rate = inputs.number("rate_per_4h")
        owed = interest.opening_and_rollover(borrowed, rate, rate, hours)
        periods = interest.started(hours, interest.ROLLOVER_HOURS)
        formula = "borrowed * rate * (1 + started four hours)"
        terms = (Term("rate of four hours", rate), Term("started four hours", periods))
    elif inputs.venue == "binance":
        daily = inputs.maybe("daily_rate")
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


@kind("collateral_value")
def collateral_value(inputs: Inputs) -> Answer:
    """What assets count for as collateral: marginal slices, or one weight; debts in full."""
    parts = inputs.rows("assets") or (inputs,)
    terms = tuple(_asset(part) for part in parts)
    total = sum((term.value for term in terms if isinstance(term.value, Fraction)), ZERO)
    whole = terms[0] if len(terms) == 1 else Term("collateral value", total, terms=terms)
    return Answer({"collateral_value": total}, whole)


def _asset(part: Inputs) -> Term:
    price = part.number("price", 1)
    amount = part.maybe("amount")
    if amount is None:
        amount, price = part.number("value"), Fraction(1)
    rows = _slices(part)
    counted = sliced_amount(rows, amount) * price
    name = part.text("asset", "") or "collateral value"
    return Term(
        name,
        counted,
        "",
        "each slice times its weight, times the price",
        "a debt counts in full" if amount < 0 else "",
        terms=(Term("amount", amount), Term("price", price)),
    )


def _slices(part: Inputs) -> tuple[tuple[Fraction | None, Fraction], ...]:
    rows = part.raw("tiers")
    if rows is not None:
        return slices(rows, part)
    weight = part.maybe("weight")
    if weight is None:
        haircut = part.maybe("haircut")
        if haircut is None:
            raise part.missing("weight", "tiers")
        weight = 1 - haircut
    if not 0 <= weight <= 1:
        raise CaseError(f"weight: {weight} is not between 0 and 1")
    return ((None, weight),)


def slices(rows: object, part: Inputs) -> tuple[tuple[Fraction | None, Fraction], ...]:
    """Rows of (amount up to, weight): pairs, or objects with up_to and weight."""
    if not isinstance(rows, list) or not rows:
        raise CaseError(f"{part.where}tiers: is not a list of rows (amount up to, weight)")
    found: list[tuple[Fraction | None, Fraction]] = []
    for place, row in enumerate(rows):
        where = f"{part.where}tiers[{place}]"
        if isinstance(row, dict):
            row = [row.get("up_to", row.get("max")), row.get("weight", row.get("rate"))]
        if not isinstance(row, list) or len(row) != 2:
            raise CaseError(f"{where}: is not a pair (amount up to, weight)")
        bound = None if row[0] is None else number(row[0], where)
        if found and (found[-1][0] is None or (bound is not None and bound <= found[-1][0])):
            raise CaseError(f"{where}: its bound is not above the row before")
        found.append((bound, number(row[1], where)))
    return tuple(found)


def _share(inputs: Inputs) -> Fraction:
    """The share of the interval that counts: all of it where funding is paid at stamps."""
    if inputs.venue in ACCRUING:
        return inputs.number("share")
    if inputs.given("share"):
        inputs.raw("share")  # a venue that pays at stamps charges the whole interval
    return Fraction(1)


def _notional(inputs: Inputs, at: Inputs) -> Fraction:
    """Absolute value of the position at the mark of `at`, in settlement money."""
    return leg_value(inputs, at.number("mark"), family(inputs.case))


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
    return midnight + timedelta(microseconds=int(row.number("t") * 3600 * 10**6))
