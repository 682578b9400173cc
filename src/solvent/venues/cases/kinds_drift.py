"""Drift v2: margin of a perpetual position and the weights of collateral and profit.

Integers of the program: base 1e-9, quote and prices 1e-6, weights and ratios 1e-4, factors 1e-6.
Divisions cut towards zero. Source: drift-labs/protocol-v2, margin math and market state.
"""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.weights import (
    BASE,
    PRICE,
    QUOTE_TO_SIZE,
    WEIGHT,
    crowded_weight,
    discounted_weight,
    high_leverage_ratio,
    premium_ratio,
    sized_ratio,
)
from solvent.units import div_floor, mul_div_floor
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, Result, kind

ORDER_MARGIN = 10_000
CAP_USD = 100
TYPES = ("initial", "fill", "maintenance")
WEIGHED = (
    ("asset", discounted_weight, "min(weight, 1.1 / (1 + factor * sqrt(size)))"),
    ("liability", premium_ratio, "max(weight, 0.8 * weight + factor * sqrt(size))"),
)


@kind("perp_initial_margin_requirement")
def perp_margin(inputs: Inputs) -> Answer:
    """Requirement of one perpetual position and what its unrealised profit counts for; for every
    margin type whose ratio is given, the one asked for first.
    """
    wanted = _margin_type(inputs)
    main, term = _required(inputs, wanted)
    results: dict[str, Result] = dict(main)
    for other in TYPES:
        if other == wanted or _ratio_given(inputs, other):
            for name, value in _required(inputs, other)[0].items():
                results[f"{name}_{other}"] = value
    return Answer(results, term)


def _required(inputs: Inputs, kind_: str) -> tuple[dict[str, int], Term]:
    """One margin type's figures."""
    price = _micro(inputs, "oracle_price")
    size = inputs.whole("base_amount")
    worst = _worst_size(inputs, size)
    ratio = _ratio(inputs, abs(worst), kind_)
    if kind_ == "initial":
        ratio = max(ratio, inputs.whole("custom_ratio", 0))
    worth = mul_div_floor(abs(worst), price, BASE)
    orders = inputs.whole("open_orders", 0) * ORDER_MARGIN
    needed = mul_div_floor(worth, ratio, WEIGHT) + orders
    value = mul_div_floor(abs(size), price, BASE)
    pnl = inputs.whole("quote_amount", 0) + (value if size > 0 else -value)
    pnl += inputs.whole("unrealized_funding", 0)
    weight = _pnl_weight(inputs, pnl, kind_)
    weighted = _cut(pnl * weight, WEIGHT)
    cap = inputs.number("pnl_cap", CAP_USD) * PRICE
    if kind_ == "initial":
        weighted = min(weighted, int(cap))
    figures = {
        "margin_requirement": needed,
        "weighted_unrealized_pnl": weighted,
        "unrealized_pnl": pnl,
        "margin_ratio": ratio,
        "asset_weight": weight,
    }
    counted = (
        Term("unrealised profit", pnl, "1e-6 USD"),
        Term("weight", weight, "1e-4"),
    )
    terms = (
        Term("value at the oracle", worth, "1e-6 USD"),
        Term("margin ratio", ratio, "1e-4", "max(ratio, 0.8 * ratio + premium)"),
        Term(
            "counted unrealised profit",
            weighted,
            "1e-6 USD",
            "profit * weight, capped for initial margin",
            terms=counted,
        ),
    )
    formula = "floor(value * ratio) + 0.01 USD per resting order"
    return figures, Term("margin requirement", needed, "1e-6 USD", formula, kind_, terms)


def _worst_size(inputs: Inputs, size: int) -> int:
    """Size at which resting orders leave the position: given, or with all bids or all asks filled,
    whichever is larger.
    """
    bids, asks = abs(inputs.whole("open_bids", 0)), abs(inputs.whole("open_asks", 0))
    return inputs.whole("worst_base_amount", max(size + bids, size - asks, key=abs))


def _ratio_given(inputs: Inputs, kind_: str) -> bool:
    needed = {
        "initial": ("ratio_initial",),
        "maintenance": ("ratio_maintenance",),
        "fill": ("ratio_initial", "ratio_maintenance"),
    }
    return all(inputs.given(name) for name in needed[kind_])


@kind("unrealised_pnl_asset_weight")
def pnl_weight(inputs: Inputs) -> Answer:
    """Weight of an unrealised profit; a loss always counts in full."""
    pnl = inputs.whole("pnl")
    kind_ = _margin_type(inputs)
    base = inputs.whole("base_weight", WEIGHT)
    weight = _weigh(inputs, pnl, kind_, base, inputs.whole("imf_factor", 0), base)
    return Answer(
        {"asset_weight": weight, "weighted_pnl": _cut(pnl * weight, WEIGHT)},
        Term(
            "weight of unrealised profit",
            weight,
            "1e-4",
            "min(weight, 1.1 / (1 + factor * sqrt(profit)))",
            terms=(Term("unrealised profit", pnl, "1e-6 USD"),),
        ),
    )


@kind("scaled_initial_asset_weight_by_total_deposits")
def scaled_weight(inputs: Inputs) -> Answer:
    """Initial asset weight that falls once all deposits are worth more than a start."""
    start = _micro(inputs, "scale_start")
    worth = inputs.number("deposits") * inputs.number("oracle_price") * PRICE
    weight = crowded_weight(
        inputs.whole("asset_weight"), start, div_floor(worth.numerator, worth.denominator)
    )
    return Answer(
        {"asset_weight": weight},
        Term(
            "initial asset weight",
            weight,
            "1e-4",
            "weight * start / deposits above the start",
            terms=(
                Term("deposits", Fraction(worth) / PRICE, "USD"),
                Term("start", Fraction(start, PRICE), "USD"),
            ),
        ),
    )


@kind("size_based_collateral_weight")
def size_weight(inputs: Inputs) -> Answer:
    """Asset and liability weights of a balance by its size: for the margin type asked for, and for
    every other one whose weight is given.
    """
    wanted = _margin_type(inputs)
    size, factor = abs(inputs.whole("size")), inputs.whole("imf_factor", 0)
    results: dict[str, Result] = {}
    terms = []
    for side, weigh, formula in WEIGHED:
        for type_ in TYPES:
            weight = _default_weight(inputs, side, type_)
            if weight is None:
                continue
            found = weigh(size, factor, weight)
            results[f"{type_}_{side}_weight"] = found
            if type_ == wanted:
                results[f"{side}_weight"] = found
                terms.append(Term(f"{side} weight", found, "1e-4", formula, type_))
    if not terms:
        ours = "" if wanted == "initial" else "maintenance_"
        raise inputs.missing(f"{ours}asset_weight", f"{ours}liability_weight")
    return Answer(results, Term("weights by size", None, terms=tuple(terms)))


def _default_weight(inputs: Inputs, side: str, type_: str) -> int | None:
    """A margin type's weight before the size counts; fill is the mean of the others, cut."""
    ours, theirs = f"{side}_weight", f"maintenance_{side}_weight"
    if type_ == "fill":
        both = inputs.given(ours) and inputs.given(theirs)
        return (inputs.whole(ours) + inputs.whole(theirs)) // 2 if both else None
    name = theirs if type_ == "maintenance" else ours
    return inputs.whole(name) if inputs.given(name) else None


def _ratio(inputs: Inputs, size: int, kind_: str) -> int:
    """Margin ratio by size; in high leverage mode it starts from the mode's own ratios."""
    base = _by_type(inputs, "ratio", kind_)
    factor = inputs.whole("imf_factor", 0)
    if not inputs.flag("high_leverage_mode", False):
        return premium_ratio(size, factor, base)
    least = _by_type(inputs, "high_leverage_ratio", kind_)
    if kind_ == "maintenance":
        return premium_ratio(size, factor, least)
    if base < 5:  # ordinary // 5 divides
        raise CaseError(f"{inputs.spelled('ratio_initial')}: {base} is below 5")
    return high_leverage_ratio(sized_ratio(size, factor, base), base, least)


def _by_type(inputs: Inputs, name: str, kind_: str) -> int:
    """A ratio of one margin type; fill is the mean of the others, cut."""
    if kind_ == "fill":
        return (inputs.whole(f"{name}_initial") + inputs.whole(f"{name}_maintenance")) // 2
    return inputs.whole(f"{name}_{kind_}")


def _pnl_weight(inputs: Inputs, pnl: int, kind_: str) -> int:
    return _weigh(
        inputs,
        pnl,
        kind_,
        inputs.whole("pnl_weight_initial", WEIGHT),
        inputs.whole("pnl_imf_factor", 0),
        inputs.whole("pnl_weight_maintenance", WEIGHT),
    )


def _weigh(
    inputs: Inputs, pnl: int, kind_: str, initial: int, factor: int, maintenance: int
) -> int:
    if pnl <= 0:
        return WEIGHT
    if kind_ == "maintenance":
        return maintenance
    weight = crowded_weight(
        initial, inputs.whole("max_imbalance", 0), inputs.whole("net_unsettled_pnl", 0)
    )
    return discounted_weight(pnl * QUOTE_TO_SIZE, factor, weight) if weight else 0


def _margin_type(inputs: Inputs) -> str:
    name = inputs.text("margin_type", "initial")
    if name not in TYPES:
        raise CaseError(f"margin_type: {name!r} is not one of {', '.join(TYPES)}")
    return name


def _micro(inputs: Inputs, name: str) -> int:
    """A number of USD as an integer of 1e-6."""
    value = inputs.number(name) * PRICE
    if value.denominator != 1:
        raise CaseError(f"{name}: {value / PRICE} has more than 6 decimals")
    return int(value)


def _cut(value: int, divisor: int) -> int:
    """Division towards zero, as the program's integers divide."""
    return value // divisor if value >= 0 else -(-value // divisor)
