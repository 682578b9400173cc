"""One margin bucket at given prices: equity, requirement and every part of them, exactly.

No formula of a requirement stands here. Legs are scaled until nothing rounds (`exact_units`), the
engine's own functions are asked, and the answers are divided back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin import requirements as layout
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Rules
from solvent.venues.solver.balances import BalancePart, balance_part, settle_price
from solvent.venues.solver.exact_units import Charge, maintenance_charge, scale_legs
from solvent.venues.solver.initial_margin import initial_margin
from solvent.venues.solver.model import ZERO, Leg, Order, Pool
from solvent.venues.solver.order_losses import order_loss
from solvent.venues.solver.rows import tier_at


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class LegPart(Plain):
    """One leg at one price: all amounts in its settlement money, exact.

    tier: index of the table's row in use; rate and deduction of that row (formulas: the rate of
    this size). initial: None where the venue publishes neither leverage nor rate.
    """

    leg: Leg
    price: Fraction
    value: Fraction
    profit: Fraction
    maintenance: Fraction
    closing_fee: Fraction
    initial: Fraction | None
    tier: int
    rate: Fraction
    deduction: Fraction

    @property
    def notional(self) -> Fraction:
        """Absolute value at this price."""
        return abs(self.value)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Evaluation(Plain):
    """What a pool has and needs at given prices, in the pool's money, exact.

    equity: wallet, counted profits and weighed collateral. realisable: the same with collateral at
    full worth. maintenance: sum over legs, debts and `other_maintenance`, without `closing_fees`.
    initial: None where one leg's is unknown. order_loss: what resting orders would lose if filled
    now.
    """

    pool: Pool
    prices: Mapping[str, Fraction]
    parts: tuple[LegPart, ...]
    balances: tuple[BalancePart, ...]
    equity: Fraction
    realisable: Fraction
    maintenance: Fraction
    closing_fees: Fraction
    initial: Fraction | None
    profit: Fraction
    order_loss: Fraction

    @property
    def requirement(self) -> Fraction:
        """What equity is compared with: maintenance and closing fees."""
        return self.maintenance + self.closing_fees

    @property
    def printed_maintenance(self) -> Fraction:
        """Maintenance margin as the venue prints it; see `printed_maintenance`."""
        return printed_maintenance(self.pool.rules, self.maintenance, self.closing_fees)

    @property
    def fee_held(self) -> Fraction:
        """Closing fees held beside the printed maintenance margin; 0 where that holds them."""
        return self.requirement - self.printed_maintenance

    @property
    def closing_fee(self) -> Fraction:
        """`closing_fees`, as `ratios.Standing` names it."""
        return self.closing_fees

    @property
    def equity_after_orders(self) -> Fraction:
        """Equity less what resting orders would lose: what initial margin is compared with."""
        if self.pool.rules.order_loss_counts:  # it is out of the equity already
            return self.equity
        return self.equity - self.order_loss

    @property
    def debt(self) -> Fraction:
        """Worth of all balances that are owed."""
        return sum((max(-part.worth, ZERO) for part in self.balances), ZERO)

    @property
    def headroom(self) -> Fraction:
        """Equity less the requirement."""
        return self.equity - self.requirement

    @property
    def notional(self) -> Fraction:
        """Sum of absolute values of all legs, in the pool's money."""
        return sum((abs(part.value) * self.settle_price(part.leg) for part in self.parts), ZERO)

    @property
    def liquidatable(self) -> bool:
        """Whether the venue's own condition holds here; nothing to close is never liquidated."""
        if not self.parts and self.pool.other_maintenance == 0 and not self.balances:
            return False
        return breached(self.headroom, self.pool.rules)

    def settle_price(self, leg: Leg) -> Fraction:
        """Pool money per unit of the leg's settlement asset."""
        return settle_price(leg, self.pool, self.prices)


def printed_maintenance(rules: Rules, maintenance: Fraction, fee: Fraction) -> Fraction:
    """Maintenance margin as the venue prints it: with the closing fee where that is reserved at the
    bankruptcy price, without it where it follows the mark and is held beside.

    Sources: Bybit's positionMM and KuCoin's posMaint hold the reserved fee (their payloads); OKX's
    mmr is the rate alone, its liquidation formula adds the fee (API reference v5, positions).

    >>> from solvent.venues.preset import Rules
    >>> bybit, okx = Rules("x", closing_fee="bankruptcy"), Rules("x", closing_fee="mark")
    >>> [int(printed_maintenance(rules, Fraction(200), Fraction(25))) for rules in (bybit, okx)]
    [225, 200]
    """
    return maintenance + fee if rules.closing_fee == "bankruptcy" else maintenance


def breached(headroom: Fraction, rules: Rules) -> bool:
    """The venue's inequality: strict venues act below the requirement, others also at it.

    >>> from solvent.venues.preset import Rules
    >>> breached(Fraction(0), Rules("x")), breached(Fraction(0), Rules("x", strict=False))
    (False, True)
    """
    return headroom < 0 or (headroom == 0 and not rules.strict)


def evaluate(
    pool: Pool,
    prices: Mapping[str, Fraction] | None = None,
    fee_prices: Mapping[int, Fraction | None] | None = None,
) -> Evaluation:
    """Evaluate a pool at `prices` (default: the marks).

    fee_prices: by position of the leg, the price at which its closing fee is charged, where the
    fee does not move with the mark; `solve.fee_prices` finds them (None: they are found here).

    Source of the inequality: venues' formulas, equity(P) < maintenance(P) + closing fee(P).

    >>> from solvent.venues.solver.model import one_row
    >>> leg = Leg("X", "linear", 1, Fraction(1), Fraction(50000), Fraction(50000),
    ...           one_row("0.005"))
    >>> found = evaluate(Pool(Rules("x"), Fraction(2500), (leg,)))
    >>> found.equity, found.maintenance, found.headroom
    (Fraction(2500, 1), Fraction(250, 1), Fraction(2250, 1))
    """
    at = {**pool.marks(), **(prices or {})}
    rules = pool.rules
    if rules.fee_stands and fee_prices is None:
        from solvent.venues.solver.solve import fee_prices as found

        fee_prices = found(pool)
    parts = tuple(
        _leg_part(pool, leg, at[leg.symbol], (fee_prices or {}).get(number))
        for number, leg in enumerate(pool.legs)
    )
    return _total(pool, at, parts)


def _leg_part(pool: Pool, leg: Leg, price: Fraction, fee_price: Fraction | None) -> LegPart:
    rules = pool.rules
    charge = maintenance_charge(leg, rules.maintenance, ZERO)
    rate = _mark_fee(rules, leg)
    units = scale_legs((leg,), (charge,), (rate,))
    scaled = units.legs[0]
    at = {leg.symbol: price}
    fine = units.fine(at)
    money = units.money * fine
    worth = scaled.value(price, fine)
    row = scaled.row_at(fine)
    basis = abs(scaled.cost) * fine if rules.maintenance == "entry" else abs(worth)
    needed = scaled.need(worth, units.money, fine)
    tier, used, deduction = _used(leg, charge, row, scaled.lots, basis)
    value = Fraction(worth, money)
    if scaled.grows and basis:
        used = Fraction(needed, basis)
    fee = abs(value) * rate
    if rules.fee_stands and fee_price is not None:
        fee = abs(leg.value(fee_price)) * leg.taker_fee
    return LegPart(
        leg,
        price,
        value,
        Fraction(worth - scaled.cost * fine, money),
        Fraction(needed, money),
        fee,
        initial_margin(leg, pool.rules, orders_of(pool, leg), price),
        tier,
        used,
        deduction,
    )


def fee_value(leg: Leg, price: Fraction, rules: Rules) -> Fraction:
    """The value that a fee of closing is taken on: at the price, or the size fixed at entry where
    the venue's fees are on that (GMX).
    """
    return abs(leg.cost) if rules.closing_fee == "entry" else abs(leg.value(price))


def orders_of(pool: Pool, leg: Leg) -> tuple[Order, ...]:
    """The resting orders that can enlarge a leg: of its symbol, and only of its own side where the
    symbol has legs on both, for there an order opens and does not net.
    """
    own = tuple(order for order in pool.orders if order.symbol == leg.symbol)
    if any(one.symbol == leg.symbol and one.side != leg.side for one in pool.legs):
        return tuple(order for order in own if order.side == leg.side)
    return own


def _mark_fee(rules: Rules, leg: Leg) -> Fraction:
    return leg.taker_fee if rules.closing_fee == "mark" else ZERO


def _used(
    leg: Leg, charge: Charge, row: list[int], lots: int, basis: int
) -> tuple[int, Fraction, Fraction]:
    """Which row of the table was used, its rate and its deduction."""
    if not charge.rows:
        return 0, Fraction(layout.rate_of_lots(row, 0, lots), row[layout.SCALE]), ZERO
    tier = layout.tier_of(row, 0, basis)
    _, rate, deduction = charge.rows[tier]
    if leg.table.unit != "notional":
        amount = leg.size if leg.table.unit == "size" else leg.size / leg.contract_size
        tier = tier_at(leg.table, amount)
    return tier, rate, deduction


def _total(pool: Pool, prices: Mapping[str, Fraction], parts: tuple[LegPart, ...]) -> Evaluation:
    rules = pool.rules
    profits: dict[str, Fraction] = {}
    maintenance, fees = pool.other_maintenance, ZERO
    initial: Fraction | None = ZERO
    for part in parts:
        asset = part.leg.settle
        worth = settle_price(part.leg, pool, prices)
        counted = part.profit if rules.positive_profit_counts else min(part.profit, ZERO)
        profits[asset] = profits.get(asset, ZERO) + counted
        maintenance += part.maintenance * worth
        fees += part.closing_fee * worth
        if initial is not None:
            initial = None if part.initial is None else initial + part.initial * worth
    balances = tuple(
        balance_part(balance, profits.pop(balance.asset, ZERO), prices) for balance in pool.balances
    )
    maintenance += sum((part.maintenance for part in balances), ZERO)
    profit = sum(profits.values(), ZERO)
    loss = order_loss(pool, prices)
    cash = pool.wallet - pool.reserved + pool.other_profit + profit
    if rules.order_loss_counts:
        cash -= loss
    return Evaluation(
        pool,
        prices,
        parts,
        balances,
        cash + sum((part.counted for part in balances), ZERO),
        cash + sum((part.worth for part in balances), ZERO),
        maintenance,
        fees,
        initial,
        sum((part.profit * settle_price(part.leg, pool, prices) for part in parts), ZERO),
        loss,
    )
