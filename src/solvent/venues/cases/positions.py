"""From a case's inputs to legs: side, size, prices, schedule, whatever sufficient set is given."""

from __future__ import annotations

from fractions import Fraction

from solvent.venues.cases.read import CaseError, number
from solvent.venues.cases.registry import Inputs
from solvent.venues.cases.tables import table_of
from solvent.venues.cases.venue_rules import RulesOf, family
from solvent.venues.preset import Kind
from solvent.venues.solver.initial_margin import value_of_setting
from solvent.venues.solver.model import ONE, ZERO, Leg

SIDES = {
    "long": 1,
    "buy": 1,
    "bid": 1,
    "1": 1,
    "+1": 1,
    "short": -1,
    "sell": -1,
    "ask": -1,
    "-1": -1,
}
SIGNED = ("both", "net", "none", "")
OF_SETTING = ("liquidation_price", "bankruptcy_price", "close_fee_reserve", "position_balance")


def side_of(inputs: Inputs) -> int:
    """+1 or -1: the side given, or the sign of the size where it is one-way."""
    side = inputs.raw("side")
    if isinstance(side, bool):  # is_long
        return 1 if side else -1
    if not isinstance(side, str) and side is not None and side in (1, -1):
        return int(side)
    if side is None and inputs.given("is_short"):
        return -1 if inputs.flag("is_short") else 1
    name = "" if side is None else inputs.text("side")
    if name in SIDES:
        return SIDES[name]
    if name not in SIGNED:
        raise CaseError(
            f"{inputs.where}side: {side!r} is none of {', '.join(SIDES)}; one-way positions are "
            "both, with a signed size"
        )
    signed = inputs.maybe("contracts") or inputs.maybe("size") or ONE
    return 1 if signed > 0 else -1


def size_of(inputs: Inputs, kind: Kind) -> Fraction | None:
    """Base units (linear) or quote units (inverse), positive; None when nothing gives it."""
    count = _count(inputs)
    if count is not None:
        return count
    for value, own, other in (("entry_value", "entry", "mark"), ("mark_value", "mark", "entry")):
        worth = inputs.maybe(value)
        if worth is not None:  # the only price given is the value's
            at = inputs.maybe(own) or inputs.maybe(other) or inputs.number("index", 1)
            return abs(worth) * at if kind == "inverse" else abs(worth) / at
    return None


def prices_of(inputs: Inputs, kind: Kind) -> tuple[Fraction | None, Fraction | None]:
    """Entry and mark: given, or made of value and size; each stands in for the other, and a value
    alone is priced at 1.
    """
    entry = _price(inputs, "entry", "entry_value", kind)
    mark = _price(inputs, "mark", "mark_value", kind)
    if mark is None:
        mark = inputs.maybe("index")
    if entry is None and mark is None:
        valued = inputs.given("entry_value") or inputs.given("mark_value")
        return (ONE, ONE) if valued else (None, None)
    return (mark if entry is None else entry), (entry if mark is None else mark)


def _count(inputs: Inputs) -> Fraction | None:
    """Size from a count of units or contracts."""
    count = inputs.maybe("contracts")
    if count is None:
        count = inputs.maybe("size")
    return None if count is None else abs(count) * inputs.number("contract_size", 1)


def _price(inputs: Inputs, name: str, value: str, kind: Kind) -> Fraction | None:
    price = inputs.maybe(name)
    if price is not None:
        return price
    worth, size = inputs.maybe(value), _count(inputs)
    if not worth or not size:
        return None
    return size / abs(worth) if kind == "inverse" else abs(worth) / size


def leg_of(inputs: Inputs, found: RulesOf, *, sized: bool = True) -> Leg:
    """One leg. With `sized` false a case that gives no size has one of 1: prices of an isolated
    position do not depend on it.
    """
    kind = family(inputs.case)
    entry, mark = prices_of(inputs, kind)
    if entry is None or mark is None:
        raise inputs.missing("entry", "mark")
    size = size_of(inputs, kind)
    if size is None:
        if sized:
            raise inputs.missing("size", "contracts")
        size = ONE
    for name, value in (("entry", entry), ("mark", mark), ("size", size)):
        if value <= 0:
            raise CaseError(f"{inputs.where}{name}: {value} must be above 0")
    leverage, tick = _leverage(inputs), inputs.maybe("tick")
    if tick is not None and tick <= 0:
        raise CaseError(f"{inputs.spelled('tick')}: {tick} must be above 0")
    leg = Leg(
        symbol=inputs.text("symbol", "").upper() or "the instrument",
        kind=kind,
        side=side_of(inputs),
        size=size,
        entry=entry,
        mark=mark,
        table=table_of(inputs, found),
        taker_fee=inputs.number("taker", 0),
        leverage=leverage,
        contract_size=inputs.number("contract_size", 1),
        tick=tick,
    )
    _agree(inputs, leg)
    return leg


def _leverage(inputs: Inputs) -> Fraction | None:
    """The leverage setting: given, or 1 / the initial margin rate where no rule of its own uses
    that rate.
    """
    leverage = inputs.maybe("leverage")
    if leverage is None and inputs.case.kind in OF_SETTING:
        rate = inputs.maybe("imr")
        leverage = 1 / rate if rate else None
    if leverage is not None and leverage <= 0:
        raise CaseError(f"{inputs.where}leverage: {leverage} must be above 0")
    return leverage


def leg_value(inputs: Inputs, price: Fraction, kind: Kind) -> Fraction:
    """Absolute value of the position at a price, in settlement money."""
    size = size_of(inputs, kind)
    if size is None:
        raise inputs.missing("size", "contracts")
    return size / price if kind == "inverse" else size * price


def agree(inputs: Inputs, name: str, computed: Fraction, how: str) -> None:
    """Note an input that does not say what the others say, to one unit of its last digit."""
    raw = inputs.raw(name)
    if raw is None:
        return
    given = number(raw, name)
    exponent = getattr(raw, "as_tuple", lambda: None)()
    places = max(0, -exponent.exponent) if exponent is not None else 0
    slack = max(Fraction(1, 10**places), abs(computed) / 10**14)  # 10**14: a binary float's print
    if abs(abs(given) - abs(computed)) > slack:
        inputs.note(f"{inputs.spelled(name)} {raw} is not {float(computed):.10g}, {how}")


def _agree(inputs: Inputs, leg: Leg) -> None:
    """The redundant inputs of a position against the ones used."""
    if inputs.given("contracts") or inputs.given("size"):
        if inputs.given("entry"):
            agree(inputs, "entry_value", leg.value(leg.entry), "size at entry")
        if inputs.given("mark"):
            agree(inputs, "mark_value", leg.value(leg.mark), "size at mark")
    if inputs.given("entry") and inputs.given("mark"):
        profit = leg.value(leg.mark) - leg.cost
        agree(inputs, "unrealized_pnl", profit, "the profit between entry and mark")


def margin_of_leverage(leg: Leg) -> Fraction:
    """Margin of the leverage setting: value at entry / leverage."""
    assert leg.leverage is not None
    return abs(leg.cost) / leg.leverage


def reserve_of(leg: Leg, found: RulesOf) -> Fraction:
    """What a venue adds to the margin of a leverage setting for the fee of closing at its
    bankruptcy price; 0 where it adds nothing or the setting or the fee is not given.
    """
    if leg.leverage is None or not found.rules.initial_includes_close_fee:
        return ZERO
    return closing_value(leg, found) * leg.taker_fee


def closing_value(leg: Leg, found: RulesOf) -> Fraction:
    """The value the reserved fee is taken on."""
    return value_of_setting(leg, found.rules)
