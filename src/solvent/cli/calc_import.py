"""`solvent calc --ccxt-json`: what ccxt returned, the venue's figures beside ours."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from solvent.cli.calc import say
from solvent.cli.calc_options import WrongOption
from solvent.margin.explain import Term

if TYPE_CHECKING:
    from solvent.venues.ccxt.imported import Imported

# Options that a dump is answered with; the others ask about a position or an account.
TAKEN = ("ccxt_json", "exchange", "words", "json", "explain")


def answer_import(given: Namespace) -> None:
    """Answer a dump and print it."""
    for name, value in vars(given).items():
        if name not in TAKEN and value not in (None, False):
            word = name.replace("_", "-")
            raise WrongOption(
                f"{word} is given beside --ccxt-json, which takes only --exchange, --explain and "
                "--json; write the account to a file for --account and ask there"
            )
    found = _imported(Path(given.ccxt_json), given.exchange, given.words)
    if given.json:
        told = [one.to_dict() for one in found]
        if given.explain:
            for data, one in zip(told, found, strict=True):
                data["explain"] = [tree.to_dict() for tree in _trees(one)]
        say(json.dumps(told, indent=1))
        return
    say("\n\n".join(_blocks(found, given.explain)) or "no open positions")


def _blocks(found: tuple[Imported, ...], explain: bool) -> Iterator[str]:
    for one in found:
        yield str(one)
        if explain:
            yield from dict.fromkeys(str(tree) for tree in _trees(one))


def _trees(one: Imported) -> Iterator[Term]:
    for held in one.account.positions:
        yield one.account.liquidation_price(held.symbol, side=held.side).explain()


def _imported(path: Path, exchange: str | None, words: list[str]) -> tuple[Imported, ...]:
    from solvent.venues.account_file import json_data
    from solvent.venues.ccxt.imported import from_ccxt
    from solvent.venues.numbers import InputError

    data = json_data(path.read_text(encoding="utf-8"), path.name)
    if isinstance(data, list):  # what fetchPositions returned, alone
        data = {"positions": data}
    if not isinstance(data, dict):
        raise InputError(f"{path.name}: neither an object nor the list that fetchPositions returns")
    exchange = exchange or data.get("exchange")
    if not isinstance(exchange, str):
        raise InputError(f"{path.name}: no exchange in it; give --exchange, ccxt's id of the venue")
    positions = data.get("positions")
    if not isinstance(positions, list):
        raise InputError(f"{path.name}: positions is missing; it is ccxt's fetchPositions, a list")
    if len(words) > 1:
        raise InputError(f"{len(words)} words beside --ccxt-json; at most one, the venue's preset")
    return from_ccxt(
        positions,
        data.get("balance"),
        data.get("tiers"),
        exchange=exchange,
        preset=words[0] if words else None,
    )
