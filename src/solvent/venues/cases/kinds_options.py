"""Kinds of cases about options: how far out of the money, premium, cost of an order.

Each is a rule of `solvent.venues.portfolio.options` or `solvent.margin.options` asked with a case's
inputs. Names that stand in no row of the alias table are canonical as they are. A number the case
leaves out is that of the venue's preset. Derive's margin managers are in `kinds_derive`
and `kinds_derive_standard`.
"""

from __future__ import annotations

from fractions import Fraction

from solvent.margin import options
from solvent.margin.explain import Term
from solvent.venues.cases import kinds_derive_standard  # noqa: F401  registers Derive's kinds
from solvent.venues.cases.kinds_derive import number
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.options import (
    OptionMargin,
    Position,
    option_margin,
    sell_order_margin,
)
from solvent.venues.portfolio.scenario_tables import group_of
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version

ZERO, ONE = Fraction(0), Fraction(1)
LONG = ("long", "buy")
SHORT = ("short", "sell")
FAMILIES = ("option", "usdc_option", "linear_option", "inverse_option", "coin_option")


@kind("otm_amount")
def otm(inputs: Inputs) -> Answer:
    """How far an option is out of the money."""
    amount = Fraction(
        options.otm_amount(_is_call(inputs), _underlying(inputs), number(inputs, "strike"))
    )
    formula = "max(0, strike - underlying)" if _is_call(inputs) else "max(0, underlying - strike)"
    return Answer({"otm": amount}, Term("out-of-the-money amount", amount, "", formula))


@kind("premium")
def premium(inputs: Inputs) -> Answer:
    """What the buyer of an option pays."""
    price, size = number(inputs, "order_price"), number(inputs, "size")
    multiplier = number(inputs, "multiplier", ONE)
    paid = Fraction(options.premium(price, size, multiplier))
    return Answer(
        {"premium": paid}, Term("premium", paid, "", "order price x contracts x multiplier")
    )


@kind("order_cost", contracts=FAMILIES)
def order_cost(inputs: Inputs) -> Answer:
    """What an order needs: buying, premium and fee; selling, position margin + fee - premium, or
    the venue's own rule for orders to sell.
    """
    price = number(inputs, "order_price")
    side = inputs.text("side", "long")
    if side in SHORT and not inputs.given("fee_rate") and not inputs.venue.startswith("bybit"):
        sold = _asked(inputs, price, selling=True)
        return Answer({"order_cost": sold.initial}, sold.tree)
    units = number(inputs, "size") * number(inputs, "multiplier", ONE)
    paid = Fraction(options.premium(price, units, ONE))
    preset = group_of(_preset(inputs), "order") if inputs.venue.startswith("bybit") else {}
    rate = number(inputs, "fee_rate", preset.get("fee_rate"))
    cap = number(inputs, "fee_cap", preset.get("fee_cap"))
    fee = Fraction(options.option_fee(rate, _underlying(inputs), cap, price, units))
    terms = [
        Term("premium", paid, "", "order price x size"),
        Term("fee", fee, "", "min(rate x index, cap x price) x size"),
    ]
    if side in LONG:
        for name in ("right", "strike"):  # of the instrument; the rule does not need them
            inputs.raw(name)
        cost, formula = paid + fee, "premium + fee"
    elif side in SHORT:
        margin = _asked(inputs, price, selling=False)
        terms.append(margin.tree)
        cost, formula = margin.initial + fee - paid, "position initial margin + fee - premium"
    else:
        raise CaseError(f"side {side!r}: is neither long nor short")
    results = {"order_cost": cost, "premium": paid, "fee": fee}
    return Answer(results, Term("order cost", cost, "", formula, terms=tuple(terms)))


def _asked(inputs: Inputs, price: Fraction, *, selling: bool) -> OptionMargin:
    """Margin of the short position that the order would open, or (selling) of the order itself, by
    the venue's preset.
    """
    size = number(inputs, "size", ONE) * number(inputs, "multiplier", ONE)
    mark = number(inputs, "mark", price)
    index, strike = _underlying(inputs), number(inputs, "strike")
    one = Position(_is_call(inputs), strike, -abs(size), index, mark, price)
    factor = number(inputs, "tier_factor", ONE)
    try:
        if selling:
            return sell_order_margin(_preset(inputs), one, price, factor=factor)
        return option_margin(_preset(inputs), [one], factor=factor)
    except InputError as error:
        raise CaseError(str(error)) from None


def _preset(inputs: Inputs) -> Version:
    """The venue's option preset; the case may name the dated text."""
    base = inputs.venue.split("_")[0]
    dated = f"@{inputs.case.version}" if inputs.case.version else ""
    try:
        return version(f"{base}-options{dated}")
    except InputError as error:
        raise CaseError(f"{inputs.case.kind}: {error}") from None


def _is_call(inputs: Inputs) -> bool:
    if isinstance(inputs.raw("right"), bool):
        return inputs.flag("right")
    right = inputs.text("right")
    if right not in ("call", "put", "c", "p"):
        raise CaseError(f"right {right!r}: is neither call nor put")
    return right in ("call", "c")


def _underlying(inputs: Inputs) -> Fraction:
    return number(inputs, "index")
