"""A trial: whether a book of given lots is opened by the venue and keeps its chance of liquidation
within the target, and what it is expected to return.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.books.chance import Sample, bound, only_bucket, with_followers
from solvent.venues.books.trades import lot_of, opens, slippages, traded
from solvent.venues.numbers import InputError, Number
from solvent.venues.questions import estimates
from solvent.venues.questions.sizing import most_lots, value_of
from solvent.venues.reading import symbol_of
from solvent.venues.solver.evaluate import evaluate

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.books.moves import Moves

Lots = Sequence[Fraction]


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything that stays the same while sizes are tried. values: of one lot of each position at
    its mark, in the bucket's money.
    """

    account: Account
    moves: Moves
    probability: float
    slippage: Mapping[str, Fraction]
    quantile: float
    values: tuple[float, ...]

    @classmethod
    def of(
        cls,
        account: Account,
        moves: Moves,
        probability: float,
        slippage: Number | Mapping[str, Number],
        confidence: float,
        *,
        fit_now: bool = True,
    ) -> Trial:
        """Checked; with `fit_now`, refuses an account that is liquidatable already."""
        estimates.check_real(probability, "probability")
        if not 0 < probability < 1:
            raise InputError(f"probability: {probability} is not between 0 and 1; 5 % is 0.05")
        whole = with_followers(account, moves)
        if fit_now and whole.positions and evaluate(only_bucket(whole)).liquidatable:
            raise InputError("book: the account is liquidatable at its marks; add collateral first")
        return cls(
            whole,
            moves,
            float(probability),
            slippages(whole, slippage),
            bound(confidence),
            _values(whole),
        )

    def aims(self, expected: Mapping[str, float]) -> list[float]:
        """Expected return of each position's value a year; refuses what cannot be traded."""
        names = [one.symbol for one in self.account.positions]
        found: dict[str, float] = {}
        for given, one in expected.items():
            estimates.check_real(one, f"expected return of {given}")
            name = symbol_of(self.account.version, given).symbol
            if name not in names:
                raise InputError(f"expected: {name} is not held; give its price in prices")
            if names.count(name) > 1:
                raise InputError(f"expected: {name} is held on both sides; close one of them first")
            if not math.isfinite(one):
                raise InputError(f"expected return of {name}: {one} is not finite")
            found[name] = float(one)
        if not found:
            raise InputError("expected: no symbol is named; give expected={'BTCUSDT': 0.2}")
        return [found.get(name, math.nan) for name in names]

    def with_lots(self, lots: Lots) -> Account:
        """The account with these signed lots; InputError where the venue refuses them."""
        sizes = [n * lot_of(one) for n, one in zip(lots, self.account.positions, strict=True)]
        return with_followers(traded(self.account, sizes, self.slippage)[0], self.moves)

    def refusal(self, lots: Lots) -> str:
        """What the venue refuses this book for: "largest size", "initial margin", or "" nothing."""
        try:
            changed = self.with_lots(lots)
        except InputError:  # beyond the last tier, or its leverage
            return "largest size"
        return "" if opens(changed) else "initial margin"

    def fits(self, sample: Sample, lots: Lots) -> bool:
        """Whether the venue opens this book and its chance stays within the target."""
        return not self.refusal(lots) and self.keeps(sample, self.with_lots(lots))

    def keeps(self, sample: Sample, changed: Account) -> bool:
        """Whether the chance of liquidation stays within the target, by the estimate in floats."""
        if not any(one.size for one in changed.positions):
            return True
        chance, error = sample.estimate(only_bucket(changed))  # 1 where it is liquidatable now
        return chance + self.quantile * error <= self.probability

    def scaled(
        self, sample: Sample, lots: Lots, aims: Sequence[float] | None = None
    ) -> tuple[Lots, str]:
        """The largest multiple of these lots that fits, in whole lots, and what stops the next one:
        "chance", or the venue's `refusal`. Positions that may not be traded stay.
        """
        moved = [aims is None or not math.isnan(aims[at]) for at in range(len(lots))]
        top = max((abs(n) for n, free in zip(lots, moved, strict=True) if free), default=Fraction())
        if not top:
            return lots, ""
        finest = max(1, math.ceil(top))

        def at(count: int) -> Lots:
            share = Fraction(count, finest)
            return [cut(n * share) if free else n for n, free in zip(lots, moved, strict=True)]

        most = most_lots(lambda count: self.fits(sample, at(count)))
        return at(most), self.refusal(at(most + 1)) or "chance"

    def gain(self, lots: Lots, aims: Sequence[float]) -> float:
        """Expected return a year, in the bucket's money."""
        return math.fsum(
            aim * float(n) * value
            for aim, n, value in zip(aims, lots, self.values, strict=True)
            if not math.isnan(aim)
        )


def _values(account: Account) -> tuple[float, ...]:
    here = evaluate(only_bucket(account))
    worth = {part.leg.symbol: here.settle_price(part.leg) for part in here.parts}
    return tuple(
        float(value_of(one.instrument, lot_of(one), one.mark) * worth[one.symbol])
        for one in account.positions
    )


def held_lots(account: Account) -> list[Fraction]:
    """Signed lots of the positions as they are."""
    return [one.side * one.size / lot_of(one) for one in account.positions]


def cut(lots: Fraction) -> Fraction:
    """Whole lots towards zero: rounding never enlarges a position.

    >>> cut(Fraction(-7, 2)), cut(Fraction(7, 2))
    (Fraction(-3, 1), Fraction(3, 1))
    """
    whole = abs(lots).numerator // abs(lots).denominator
    return Fraction(whole if lots > 0 else -whole)
