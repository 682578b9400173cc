"""crvUSD's LLAMMA: a loan lies in price bands and is converted band by band as the price falls.

Band n reaches from `p_up(n) = base x ((A - 1) / A)^n` down to `p_up(n + 1)`. Inside a band the
AMM's price moves as the cube of the oracle's, so arbitrage sells collateral as the price falls and
buys it back as it rises (soft liquidation). Health is what the bands give on the way down
(`x_down`), less the liquidation discount, over the debt, less 1, plus what the collateral is worth
above the bands; hard liquidation is open below 0.

Band prices are exact powers (the contract computes them to about 1e-10). Square roots, which no
fraction holds, are cut at 1e-24. `x_down` ignores fees and assumes a slow, well traded fall.

Source: curvefi/curve-stablecoin AMM.vy (get_xy_up, _get_y0), Controller.vy (health,
calculate_debt_n1) and tests/amm/test_price_oracles.py (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from solvent.margin.explain import Term, figure_text
from solvent.venues.lending.inputs import member, rate, whole
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as version_of
from solvent.venues.questions.ratios import Figures

ZERO = Fraction(0)
ROOT_DECIMALS = 24
BANDS_MIN, BANDS_MAX = 4, 50


def root(value: Fraction) -> Fraction:
    """Square root cut at 24 decimals.

    >>> root(Fraction(4)), float(root(Fraction(2)))
    (Fraction(2, 1), 1.4142135623730951)
    """
    scaled = value * 10 ** (2 * ROOT_DECIMALS)
    return Fraction(isqrt(scaled.numerator // scaled.denominator), 10**ROOT_DECIMALS)


@dataclass(frozen=True, slots=True)
class Market:
    """One market: amplification A, base price (upper price of band 0), discounts as shares."""

    name: str
    amplification: int
    base_price: Fraction
    loan_discount: Fraction
    liquidation_discount: Fraction
    label: str = ""

    @property
    def step(self) -> Fraction:
        """Ratio of a band's lower to its upper price: (A - 1) / A."""
        return Fraction(self.amplification - 1, self.amplification)

    def p_up(self, band: int) -> Fraction:
        """Upper oracle price of a band.

        >>> Market("m", 100, Fraction(3000), ZERO, ZERO).p_up(1)
        Fraction(2970, 1)
        """
        return self.base_price * self.step**band

    def p_down(self, band: int) -> Fraction:
        """Lower oracle price of a band: the upper one of the next."""
        return self.p_up(band + 1)

    def current_prices(self, band: int, oracle: Fraction) -> tuple[Fraction, Fraction]:
        """The AMM's own price at the lower and upper end of a band: oracle^3 over p_up^2, p_down^2.

        >>> bands = Market("m", 100, Fraction(3000), ZERO, ZERO)
        >>> low, high = bands.current_prices(1, Fraction(3000))
        >>> round(float(low), 9), round(float(high), 9)
        (3060.912151821, 3123.061067056)
        """
        return oracle**3 / self.p_up(band) ** 2, oracle**3 / self.p_down(band) ** 2


def market(venue: str | Version, name: str, *, base_price: Number) -> Market:
    """A market of a preset at a base price (the contract's `get_base_price`).

    >>> market("crvusd", "WBTC", base_price="30000").liquidation_discount
    Fraction(3, 50)
    """
    version = version_of(venue) if isinstance(venue, str) else venue
    markets = version.parameters.get("markets")
    if not isinstance(markets, Mapping):
        raise InputError(f"{version.label}: the preset has no parameters.markets")
    entry = member(markets, name, "market")
    base = exact(base_price, "base price")
    if base <= 0:
        raise InputError(f"base price: {base_price} must be above 0")
    return Market(
        name,
        whole(entry, "A", 100),
        base,
        rate(entry, "loan_discount", name),
        rate(entry, "liquidation_discount", name),
        f"{version.label} {name}",
    )


@dataclass(frozen=True, slots=True)
class Band:
    """A user's part of one band: stablecoin and collateral."""

    number: int
    stable: Fraction
    collateral: Fraction


@dataclass(frozen=True, slots=True)
class BandLoan:
    """A loan in bands `first` to `last`, at a debt."""

    market: Market
    bands: tuple[Band, ...]
    debt: Fraction

    @property
    def first(self) -> int:
        """The highest band (its price is the first reached)."""
        return self.bands[0].number

    @property
    def last(self) -> int:
        """The lowest band."""
        return self.bands[-1].number

    @property
    def collateral(self) -> Fraction:
        """Collateral in all bands."""
        return sum((one.collateral for one in self.bands), ZERO)

    @property
    def soft_range(self) -> tuple[Fraction, Fraction]:
        """Oracle prices at which conversion starts and ends on the way down."""
        return self.market.p_up(self.first), self.market.p_down(self.last)

    def x_down(self, oracle: Fraction) -> Fraction:
        """Stablecoin the bands give if the price moves on down slowly, after it is at `oracle`."""
        return sum((_band_down(self.market, one, oracle) for one in self.bands), ZERO)

    def above(self, oracle: Fraction) -> Fraction:
        """Value of the collateral above the bands; 0 once conversion has begun."""
        top = self.market.p_up(self.first)
        begun = any(one.stable for one in self.bands)
        return ZERO if begun or oracle <= top else (oracle - top) * self.collateral

    def standing(self, oracle: Fraction) -> Figures:
        """Assets are `x_down` and what lies above the bands; maintenance is the discount."""
        down = self.x_down(oracle)
        off = down * self.market.liquidation_discount
        return Figures(down + self.above(oracle) - self.debt, off, debt=self.debt)

    def health(self, oracle: Fraction) -> Fraction:
        """The contract's full health: `x_down x (1 - discount) / debt - 1`, plus what is above the
        bands over the debt. Hard liquidation is open below 0.
        """
        kept = self.x_down(oracle) * (1 - self.market.liquidation_discount)
        return (kept + self.above(oracle)) / self.debt - 1

    def hard_price(self, *, tick: Number = "0.01") -> tuple[Fraction, Fraction] | None:
        """Neighbouring ticks at which health turns negative if the price falls and nobody trades.

        With arbitrage `x_down` does not fall with the price, so a loan healthy below its bands
        stays so but for fees and interest; None then means the same without trading (at a tick).
        """
        step = exact(tick, "tick")
        if step <= 0:
            raise InputError(f"tick: {tick} must be above 0")
        high = int(self.market.p_up(self.first) / step) + 1
        if self.health(high * step) < 0:
            return None
        low = 0
        while high - low > 1:
            middle = (high + low) // 2
            if self.health(middle * step) < 0:
                low = middle
            else:
                high = middle
        return (high * step, low * step) if low else None

    def explain(self, oracle: Fraction) -> Term:
        """Health with the bands it was made from."""
        start, end = self.soft_range
        rows = tuple(
            Term(
                f"band {one.number}",
                _band_down(self.market, one, oracle),
                "crvUSD",
                "collateral x sqrt(p_up x p_down) where untouched",
                terms=(
                    Term("p_up", self.market.p_up(one.number)),
                    Term("p_down", self.market.p_down(one.number)),
                    Term("collateral", one.collateral),
                    Term("stablecoin", one.stable),
                ),
            )
            for one in self.bands
        )
        return Term(
            "health",
            self.health(oracle),
            formula="(x_down x (1 - liquidation discount) + above) / debt - 1",
            note=f"{self.market.label}; hard liquidation below 0; square roots cut at 1e-24",
            terms=(
                Term("x_down", self.x_down(oracle), "crvUSD", "sum over bands", terms=rows),
                Term("above the bands", self.above(oracle), "crvUSD"),
                Term("debt", self.debt, "crvUSD"),
                Term("soft liquidation from", start),
                Term("soft liquidation to", end),
            ),
        )


def open_loan(
    where: Market, *, collateral: Number, debt: Number, bands: int = 10, oracle: Number
) -> BandLoan:
    """The loan the contract would open: the lowest bands that still carry the debt.

    The debt has to be carried by the bands after the loan discount: `collateral x (1 - discount) x
    mean of sqrt(p_up x p_down)` over the bands. InputError where the debt needs bands at or above
    the oracle price ("debt too high").

    >>> wbtc = market("crvusd", "WBTC", base_price="30000")
    >>> held = open_loan(wbtc, collateral="1", debt="20000", bands=10, oracle="30000")
    >>> held.first, held.last, [round(float(price), 2) for price in held.soft_range]
    (26, 35, [23101.29, 20892.4])
    """
    amount, owed = exact(collateral, "collateral"), exact(debt, "debt")
    price = exact(oracle, "oracle price")
    if amount <= 0 or owed <= 0 or price <= 0:
        raise InputError(
            f"collateral {amount}, debt {owed} and oracle price {price} must all be above 0"
        )
    if not BANDS_MIN <= bands <= BANDS_MAX:
        raise InputError(f"bands: {bands}; between {BANDS_MIN} and {BANDS_MAX}")
    first = _first_band(where, amount, owed, bands)
    if where.p_up(first) >= price:
        raise InputError(
            f"debt {owed} is too high: its bands would begin at {figure_text(where.p_up(first))}, "
            f"not below the oracle price {price}; borrow less or add collateral"
        )
    part = amount / bands
    return BandLoan(where, tuple(Band(first + at, ZERO, part) for at in range(bands)), owed)


def _first_band(where: Market, collateral: Fraction, debt: Fraction, bands: int) -> int:
    """Greatest n with `effective x p_up(n) >= debt`; compared squared, so exactly: effective holds
    the square root of the step.
    """
    step = where.step
    mean = sum((step**at for at in range(bands)), ZERO) / bands
    squared = (collateral * (1 - where.loan_discount) * mean) ** 2 * step

    def carried(band: int) -> bool:
        return squared * where.p_up(band) ** 2 >= debt**2

    low, reach = 0, 1
    while not carried(low):
        low, reach = low - reach, reach * 2
    high, reach = low + 1, 1
    while carried(high):
        high, reach = high + reach, reach * 2
    while high - low > 1:
        middle = (high + low) // 2
        low, high = (middle, high) if carried(middle) else (low, middle)
    return low


def band_y0(where: Market, band: Band, oracle: Fraction) -> Fraction:
    """Collateral the whole band would hold at its upper price: the positive root of
    `oracle A y0^2 - y0 (p_up / oracle (A - 1) x + oracle^2 / p_up A y) - x y = 0`.
    """
    top, size = where.p_up(band.number), where.amplification
    x, y = band.stable, band.collateral
    if not x:
        return oracle * y / top
    b = top / oracle * (size - 1) * x + oracle**2 / top * size * y
    return (b + root(b * b + 4 * oracle * size * x * y)) / (2 * oracle * size)


def _band_down(where: Market, band: Band, oracle: Fraction) -> Fraction:
    """Stablecoin of one band: traded to the oracle price at once, then slowly down."""
    x, y = band.stable, band.collateral
    if not x and not y:
        return ZERO
    top, bottom = where.p_up(band.number), where.p_down(band.number)
    middle = root(top * bottom)
    current = oracle**3 / (top * bottom)
    if not x or not y:
        if oracle > top:
            return (y or x / current) * middle
        if oracle < bottom:
            return x or y * current
    size, y0 = where.amplification, band_y0(where, band, oracle)
    f = size * y0 * oracle**2 / top
    g = (size - 1) * y0 * top / oracle
    product = (f + x) * (g + y)
    if oracle > top:
        return max(product / f - g, ZERO) * middle
    if oracle < bottom:
        return max(product / g - f, ZERO)
    left = max(root(product / oracle) - g, ZERO)
    gained = max(product / (g + left) - f, ZERO)
    return gained + left * root(bottom * oracle)
