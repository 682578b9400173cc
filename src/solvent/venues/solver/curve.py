"""Headroom as a function of one price, the others following a stated assumption.

A `Curve` folds everything that does not move into one number and asks the engine's functions for
the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from solvent.venues.numbers import InputError
from solvent.venues.solver.balances import settle_price
from solvent.venues.solver.evaluate import breached, evaluate
from solvent.venues.solver.exact_units import Charge, maintenance_charge, scale_legs
from solvent.venues.solver.model import DOLLARS, ONE, ZERO, Assumption, Balance, Leg, Pool

Level = str | Fraction
NOTHING = ((None, ZERO, ZERO),)


class Curve:
    """Headroom at a level along one price.

    level: "liquidation"; "bankruptcy" (realisable equity, less the closing fee where the venue
    charges it at bankruptcy); "initial"; or a Fraction, that multiple of the requirement.

    >>> from solvent.venues.solver.model import one_row
    >>> from solvent.venues.preset import Rules
    >>> leg = Leg("X", "linear", 1, Fraction(1), Fraction(50000), Fraction(50000),
    ...           one_row("0.005"))
    >>> curve = Curve(Pool(Rules("x"), Fraction(2500), (leg,)), "X")
    >>> curve(Fraction(50000)), curve(Fraction(47500))
    (Fraction(2250, 1), Fraction(-475, 2))
    """

    def __init__(
        self,
        pool: Pool,
        symbol: str,
        assumption: Assumption | None = None,
        level: Level = "liquidation",
        fees: Mapping[int, Fraction] | None = None,
    ) -> None:
        self.pool, self.symbol, self.level = pool, symbol, level
        self.assumption = assumption or Assumption()
        self.marks = pool.marks()
        if symbol not in self.marks:
            raise InputError(f"no position in {symbol}; there is {', '.join(self.marks) or 'none'}")
        self.start = self.marks[symbol]
        self.betas = {name: self.assumption.beta(name, symbol) for name in self.marks}
        self.fees = dict(fees or {})
        self.plain = self._is_plain()
        self.grows = level != "bankruptcy" and any(
            leg.table.shape == "slope" and leg.table.unit == "notional" for leg in pool.legs
        )
        self.shape = self._shape()
        if self.plain:
            self._fold()

    def _is_plain(self) -> bool:
        """Whether legs and a constant are all there is: then integers alone are summed."""
        pool = self.pool
        return (
            not pool.balances
            and self.level != "initial"
            and pool.rules.positive_profit_counts
            and not (pool.rules.order_loss_counts and pool.orders)
            and all(settle_price(leg, pool, {}) == 1 for leg in pool.legs if leg.settle)
        )

    def _shape(self) -> str:
        """Affine in the "price" or in its "inverse" on every piece by construction; or "any"."""
        moving = [leg for leg in self.pool.legs if self.betas[leg.symbol]]
        if not self.plain or self.grows:
            return "any"
        if not any(leg.inverse for leg in moving):
            return "price"
        if all(leg.inverse and self.betas[leg.symbol] == 1 for leg in moving):
            return "inverse"
        return "any"

    def _fold(self) -> None:
        pool = self.pool
        need = self.level != "bankruptcy"
        self.factor = self.level if isinstance(self.level, Fraction) else ONE
        self.moving = [leg for leg in pool.legs if self.betas[leg.symbol] != 0]
        still = [leg for leg in pool.legs if self.betas[leg.symbol] == 0]
        rest = pool.wallet - pool.reserved + pool.other_profit
        if need:
            rest -= self.factor * (pool.other_maintenance + sum(self.fees.values(), ZERO))
        if still:
            rest += self._still(still)
        charges = [self.charge(leg) for leg in self.moving]
        self.units = scale_legs(self.moving, charges, (rest,))
        self.rest = int(rest * self.units.money)

    def charge(self, leg: Leg) -> Charge:
        """The schedule that this level asks of a leg."""
        rules = self.pool.rules
        if self.level == "bankruptcy":
            at_bankruptcy = rules.closing_fee == "bankruptcy"
            return Charge("mark", leg.taker_fee if at_bankruptcy else ZERO, NOTHING)
        fee = leg.taker_fee if rules.closing_fee == "mark" else ZERO
        return maintenance_charge(leg, rules.maintenance, fee)

    def _still(self, legs: list[Leg]) -> Fraction:
        """Headroom of the legs whose price stays."""
        units = scale_legs(legs, [self.charge(leg) for leg in legs])
        fine = units.fine(self.marks)
        rest = ZERO
        for scaled in units.legs:
            worth = scaled.value(self.marks[scaled.leg.symbol], fine)
            rest += Fraction(worth - scaled.cost * fine, units.money * fine)
            if self.level != "bankruptcy":
                rest -= self.factor * Fraction(units.held(scaled, worth, fine), units.money * fine)
        return rest

    def prices(self, price: Fraction) -> dict[str, Fraction]:
        """Every moved price (balances under "asset:NAME") when the symbol stands at `price`."""
        moved = {self.symbol: price}
        back = price / self.start - 1
        for name, beta in self.betas.items():
            if name != self.symbol and beta:
                moved[name] = self.marks[name] * (1 + beta * back)
        for balance in self.pool.balances:
            beta = self.balance_beta(balance)
            if beta:
                moved[f"asset:{balance.asset}"] = balance.price * (1 + beta * back)
        return moved

    def balance_beta(self, balance: Balance) -> Fraction:
        """Return of a collateral asset: that of the contract it follows; in a common shock, of all
        but dollars.
        """
        if self.symbol in balance.follows:
            return ONE
        followed = next((name for name in balance.follows if name in self.betas), None)
        if followed is not None:
            return self.betas[followed]
        shock = self.assumption.name == "common_shock" and balance.asset not in DOLLARS
        return ONE if shock else ZERO

    def __call__(self, price: Fraction) -> Fraction:
        """Headroom (liquidation, initial, multiples) or realisable equity (bankruptcy), exact."""
        if not self.plain:
            return self.whole(self.prices(price))
        prices = self.prices(price) if len(self.betas) > 1 else {self.symbol: price}
        units = self.units
        fine = units.fine(prices)
        total, held = self.rest * fine, Fraction(0) if self.grows else 0
        for scaled in units.legs:
            worth = scaled.value(prices[scaled.leg.symbol], fine)
            total += worth - scaled.cost * fine
            held += scaled.need(worth, units.money, fine)
        if self.factor == 1:
            return Fraction(total - held, units.money * fine)
        return Fraction(total, units.money * fine) - self.factor * Fraction(
            held, units.money * fine
        )

    def whole(self, prices: Mapping[str, Fraction]) -> Fraction:
        """The same where several prices have moved, as `prices` names them."""
        found = evaluate(self.pool, prices, self._fee_prices())
        if self.level == "bankruptcy":
            fee = ZERO
            if self.pool.rules.closing_fee == "bankruptcy":  # of what moves, as in `_fold`
                fee = sum(
                    (
                        part.notional * part.leg.taker_fee * found.settle_price(part.leg)
                        for part in found.parts
                        if self.betas[part.leg.symbol]
                    ),
                    ZERO,
                )
            return found.realisable - fee
        if self.level == "initial":
            if found.initial is None:
                raise InputError(
                    "initial margin is not published for every position; give leverage"
                )
            return found.equity_after_orders - found.initial
        factor = self.level if isinstance(self.level, Fraction) else ONE
        fees = sum(self.fees.values(), found.closing_fees)
        return found.equity - factor * (found.maintenance + fees)

    def _fee_prices(self) -> dict[int, Fraction | None]:
        return {}  # the constant fees are in `self.fees`

    def breached(self, headroom: Fraction) -> bool:
        """Whether this headroom violates the level: bankruptcy is strict, others as the venue."""
        if self.level == "bankruptcy":
            return headroom < 0
        return breached(headroom, self.pool.rules)

    def domain(self) -> tuple[Fraction, Fraction | None]:
        """Open interval of prices at which every moved price is positive."""
        low, high = ZERO, None
        follows = [self.balance_beta(balance) for balance in self.pool.balances]
        for beta in [*self.betas.values(), *follows]:
            if beta > 1:
                low = max(low, self.start * (1 - 1 / beta))
            elif beta < 0:
                top = self.start * (1 - 1 / beta)
                high = top if high is None else min(high, top)
        return low, high
