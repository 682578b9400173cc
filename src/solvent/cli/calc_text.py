"""What `solvent calc` prints: an account's figures, a comparison, and the same as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.cli.calc import say
from solvent.cli.calc_estimates import Line, book_lines, estimate_lines
from solvent.cli.calc_funding import bucket_funding
from solvent.margin.explain import figure_text
from solvent.venues.numbers import exact, text
from solvent.venues.questions import answers
from solvent.venues.result import CENT, money_text, percent, places

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.questions.liquidation_costs import LiquidationCost
    from solvent.venues.questions.ratios import Shown
    from solvent.venues.reading import Position
    from solvent.venues.result import Answer

NOTE_LEAST = 24  # a note is not squeezed into fewer characters
DEEP = 6


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked beyond the account itself; None is not asked."""

    target: str | None = None
    funding: str | None = None
    volatility: float | None = None
    days: float = 1.0
    probability: float | None = None
    assumption: str = "fixed"
    betas: Mapping[str, str] | None = None
    explain: bool = False
    correlation: float | None = None
    symbol: str | None = None  # the one whose positions are printed; None is all


def asked_positions(account: Account, ask: Questions) -> list[Position]:
    """The positions to print: all, or those of the symbol asked for."""
    return [one for one in account.positions if ask.symbol in (None, one.symbol)]


def print_account(account: Account, ask: Questions) -> None:
    """The account in lines of name, figure, note; then, if asked, the tree.

    Everything is worked out before a line is printed: a refusal never follows half an answer.
    """
    asked = asked_positions(account, ask)
    blocks = list(_blocks(account, ask))
    trees: list[str] = []
    if ask.explain:
        trees = [str(price_of(account, one, ask).explain()) for one in asked]
    for title, lines in blocks:
        print_block(title, lines)
    for note in notes(account):
        say_line("  note: ", note)
    for tree in dict.fromkeys(trees):  # legs of one symbol in one bucket share theirs
        say("")
        say(tree)


def print_block(title: str, lines: list[Line]) -> None:
    """A title and, under it, names, figures and notes in columns."""
    say(title)
    width = max(len(name) for name, _, _ in lines)
    figures = max(len(figure) for _, figure, _ in lines)
    for name, figure, note in lines:
        say_line(f"  {name:<{width}}  {figure:<{figures}}  ", note)


def columns() -> int:
    """Characters of a line on the terminal; no limit where the output goes elsewhere."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return sys.maxsize


def say_line(head: str, note: str) -> None:
    """A line whose note goes on below where the terminal is too narrow for it."""
    room = columns()
    indent = len(head) if room - len(head) >= NOTE_LEAST else DEEP
    line = head
    for word in note.split():
        if len(line.rstrip()) + 1 + len(word) > room and line.strip():
            say(line.rstrip())
            line = " " * indent
        line += f"{word} "
    say(line.rstrip())


def _blocks(account: Account, ask: Questions) -> Iterator[tuple[str, list[Line]]]:
    asked = asked_positions(account, ask)
    for one in asked:
        yield _title(account, one), list(position_lines(account, one, ask))
    pools = account.pools()
    for name in pools:
        held = bucket_positions(account, name)
        if account.mode == "isolated" and held[0] not in asked:
            continue  # the money of a position that was not asked about
        title = "account" if len(pools) == 1 else f"account in {name}"
        if account.mode == "isolated" and len(pools) > 1:
            title = name
        lines = list(bucket_lines(account, held[0], ask))
        yield title, lines


def bucket_positions(account: Account, name: str) -> list[Position]:
    """The positions of a margin bucket; of all when there is one bucket."""
    if account.mode == "isolated":
        return [one for one in account.positions if name == f"{one.symbol} {side(one)}"]
    inside = [one for one in account.positions if one.instrument.settle == name]
    return inside or list(account.positions)


def _title(account: Account, one: Position) -> str:
    units = one.instrument.quote if one.instrument.kind == "inverse" else one.instrument.base
    return (
        f"{one.symbol} {side(one)} {figure_text(one.size)} {units} at {figure_text(one.entry)}, "
        f"mark {figure_text(one.mark)}, {account.mode} ({account.version.label})"
    )


def side(one: Position) -> str:
    return "long" if one.side > 0 else "short"


def price_of(account: Account, one: Position, ask: Questions) -> Answer:
    return account.liquidation_price(one.symbol, ask.assumption, ask.betas, one.side)


def bankruptcy_of(account: Account, one: Position, ask: Questions) -> Answer:
    return account.bankruptcy_price(one.symbol, ask.assumption, ask.betas, one.side)


def position_lines(account: Account, one: Position, ask: Questions) -> Iterator[Line]:
    price = price_of(account, one, ask)
    due = account.evaluate(one.symbol, one.side).liquidatable
    if due:
        yield "condition", "liquidated", "equity does not cover the requirement at the mark"
    yield _answer_line(price)
    if price.at is not None:
        yield "distance", f"{percent(abs(one.mark - price.at) / one.mark)} of the mark", ""
    both = account.liquidation_prices(one.symbol, ask.assumption, ask.betas, one.side)
    if both.down.display and both.up.display:
        for other in both:
            if other.exact != price.exact:
                yield ("and on the other side", *_answer_line(other)[1:])
    yield _answer_line(bankruptcy_of(account, one, ask))
    cost = cost_of(account, one, price, ask)
    if cost is not None:
        yield from _cost_lines(one, cost)
    if ask.target is not None:
        answer = account.margin_to_add(ask.target, one.symbol, one.side)
        note = answer.reason or f"puts the liquidation price at {ask.target}"
        yield answer.name, f"{answer.display} {answer.unit}", note
    if ask.volatility is not None:
        yield from estimate_lines(account, one, price, ask)


def cost_of(
    account: Account, one: Position, price: Answer, ask: Questions
) -> LiquidationCost | None:
    """What leaving early keeps; None where other prices move too, or there is no price."""
    due = account.evaluate(one.symbol, one.side).liquidatable
    if ask.assumption != "fixed" or due or price.safe_tick is None or price.violating_tick is None:
        return None
    return account.liquidation_cost(one.symbol, one.side)


def _cost_lines(one: Position, cost: LiquidationCost) -> Iterator[Line]:
    money = one.instrument.settle
    yield (
        "kept on leaving early",
        f"{money_text(cost.left_early)} {money}",
        f"closed at {text(cost.safe_tick)}, fee {money_text(cost.exit_fee)}",
    )
    name, at = "kept if liquidated", f"at {text(cost.violating_tick)}"
    if cost.on_liquidation == "taken_over":
        note = "the venue takes the position over at its bankruptcy price and keeps the rest"
        yield name, f"0 {money}", f"{at}; {note}"
        return
    returned = cost.on_liquidation == "rest_returned"
    if cost.liquidated is None or cost.liquidation_fee is None:
        note = "the preset has no liquidation fee of this venue"
        yield name, "not known", f"the venue returns the rest; {note}" if returned else note
        return
    fee = f"liquidation fee {money_text(cost.liquidation_fee)}"
    unsaid = "0 if the venue takes the position over, which the preset does not say"
    note = "the venue returns the rest" if returned else unsaid
    yield name, f"{money_text(cost.liquidated)} {money}", f"{at}, {fee}; {note}"


def bucket_lines(account: Account, one: Position, ask: Questions) -> Iterator[Line]:
    for answer in amount_answers(account, one):
        yield _answer_line(answer)
    here = account.evaluate(one.symbol, one.side)
    if here.pool.rules.ratio is not None:
        yield _ratio_line(answers.ratio(account, here))
    if ask.funding is not None:
        yield from _funding_lines(account, one, ask.funding)
    if ask.correlation is not None:
        yield from book_lines(account, ask)


def amount_answers(account: Account, one: Position) -> Iterator[Answer]:
    """The amounts of the bucket a position is in."""
    found = account.evaluate(one.symbol, one.side)
    for name in ("equity", "maintenance margin", "closing fee held", "initial margin", "headroom"):
        if name != "closing fee held" or found.fee_held:
            yield answers.amount(account, name, found)
    yield answers.leverage(account, found)


def _answer_line(answer: Answer) -> Line:
    if not answer.display:
        return answer.name, "none", answer.reason
    notes = []
    if answer.safe_tick is not None and answer.violating_tick is not None:
        notes.append(f"safe at {text(answer.safe_tick)}, not at {text(answer.violating_tick)}")
        if answer.exact is not None and _long(answer.exact):
            notes.append(f"exactly {answer.exact}")
    if answer.reason:
        notes.append(answer.reason)
    unit = answer.unit if answer.unit == "x" else f" {answer.unit}"
    return answer.name, f"{answer.display}{unit}".rstrip(), "; ".join(notes)


def _long(number: Fraction) -> bool:
    """Whether a number has no short decimal of its own."""
    return figure_text(number).endswith("…")


def _ratio_line(shown: Shown) -> Line:
    money = shown.formula == "headroom"
    say = money_text if money else percent
    value = "none" if shown.value is None else say(shown.value)
    note = shown.words
    if shown.liquidates_at is not None:
        note = f"liquidation at {say(shown.liquidates_at)}: {note}"
    return f"{shown.name} (venue)", value, note


def _funding_lines(account: Account, one: Position, rate: str) -> Iterator[Line]:
    found = bucket_funding(account, one, rate)
    money = account.pool(one.symbol, one.side).money
    word = "received" if found.total > 0 else "paid"
    yield (
        "funding at next stamp",
        f"{money_text(abs(found.total))} {money}",
        f"{word} at a rate of {figure_text(exact(rate, 'funding') * 100)} %",
    )
    if found.runway_days is None or found.carry_per_day is None:
        return
    stamps = ""
    if found.interval_hours is not None:
        stamps = f"{found.stamps} stamps of {figure_text(found.interval_hours)} h "
    yield (
        "runway",
        f"{places(found.runway_days, CENT)} days",
        f"{stamps}at this price and rate, {money_text(found.carry_per_day)} {money} a day",
    )


def notes(account: Account) -> Iterator[str]:
    version = account.version
    if version.status != "live":
        yield f"{version.label} is {version.status}"
    read = {key: one for key, one in version.sources.items() if key in _sources_of(account)}
    recalled = sorted({one.title for one in read.values() if one.evidence == "recalled"})
    if recalled:
        yield f"unconfirmed: {'; '.join(recalled)}"


def _sources_of(account: Account) -> set[str]:
    """The keys of the sources that the account's numbers were read in."""
    version = account.version
    keys = {version.rules.source} if version.rules else set()
    for one in account.positions:
        table = version.tables.get(one.instrument.table)
        keys |= {one.instrument.source, one.instrument.fee_source, table.source if table else ""}
    held = {one.asset for one in account.holdings}
    keys |= {one.source for name, one in version.collateral.items() if name in held}
    return keys
