"""What it costs to be liquidated, against leaving one tick earlier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term
from solvent.venues.numbers import InputError, text
from solvent.venues.preset import OnLiquidation
from solvent.venues.questions import answers, result_trees
from solvent.venues.result import Told, money_text
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import evaluate, fee_value
from solvent.venues.solver.model import ZERO

if TYPE_CHECKING:
    from solvent.venues.account import Account


@dataclass(frozen=True, slots=True, repr=False)
class LiquidationCost(Told):
    """Being liquidated against leaving one tick earlier; in the bucket's money.

    left_early: equity kept by closing as taker on the safe tick. liquidated: equity kept when the
    venue closes at the violating tick and takes its liquidation fee, never below zero; both None
    where the preset has no fee of the venue. taken_over: kept when the venue takes the position at
    its bankruptcy price, that is nothing. on_liquidation: which of the two the venue does, by its
    preset: "taken_over", "rest_returned" or "unknown". kept: what it leaves; None where the preset
    does not say which, or not the fee.

    >>> from solvent.venues import Account
    >>> held = {"symbol": "ETHUSDTM", "side": "long", "size": "1", "entry": "3000", "margin": "150"}
    >>> account = Account("kucoin", mode="isolated", positions=[held])
    >>> cost = account.liquidation_cost()
    >>> cost.on_liquidation, cost.kept
    ('taken_over', Fraction(0, 1))
    """

    symbol: str
    safe_tick: Fraction
    violating_tick: Fraction
    left_early: Fraction
    exit_fee: Fraction
    liquidated: Fraction | None
    liquidation_fee: Fraction | None
    taken_over: Fraction
    preset: str
    on_liquidation: OnLiquidation = "unknown"
    kept: Fraction | None = None
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    @property
    def cost(self) -> Fraction | None:
        """Money lost by waiting one tick where the rest is returned; None where the fee is not
        known.
        """
        return None if self.liquidated is None else self.left_early - self.liquidated

    @property
    def cost_if_taken_over(self) -> Fraction:
        """Money lost by waiting one tick where the venue keeps the whole margin."""
        return self.left_early - self.taken_over

    def __str__(self) -> str:
        if self.on_liquidation == "taken_over":
            keeps = "0 (the position is taken over"
        elif self.liquidated is None:
            keeps = "what its fee leaves (the preset has none"
        elif self.on_liquidation == "rest_returned":
            keeps = f"{money_text(self.liquidated)} (the rest is returned"
        else:
            keeps = f"{money_text(self.liquidated)} (0 if the position is taken over"
        return (
            f"leaving at {text(self.safe_tick)} keeps {money_text(self.left_early)}, liquidation "
            f"at {text(self.violating_tick)} keeps {keeps}; {self.preset})"
        )


def liquidation_cost(
    account: Account, symbol: str, side: object = None, slippage: Fraction = ZERO
) -> LiquidationCost:
    """Compare the two exits. slippage: share of the notional lost on either fill."""
    pool = account.judged(symbol, side)
    if evaluate(pool).liquidatable:
        raise InputError(f"{symbol}: liquidated at the mark already; there is no earlier exit")
    found = answers.losing_in(account, "liquidation price", pool, symbol)
    if found.safe_tick is None or found.violating_tick is None:
        raise InputError(f"{symbol}: there is no liquidation to compare with ({found.reason})")
    instrument = account.version.instruments.get(symbol)
    fee_rate = instrument.liquidation_fee if instrument else None
    curve = Curve(pool, symbol)  # collateral in the same coin moves along
    early = evaluate(pool, curve.prices(found.safe_tick))
    late = evaluate(pool, curve.prices(found.violating_tick))
    exit_fee = sum(
        (
            (
                fee_value(part.leg, part.price, pool.rules) * part.leg.taker_fee
                + part.notional * slippage
            )
            * early.settle_price(part.leg)
            for part in early.parts
            if part.leg.symbol == symbol
        ),
        ZERO,
    )
    taken = result_trees.closed_value(late, symbol)
    charged = result_trees.charged_value(late, symbol)
    left = late.equity - taken * slippage
    fee = None if fee_rate is None else min(charged * fee_rate, max(left, ZERO))
    rest = None if fee is None else max(left - fee, ZERO)
    rules = account.version.rules
    then = rules.on_liquidation if rules else "unknown"
    kept = {"taken_over": ZERO, "rest_returned": rest}.get(then)
    told = LiquidationCost(
        symbol,
        found.safe_tick,
        found.violating_tick,
        early.equity - exit_fee,
        exit_fee,
        rest,
        fee,
        ZERO,
        account.version.label,
        then,
        kept,
    )
    exits, version = (early, late), account.version

    def tree() -> Term:
        return result_trees.liquidation_tree(told, exits, slippage, fee_rate, version)

    return replace(told, _tree=tree)
