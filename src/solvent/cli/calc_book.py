"""`solvent calc --account` of a file that is no account of perpetuals: loan, options, scenarios."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from solvent.cli.calc import say
from solvent.cli.calc_options import WrongOption
from solvent.cli.calc_text import print_block
from solvent.margin.explain import figure_text
from solvent.venues.book_file import book_data
from solvent.venues.lending.loans import Loan
from solvent.venues.numbers import text
from solvent.venues.portfolio.options import OptionMargin
from solvent.venues.result import money_text, percent

if TYPE_CHECKING:
    from solvent.cli.calc_estimates import Line
    from solvent.venues.account_file import File
    from solvent.venues.book_file import Book
    from solvent.venues.lending import Crossing
    from solvent.venues.portfolio.scenarios import ScenarioMargin

TAKEN = ("account", "words", "json", "explain")


def answer_book(book: Book, file: File, given: Namespace) -> None:
    """Print what a book must hold and where it is liquidated. file: where the book was read."""
    for name, value in vars(given).items():
        if name not in TAKEN and value not in (None, False):
            raise WrongOption(
                f"{name.replace('_', '-')} is a question about an account of perpetuals; a file "
                "with a loan, options or legs takes --explain and --json"
            )
    if given.json:
        data = as_data(book)
        data["book"] = book_data(file, data["preset"])
        if given.explain:
            data["explain"] = book.explain().to_dict()
        say(json.dumps(data, indent=1))
        return
    title, lines = _text(book)
    tree = str(book.explain()) if given.explain else None
    print_block(title, lines)
    if tree is not None:
        say("")
        say(tree)


def _text(book: Book) -> tuple[str, list[Line]]:
    if isinstance(book, Loan):
        held = ", ".join(f"{figure_text(one.amount)} {one.asset}" for one in book.held)
        owed = ", ".join(f"{figure_text(one.amount)} {one.asset}" for one in book.owed)
        return f"{held} against {owed or 'no debt'} ({book.label})", list(_loan_lines(book))
    if isinstance(book, OptionMargin):
        return f"options ({book.version})", list(_option_lines(book))
    return f"book under scenario margin ({book.version})", list(_scenario_lines(book))


# ------------------------------------------------------------------------------------------- loans


def crossings(loan: Loan) -> Iterator[Crossing]:
    """Where each asset's price would have to go, the others fixed."""
    from solvent.venues.lending import crossing_of

    if loan.owed:
        for asset in dict.fromkeys(one.asset for one in (*loan.held, *loan.owed)):
            yield crossing_of(loan, asset)


def _loan_lines(loan: Loan) -> Iterator[Line]:
    shown, money = loan.shown, loan.money
    if loan.liquidatable:
        yield "condition", "liquidatable", "the requirement is not covered at these prices"
    note = shown.words
    if shown.liquidates_at is not None:
        side = "above" if shown.rises else "below"
        side = side if loan.strict else f"at or {side}"
        note = f"liquidated {side} {figure_text(shown.liquidates_at)}: {note}"
    value = "none" if shown.value is None else figure_text(shown.value)
    yield f"{shown.name} (venue)", value, note
    yield (
        "headroom",
        f"{money_text(loan.headroom)} {money}",
        f"collateral counts for {money_text(loan.capacity)}, {money_text(loan.required)} required",
    )
    if loan.loan_to_value is not None:
        yield "loan to value", percent(loan.loan_to_value), ""
    if loan.free_to_borrow is not None:
        yield "free to borrow", f"{money_text(loan.free_to_borrow)} {money}", ""
    for one in crossings(loan):
        yield f"liquidation price {one.asset}", *_crossing_words(one, money)
    fall = loan.common_fall()
    if fall is not None and len(loan.held) > 1:
        yield "all collateral falls", percent(fall), "together, until it is liquidated"


def _crossing_words(one: Crossing, money: str) -> tuple[str, str]:
    if one.displayed is None or one.distance is None:
        return "none", "no price of it alone liquidates the loan"
    notes = [f"{percent(abs(one.distance))} {one.direction}"]
    if one.safe is not None and one.breached is not None:
        notes.append(f"safe at {text(one.safe)}, not at {text(one.breached)}")
    if figure_text(one.exact).endswith("…"):
        notes.append(f"exactly {one.exact}")
    return f"{text(one.displayed)} {money}", "; ".join(notes)


# ----------------------------------------------------------------------------- options, scenarios


def _option_lines(found: OptionMargin) -> Iterator[Line]:
    for name, amount in (("maintenance", found.maintenance), ("initial", found.initial)):
        yield f"{name} margin", f"{figure_text(amount)} {found.currency}", ""
    for one in found.tree.terms[:-1]:
        yield one.name, f"{figure_text(one.value)} {one.unit}", one.note or "maintenance"


def _scenario_lines(found: ScenarioMargin) -> Iterator[Line]:
    bound = "a lower bound: see not public" if found.missing else ""
    yield "maintenance margin", money_text(found.maintenance), bound
    if found.initial is not None:
        yield "initial margin", money_text(found.initial), bound
    yield "worst scenario", money_text(found.scan), found.worst or "no scenario loses"
    for name, loss in found.by_leg.items():
        yield f"  loss of {name}", money_text(loss), "in the worst scenario"
    for name, amount in found.add_ons.items():
        yield name, money_text(amount), "added"
    for name in found.missing:
        yield "not public", "0", f"{name}: give it in the file"


# -------------------------------------------------------------------------------------------- JSON


def as_data(book: Book) -> dict[str, Any]:
    """The book's answers as plain data: exact numbers as "a/b"."""
    if isinstance(book, Loan):
        return _loan_data(book)
    if isinstance(book, OptionMargin):
        return {
            "preset": book.version,
            "maintenance_margin": str(book.maintenance),
            "initial_margin": str(book.initial),
            "currency": book.currency,
            "maintenance_by_option": {one.name: str(one.value) for one in book.tree.terms[:-1]},
        }
    return {
        "preset": book.version,
        "maintenance_margin": str(book.maintenance),
        "initial_margin": _exact(book.initial),
        "scan": str(book.scan),
        "worst_scenario": book.worst,
        "loss_by_leg": {name: str(loss) for name, loss in book.by_leg.items()},
        "add_ons": {name: str(amount) for name, amount in book.add_ons.items()},
        "not_public": list(book.missing),
    }


def _loan_data(loan: Loan) -> dict[str, Any]:
    shown = loan.shown
    return {
        "preset": loan.label,
        "liquidatable": loan.liquidatable,
        "ratio": {
            "name": shown.name,
            "formula": shown.words,
            "value": _exact(shown.value),
            "liquidates_at": _exact(shown.liquidates_at),
            "rises": shown.rises,
        },
        "money": loan.money,
        "headroom": str(loan.headroom),
        "capacity": str(loan.capacity),
        "required": str(loan.required),
        "loan_to_value": _exact(loan.loan_to_value),
        "free_to_borrow": _exact(loan.free_to_borrow),
        "liquidation_prices": {
            one.asset: {
                "exact": _exact(one.exact),
                "display": None if one.displayed is None else text(one.displayed),
                "direction": one.direction,
                "safe_tick": None if one.safe is None else text(one.safe),
                "violating_tick": None if one.breached is None else text(one.breached),
            }
            for one in crossings(loan)
        },
        "common_fall": _exact(loan.common_fall()) if loan.owed else None,
    }


def _exact(number: object) -> str | None:
    return None if number is None else str(number)
