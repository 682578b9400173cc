"""The search for the mix of symbols with the most expected return that keeps within the target.

A direction is a mix measured in volatilities; its length is the largest that fits, by halving.
Directions start from the mix that is best without margin rules (covariance^-1 x expected return)
and from each symbol alone, and are turned one symbol at a time by steps that halve, kept where the
return grows. It is a local search: with one border of liquidation the feasible mixes are convex up
to tier jumps, and it finds the best; nothing is proved for several.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.venues.books.chance import Sample, only_bucket
from solvent.venues.books.trial import Lots, Trial, cut, held_lots
from solvent.venues.numbers import InputError
from solvent.venues.solver.evaluate import evaluate

FIRST_TURN, LAST_TURN = 0.5, 0.01  # of a unit direction; the return is flat to its square there
LENGTH = 2.0**-12  # of a direction's length, while searching
GROWTH, GROWTHS = 1.5, 60
EXCHANGES = 24  # lots added or exchanged at most
COARSE = 200  # a book of so few lots may gain by exchanging one for another
RIDGE = 1e-6  # of a variance, added so that perfectly correlated symbols have a mix


@dataclass(frozen=True, slots=True)
class Search:
    """Directions of `free` positions; `lots_per_unit` makes each coordinate equally volatile."""

    trial: Trial
    sample: Sample
    aims: Sequence[float]
    free: Sequence[int]
    lots_per_unit: Sequence[float]
    held: Lots

    @classmethod
    def over(cls, trial: Trial, sample: Sample, aims: Sequence[float]) -> Search:
        """Checked: there is equity, and what stays fits."""
        moves, positions = trial.moves, trial.account.positions
        free = [at for at, aim in enumerate(aims) if not math.isnan(aim)]
        money = float(evaluate(only_bucket(trial.account)).equity)
        if money <= 0:
            raise InputError("book: there is no equity to size a book on; give the wallet")
        volatility = dict(zip(moves.symbols, moves.volatility, strict=True))
        units = [money / (volatility[positions[at].symbol] * trial.values[at]) for at in free]
        search = cls(trial, sample, aims, free, units, held_lots(trial.account))
        if not trial.fits(sample, search.lots([0.0] * len(free), 0.0)):
            raise InputError(
                "book: the positions that stay are likelier to be liquidated than the target; name "
                "them in expected too, or reduce them first"
            )
        return search

    def lots(self, direction: Sequence[float], length: float) -> Lots:
        """Whole signed lots of every position for a direction of that length."""
        found = list(self.held)
        for at, one, unit in zip(self.free, direction, self.lots_per_unit, strict=True):
            found[at] = cut(Fraction(one * length * unit))
        return found

    def longest(self, direction: Sequence[float], near: float) -> float:
        """The largest length that fits, searched from `near`."""

        def fits(length: float) -> bool:
            return self.trial.fits(self.sample, self.lots(direction, length))

        low = high = near
        if fits(near):
            for _ in range(GROWTHS):
                low, high = high, high * GROWTH
                if not fits(high):
                    break
        else:
            for _ in range(GROWTHS):
                low, high = low / 2, low
                if fits(low):
                    break
            else:
                return 0.0
        while high - low > LENGTH * high:
            middle = (low + high) / 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low

    def starts(self) -> list[list[float]]:
        """Directions to begin with: covariance^-1 x expected return, and each symbol alone."""
        moves, names = self.trial.moves, self.trial.account.positions
        place = {name: at for at, name in enumerate(moves.symbols)}
        rows = [place[names[at].symbol] for at in self.free]
        reward = [
            self.aims[at] / moves.volatility[row] for at, row in zip(self.free, rows, strict=True)
        ]
        matrix = [[moves.correlation[a][b] + RIDGE * (a == b) for b in rows] for a in rows]
        found = [solved(matrix, reward)]
        for at, one in enumerate(reward):
            if one:
                alone = [0.0] * len(reward)
                alone[at] = math.copysign(1.0, one)
                found.append(alone)
        return [unit for one in found if (unit := _unit(one)) is not None]

    def found(self) -> Lots:
        """The lots with the most expected return that fit these paths."""
        nothing = self.lots([0.0] * len(self.free), 0.0)
        best, length, lots = (0.0, [0.0] * len(self.free)), 1.0, nothing

        def tried(direction: Sequence[float]) -> tuple[float, float, Lots]:
            reach = self.longest(direction, length)
            there = self.lots(direction, reach)
            return self.trial.gain(there, self.aims), reach, there

        for start in self.starts():
            gain, reach, there = tried(start)
            if gain > best[0]:
                best, length, lots = (gain, list(start)), reach, there
        turn = FIRST_TURN
        while turn > LAST_TURN and best[0] > 0:
            turned = False
            for change in _turns(best[1], turn):
                gain, reach, there = tried(change)
                if gain > best[0] * (1 + LENGTH):
                    best, length, lots, turned = (gain, list(change)), reach, there, True
                    break
            if not turned:
                turn /= 2
        return filled(self.trial, self.sample, lots, self.aims) if best[0] > 0 else nothing


def _turns(direction: Sequence[float], turn: float) -> list[list[float]]:
    """The direction with one coordinate more or less, on the unit sphere again."""
    found = []
    for at in range(len(direction)):
        for change in (turn, -turn):
            moved = list(direction)
            moved[at] += change
            unit = _unit(moved)
            if unit is not None:
                found.append(unit)
    return found


def _unit(direction: Sequence[float]) -> list[float] | None:
    length = math.hypot(*direction)
    return [one / length for one in direction] if length > 0 else None


def filled(trial: Trial, sample: Sample, lots: Lots, aims: Sequence[float]) -> Lots:
    """Lots added or exchanged one by one while the return grows and the book fits: what cutting to
    whole lots left over.
    """
    best, gain = list(lots), trial.gain(lots, aims)
    free = [at for at, aim in enumerate(aims) if not math.isnan(aim)]
    steps = [{at: sign} for at in free for sign in (1, -1)]
    if max(abs(n) for n in lots) < COARSE:
        pairs = [(a, b) for a in free for b in free if a < b]
        steps += [{a: s, b: t} for a, b in pairs for s in (1, -1) for t in (1, -1)]
    for _ in range(EXCHANGES):
        for step in steps:
            changed = [n + step.get(at, 0) for at, n in enumerate(best)]
            more = trial.gain(changed, aims)
            if more > gain and trial.fits(sample, changed):
                best, gain = changed, more
                break
        else:
            break
    return best


def solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a linear system, by elimination with the largest pivot."""
    size = len(right)
    rows = [[*line, end] for line, end in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for row in range(size):
            if row != at:
                share = rows[row][at] / rows[at][at]
                rows[row] = [a - share * b for a, b in zip(rows[row], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]
