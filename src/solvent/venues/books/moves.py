"""How several prices move together: the model behind the estimates for a book. Floating point.

Two models. `Moves.lognormal`: the logarithms are Brownian motions with constant volatilities and
correlations, no jumps (the model of `estimates`, in several dimensions). `Moves.resampled`: blocks
of a history of returns are drawn and put one after the other, all symbols of a row together, so
that fat tails, jumps and what moves together stay as they were; nothing happens that never did.

Volatilities and drifts are annualised (0.6 is 60 %), a year has 365 days. Without `drift` the
logarithm has none: an expected return does not make a liquidation less likely here.

Sources: Cholesky factor of a covariance, any text on simulation (Glasserman, Monte Carlo Methods in
Financial Engineering, 2003, section 2.3); circular block bootstrap: Politis and Romano (1992).
NumPy is loaded when paths are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError
from solvent.venues.questions.estimates import DAYS_IN_YEAR, check_real

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Pair = tuple[str, str]
Matrix = tuple[tuple[float, ...], ...]
ROUNDING = 1e-9  # a pivot of a correlation matrix this far below zero is rounding, not an error
HISTORY_LEAST = 30  # rows below which a volatility is known to worse than an eighth of itself


@dataclass(frozen=True, slots=True)
class Moves:
    """A model of joint moves; made by `lognormal`, `fitted` or `resampled`.

    symbols: in the order of every row below. volatility, drift: a year, by symbol. correlation: of
    the log returns. history: rows of log returns to draw from, () in the lognormal model. per_day:
    rows of the history in a day. block: rows drawn in one piece.
    """

    symbols: tuple[str, ...]
    volatility: tuple[float, ...]
    correlation: Matrix
    drift: tuple[float, ...]
    history: Matrix = ()
    per_day: float = 0.0
    block: int = 1

    @classmethod
    def lognormal(
        cls,
        volatility: Mapping[str, float],
        correlation: float | Mapping[Pair, float] | None = None,
        drift: Mapping[str, float] | None = None,
    ) -> Moves:
        """Brownian motions of the log prices.

        correlation: one number for every pair, or by pair; it has no default where there are
        several symbols. drift: of the log price, default none. Raises InputError for matrices that
        no prices can have.

        >>> moves = Moves.lognormal({"BTCUSDT": 0.6, "ETHUSDT": 0.8}, correlation=0.85)
        >>> moves.correlation
        ((1.0, 0.85), (0.85, 1.0))
        """
        symbols = tuple(volatility)
        if not symbols:
            raise InputError("volatility: no symbol is named; give volatility={'BTCUSDT': 0.6}")
        for name, one in volatility.items():
            check_real(one, f"volatility of {name}")
            if not 0 < one < math.inf:
                raise InputError(f"volatility of {name}: {one} is not above 0 and finite")
        unknown = [name for name in drift or {} if name not in volatility]
        if unknown:
            raise InputError(f"drift: {unknown[0]} has no volatility; give both or neither")
        for name, one in (drift or {}).items():
            check_real(one, f"drift of {name}")
        matrix = _matrix(symbols, correlation)
        factor(matrix, symbols)
        given = drift or {}
        return cls(
            symbols,
            tuple(float(volatility[name]) for name in symbols),
            matrix,
            tuple(float(given.get(name, 0.0)) for name in symbols),
        )

    @classmethod
    def fitted(cls, returns: Mapping[str, Sequence[float]], per_day: float) -> Moves:
        """The lognormal model with a history's volatilities and correlations, and no drift.

        returns: log returns by symbol, equally many and at the same times. per_day: how many make a
        day (24 for hourly ones).
        """
        rows = _rows(returns, per_day)
        columns = list(zip(*rows, strict=True))
        count = len(rows)
        means = [math.fsum(column) / count for column in columns]
        spread = [
            [
                math.fsum((a - m) * (b - n) for a, b in zip(x, y, strict=True)) / (count - 1)
                for y, n in zip(columns, means, strict=True)
            ]
            for x, m in zip(columns, means, strict=True)
        ]
        symbols = tuple(returns)
        for at, name in enumerate(symbols):
            if spread[at][at] <= 0:
                raise InputError(f"returns of {name}: they do not vary; a price that stands still")
        deviations = [math.sqrt(spread[at][at]) for at in range(len(symbols))]
        correlation = {
            (a, b): max(-1.0, min(1.0, spread[i][j] / (deviations[i] * deviations[j])))
            for i, a in enumerate(symbols)
            for j, b in enumerate(symbols)
            if i < j
        }
        yearly = math.sqrt(per_day * DAYS_IN_YEAR)
        scaled = {name: one * yearly for name, one in zip(symbols, deviations, strict=True)}
        return cls.lognormal(scaled, correlation)

    @classmethod
    def resampled(
        cls, returns: Mapping[str, Sequence[float]], per_day: float, block: int = 1
    ) -> Moves:
        """Blocks of a history, drawn with replacement, each column's mean taken out.

        block: rows in one piece; longer ones keep calm and wild hours together.
        """
        like = cls.fitted(returns, per_day)
        rows = _rows(returns, per_day)
        if isinstance(block, bool) or not isinstance(block, int) or not 1 <= block <= len(rows):
            raise InputError(f"block: {block!r} is not a number of rows from 1 to {len(rows)}")
        means = [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]
        centred = tuple(
            tuple(one - mean for one, mean in zip(row, means, strict=True)) for row in rows
        )
        return cls(
            like.symbols, like.volatility, like.correlation, like.drift, centred, per_day, block
        )

    def steps(self, days: float, wanted: int) -> int:
        """Steps of a path: as wanted (made even, for the control); a history has its own."""
        if not self.history:
            return wanted + wanted % 2
        rows = round(days * self.per_day)
        if rows < 1:
            raise InputError(
                f"days: {days:g} is less than a row of the history ({self.per_day:g} a day); give "
                "a longer horizon or a finer history"
            )
        return rows

    def paths(self, days: float, steps: int, count: int, seed: int) -> Array:
        """Changes of the log prices since the start, as [symbol, step, path]; step 0 is not in it.

        The same seed draws the same paths.
        """
        import numpy as np

        draw = np.random.default_rng(seed)
        if self.history:
            return self._drawn(draw, steps, count)
        names = range(len(self.symbols))
        span = days / DAYS_IN_YEAR / steps
        loads = self.loadings()
        noise = draw.standard_normal((len(self.symbols), steps, count))
        found = np.empty_like(noise)
        for i in names:  # summed in order, so that no library reorders it
            total = np.full((steps, count), self.drift[i] * span)
            for j in names[: i + 1]:
                total += loads[i][j] * math.sqrt(span) * noise[j]
            found[i] = np.cumsum(total, axis=0)
        return found

    def _drawn(self, draw: np.random.Generator, steps: int, count: int) -> Array:
        import numpy as np

        rows = np.array(self.history).T
        blocks = -(-steps // self.block)
        starts = draw.integers(0, rows.shape[1], size=(blocks, 1, count))
        inside = np.arange(self.block).reshape(1, self.block, 1)
        chosen = ((starts + inside) % rows.shape[1]).reshape(blocks * self.block, count)[:steps]
        found: Array = np.cumsum(rows[:, chosen], axis=1)
        return found

    def loadings(self) -> list[list[float]]:
        """Volatilities times the Cholesky factor: rows whose products are the yearly covariance."""
        rows = factor(self.correlation, self.symbols)
        return [
            [volatility * one for one in row]
            for volatility, row in zip(self.volatility, rows, strict=True)
        ]


def factor(correlation: Matrix, symbols: Sequence[str]) -> list[list[float]]:
    """Lower triangle L with L L' = correlation, also where it is singular (correlation 1).

    Raises InputError where none exists: then no prices can be correlated so.

    >>> factor(((1.0, 1.0), (1.0, 1.0)), "ab")
    [[1.0, 0.0], [1.0, 0.0]]
    """
    size = len(correlation)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            left = correlation[i][j] - math.fsum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                if left < -ROUNDING:
                    raise InputError(
                        f"correlation: {symbols[i]} cannot have these correlations with the others "
                        "(the matrix is not positive semidefinite); check the signs"
                    )
                lower[i][i] = math.sqrt(left) if left > ROUNDING else 0.0
            elif lower[j][j]:
                lower[i][j] = left / lower[j][j]
            elif abs(left) > math.sqrt(ROUNDING):
                raise InputError(
                    f"correlation: {symbols[i]} and {symbols[j]} contradict the other pairs (the "
                    "matrix is not positive semidefinite); check the signs"
                )
    return lower


def _matrix(symbols: tuple[str, ...], given: float | Mapping[Pair, float] | None) -> Matrix:
    if given is None:
        if len(symbols) > 1:
            raise InputError(
                f"correlation is missing; {' and '.join(symbols)} move together somehow: give one "
                "number for all pairs, or one by pair"
            )
        given = {}
    known = {(a, b) for a in symbols for b in symbols if a != b}
    if not isinstance(given, Mapping):
        given = dict.fromkeys(known, given)
    found: dict[Pair, float] = {}
    for pair, one in given.items():
        if pair not in known:
            raise InputError(f"correlation: {pair!r} is not a pair of {', '.join(symbols)}")
        check_real(one, f"correlation of {pair[0]} and {pair[1]}")
        if not -1 <= one <= 1:
            raise InputError(
                f"correlation of {pair[0]} and {pair[1]}: {one} is not from -1 to 1; 85 % is 0.85"
            )
        if found.setdefault((pair[1], pair[0]), float(one)) != one:
            raise InputError(f"correlation of {pair[0]} and {pair[1]}: two numbers given; give one")
        found[pair] = float(one)
    for a, b in sorted(known):
        if (a, b) not in found:
            raise InputError(f"correlation of {a} and {b} is missing; give every pair")
    return tuple(tuple(1.0 if a == b else found[a, b] for b in symbols) for a in symbols)


def _rows(returns: Mapping[str, Sequence[float]], per_day: float) -> Matrix:
    check_real(per_day, "per_day")
    if not 0 < per_day < math.inf:
        raise InputError(f"per_day: {per_day} is not above 0; hourly returns have 24")
    lengths = {name: len(column) for name, column in returns.items()}
    if not lengths:
        raise InputError("returns: no symbol is named; give returns={'BTCUSDT': [...]}")
    if len(set(lengths.values())) > 1:
        raise InputError(f"returns: {lengths} rows; give each symbol's at the same times")
    count = next(iter(lengths.values()))
    if count < HISTORY_LEAST:
        raise InputError(f"returns: {count} rows; give at least {HISTORY_LEAST}")
    rows = tuple(tuple(float(one) for one in row) for row in zip(*returns.values(), strict=True))
    if not all(math.isfinite(one) for row in rows for one in row):
        raise InputError("returns: one of them is not a finite number; leave such rows out")
    return rows
