"""Sizes for a whole account so that its liquidation stays unlikely. Estimates.

`scale_book` keeps the proportions of the positions and finds how much of them the money carries;
`size_book` also looks for the proportions, those with the most expected return; `fund_book` for the
money that a book lacks. Sizes are whole lots in exact accounts: tiers, closing fees, initial margin
and the largest sizes are the venue's own; only the chance is an estimate (`book_chance`).

The search for the mix (`search`) runs on one set of paths, so that differences are not noise. The
best mix is then scaled on a second, independent set, and that one gives the chance: what the search
gained by fitting its paths does not count. An expected return is not counted in the chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import figure_text
from solvent.venues.books.chance import (
    LEAST_PATHS,
    PATHS,
    STEPS,
    Chance,
    Sample,
    only_bucket,
    with_followers,
)
from solvent.venues.books.search import Search, filled
from solvent.venues.books.trades import lot_of, traded, with_candidates, with_cash
from solvent.venues.books.trial import Lots, Trial, held_lots
from solvent.venues.numbers import InputError, Number
from solvent.venues.questions.sizing import most_lots
from solvent.venues.result import smallest_unit

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.books.moves import Moves

ZERO = Fraction(0)
APART = 1_000_003  # between the seeds of the search's paths and the second set's


@dataclass(frozen=True, slots=True)
class Book:
    """Sizes found, and the account that has them.

    sizes: signed, by symbol (both sides of a hedge in sum). account: after the trades, their
    slippage paid. cost: slippage by settlement asset. limit: what stops a larger book, "chance",
    "initial margin" or "largest size" (a tier's end or leverage); "" an empty one. factor: of the
    positions given, in `scale_book`. expected: return a year in the account's money, before costs,
    in `size_book`. added: money that `fund_book` adds. chance: on paths that the search has not
    seen. reason: why there is no size, where that is known.
    """

    sizes: Mapping[str, Fraction]
    account: Account
    cost: Mapping[str, Fraction]
    chance: Chance
    limit: str = ""
    factor: float | None = None
    expected: float | None = None
    added: Fraction = ZERO
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"no multiple: {self.reason}"
        what = ", ".join(f"{name} {figure_text(size)}" for name, size in self.sizes.items())
        return f"{what or 'nothing'}: chance of liquidation {self.chance}"


def scale_book(
    account: Account,
    moves: Moves,
    probability: float,
    days: float,
    *,
    slippage: Number | Mapping[str, Number] = 0,
    confidence: float = 0.95,
    paths: int = PATHS,
    steps: int = STEPS,
    seed: int = 0,
) -> Book:
    """Estimate: the largest multiple of the positions whose chance of liquidation within `days`
    stays within `probability`.

    Every size is cut to whole lots. slippage: share of the value traded that is lost, fees too, one
    for all or by symbol. confidence: the one-sided bound of the estimate that has to stay within
    the target; 0.5 is the estimate itself. Raises InputError for an account that is liquidatable
    already or has several margin buckets.

    >>> from solvent.venues import Account
    >>> from solvent.venues.books.moves import Moves
    >>> account = Account("binance-usdm@2026-09", wallet="20000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="4", entry="50000"),
    ...     dict(symbol="ETHUSDT", side="short", size="40", entry="2500")])
    >>> moves = Moves.lognormal({"BTCUSDT": 0.6, "ETHUSDT": 0.8}, correlation=0.85)
    >>> found = scale_book(account, moves, 0.05, days=7, paths=1000)
    >>> found.chance.upper <= 0.05, round(found.factor)
    (True, 1)
    """
    if not any(one.size for one in account.positions):
        raise InputError("book: there is no position to scale; give positions, or use size_book")
    trial = Trial.of(account, moves, probability, slippage, confidence)
    sample = Sample.drawn(trial.account, moves, days, paths, steps, seed)
    lots = held_lots(trial.account)
    most, limit = trial.scaled(sample, lots)
    biggest = max(range(len(lots)), key=lambda at: abs(lots[at]))
    factor = float(most[biggest] / lots[biggest])
    found = _book(trial, sample, most, confidence, limit, factor=factor)
    if found.sizes or limit != "chance" or not _grows_with_size(account):
        return found
    return replace(
        found,
        reason=f"at a set leverage the margin grows with the size, so no multiple brings the chance"
        f" to {probability:.2%}; lower the leverage or give the margin",
    )


def _grows_with_size(account: Account) -> bool:
    """Whether every position brings a margin in proportion to its size."""
    return account.mode == "isolated" and all(
        one.margin is None and one.leverage is not None for one in account.positions
    )


def size_book(
    account: Account,
    moves: Moves,
    expected: Mapping[str, float],
    probability: float,
    days: float,
    *,
    prices: Mapping[str, Number] | None = None,
    slippage: Number | Mapping[str, Number] = 0,
    confidence: float = 0.95,
    paths: int = PATHS,
    steps: int = STEPS,
    seed: int = 0,
) -> Book:
    """Estimate: the sizes with the most expected return whose chance of liquidation within `days`
    stays within `probability`.

    expected: return a year by symbol (0.2 is 20 %; the sign chooses long or short, and a symbol
    expected to return 0 may serve as a hedge). Positions in other symbols stay as they are. prices:
    of symbols that the account does not hold yet. The expected return is not counted in the chance;
    the other arguments are those of `scale_book`. An empty book is an answer.

    >>> from solvent.venues import Account
    >>> from solvent.venues.books.moves import Moves
    >>> moves = Moves.lognormal({"BTCUSDT": 0.6, "ETHUSDT": 0.8}, correlation=0.5)
    >>> found = size_book(Account("binance-usdm@2026-09", wallet="20000"), moves,
    ...                   {"BTCUSDT": 0.3, "ETHUSDT": 0.4}, 0.05, days=7, paths=500,
    ...                   prices={"BTCUSDT": "50000", "ETHUSDT": "2500"})
    >>> found.chance.upper <= 0.05, all(size > 0 for size in found.sizes.values())
    (True, True)
    """
    trial = Trial.of(with_candidates(account, prices), moves, probability, slippage, confidence)
    aims = trial.aims(expected)
    half = (max(LEAST_PATHS, paths // 2), max(1, steps // 2))  # enough for a direction
    search = Sample.drawn(trial.account, moves, days, *half, seed)
    best = Search.over(trial, search, aims).found()
    final = Sample.drawn(trial.account, moves, days, paths, steps, seed + APART)
    most, limit = trial.scaled(final, best, aims)
    most = filled(trial, final, most, aims)
    return _book(trial, final, most, confidence, limit, expected=trial.gain(most, aims))


def fund_book(
    account: Account,
    moves: Moves,
    probability: float,
    days: float,
    *,
    confidence: float = 0.95,
    paths: int = PATHS,
    steps: int = STEPS,
    seed: int = 0,
) -> Book:
    """Estimate: the least money, in its smallest unit, that brings the chance of liquidation within
    `days` down to `probability` when it is added (`added`; 0 where none is needed).

    The arguments are those of `scale_book`. Positions stay as they are.

    >>> from solvent.venues import Account
    >>> from solvent.venues.books.moves import Moves
    >>> account = Account("binance-usdm@2026-09", wallet="5000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="1", entry="50000")])
    >>> found = fund_book(account, Moves.lognormal({"BTCUSDT": 0.6}), 0.05, days=7, paths=1000)
    >>> found.chance.upper <= 0.05, 2500 < found.added < 3500
    (True, True)
    """
    if not any(one.size for one in account.positions):
        raise InputError("book: there is no position to fund; give positions")
    trial = Trial.of(account, moves, probability, 0, confidence, fit_now=False)
    sample = Sample.drawn(trial.account, moves, days, paths, steps, seed)
    money = only_bucket(trial.account).money
    unit = smallest_unit(money)

    def short(units: int) -> bool:
        funded = with_cash(trial.account, money, units * unit)
        return not trial.keeps(sample, funded)

    units = most_lots(short) + 1 if short(0) else 0
    richer = replace(trial, account=with_cash(trial.account, money, units * unit))
    found = _book(richer, sample, held_lots(trial.account), confidence)
    return replace(found, added=units * unit)


def _book(
    trial: Trial,
    sample: Sample,
    lots: Lots,
    confidence: float,
    limit: str = "",
    *,
    factor: float | None = None,
    expected: float | None = None,
) -> Book:
    """The answer, its chance judged by the exact inequality."""
    sizes = [n * lot_of(one) for n, one in zip(lots, trial.account.positions, strict=True)]
    changed, cost = traded(trial.account, sizes, trial.slippage)
    signed: dict[str, Fraction] = {}
    for one in changed.positions:
        if one.size:
            signed[one.symbol] = signed.get(one.symbol, Fraction()) + one.side * one.size
    changed = changed.with_(positions=[one for one in changed.positions if one.size])
    if signed:
        pool = only_bucket(with_followers(changed, trial.moves))
        chance = sample.judged(pool, confidence)
    else:
        chance = Chance(0.0, 0.0, 0.0, confidence, 0.0, *sample.shape(), 0)
    return Book(signed, changed, cost, chance, limit, factor, expected)
