"""An account on a venue: positions on both sides, wallet, collateral, orders; and what is asked.

The account is plain data: it is made once and every question is answered from it. `with_` makes a
changed copy, for what-ifs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues import questions
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.orders import order_of
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Version
from solvent.venues.questions import answers, buckets
from solvent.venues.questions.arguments import (
    amounts,
    betas_of,
    check_family,
    check_money,
    funded,
    mode_of,
)
from solvent.venues.questions.holdings import Holding, holding
from solvent.venues.questions.limits import check_order, check_size
from solvent.venues.reading import (
    Position,
    position,
    positive,
    share,
    side_of,
    symbol_of,
    version_of,
)
from solvent.venues.result import Answer, Both
from solvent.venues.solver.evaluate import Evaluation, evaluate
from solvent.venues.solver.model import Order, Pool

if TYPE_CHECKING:
    from solvent.venues.questions.ratios import Shown


@dataclass(frozen=True, slots=True, init=False, repr=False, eq=False)
class Account(Plain):
    """An account on one venue.

    preset: "binance-usdm", "bybit@2024", or a `Version`. wallet: money of the settlement asset, or
    a mapping by asset; needed wherever equity decides. positions: mappings (symbol, side, size or
    contracts, entry; optional mark, leverage, margin, mmr, maintenance_amount, taker_fee). orders:
    mappings (symbol, side, size, price, reduce_only, leverage: the symbol's one setting).
    collateral: asset -> (amount, price) or a mapping with weight; the account's own dollars count
    like the wallet. mode: "cross", "hedge" (cross, and new orders do not net against the other
    side), "portfolio" (a preset that has it) or "isolated": each position on its `margin`, else on
    what its `leverage` asks for at entry, else on `wallet`. other_profit and other_maintenance: of
    positions that are only known in sum. Numbers are text, int, Decimal or Fraction.

    Raises InputError with one sentence for anything that cannot be.

    >>> account = Account("binance-usdm@2021", wallet="20000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="10", entry="50000")])
    >>> account.liquidation_price().exact
    Fraction(4787000, 99)
    """

    version: Version
    mode: str
    wallet: Mapping[str, Fraction]
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    holdings: tuple[Holding, ...]
    other_profit: Fraction
    other_maintenance: Fraction

    def __init__(
        self,
        preset: str | Version,
        *,
        wallet: Number | Mapping[str, Number] | None = None,
        positions: Iterable[Mapping[str, object] | Position] = (),
        orders: Iterable[Mapping[str, object] | Order] = (),
        collateral: Mapping[str, object] | Iterable[Holding] = (),
        mode: str = "cross",
        other_profit: Number = 0,
        other_maintenance: Number = 0,
    ) -> None:
        put = object.__setattr__
        version = version_of(preset)
        check_family(version)
        put(self, "version", version)
        put(self, "mode", mode_of(version, mode))
        put(self, "wallet", {} if wallet is None else amounts(wallet, "wallet"))
        held = tuple(
            one if isinstance(one, Position) else position(version, one) for one in positions
        )
        for one in held:
            if one.table is None:
                check_size(version, one)
        put(self, "positions", held)
        resting = tuple(order_of(version, one) for one in orders)
        for number, order in enumerate(resting):
            check_order(version, order, held, resting[:number])
        put(self, "orders", resting)
        if isinstance(collateral, Mapping):
            collateral = [holding(version, a, g) for a, g in collateral.items()]
        put(self, "holdings", tuple(collateral))
        put(self, "other_profit", exact(other_profit, "other_profit"))
        put(self, "other_maintenance", exact(other_maintenance, "other_maintenance"))
        check_money(self)

    def __repr__(self) -> str:
        counts = {"position": self.positions, "order": self.orders, "other asset": self.holdings}
        said = [
            f"{len(held)} {word}{'' if len(held) == 1 else 's'}"
            for word, held in counts.items()
            if held or word == "position"
        ]
        return f"Account({self.version.label!r}, {self.mode}, {', '.join(said)})"

    def with_(self, **changes: object) -> Account:
        """A copy with some arguments of the constructor changed."""
        given: dict[str, object] = {
            "preset": self.version,
            "wallet": self.wallet or None,
            "positions": self.positions,
            "orders": self.orders,
            "collateral": self.holdings,
            "mode": self.mode,
            "other_profit": self.other_profit,
            "other_maintenance": self.other_maintenance,
        }
        return Account(**{**given, **changes})  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------ buckets

    def pools(self) -> dict[str, Pool]:
        """Margin buckets by name: "BTCUSDT long" if isolated, else their money."""
        if self.mode == "isolated":
            alone = self.wallet.get("") if len(self.positions) == 1 else None
            if alone is None and len(self.positions) == 1:
                alone = self.wallet.get(self.positions[0].instrument.settle)
            return {
                f"{one.symbol} {'long' if one.side > 0 else 'short'}": buckets.isolated(
                    self.version, one, self.orders, alone
                )
                for one in self.positions
            }
        return buckets.cross(
            self.version,
            self.positions,
            self.orders,
            self.wallet,
            self.holdings,
            self.other_profit,
            self.other_maintenance,
            hedge=self.mode == "hedge",
        )

    def pool(self, symbol: str | None = None, side: object = None) -> Pool:
        """The bucket that holds a symbol; without one, the only bucket."""
        pools = self.pools()
        if symbol is None:
            if len(pools) == 1:
                return next(iter(pools.values()))
            named = ", ".join(pools) or "an isolated account has none without a position"
            raise InputError(f"symbol is missing; margin buckets: {named}")
        wanted = self.symbol(symbol)
        fitting = [
            pool
            for pool in pools.values()
            if wanted in pool.symbols()
            and (side is None or self.mode != "isolated" or pool.legs[0].side == side_of(side))
        ]
        if not fitting:
            raise InputError(f"no position in {wanted}; there is {', '.join(pools) or 'none'}")
        if len(fitting) > 1:
            raise InputError(f"{wanted}: isolated positions on both sides; give side")
        return fitting[0]

    def symbol(self, symbol: str | None = None) -> str:
        """The symbol asked for, checked; without one, the only one there is."""
        held = tuple(dict.fromkeys(one.symbol for one in self.positions))
        if symbol is None:
            if len(held) != 1:
                raise InputError(f"symbol is missing; positions: {', '.join(held) or 'none'}")
            return held[0]
        if symbol in held:
            return symbol
        wanted = symbol_of(self.version, symbol).symbol
        if wanted not in held:
            raise InputError(f"no position in {wanted}; there is {', '.join(held) or 'none'}")
        return wanted

    def judged(self, symbol: str, side: object = None) -> Pool:
        """The bucket whose crossing is the symbol's price (a share of it on some venues)."""
        return buckets.judged(funded(self, symbol, side), self.symbol(symbol))

    def evaluate(self, symbol: str | None = None, side: object = None) -> Evaluation:
        """The bucket at its marks, every part exact."""
        return evaluate(self.pool(symbol, side))

    # ------------------------------------------------------------------------------------ amounts

    def equity(self, symbol: str | None = None) -> Answer:
        """Equity of the bucket: wallet, unrealised profit, weighed collateral; rounded down."""
        return answers.amount(self, "equity", evaluate(funded(self, symbol)))

    def maintenance_margin(self, symbol: str | None = None) -> Answer:
        """Maintenance margin of the bucket as the venue prints it, so with the closing fee only
        where the venue's own figure holds it (Bybit, isolated KuCoin); rounded up.
        """
        return answers.amount(self, "maintenance margin", self.evaluate(symbol))

    def closing_fee_held(self, symbol: str | None = None) -> Answer:
        """Closing fee that the venue requires beside the maintenance margin it prints (OKX, Gate,
        Bitget, Phemex); 0 where it requires none, or prints it within. Rounded up.
        """
        return answers.amount(self, "closing fee held", self.evaluate(symbol))

    def initial_margin(self, symbol: str | None = None) -> Answer:
        """Initial margin of positions and open orders; rounded up."""
        return answers.amount(self, "initial margin", self.evaluate(symbol))

    def headroom(self, symbol: str | None = None) -> Answer:
        """Equity less maintenance margin and closing fee held; rounded down."""
        return answers.amount(self, "headroom", evaluate(funded(self, symbol)))

    def effective_leverage(self, symbol: str | None = None) -> Answer:
        """Notional over equity."""
        return answers.leverage(self, evaluate(funded(self, symbol)))

    def ratio(self, symbol: str | None = None) -> Shown:
        """The venue's own ratio, as the venue shows it."""
        return answers.ratio(self, evaluate(funded(self, symbol)))

    # ------------------------------------------------------------------------------------- prices

    def liquidation_prices(
        self,
        symbol: str | None = None,
        assumption: str = "fixed",
        betas: Mapping[str, Number] | None = None,
        side: object = None,
    ) -> Both:
        """Below and above the mark, with the stated assumption for the other prices."""
        return answers.both(self, "liquidation price", symbol, assumption, self._b(betas), side)

    def liquidation_price(
        self,
        symbol: str | None = None,
        assumption: str = "fixed",
        betas: Mapping[str, Number] | None = None,
        side: object = None,
    ) -> Answer:
        """The one on the losing side of the net position, or the other if only that exists; the
        nearer one where other prices move too ("beta", "common_shock"), for then a net long can
        die upward.
        """
        return answers.losing(self, "liquidation price", symbol, assumption, self._b(betas), side)

    def bankruptcy_prices(
        self,
        symbol: str | None = None,
        assumption: str = "fixed",
        betas: Mapping[str, Number] | None = None,
        side: object = None,
    ) -> Both:
        """Where equity (collateral at full worth) is zero, below and above the mark."""
        return answers.both(self, "bankruptcy price", symbol, assumption, self._b(betas), side)

    def bankruptcy_price(
        self,
        symbol: str | None = None,
        assumption: str = "fixed",
        betas: Mapping[str, Number] | None = None,
        side: object = None,
    ) -> Answer:
        """The bankruptcy price, of the side that `liquidation_price` takes."""
        return answers.losing(self, "bankruptcy price", symbol, assumption, self._b(betas), side)

    def zero_price(
        self, symbol: str | None = None, size: Number | None = None, side: object = None
    ) -> Answer:
        """Price at which closing `size` (default all) leaves equity over requirement unchanged."""
        return questions.zero_prices.zero_price(self, symbol, size, side)

    def _b(self, betas: Mapping[str, Number] | None) -> dict[str, Fraction]:
        return betas_of(betas, (one.symbol for one in self.positions)) if betas else {}

    # ------------------------------------------------------------------------------------ what if

    def max_size(
        self,
        symbol: str,
        side: object,
        leverage: Number,
        price: Number | None = None,
        *,
        fees: bool = False,
    ) -> Answer:
        """The largest size, in lots, that can be opened at `price`; see `sizing.max_size`."""
        return questions.sizing.max_size(self, symbol, side_of(side), leverage, price, fees=fees)

    def order_margin(self, order: Mapping[str, object]) -> questions.what_if.OrderCost:
        """What a resting order adds to the initial margin, and what it would lose at once."""
        return questions.what_if.order_margin(self, order_of(self.version, order))

    def margin_to_add(
        self, target: Number, symbol: str | None = None, side: object = None
    ) -> Answer:
        """Money that puts the liquidation price at `target`; negative: what may be taken out."""
        return questions.what_if.margin_to_add(
            self, self.symbol(symbol), positive(target, "target"), side
        )

    def closing(
        self,
        symbol: str | None = None,
        size: Number | None = None,
        price: Number | None = None,
        side: object = None,
    ) -> questions.what_if.Closing:
        """What closing `size` (default all) at `price` (default the mark) would do."""
        return questions.what_if.closing(self, self.symbol(symbol), size, price, side)

    def liquidation_cost(
        self, symbol: str | None = None, side: object = None, slippage: Number = 0
    ) -> questions.liquidation_costs.LiquidationCost:
        """Money kept by leaving one tick before liquidation, and by being liquidated."""
        return questions.liquidation_costs.liquidation_cost(
            self, self.symbol(symbol), side, share(slippage, "slippage")
        )

    def funding(
        self,
        rates: Mapping[str, Number] | Number,
        symbol: str | None = None,
        side: object = None,
    ) -> questions.carrying.Funding:
        """What the next funding stamp pays or costs at these rates, and what is left."""
        return questions.carrying.funding(self, rates, symbol, side)

    def runway(
        self,
        rates: Mapping[str, Number] | Number,
        symbol: str | None = None,
        side: object = None,
    ) -> Answer:
        """Days the headroom pays funding at these rates while prices stand still."""
        return questions.carrying.runway(self, rates, symbol, side)

    def sensitivities(
        self, symbol: str | None = None, side: object = None
    ) -> questions.sensitivities.Sensitivities:
        """How the liquidation price moves with wallet, size and collateral prices, exactly."""
        return questions.sensitivities.sensitivities(self, self.symbol(symbol), side)

    def size_for_probability(
        self,
        symbol: str,
        side: object,
        price: Number,
        probability: float,
        volatility: float,
        days: float,
        slippage: Number = 0,
    ) -> Answer:
        """Estimate: largest size, in lots, whose liquidation within `days` is no likelier; entering
        loses the share `slippage` of the value traded, fees too.
        """
        at, lost = positive(price, "price"), share(slippage, "slippage")
        return questions.chances.size_for_probability(
            self, symbol, side_of(side), at, probability, volatility, days, lost
        )

    def hit_probability(
        self,
        volatility: float,
        days: float,
        symbol: str | None = None,
        drift: float = 0.0,
        side: object = None,
    ) -> float:
        """Estimate (float): probability of touching a liquidation price within `days`."""
        return questions.chances.hit_probability(
            self, self.symbol(symbol), volatility, days, drift, side
        )
