"""The estimates of `solvent calc`: floats, and they say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError, exact

if TYPE_CHECKING:
    from solvent.cli.calc_text import Questions
    from solvent.venues.account import Account
    from solvent.venues.questions.estimates import Side
    from solvent.venues.reading import Position
    from solvent.venues.result import Answer

Line = tuple[str, str, str]


def estimate_lines(
    account: Account, one: Position, price: Answer, ask: Questions
) -> Iterator[Line]:
    """Chance of liquidation; stop, leverage and margin to add for a chance asked for."""
    from solvent.venues.questions import estimates

    volatility, days = ask.volatility or 0.0, ask.days
    over = f"within {days:g} day{'' if days == 1 else 's'} at {volatility:.0%} a year"
    side: Side = "long" if one.side > 0 else "short"
    if price.at is not None:
        towards: Side = "long" if price.at <= one.mark else "short"
        share = estimates.distance(one.mark, price.at, towards)
        if account.evaluate(one.symbol, one.side).liquidatable:
            share = -share  # the price lies behind the mark
        z = estimates.in_volatilities(share, volatility, days)
        yield "distance in volatilities", f"{z:.2f}", f"estimate, {over}"
        chance = account.hit_probability(volatility, days, one.symbol, side=one.side)
        yield "chance of liquidation", f"{chance:.2%}", f"estimate, {over}, no jumps"
    if ask.probability is None:
        return
    part = next(
        part
        for part in account.evaluate(one.symbol, one.side).parts
        if part.leg.symbol == one.symbol and part.leg.side == one.side
    )
    if one.instrument.kind == "inverse":
        raise InputError("probability: sizing is for linear contracts; leave --probability out")
    rate = float((part.maintenance + part.closing_fee) / part.notional)
    fee = float(part.leg.taker_fee)
    aim = f"for a {ask.probability:.2%} chance {over}"
    level = estimates.barrier_for(ask.probability, one.mark, side, volatility, days)
    most = estimates.maximal_leverage(ask.probability, side, volatility, days, rate, slippage=fee)
    yield "stop level", f"{level:.8g}", f"estimate, touched with that chance, {over}"
    yield (
        "largest leverage",
        f"{most:.2f}x",
        f"estimate, {aim}, at this tier's rate, taker fee of entering held",
    )
    target = exact(f"{level:.12g}", "level")
    answer = account.margin_to_add(target, one.symbol, one.side)
    yield (
        "margin to add",
        f"{answer.display} {answer.unit}",
        f"exact for a liquidation at {level:.8g}",
    )


def book_lines(account: Account, ask: Questions) -> Iterator[Line]:
    """The chance that the whole account is liquidated, and the multiple of it for a chance."""
    from solvent.venues.books.chance import book_chance
    from solvent.venues.books.moves import Moves
    from solvent.venues.books.sizing import scale_book

    volatility, days = ask.volatility or 0.0, ask.days
    names = dict.fromkeys((one.symbol for one in account.positions), volatility)
    moves = Moves.lognormal(names, ask.correlation)
    over = f"all prices correlated {ask.correlation:g}"
    found = book_chance(account, moves, days)
    error = f"{found.standard_error:.2%}"
    yield "chance of the account", f"{found.chance:.2%}", f"estimate, +- {error}, {over}"
    if ask.probability is None:
        return
    book = scale_book(account, moves, ask.probability, days)
    if book.reason:
        yield "largest multiple", "none", f"estimate, {book.reason}"
        return
    sizes = ", ".join(f"{name} {figure_text(size)}" for name, size in book.sizes.items())
    stop = "" if book.limit == "chance" else f"; {book.limit} allows no more"
    aim = f"chance at most {book.chance.upper:.2%} with confidence {book.chance.confidence:.0%}"
    yield "largest multiple", f"{book.factor:.3f}x", f"estimate, {sizes or 'nothing'}; {aim}{stop}"
