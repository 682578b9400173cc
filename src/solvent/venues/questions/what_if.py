"""What would change: orders, closes, margin to add.

Every answer comes from evaluating the changed account; nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Number
from solvent.venues.questions import answers, result_trees
from solvent.venues.questions.arguments import checked, funded
from solvent.venues.questions.buckets import chosen, judged, paid
from solvent.venues.reading import positive
from solvent.venues.result import Answer, Told, money_text, smallest_unit
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import Evaluation, evaluate, fee_value
from solvent.venues.solver.model import ZERO, Leg, Order, Pool
from solvent.venues.solver.solve import constant_fees

if TYPE_CHECKING:
    from solvent.venues.account import Account


@dataclass(frozen=True, slots=True, repr=False)
class OrderCost(Told):
    """A resting order: what it adds to the initial margin, what it loses if filled at once, and
    the money free for it (equity less initial margin) before and after; all in the bucket's money.
    """

    initial: Fraction
    loss: Fraction
    free_before: Fraction
    free_after: Fraction
    money: str = ""
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        word = "accepted" if self.accepted else "refused"
        return (
            f"the order needs {money_text(self.cost)} {self.money} (initial margin "
            f"{money_text(self.initial)}, loss {money_text(self.loss)}); {word}, "
            f"{money_text(self.free_after)} free after it ({self.preset})"
        )

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
    before = _bucket(account, order.symbol)
    after = _bucket(account.with_(orders=(*account.orders, order)), order.symbol)
    needs = [_needed(one, order.symbol) for one in (before, after)]
    version = account.version
    cost = OrderCost(
        needs[1] - needs[0],
        after.order_loss - before.order_loss,
        before.equity_after_orders - needs[0],
        after.equity_after_orders - needs[1],
        after.pool.money,
        version.label,
    )
    return replace(cost, _tree=lambda: result_trees.order_tree(cost, before, after, version))


def _bucket(account: Account, symbol: str) -> Evaluation:
    """The bucket in which orders of the symbol rest, at its marks."""
    pools = account.pools()
    fitting = [pool for pool in pools.values() if symbol in pool.symbols()]
    if account.mode == "isolated" and not fitting:
        raise InputError(
            f"{symbol}: no isolated position in it, so the money of its orders is outside; ask an "
            'account of mode "cross" with that money as wallet'
        )
    money = account.version.instruments[symbol].settle
    fitting += [pool for pool in pools.values() if money == pool.money]
    return evaluate(checked(account, (fitting or list(pools.values()))[0]))


def _needed(found: Evaluation, symbol: str) -> Fraction:
    if found.initial is None:
        raise InputError(f"{symbol}: no initial rate is published; give leverage")
    return found.initial


@dataclass(frozen=True, slots=True, repr=False)
class Closing(Told):
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
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        money = self.after.pool.money
        then = "nothing left in it"
        if self.liquidation_price is not None:
            then = f"liquidation price then {self.liquidation_price.display or 'none'}"
        return (
            f"closing {figure_text(self.size)} {self.symbol} at {figure_text(self.price)}: profit "
            f"{money_text(self.realised)}, fee {money_text(self.fee)}, headroom after "
            f"{money_text(self.headroom_after)} {money}, {then} ({self.preset})"
        )

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
    fee = fee_value(leg, at, pool.rules) * share * leg.taker_fee
    before = evaluate(pool)
    changed = shrunk(pool, leg, closed, cash=realised - fee)
    after = evaluate(changed)
    found = None
    if any(one.symbol == symbol and one.size for one in changed.legs):
        own = judged(changed, symbol)
        found = answers.losing_in(account, "liquidation price", own, symbol)
    version = account.version
    told = Closing(symbol, closed, at, realised, fee, before, after, found, version.label)
    return replace(told, _tree=lambda: result_trees.closing_tree(told, leg, version))


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
