"""The chance that a whole account is liquidated while several prices move together. An estimate.

Trial books are judged in floats on the lines of `surface`; in the end the worst grid point of every
path is judged by the venue's exact functions on the exact fraction.

Between grid points of a lognormal path the headroom may dip and return. The chance of that is the
Brownian bridge's, exp(-2 a b / v) for headrooms a, b at the ends and variance v of the headroom
over the step, its slopes taken at the ends: exact for a straight border, and checked by
`step_control`, the same estimate on every other point. Source: Glasserman, Monte Carlo Methods in
Financial Engineering (2003), section 6.4. A resampled history has no such bridge: between its rows
nothing is known, so its chance is of the rows' ends alone.

Funding is not paid. NumPy is loaded when a question is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

from solvent.venues.books.surface import Surface
from solvent.venues.numbers import InputError
from solvent.venues.questions import estimates
from solvent.venues.questions.arguments import checked
from solvent.venues.reading import Position
from solvent.venues.solver.model import DOLLARS, ZERO, Pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from solvent.venues.account import Account
    from solvent.venues.books.moves import Moves

    Array = NDArray[np.float64]

PATHS, STEPS = 4096, 32
LEAST_PATHS = 100
LARGEST_LOG = 100  # prices beyond this leave the range in which floats multiply


@dataclass(frozen=True, slots=True)
class Chance:
    """An estimated chance of liquidation.

    standard_error: of the sampling. upper: the one-sided bound at `confidence`. step_control: the
    estimate less the same on every other grid point; beyond a few standard errors, take more steps
    (0 for a resampled history, which has its own rows). touched: paths whose worst grid point the
    exact inequality finds liquidated.
    """

    chance: float
    standard_error: float
    upper: float
    confidence: float
    step_control: float
    paths: int
    steps: int
    touched: int

    def __str__(self) -> str:
        return (
            f"{self.chance:.2%} +- {self.standard_error:.2%}, at most {self.upper:.2%} with "
            f"confidence {self.confidence:.0%} (estimate, {self.paths} paths of {self.steps} steps)"
        )


def book_chance(
    account: Account,
    moves: Moves,
    days: float,
    *,
    paths: int = PATHS,
    steps: int = STEPS,
    seed: int = 0,
    confidence: float = 0.95,
) -> Chance:
    """Estimate: chance that the account's margin bucket is liquidated within `days`.

    moves: how the prices move, `Moves.lognormal(...)` and others; every symbol held must be in it.
    Collateral of the same base as a symbol moves with it. The same seed gives the same answer.
    Raises InputError for several buckets, and for venues that judge a position on its share of the
    account.

    >>> from solvent.venues import Account
    >>> from solvent.venues.books.moves import Moves
    >>> account = Account("binance-usdm@2026-09", wallet="5000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="1", entry="50000")])
    >>> found = book_chance(account, Moves.lognormal({"BTCUSDT": 0.6}), days=7)
    >>> exact = account.hit_probability(0.6, 7)
    >>> abs(found.chance - exact) < 3 * found.standard_error
    True
    """
    sample = Sample.drawn(account, moves, days, paths, steps, seed)
    return sample.judged(only_bucket(with_followers(account, moves)), confidence)


def only_bucket(account: Account) -> Pool:
    """The one margin bucket that a book is sized in, its money named."""
    pools = account.pools()
    if len(pools) != 1:
        raise InputError(
            f"book: the account has {len(pools)} margin buckets ({', '.join(pools)}), each "
            "liquidated on its own; make an account for each"
        )
    pool = checked(account, next(iter(pools.values())))
    if pool.rules.cross_split == "value" and len(pool.legs) > 1:
        raise InputError(
            f"book: {account.version.label} judges each position on its share of the account; size "
            "them one by one with size_for_probability"
        )
    return pool


def with_followers(account: Account, moves: Moves) -> Account:
    """The account with an empty position for each symbol of `moves` whose base is held as
    collateral, so that this collateral moves. Refuses collateral that nothing moves.
    """
    held = {one.instrument.base for one in account.positions}
    extra = []
    for one in account.holdings:
        if one.asset in DOLLARS or one.asset in held:
            continue
        listed = account.version.instruments.values()
        named = [i for i in listed if i.base == one.asset and i.symbol in moves.symbols]
        if not named:
            raise InputError(
                f"collateral {one.asset}: nothing moves its price; name a contract on "
                f"{one.asset} in the moves"
            )
        extra.append(Position(named[0], 1, ZERO, one.price, one.price))
    return account.with_(positions=(*account.positions, *extra)) if extra else account


@dataclass(slots=True)
class Sample:
    """Paths of prices that every trial book is judged on (common random numbers)."""

    moves: Moves
    marks: Mapping[str, Fraction]
    prices: dict[str, Array]
    step: float
    loads: list[list[float]]

    @classmethod
    def drawn(
        cls, account: Account, moves: Moves, days: float, paths: int, steps: int, seed: int
    ) -> Sample:
        """Paths from the account's marks."""
        import numpy as np

        estimates.check_real(days, "days")
        if not 0 < days < math.inf:
            raise InputError(f"days: {days} is not above 0")
        for name, one, least in (("paths", paths, LEAST_PATHS), ("steps", steps, 1)):
            if isinstance(one, bool) or not isinstance(one, int) or one < least:
                raise InputError(f"{name}: {one!r} is not a whole number of at least {least}")
        marks = only_bucket(with_followers(account, moves)).marks()
        missing = [name for name in marks if name not in moves.symbols]
        if missing:
            raise InputError(
                f"{missing[0]}: no volatility is given; the moves are of {', '.join(moves.symbols)}"
            )
        count = moves.steps(days, steps)
        drawn = moves.paths(days, count, paths, seed)
        prices = {}
        for at, name in enumerate(moves.symbols):
            if name in marks:
                logs = np.concatenate([np.zeros((1, paths)), drawn[at]])
                if abs(logs).max() > LARGEST_LOG:
                    raise InputError(
                        f"{name}: at this volatility its price moves by more than a factor "
                        f"e^{LARGEST_LOG} within {days:g} days; take a shorter time"
                    )
                prices[name] = float(marks[name]) * np.exp(logs)
        rows = dict(zip(moves.symbols, moves.loadings(), strict=True))
        loads = [rows[name] for name in prices]
        return cls(moves, marks, prices, days / estimates.DAYS_IN_YEAR / count, loads)

    def shape(self) -> tuple[int, int]:
        """Paths and steps."""
        rows, paths = next(iter(self.prices.values())).shape
        return paths, rows - 1

    def surface(self, pool: Pool) -> Surface:
        """The bucket's headroom over the prices that these paths reach."""
        ranges = {name: (float(p.min()), float(p.max())) for name, p in self.prices.items()}
        return Surface(pool, ranges)

    def estimate(self, pool: Pool) -> tuple[float, float]:
        """Chance and standard error in floats alone, for trial books."""
        headroom, slopes = self._headrooms(self.surface(pool))
        alive = self._alive(headroom, slopes, 1)
        return 1 - float(alive.mean()), _error(alive)

    def judged(self, pool: Pool, confidence: float) -> Chance:
        """The estimate with the exact inequality's word on every path, and its control."""
        quantile = bound(confidence)
        surface = self.surface(pool)
        headroom, slopes = self._headrooms(surface)
        alive = self._alive(headroom, slopes, 1)
        worst = headroom.argmin(axis=0)
        touched = 0
        for path, row in enumerate(worst):
            at = {name: Fraction(float(self.prices[name][row, path])) for name in surface.curves}
            if surface.breached(at):
                touched += 1
                alive[path] = 0.0
        chance, error = 1 - float(alive.mean()), _error(alive)
        control = 0.0
        if not self.moves.history:
            control = chance - (1 - float(self._alive(headroom, slopes, 2).mean()))
        upper = min(1.0, chance + quantile * error)
        steps, paths = headroom.shape
        return Chance(chance, error, upper, confidence, control, paths, steps - 1, touched)

    def _headrooms(self, surface: Surface) -> tuple[Array, list[Array]]:
        """Headroom on the grid, and its slope along each log price."""
        import numpy as np

        shape = next(iter(self.prices.values())).shape
        start = float(surface.start)
        headroom, slopes = np.full(shape, start), []
        for name, price in self.prices.items():
            line = surface.lines.get(name)
            if line is None:
                slopes.append(np.zeros(shape))
                continue
            if len(line.edges):
                piece = np.searchsorted(line.edges, price)
                intercept, slope = line.intercept[piece], line.slope[piece]
            else:
                intercept, slope = line.intercept[0], line.slope[0]
            moved = slope / price if line.inverse else slope * price
            headroom += intercept - start + moved
            slopes.append(-moved if line.inverse else moved)
        return headroom, slopes

    def _alive(self, headroom: Array, slopes: list[Array], stride: int) -> Array:
        """Chance of each path to have kept its headroom, on every `stride`th grid point."""
        import numpy as np

        grid = headroom[::stride]
        standing: Array = (grid > 0).all(axis=0).astype(float)
        if self.moves.history:
            return standing
        middle = [(s[::stride][:-1] + s[::stride][1:]) / 2 for s in slopes]
        variance = np.zeros_like(middle[0])
        for factor in range(len(self.loads[0])):
            total = np.zeros_like(variance)
            for load, slope in zip(self.loads, middle, strict=True):
                if load[factor]:
                    total += load[factor] * slope
            variance += total * total
        variance *= self.step * stride
        room = np.maximum(grid[:-1], 0) * np.maximum(grid[1:], 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(variance > 0, -np.expm1(-2 * room / variance), 1.0)
        found: Array = standing * kept.prod(axis=0)
        return found


def bound(confidence: float) -> float:
    """Standard errors above an estimate at which the one-sided bound stands; 0 at 0.5."""
    estimates.check_real(confidence, "confidence")
    if not 0.5 <= confidence < 1:
        raise InputError(
            f"confidence: {confidence} is not from 0.5 (the estimate itself) to below 1"
        )
    return NormalDist().inv_cdf(float(confidence))


def _error(alive: Array) -> float:
    return float(alive.std(ddof=1)) / math.sqrt(len(alive))
