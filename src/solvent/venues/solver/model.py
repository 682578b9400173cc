"""What is asked about: legs, orders and balances in one margin bucket.

A `Pool` is everything one liquidation decides on: a cross account, or an isolated position (a pool
with one leg). Plain exact data, no preset names: the account object and the golden cases build
pools, `evaluate` and `solve` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Kind, Rules, Table, TierRow

ZERO = Fraction(0)
ONE = Fraction(1)
# Assets that stay where they are when prices move, with a smallest unit of 1e-6.
DOLLARS = frozenset({"", "USD", "USDT", "USDC", "BUSD", "FDUSD", "DAI", "USDE", "USDH", "EUR"})


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Leg(Plain):
    """One position: `side` +1 long or -1 short.

    size: base units (linear, quanto) or face value in quote units (inverse); positive, or 0
    where only orders rest.
    entry, mark: prices in quote units. table: its maintenance schedule. taker_fee: rate of the
    closing fee, where the rules have one. leverage: the setting, for initial margin.
    contract_size: size of one contract, for tables that count contracts. multiplier: money per
    price unit and size (quanto). lot: least size, for schedules that count lots. settle: asset of
    profit and requirement; "" is the pool's own money. marked: False where the mark is only the
    orders' average price.

    >>> rate = one_row("0.005")
    >>> Leg("BTCUSDT", "linear", 1, Fraction(2), Fraction(100), Fraction(90), rate).cost
    Fraction(200, 1)
    """

    symbol: str
    kind: Kind
    side: int
    size: Fraction
    entry: Fraction
    mark: Fraction
    table: Table
    taker_fee: Fraction = ZERO
    leverage: Fraction | None = None
    contract_size: Fraction = ONE
    multiplier: Fraction = ONE
    lot: Fraction = ONE
    tick: Fraction | None = None
    settle: str = ""
    marked: bool = True

    @property
    def inverse(self) -> bool:
        """Settled in the coin it is quoted in."""
        return self.kind == "inverse"

    @property
    def cost(self) -> Fraction:
        """Signed value at entry, in settlement money (inverse: minus face value over entry)."""
        return self.value(self.entry)

    def value(self, price: Fraction) -> Fraction:
        """Signed value at a price; exact counterpart of `contracts.value`, for edges and texts."""
        if self.inverse:
            return -self.side * self.size * self.multiplier / price
        return self.side * self.size * self.multiplier * price


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Order(Plain):
    """A resting order: it can only enlarge the initial margin and lower equity by its loss.

    leverage: the setting of a symbol without a position; a position's own leverage goes first.
    """

    symbol: str
    side: int
    size: Fraction
    price: Fraction
    reduce_only: bool = False
    leverage: Fraction | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Balance(Plain):
    """An amount of another asset as collateral; negative: a debt, counted in full.

    price: money per unit. rows: (amount up to, weight), marginal per row; empty: weight 1.
    follows: symbols of the contracts on this asset; it moves in proportion with the one asked about
    if that is among them, else with the first (none: it stays fixed).
    maintenance: rate required on a debt (Binance portfolio margin's loan rate). Profit of legs
    with `settle == asset` joins the amount before it is weighed.
    """

    asset: str
    amount: Fraction
    price: Fraction
    rows: tuple[tuple[Fraction | None, Fraction], ...] = ()
    follows: tuple[str, ...] = ()
    maintenance: Fraction = ZERO


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Pool(Plain):
    """One margin bucket.

    wallet: money in the bucket (isolated: its margin). other_profit, other_maintenance: what other
    positions add to equity and requirement when only their sums are known. reserved: money held
    back for orders (not equity). unit: smallest unit of the money, for the ticks' rounding; None:
    ticks are judged on exact figures alone. wallet_name, wallet_note: what the wallet is called in
    trees, and where it is from.
    """

    rules: Rules
    wallet: Fraction
    legs: tuple[Leg, ...]
    orders: tuple[Order, ...] = ()
    balances: tuple[Balance, ...] = ()
    other_profit: Fraction = ZERO
    other_maintenance: Fraction = ZERO
    reserved: Fraction = ZERO
    money: str = ""
    unit: Fraction | None = None
    wallet_name: str = "wallet"
    wallet_note: str = ""

    def marks(self) -> dict[str, Fraction]:
        """The price of every symbol; InputError where two legs of one symbol disagree."""
        marks: dict[str, Fraction] = {}
        for leg in self.legs:
            if marks.setdefault(leg.symbol, leg.mark) != leg.mark:
                raise InputError(
                    f"{leg.symbol}: two legs have the marks {figure_text(marks[leg.symbol])} and "
                    f"{figure_text(leg.mark)} (without a mark, a leg has its entry); one "
                    "instrument has one mark: give it to both"
                )
        return marks

    def symbols(self) -> tuple[str, ...]:
        """Every symbol with a leg, in order of first appearance."""
        return tuple(dict.fromkeys(leg.symbol for leg in self.legs))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Assumption(Plain):
    """What the other prices do while one moves.

    "fixed": nothing. "beta": the others move by their beta times its return. "common_shock": all
    move by the same factor. `betas` are relative to the instrument asked about.
    """

    name: str = "fixed"
    betas: Mapping[str, Fraction] = field(default_factory=dict)

    def beta(self, symbol: str, moved: str) -> Fraction:
        """Return of `symbol` per unit return of `moved`."""
        if symbol == moved:
            return ONE
        if self.name == "fixed":
            return ZERO
        if self.name == "common_shock":
            return ONE
        if symbol not in self.betas:
            raise InputError(
                f"assumption beta: no beta for {symbol}; give betas for every other instrument"
            )
        return self.betas[symbol]


def one_row(rate: str | Fraction, deduction: str | Fraction = "0", source: str = "given") -> Table:
    """A schedule of one rate and one deduction whatever the size: `rate * notional - deduction`.

    >>> one_row("0.025", "16300").rows[0].deduction
    Fraction(16300, 1)
    """
    row = TierRow(None, Fraction(rate), Fraction(deduction))
    return Table("one rate", "deduction", source, rows=(row,))
