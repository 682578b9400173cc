"""What would change: orders, closes, margin to add.

Every answer comes from evaluating the changed account; nothing is approximated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Number
from solvent.venues.questions import answers
from solvent.venues.questions.arguments import checked, funded
from solvent.venues.questions.buckets import chosen, judged, paid
from solvent.venues.reading import positive
from solvent.venues.result import Answer, smallest_unit
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import Evaluation, evaluate
from solvent.venues.solver.model import ZERO, Leg, Order, Pool
from solvent.venues.solver.solve import constant_fees

if TYPE_CHECKING:
    from solvent.venues.account import Account


@dataclass(frozen=True, slots=True)
class OrderCost:
    """A resting order: what it adds to the initial margin, what it loses if filled at once, and
    the money free for it (equity less initial margin) before and after; all in the bucket's money.
    """

    initial: Fraction
    loss: Fraction
    free_before: Fraction
    free_after: Fraction

    @property
    def cost(self) -> Fraction:
        """Initial margin and loss together: what the venue asks for."""
        return self.initial + self.loss

    @property
    def accepted(self) -> bool:
        """Whether equity still covers the initial margin, as venues check it."""
        return self.free_after >= 0


def order_margin(account: Account, order: Order) -> OrderCost:
    """Initial margin with the order less without it; a reducing order adds nothing."""
    before = _free(account, order.symbol)
    after = _free(account.with_(orders=(*account.orders, order)), order.symbol)
    return OrderCost(after[0] - before[0], after[1] - before[1], before[2], after[2])


def _free(account: Account, symbol: str) -> tuple[Fraction, Fraction, Fraction]:
    """Initial margin, loss of orders, and equity free of both, in the bucket of the symbol."""
    pools = account.pools()
    fitting = [pool for pool in pools.values() if symbol in pool.symbols()]
    if account.mode == "isolated" and not fitting:
        raise InputError(
            f"{symbol}: no isolated position in it, so the money of its orders is outside; ask an "
            'account of mode "cross" with that money as wallet'
        )
    money = account.version.instruments[symbol].settle
    fitting += [pool for pool in pools.values() if money == pool.money]
    found = evaluate(checked(account, (fitting or list(pools.values()))[0]))
    if found.initial is None:
        raise InputError(f"{symbol}: no initial rate is published; give leverage")
    return found.initial, found.order_loss, found.equity_after_orders - found.initial


@dataclass(frozen=True, slots=True)
class Closing:
    """What a close does: size and price, profit realised, taker fee, the bucket before and after
    (empty, if nothing else is in it), and the liquidation price after it (None: nothing is left in
    the symbol).
    """

    symbol: str
    size: Fraction
    price: Fraction
    realised: Fraction
    fee: Fraction
    before: Evaluation
    after: Evaluation
    liquidation_price: Answer | None

    @property
    def released(self) -> Fraction:
        """Requirement set free."""
        return self.before.requirement - self.after.requirement

    @property
    def headroom_after(self) -> Fraction:
        """Headroom once closed, fee paid."""
        return self.after.headroom


def closing(
    account: Account, symbol: str, size: Number | None, price: Number | None, side: object = None
) -> Closing:
    """Close part or all of a position at a price as taker."""
    pool = funded(account, symbol, side)
    leg = chosen(pool, symbol, side)
    closed = leg.size if size is None else positive(size, "size")
    check_closed(leg, closed)
    at = leg.mark if price is None else positive(price, "price")
    share = closed / leg.size
    realised = leg.value(at) * share - leg.cost * share
    fee = abs(leg.value(at)) * share * leg.taker_fee
    before = evaluate(pool)
    changed = shrunk(pool, leg, closed, cash=realised - fee)
    after = evaluate(changed)
    found = None
    if any(one.symbol == symbol and one.size for one in changed.legs):
        own = judged(changed, symbol)
        found = answers.losing_in(account, "liquidation price", own, symbol)
    return Closing(symbol, closed, at, realised, fee, before, after, found)


def check_closed(leg: Leg, closed: Fraction) -> None:
    """Refuse to close more than there is."""
    if closed > leg.size:
        raise InputError(
            f"{leg.symbol}: closing {figure_text(closed)} of a position of "
            f"{figure_text(leg.size)}; at most the position can be closed"
        )


def shrunk(pool: Pool, leg: Leg, closed: Fraction, cash: Fraction = ZERO) -> Pool:
    """The bucket with `closed` less of a leg; `cash` joins the wallet, or the balance of the
    leg's settlement asset. An empty leg stays where orders rest.
    """
    legs = []
    rest = any(order.symbol == leg.symbol and not order.reduce_only for order in pool.orders)
    for one in pool.legs:
        if one is leg:
            if closed < leg.size or rest:
                legs.append(replace(leg, size=leg.size - closed))
        else:
            legs.append(one)
    return paid(replace(pool, legs=tuple(legs)), leg.settle, cash)


def margin_to_add(account: Account, symbol: str, target: Fraction, side: object = None) -> Answer:
    """Money that puts the liquidation price at `target`, others fixed; negative: to take out.

    Headroom at the target moves one for one with the wallet, except where a closing fee follows
    the bankruptcy price, or a position has a share of the equity: then it is affine in the wallet,
    and two points give the line.
    """
    pool = funded(account, symbol, side)
    level = answers.trigger(pool.rules)

    def short(extra: Fraction) -> Fraction:
        changed = judged(replace(pool, wallet=pool.wallet + extra), symbol)
        return Curve(changed, symbol, level=level, fees=constant_fees(changed, level))(target)

    add = -short(ZERO)
    for _ in range(8):
        left = short(add)
        if left == 0:
            break
        slope = (short(add + 1) - left) or Fraction(1)
        add -= left / slope
    money = pool.money
    label = account.version.label
    changed = judged(replace(pool, wallet=pool.wallet + add), symbol)
    mark = pool.marks()[symbol]
    way = answers.losing_side(changed, symbol)
    if target != mark:
        way = "down" if target < mark else "up"
    reached = answers.price(account, "liquidation price", changed, symbol, way)
    reason = ""
    if evaluate(changed).liquidatable:
        reason = f"the account would be liquidated at the mark {figure_text(mark)} already"
    elif reached.exact != target:
        there = reached.display or "none"
        reason = f"headroom is 0 at the target, but the liquidation price is then {there}"

    def tree() -> Term:
        return Term(
            "margin to add",
            add,
            money,
            "requirement - equity at the target",
            label,
            (Term("target", target), reached.explain()),
        )

    display = figure_text(add) if add.denominator == 1 else ""
    if not display:
        step = smallest_unit(money)
        up = -((-add / step).numerator // (-add / step).denominator) * step
        display = figure_text(up)
    return Answer("margin to add", add, display, money, label, reason=reason, _tree=tree)
