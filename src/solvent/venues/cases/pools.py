"""From a case's inputs to a pool: the legs one liquidation decides on, and the money behind them.

Isolated: one leg and its margin. Cross: the leg asked about, the account's others, its wallet.
What is given in sums (profit and maintenance of the others) goes in as sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.venues.cases.flat_legs import flat_legs
from solvent.venues.cases.positions import leg_of, reserve_of
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Inputs
from solvent.venues.cases.tables import has_requirement
from solvent.venues.cases.venue_rules import RulesOf
from solvent.venues.cases.wallets import either, is_isolated, is_priced, total_value, wallet_of
from solvent.venues.questions.buckets import cross_rules, split_by_value
from solvent.venues.solver.model import ZERO, Leg, Pool, one_row

# Inputs of a nested position that may stand beside it instead.
SHARED = (
    "symbol",
    "contract_size",
    "taker",
    "tick",
    "mmr",
    "maintenance_amount",
    "tiers",
    "max_leverage",
    "leverage",
    "base_rate",
    "rate_per_unit",
)
OF_ONE_SYMBOL = ("mark", "index")


@dataclass(frozen=True, slots=True)
class Asked:
    """A pool and the symbol whose price is asked for. target: the position asked about."""

    pool: Pool
    symbol: str
    target: Leg


def asked(inputs: Inputs, found: RulesOf, level: str) -> Asked:
    """The pool of a price question. Raises CaseError, naming what is missing.

    level: "liquidation", or "bankruptcy", for which nothing need be held but a reserved fee.
    """
    isolated = is_isolated(inputs)
    if not isolated:
        found = replace(found, rules=cross_rules(found.rules))
    main, beside, others = parts_of(inputs)
    if isolated and others:
        inputs.note("isolated: the other positions are not behind this one")
        others = []
    summed = [part for part in others if not is_priced(part)]
    others = [part for part in others if is_priced(part)]
    if level == "liquidation":
        for part in (main, *beside, *others):
            _need_requirement(part, inputs, found)
    target = leg_of(main, found, sized=_in_money(main, inputs))
    legs = _one_mark([target, *(leg_of(part, found) for part in (*beside, *others))])
    target = legs[0]
    wallet = wallet_of(inputs, main, found, legs)
    if not isolated:  # a cross position has no margin of its leverage setting
        legs = [replace(leg, leverage=None) for leg in legs]
    pool = Pool(
        rules=found.rules,
        wallet=wallet,
        legs=tuple(legs),
        other_profit=_sum(inputs, summed, "other_positions_pnl", "unrealized_pnl", isolated),
        other_maintenance=_sum(
            inputs,
            [*summed, *(part for part in (*beside, *others) if not _rated(part))],
            "other_positions_maintenance",
            "maintenance_margin",
            isolated and not beside,
        ),
        reserved=inputs.number("order_margin", 0),
    )
    if not isolated and found.rules.cross_split == "value":
        pool = _split(inputs, pool, target.symbol)
    return Asked(_with_amounts(inputs, main, found, pool, level), target.symbol, target)


def parts_of(inputs: Inputs) -> tuple[Inputs, list[Inputs], list[Inputs]]:
    """The inputs of the position asked about, of its opposite leg in the same symbol where one
    object holds both, and of the others.
    """
    others = list(inputs.rows("other_positions"))
    both = [part for part in (inputs.part("long"), inputs.part("short")) if part is not None]
    both = both or flat_legs(inputs)
    if both:
        legs = [part.with_shared(inputs, (*SHARED, *OF_ONE_SYMBOL)) for part in both]
        return legs[0], legs[1:], others
    position = inputs.part("position")
    positions = [row.with_shared(inputs, SHARED) for row in inputs.rows("positions")]
    if position is not None:
        main = position.with_shared(inputs, (*SHARED, *OF_ONE_SYMBOL))
        return main, [], [*positions, *others]
    if positions:
        wanted = inputs.text("symbol", "").upper()
        first = next(
            (row for row in positions if row.text("symbol", "").upper() == wanted), positions[0]
        )
        return first, [], [row for row in positions if row is not first] + others
    return inputs, [], others


def _rated(part: Inputs) -> bool:
    """Whether a position's requirement is given by rates."""
    return any(part.given(name) for name in ("mmr", "tiers", "base_rate", "max_leverage"))


def _in_money(main: Inputs, inputs: Inputs) -> bool:
    """Whether something is given as an amount of money: then the size matters."""
    names = (
        "wallet",
        "equity",
        "equity_rate",
        "extra_margin",
        "initial_margin",
        "maintenance_margin",
        "maintenance_amount",
        "tiers",
        "order_margin",
        "close_fee_reserve",
        "other_positions_pnl",
        "other_positions_maintenance",
        "base_rate",
    )
    return any(
        part.maybe(name) if name not in ("tiers",) else part.given(name)
        for part in (main, inputs)
        for name in names
    )


def _need_requirement(part: Inputs, inputs: Inputs, found: RulesOf) -> None:
    """A position a liquidation depends on says what has to be held for it."""
    if not has_requirement(part, found) and not inputs.given("maintenance_margin"):
        raise part.missing("mmr", "tiers", "maintenance_margin")


def _sum(inputs: Inputs, parts: list[Inputs], whole: str, each: str, isolated: bool) -> Fraction:
    """What other positions add, given as one sum or position by position."""
    total = inputs.number(whole, 0) + sum((part.number(each, 0) for part in parts), ZERO)
    return ZERO if isolated else total


def _one_mark(legs: list[Leg]) -> list[Leg]:
    """Legs of one symbol share its mark: the one given, where another leg has only its entry."""
    marks: dict[str, Fraction] = {}
    for leg in legs:
        if leg.mark != leg.entry or leg.symbol not in marks:
            marks[leg.symbol] = leg.mark
    return [replace(leg, mark=marks[leg.symbol]) for leg in legs]


def _with_amounts(inputs: Inputs, main: Inputs, found: RulesOf, pool: Pool, level: str) -> Pool:
    """The pool with what the case gives as money in place of rates: the maintenance margin itself,
    with whatever the venue counts into it; the reserved closing fee, or the price it is taken at.

    Where a venue fixes the fee at the leverage setting, it is the reserve of that setting.
    """
    target = pool.legs[0]
    held = None if _rated(main) else either(main, inputs, "maintenance_margin")
    fee = _fee(inputs, main, found, target)
    if level == "bankruptcy":
        return _at_bankruptcy(pool, fee)
    if held is not None:
        if pool.rules.maintenance == "mark":
            inputs.note("maintenance margin given as an amount: held fixed while the price moves")
        legs = (replace(target, table=one_row(ZERO)), *pool.legs[1:])
        return _held(replace(pool, legs=legs), held)
    return pool if fee is None else _held(pool, fee)


def _fee(inputs: Inputs, main: Inputs, found: RulesOf, leg: Leg) -> Fraction | None:
    """The closing fee as an amount that no price moves; None where there is none such."""
    given = main.maybe("close_fee_reserve")
    if given is not None:
        return given
    if found.rules.closing_fee != "bankruptcy":
        return None
    at = inputs.maybe("bankruptcy_price")
    if at is not None:
        if at <= 0:
            raise CaseError(f"bankruptcy_price: {at} must be above 0")
        return leg.taker_fee * abs(leg.value(at))
    if found.rules.fee_price != "equity" and leg.leverage is not None:
        return reserve_of(leg, found)
    return None


def _held(pool: Pool, amount: Fraction) -> Pool:
    rules = replace(pool.rules, closing_fee="none")
    return replace(pool, rules=rules, other_maintenance=pool.other_maintenance + amount)


def _at_bankruptcy(pool: Pool, fee: Fraction | None) -> Pool:
    """Equity is used up once it just pays the reserved fee; where the venue reserves none, once it
    is zero.
    """
    if fee is not None:
        rules = replace(pool.rules, closing_fee="none")
        return replace(pool, rules=rules, reserved=pool.reserved + fee)
    if pool.rules.initial_includes_close_fee:
        return replace(pool, rules=replace(pool.rules, closing_fee="bankruptcy"))
    return pool


def _split(inputs: Inputs, pool: Pool, symbol: str) -> Pool:
    """KuCoin's cross positions: judged alone, on their share of the equity by absolute value.

    Source: KuCoin help, cross margin: LP = MV * (1 - s * AMR) / (1 - s * MMR - s * f) / size, AMR
    the account's margin over the sum of absolute values.
    """
    rest = total_value(inputs, pool.legs) - total_value(None, pool.legs)
    if rest < 0:
        raise CaseError("total_mark_value: is less than the positions given")
    if rest:
        one = Fraction(1)
        other = Leg("others", pool.legs[0].kind, 1, rest, one, one, one_row(ZERO))
        pool = replace(pool, legs=(*pool.legs, other))
    return split_by_value(pool, symbol)
