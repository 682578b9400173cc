"""A loan: collateral, debt and prices under one lender's rule, and what follows from them.

The rule of a protocol (`aave`, `compound`, ... of this folder) turns inputs into lines with
factors; everything here is one inequality, `capacity >= required`, in exact fractions. Capacity is
the sum of collateral values times their weights, required the sum of debts times their multiples
(`solvent.margin.lending`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term
from solvent.venues.lending.crossing import Crossing, bracket
from solvent.venues.lending.lines import Line, changed, weighted
from solvent.venues.lending.targets import amount_for
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Ratio, Version
from solvent.venues.presets.fields import nearest
from solvent.venues.questions.ratios import Figures, Shown, coverage, venue_ratio

if TYPE_CHECKING:
    from solvent.venues.lending.outcome import Outcome

ZERO = Fraction(0)
ONE = Fraction(1)


Predicate = Callable[["Loan"], bool]


@dataclass(frozen=True, slots=True)
class Loan:
    """Collateral and debt with one lender, at stated prices.

    strict: liquidated when capacity is below the requirement (False: also when equal). check: the
    protocol's own test in its own integers, for the bracketing ticks; None: the exact comparison.
    tick: step of the oracle's price. Money is the unit of the prices.

    >>> from solvent.venues.lending import loan
    >>> eth = loan("aave-v3", collateral={"WETH": "10"}, debt={"USDC": "15000"},
    ...            prices={"WETH": "3000", "USDC": "1"})
    >>> eth.value, eth.headroom, eth.liquidatable
    (Fraction(83, 50), Fraction(9900, 1), False)
    >>> print(eth.liquidation_price("WETH"))
    WETH 1807.22891567 (down, others fixed)
    """

    version: Version
    held: tuple[Line, ...]
    owed: tuple[Line, ...]
    ratio: Ratio
    money: str = "USD"
    market: str = ""
    strict: bool = True
    tick: Fraction = Fraction(1, 10**8)
    check: Predicate | None = None
    rule: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    # ---------------------------------------------------------------- the inequality

    @property
    def label(self) -> str:
        """`venue@version`, with the market where there is one."""
        return f"{self.version.label} {self.market}".rstrip()

    @property
    def assets(self) -> Fraction:
        """Collateral value, unweighted."""
        return sum((line.value for line in self.held), ZERO)

    @property
    def debt(self) -> Fraction:
        """Debt value, unweighted."""
        return sum((line.value for line in self.owed), ZERO)

    @property
    def capacity(self) -> Fraction:
        """Collateral value times weights: the debt that can be carried, where multiples are 1."""
        return weighted(self.held)

    @property
    def required(self) -> Fraction:
        """Debt value times multiples."""
        return weighted(self.owed)

    @property
    def headroom(self) -> Fraction:
        """Capacity less requirement = equity less maintenance, in money."""
        return self.capacity - self.required

    @property
    def liquidatable(self) -> bool:
        """Whether the venue's condition holds at these prices, unrounded."""
        if not self.owed:
            return False
        return self.headroom < 0 if self.strict else self.headroom <= 0

    @property
    def standing(self) -> Figures:
        """The figures that ratios are made from: equity = assets - debt; maintenance = what the
        factors take off (`assets - capacity` and `required - debt`).
        """
        off = self.assets - self.capacity + self.required - self.debt
        free = self.free_to_borrow
        equity = self.assets - self.debt
        return Figures(
            equity, off, initial=equity - free if free is not None else ZERO, debt=self.debt
        )

    @property
    def coverage(self) -> Fraction | None:
        """Equity over requirement in our words: 1 where headroom is 0; None where nothing is
        required.
        """
        return coverage(self.standing)

    @property
    def value(self) -> Fraction | None:
        """The venue's own ratio, exact; None without debt."""
        return self.shown.value

    @property
    def shown(self) -> Shown:
        """The venue's own ratio with its name, formula and the value at which it liquidates."""
        return venue_ratio(self.ratio, self.standing, self.label)

    @property
    def loan_to_value(self) -> Fraction | None:
        """Debt over collateral value; None without collateral."""
        return self.debt / self.assets if self.assets else None

    @property
    def free_to_borrow(self) -> Fraction | None:
        """Counted by the borrowing limits: capacity less requirement; None where not published.

        Negative: no new debt until the loan is below them.
        """
        if any(line.borrow is None for line in self.held):
            return None
        carried = sum((line.value * (line.borrow or ZERO) for line in self.held), ZERO)
        return carried - sum((line.value * (line.borrow or ONE) for line in self.owed), ZERO)

    # ---------------------------------------------------------------- other states

    def at(self, prices: Mapping[str, Number]) -> Loan:
        """The same loan at other prices; assets not named keep theirs."""
        new = {name: exact(price, f"price of {name}") for name, price in prices.items()}
        for name in new:
            self._asset(name)

        def moved(lines: Iterable[Line]) -> tuple[Line, ...]:
            return tuple(replace(one, price=new.get(one.asset, one.price)) for one in lines)

        return replace(self, held=moved(self.held), owed=moved(self.owed))

    def after(
        self,
        *,
        collateral: Mapping[str, Number] | None = None,
        debt: Mapping[str, Number] | None = None,
    ) -> Loan:
        """The loan with amounts added (positive) or taken away (negative) on assets it has."""
        return replace(
            self,
            held=changed(self.held, collateral or {}, "collateral"),
            owed=changed(self.owed, debt or {}, "debt"),
        )

    def _asset(self, name: str) -> str:
        known = list(dict.fromkeys(line.asset for line in (*self.held, *self.owed)))
        if name not in known:
            raise InputError(f"{name!r} is no asset of this loan; {nearest(name, known, 'assets')}")
        return name

    # ---------------------------------------------------------------- prices

    def slope(self, asset: str) -> Fraction:
        """Headroom gained per unit of the asset's price: counted amount less required amount."""
        self._asset(asset)
        up = sum((one.amount * one.factor for one in self.held if one.asset == asset), ZERO)
        return up - sum((one.amount * one.factor for one in self.owed if one.asset == asset), ZERO)

    def price(self, asset: str) -> Fraction:
        """The price of one of the loan's assets."""
        self._asset(asset)
        return next(one.price for one in (*self.held, *self.owed) if one.asset == asset)

    def liquidation_price(self, asset: str) -> Crossing:
        """Where headroom is 0 as this asset's price moves and the others stay.

        Collateral: below it (direction "down"); a debt that grows with its price: above it ("up").
        `exact` is None where no positive price does it.
        """
        slope = self.slope(asset)
        at = self.price(asset)
        root = at - self.headroom / slope if slope else None
        if root is not None and root <= 0:
            root = None
        return bracket(self, asset, root, "down" if slope > 0 else "up")

    def common_fall(self, assets: Sequence[str] | None = None) -> Fraction | None:
        """Share by which all these prices together may fall until headroom is 0.

        Default: every collateral that is not also owed; what is owed keeps its price. Negative
        where the loan is past it; None where no common fall of less than 100 % does it.

        >>> from solvent.venues.lending import loan
        >>> two = loan("aave-v3", collateral={"WETH": "1", "WBTC": "1"}, debt={"USDC": "25000"},
        ...            prices={"WETH": "2000", "WBTC": "50000", "USDC": "1"})
        >>> two.common_fall() == 1 - Fraction(25000) / (2000 * Fraction(83, 100) + 39000)
        True
        """
        owed = {one.asset for one in self.owed}
        moved = (
            tuple(self._asset(name) for name in assets)
            if assets is not None
            else tuple(dict.fromkeys(one.asset for one in self.held if one.asset not in owed))
        )
        lost = sum((self.slope(name) * self.price(name) for name in moved), ZERO)
        if lost <= 0:
            return None
        share = self.headroom / lost
        return share if share < 1 else None

    def frontier(
        self, first: str, second: str, count: int = 11
    ) -> tuple[tuple[Fraction, Fraction], ...]:
        """Pairs of prices at which headroom is exactly 0, the other prices fixed.

        The first price goes in equal steps from 0 to where the second would be 0 (two collaterals)
        or to twice its price (a collateral against a debt); pairs without a positive second price
        are left out.
        """
        from solvent.venues.lending.frontier import points

        return points(self, first, second, count)

    # ---------------------------------------------------------------- what to do

    def repay_for(self, target: Number, asset: str | None = None) -> Fraction | None:
        """Amount of a debt to repay so that the venue's ratio stands at `target`; 0 where it does
        already, None where repaying all of it is not enough.
        """
        line = self._one(self.owed, asset, "debt")
        return amount_for(self, target, line, debt=True)

    def add_for(self, target: Number, asset: str | None = None) -> Fraction | None:
        """Amount of a collateral to add so that the venue's ratio stands at `target`; 0 where it
        does already, None where no amount does.
        """
        line = self._one(self.held, asset, "collateral")
        return amount_for(self, target, line, debt=False)

    def _one(self, lines: tuple[Line, ...], asset: str | None, what: str) -> Line:
        if asset is None:
            if len(lines) != 1:
                named = ", ".join(one.asset for one in lines) or "none"
                raise InputError(f"which {what}? name the asset; there are: {named}")
            return lines[0]
        for one in lines:
            if one.asset == asset:
                return one
        known = [one.asset for one in lines]
        raise InputError(f"{asset!r} is no {what} of this loan; {nearest(asset, known, what)}")

    def liquidate(
        self, *, collateral: str | None = None, debt: str | None = None, **how: object
    ) -> Outcome:
        """What a liquidation would do by the protocol's own integers and rounding.

        `how` is the protocol's: `repay` (Aave, Morpho, Euler), `seize` (Morpho), `pool` (Liquity),
        ... Default: as much as the protocol allows. See the protocol's module.
        """
        from solvent.venues.lending.rules import rule_of

        return rule_of(self.rule).liquidate(self, collateral, debt, how)

    # ---------------------------------------------------------------- words

    def explain(self) -> Term:
        """The venue's ratio with every figure it was made from."""
        from solvent.venues.lending.wording import loan_term

        return loan_term(self)
