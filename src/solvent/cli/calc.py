"""`solvent calc`: margin, liquidation price and why, of one position, an account, or a ccxt dump.

Only the venue asked for is loaded, and neither NumPy nor Numba. The options are read by argparse:
typer and the pydantic it loads take longer than the answer.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from solvent.cli.calc_options import POSITION, WrongOption, parser

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.account_file import File
    from solvent.venues.preset import Version

WRONG_INPUT = 2
LONGEST = 120  # characters of a word: a path, a list of names
LARGEST = {"volatility": 20, "days": 100_000, "probability": 1}


def run(words: Sequence[str]) -> int:
    """Answer a command line and print it. The exit code: 2, with a sentence, where it is wrong."""
    try:
        answer(parser().parse_intermixed_args(list(words)))
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    except OverflowError:
        sys.stderr.write("solvent: a number is too large or too small for an estimate\n")
        return WRONG_INPUT
    except (WrongOption, ValueError, OSError) as error:
        sys.stderr.write(f"solvent: {_short(str(error))}\n")
        return WRONG_INPUT
    return 0


def _short(sentence: str) -> str:
    """A sentence without the rest of a word or number that no line has room for."""
    words = sentence.split(" ")
    return " ".join(word if len(word) <= LONGEST else f"{word[:40]}..." for word in words)


def say(text: str) -> None:
    """A line of the answer on standard output."""
    sys.stdout.write(text + "\n")


def answer(given: Namespace) -> None:
    """Answer what was asked and print it."""
    position = {name.replace("-", "_"): None for name, _, _ in POSITION}
    position = {name: getattr(given, name) for name in position if getattr(given, name) is not None}
    if given.ccxt_json is not None:
        from solvent.cli.calc_import import answer_import

        answer_import(given)
        return
    venues, symbol = _sorted_words(given.words, given.symbol)
    if given.compare:
        if symbol is None:
            raise WrongOption("symbol is missing; --compare needs one, as BTCUSDT")
        _show_comparison(venues, {**position, "symbol": symbol}, given.json)
        return
    file = None
    if given.account is not None:
        file = _file(given.account, position)
        if _answered_book(file, venues, symbol, given):
            return
    found = _account(file, venues, symbol, position)
    if not found.positions:
        from solvent.cli.calc_orders import answer_orders

        answer_orders(found, given)
        return
    from solvent.cli.calc_text import Questions, print_account

    for name in ("days", "probability", "correlation"):
        if getattr(given, name) is not None and given.volatility is None:
            raise WrongOption(f"{name} is of an estimate; give --volatility too")
    days = _real(given.days, "days")
    questions = Questions(
        given.target,
        given.funding,
        _real(given.volatility, "volatility"),
        1.0 if days is None else days,
        _real(given.probability, "probability"),
        *_assumption(given.assumption, given.beta, found),
        given.explain,
        _correlation(given.correlation),
        found.symbol(symbol) if file is not None and symbol is not None else None,
    )
    if given.json:
        from solvent.cli.calc_data import as_data

        say(json.dumps(as_data(found, questions), indent=1))
    else:
        print_account(found, questions)


def _file(path: str, position: dict[str, Any]) -> File:
    """What an account file says; a position beside it is refused."""
    from solvent.venues.account_file import read_file
    from solvent.venues.numbers import InputError

    for name in position:
        if name not in ("wallet", "mode"):
            raise InputError(f"{name} is given beside an account file; the positions are in it")
    return read_file(path)


def _answered_book(file: File, venues: list[str], symbol: str | None, given: Namespace) -> bool:
    """Whether the file was a loan, options or legs; then it is answered."""
    from solvent.venues.book_file import book_of

    book = book_of(file, venues[0] if len(venues) == 1 else None)
    if book is None:
        return False
    from solvent.cli.calc_book import answer_book

    given.symbol = symbol  # as a word too it is a question that such a book does not take
    answer_book(book, file, given)
    return True


def _assumption(
    name: str | None, betas: list[str] | None, account: Account
) -> tuple[str, dict[str, str] | None]:
    """What the other prices do; `--beta` alone means the assumption "beta"."""
    if not betas:
        if name == "beta":
            raise WrongOption("assumption beta needs betas; give --beta ETHUSDT=1.2, one a symbol")
        return name or "fixed", None
    if name not in (None, "beta"):
        raise WrongOption(f"beta is given beside the assumption {name}; leave one of them out")
    found: dict[str, str] = {}
    for one in betas:
        symbol, equals, number = one.partition("=")
        if not equals or not number.strip():
            raise WrongOption(f"beta: {one!r} is not SYMBOL=NUMBER, as ETHUSDT=1.2")
        found[account.symbol(symbol)] = number.strip()
    return "beta", found


def _real(text: str | None, name: str) -> float | None:
    """An argument of an estimate, as a float."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise WrongOption(f"{name}: {text!r} is not a number") from None
    if not 0 < number <= LARGEST[name]:
        hint = "" if name == "days" else f"; write {text} % as {number / 100:g}"
        raise WrongOption(f"{name}: {text} is not above 0 and at most {LARGEST[name]:g}{hint}")
    return number


def _correlation(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise WrongOption(f"correlation: {text!r} is not a number") from None
    if not -1 <= number <= 1:
        raise WrongOption(f"correlation: {text} is not from -1 to 1; 85 % is 0.85")
    return number


def _sorted_words(words: list[str], symbol: str | None) -> tuple[list[str], str | None]:
    """Which words name venues; the one that does not is the symbol."""
    from difflib import get_close_matches

    from solvent.venues.numbers import InputError
    from solvent.venues.presets.catalogue import aliases, names, suggestion

    known = set(names())
    venues: list[str] = []
    others: list[str] = []
    for word in words:
        base = word.partition("@")[0].strip().lower()
        (venues if base in known or base in aliases() else others).append(word)
    if symbol is None and others:
        symbol = others.pop(0 if venues else -1)
    if others:
        raise InputError(
            f"{others[0]!r} is no venue{suggestion(others[0])} (`solvent venues` lists them)"
        )
    if (
        not venues
        and symbol is not None
        and (like := get_close_matches(symbol.lower(), known, 1, 0.75))
    ):
        raise InputError(f"{symbol!r} is no venue; did you mean {like[0]}?")
    return venues, symbol


def _account(
    file: File | None, venues: list[str], symbol: str | None, given: dict[str, Any]
) -> Account:
    from solvent.venues.numbers import InputError

    if len(venues) > 1:
        raise InputError(f"{len(venues)} venues named; one, or --compare for a table")
    if file is not None:
        from solvent.venues.account_file import account_of

        over = {key: given.get(key) for key in ("wallet", "mode")}
        return account_of(file, preset=venues[0] if venues else None, **over)
    if not venues:
        raise InputError(
            "no venue is named; for example: solvent calc binance-usdm BTCUSDT --side long "
            "--size 1 --entry 50000 --wallet 5000 (`solvent venues` lists them)"
        )
    from solvent.venues.reading import version_of
    from solvent.venues.shortcuts import account

    version = version_of(venues[0])
    if not version.instruments and "mmr" not in given:
        raise InputError(
            f"{version.label} lists no contracts, so there is no position to ask about; "
            f"`solvent venues show {version.venue}` prints its rules"
        )
    if symbol is not None and "mmr" in given:
        _check_known(version, symbol)
    return account(version, symbol=symbol, **given)


def _check_known(version: Version, symbol: str) -> None:
    from solvent.venues.numbers import InputError
    from solvent.venues.reading import some_of, symbol_of

    try:
        symbol_of(version, symbol)
    except InputError:
        raise InputError(
            f"symbol: {version.label} has no {symbol!r}; --mmr works without a symbol: leave it "
            f"out for a contract not in the preset (it has {some_of(version)})"
        ) from None


def _show_comparison(venues: list[str], given: dict[str, Any], as_json: bool) -> None:
    from solvent.venues.comparison import compare

    rows = compare(venues, given)
    if as_json:
        say(json.dumps([row.to_dict() for row in rows], indent=1))
        return
    from solvent.cli.calc_table import print_rows

    print_rows(rows)
