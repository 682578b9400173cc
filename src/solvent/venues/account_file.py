"""Accounts in files: JSON, TOML or CSV.

JSON and TOML hold the arguments of `Account` by name: preset (or venue), wallet (an amount, or
amounts by asset), positions, and optionally mode, orders, collateral, other_profit,
other_maintenance. CSV has a header and one position a row; preset, wallet and mode then come from
the caller. Numbers are read as the decimals they are written as, never as binary floats. What
`solvent calc --json` printed is read by its `account`. Complaints name the file, and the position
or the row.

    {"preset": "binance-usdm", "wallet": "20000",
     "positions": [{"symbol": "BTCUSDT", "side": "long", "size": 10, "entry": 50000.5}]}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from solvent.venues.account import Account
from solvent.venues.numbers import InputError
from solvent.venues.orders import ORDER_FIELDS, order_of
from solvent.venues.presets.fields import nearest
from solvent.venues.reading import KEYS, position, version_of

T = TypeVar("T")
FIELDS = (
    "preset",
    "wallet",
    "positions",
    "mode",
    "orders",
    "collateral",
    "other_profit",
    "other_maintenance",
)
BESIDE = ("preset", "venue", "wallet", "mode")  # of the whole account, so not in rows of positions


@dataclass(frozen=True, slots=True)
class File:
    """What a file says: its name, the data in it, and whether they are rows of a table (CSV)."""

    name: str
    data: dict[str, Any]
    rows: bool = False


def read_file(path: str | Path) -> File:
    """The data of a JSON, TOML or CSV file; "-" reads JSON from standard input.

    Raises InputError naming the file, and the line where one is known.
    """
    if str(path) == "-":
        return file_from(sys.stdin.read(), "json", "standard input")
    return file_from(_text(Path(path)), Path(path).suffix.lower().lstrip("."), Path(path).name)


def file_from(text: str, kind: str, name: str) -> File:
    """The data in a text of kind "json", "toml" or "csv"."""
    readers: dict[str, Callable[[str, str], dict[str, Any]]] = {
        "json": _json,
        "toml": _toml,
        "csv": _csv,
    }
    if kind not in readers:
        raise InputError(f"{name}: an account file ends in .json, .toml or .csv, not .{kind}")
    return File(name, readers[kind](text, name), rows=kind == "csv")


def read_account(path: str | Path, **given: Any) -> Account:
    """The account of a file; "-" reads JSON from standard input.

    given: arguments of `Account` that take precedence over the file's (None is not given). Raises
    InputError naming the file and the place in it.
    """
    return account_of(read_file(path), **given)


def account_from(text: str, kind: str, name: str = "account", **given: Any) -> Account:
    """The account in a text of kind "json", "toml" or "csv".

    >>> account_from('symbol,side,size,entry\\nBTCUSDT,long,10,50000\\n', "csv",
    ...              preset="binance-usdm@2021", wallet="20000").positions[0].size
    Fraction(10, 1)
    """
    return account_of(file_from(text, kind, name), **given)


def account_of(file: File, **given: Any) -> Account:
    """The account that a file's data describe."""
    data = dict(file.data)
    if isinstance(data.get("account"), Mapping):
        data = dict(data["account"])
    if "venue" in data and "preset" not in data:
        data["preset"] = data.pop("venue")
    data |= {key: value for key, value in given.items() if value is not None}
    return _account(data, file.name, rows=file.rows)


def _account(data: dict[str, Any], name: str, *, rows: bool) -> Account:
    for key in data:
        if key not in FIELDS:
            raise InputError(f"{name}: {key!r} is not a field; {nearest(key, FIELDS, 'fields')}")
    preset = data.pop("preset", None)
    if preset is None and rows:
        raise InputError(
            f"{name}: preset is missing; a CSV has no place for it: name the venue beside the "
            f"file, as solvent calc binance-usdm --account {name} --wallet 20000"
        )
    if preset is None:
        raise InputError(f'{name}: preset is missing; name the venue, for example "binance-usdm"')
    version = version_of(preset)
    listed = data.pop("positions", [])
    if not isinstance(listed, list) or any(not isinstance(one, Mapping) for one in listed):
        raise InputError(f"{name}: positions is not a list of objects")
    if not listed and not data.get("orders"):
        raise InputError(f"{name}: there is no position in it, and no order")
    positions = []
    for number, one in enumerate(listed, start=1):
        line = one.get("__line__")
        where = f"{name}, line {line}" if rows else f"{name}, position {number}"
        fields = {key: value for key, value in one.items() if key != "__line__"}
        positions.append(placed(where, position, version, fields))
    orders = []
    resting = data.pop("orders", [])
    if not isinstance(resting, list):
        raise InputError(f"{name}: orders is not a list of objects")
    for number, one in enumerate(resting, start=1):
        where = f"{name}, order {number}"
        if not isinstance(one, Mapping):
            raise InputError(f"{where}: it is not an object")
        for key in one:
            if key not in ORDER_FIELDS:
                advice = nearest(key, ORDER_FIELDS, "fields")
                raise InputError(f"{where}: {key!r} is not a field; {advice}")
        orders.append(placed(where, order_of, version, one))
    if "collateral" in data and not isinstance(data["collateral"], Mapping):
        raise InputError(f"{name}: collateral is not an object of asset: amount and price")
    return placed(name, partial(Account, positions=positions, orders=orders, **data), version)


def placed(where: str, build: Callable[..., T], *given: Any, **named: Any) -> T:
    """What `build` gives; its complaint begins with the place."""
    try:
        return build(*given, **named)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text: {error}") from None


def _json(text: str, name: str) -> dict[str, Any]:
    return json_object(text, name)


def json_object(text: str, name: str) -> dict[str, Any]:
    """A JSON object with its numbers as decimals; NaN and infinities are refused."""
    data = json_data(text, name)
    if not isinstance(data, dict):
        raise InputError(f"{name}: a {type(data).__name__} where an object is needed")
    return data


def json_data(text: str, name: str) -> dict[str, Any] | list[Any] | str | Decimal | int | None:
    """Any JSON with its numbers as decimals; NaN, infinities and a key twice are refused."""

    def refuse(word: str) -> NoReturn:
        raise InputError(f"{name}: {word} is not a number")

    try:
        found: dict[str, Any] | list[Any] | str | Decimal | int | None = json.loads(
            text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=_once(name)
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}"
        ) from None
    return found


def _once(name: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise InputError(f"{name}: {key!r} is there twice in one object")
            found[key] = value
        return found

    return build


def _toml(text: str, name: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not TOML: {error}") from None


def _csv(text: str, name: str) -> dict[str, Any]:
    import csv

    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    header = [cell.strip().lower() for cell in next(lines, [])]
    if not header:
        raise InputError(f"{name}: it is empty; the first line names the columns")
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        raise InputError(
            f"{name}, line 1: {header[0]!r} is one column; columns are separated by commas"
        )
    for column in header:
        if column in BESIDE:
            raise InputError(
                f"{name}, line 1: {column} is no column, it is of the whole account: give it on "
                f"the command line, as solvent calc binance-usdm --account {name} --wallet 20000"
            )
        if column not in KEYS:
            advice = nearest(column, sorted(KEYS), "columns")
            raise InputError(f"{name}, line 1: column {column!r} is unknown; {advice}")
        if header.count(column) > 1:
            raise InputError(f"{name}, line 1: column {column!r} is there twice")
    positions: list[dict[str, Any]] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError(
                f"{name}, line {lines.line_num}: {len(cells)} cells under {len(header)} columns "
                "(a thousands comma splits a number: leave it out)"
            )
        row = {key: cell.strip() for key, cell in zip(header, cells, strict=True) if cell.strip()}
        positions.append({**row, "__line__": lines.line_num})
    return {"positions": positions}
