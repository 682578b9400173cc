"""Margin exhaustion along a given path of prices: when equity crosses the requirement, then zero.

The path is a grid: what happens between its points is not known, so the account is seen to be
liquidated at the first point that violates the venue's condition, and by then equity may be far
below the requirement or below zero. That is the gap, and it is reported. Everything is
exact; nothing is closed on the way, so the second crossing is that of the book as it stands.

Source: the venue's inequality at each point (`solver.evaluate`); funding = notional x rate at its
stamp (`questions.funding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.questions import answers
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import judged, paid
from solvent.venues.questions.funding import received
from solvent.venues.reading import positive
from solvent.venues.result import money_text
from solvent.venues.solver.evaluate import Evaluation, breached, evaluate
from solvent.venues.solver.model import ZERO, Pool

if TYPE_CHECKING:
    from solvent.venues.account import Account

Time = str | int
Rates = Number | Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Detection:
    """The bucket at the point where a condition is first seen; amounts in its money, exact.

    time: of that point; before: of the point before it, None at the first. equity: weighed, as the
    requirement is compared with it. realisable: the same with collateral at full worth.
    """

    time: Time
    before: Time | None
    prices: Mapping[str, Fraction]
    equity: Fraction
    realisable: Fraction
    requirement: Fraction

    @property
    def overshoot(self) -> Fraction:
        """The gap: by how much equity is below the requirement when it is seen."""
        return self.requirement - self.equity

    @property
    def deficit(self) -> Fraction:
        """What the account then owes beyond all it has; 0 if something is left."""
        return max(-self.realisable, ZERO)


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """A path's two crossings. liquidated: where the venue acts; bankrupt: where realisable equity
    is below zero, if nothing was closed before. None: not on this path. funding: received
    (negative: paid) up to the first of them or the end. points: of the path.
    """

    liquidated: Detection | None
    bankrupt: Detection | None
    funding: Fraction
    points: int

    def __str__(self) -> str:
        found = self.liquidated
        if found is None:
            return f"not liquidated on a path of {self.points} points"
        said = (
            f"liquidated at {found.time}: equity {money_text(found.equity)} against "
            f"{money_text(found.requirement)}, deficit {money_text(found.deficit)}"
        )
        later = self.bankrupt
        return said if later is None else f"{said}; below zero at {later.time}"


def exhaustion(
    account: Account,
    path: Iterable[tuple[Time, Number | Mapping[str, Number]]],
    *,
    funding: Mapping[Time, Rates] | None = None,
    symbol: str | None = None,
    side: object = None,
) -> Exhaustion:
    """Walk a path of (time, prices) and find where the bucket is liquidated, and bankrupt.

    path: prices by symbol, or one number where the bucket holds one symbol; a symbol (or collateral
    asset) that is not named keeps its last price. Collateral of a symbol's base moves with it.
    funding: rates by time (one for all, or by symbol; longs pay a positive rate), paid at that
    point's prices before it is judged. symbol, side: the bucket, where there are several.

    >>> from solvent.venues import Account
    >>> account = Account("binance-usdm@2021", wallet="2500", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="1", entry="50000")])
    >>> found = exhaustion(account, [("21:00", "49000"), ("21:01", "47738.7"), ("21:02", "47000")])
    >>> print(found)
    liquidated at 21:02: equity -500 against 188, deficit 500; below zero at 21:02
    >>> found.liquidated.before, found.liquidated.overshoot
    ('21:01', Fraction(688, 1))
    """
    pool = funded(account, symbol, side)
    left = dict(funding or {})
    cash, points, last = ZERO, 0, None
    liquidated: Detection | None = None
    bankrupt: Detection | None = None
    for time, prices in path:
        points += 1
        pool = moved(pool, _named(account, pool, prices, time))
        rates = left.pop(time, None)
        if rates is not None:
            pool, got = _funded_at(account, pool, rates)
            cash += got if liquidated is None and bankrupt is None else ZERO
        here = evaluate(pool)
        if liquidated is None and violated(pool, here):
            liquidated = _seen(here, time, last)
        if bankrupt is None and here.realisable < 0:
            bankrupt = _seen(here, time, last)
        last = time
    if left:
        raise InputError(f"funding: {next(iter(left))!r} is not a time of the path; name one of it")
    if not points:
        raise InputError("path: it has no point; give (time, price) pairs")
    return Exhaustion(liquidated, bankrupt, cash, points)


def violated(pool: Pool, here: Evaluation | None = None) -> bool:
    """Whether the venue liquidates the bucket at its marks: its requirement, the multiple that its
    ratio names, or one position's share where it judges so.
    """
    level = answers.trigger(pool.rules)
    factor = level if isinstance(level, Fraction) else Fraction(1)
    split = pool.rules.cross_split == "value" and len(pool.legs) > 1
    whole = [here or evaluate(pool)]
    parts = [evaluate(judged(pool, name)) for name in pool.symbols()] if split else whole
    return any(breached(one.equity - factor * one.requirement, pool.rules) for one in parts)


def moved(pool: Pool, prices: Mapping[str, Fraction]) -> Pool:
    """The bucket at other marks; collateral follows its contract, or is named itself."""
    before = pool.marks()
    legs = tuple(replace(leg, mark=prices.get(leg.symbol, leg.mark)) for leg in pool.legs)
    balances = []
    for one in pool.balances:
        price = prices.get(one.asset)
        followed = next((name for name in one.follows if name in prices), None)
        if price is None and followed is not None:
            price = one.price * prices[followed] / before[followed]
        balances.append(one if price is None else replace(one, price=price))
    return replace(pool, legs=legs, balances=tuple(balances))


def _named(
    account: Account, pool: Pool, given: Number | Mapping[str, Number], time: Time
) -> dict[str, Fraction]:
    held = pool.symbols()
    if not isinstance(given, Mapping):
        if len(held) != 1:
            raise InputError(
                f"path at {time}: one price for {', '.join(held) or 'no position'}; give prices by "
                "symbol"
            )
        return {held[0]: positive(given, "price")}
    assets = {one.asset for one in pool.balances}
    found: dict[str, Fraction] = {}
    for name, price in given.items():
        known = name if name in held or name in assets else account.symbol(name)
        found[known] = positive(price, f"price of {known}")
    return found


def _funded_at(account: Account, pool: Pool, rates: Rates) -> tuple[Pool, Fraction]:
    """The bucket after one stamp, and what it received in the bucket's money."""
    here = evaluate(pool)
    if isinstance(rates, Mapping):
        found = {account.symbol(name): exact(one, f"rate of {name}") for name, one in rates.items()}
    else:
        found = dict.fromkeys(pool.symbols(), exact(rates, "rate"))
    total = ZERO
    for part in here.parts:
        leg = part.leg
        cash = received(leg.side, part.notional, found.get(leg.symbol, ZERO))
        pool = paid(pool, leg.settle, cash)
        total += cash * here.settle_price(leg)
    return pool, total


def _seen(here: Evaluation, time: Time, before: Time | None) -> Detection:
    return Detection(
        time, before, dict(here.prices), here.equity, here.realisable, here.requirement
    )
