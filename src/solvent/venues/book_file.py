"""Books in files that are no account of perpetuals: a loan, options, a scenario-margined book.

A JSON or TOML file is told by what stands in it:

- `prices`: a loan with a lender. Also collateral and debt (amounts by asset), market, and the
  lender's own options (Aave `emode`, Liquity `tcr`).
- `options`: options margined one by one. Each has right, strike, size, index, mark, and optionally
  entry and underlying; `factor` and `rates` as of `option_margin`.
- `legs`: a book under scenario margin. Each has name, kind, size, forward, and of an option strike,
  vol and days; `index`, `underlying`, `vol`, `price_scan`, `extended_counted`, `given`, `rates`
  and `settled` as of `scenario_margin`.

All name their `preset` (or `venue`). What `solvent calc --json` printed of a book is read by its
`book`. Complaints name the file and the place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from solvent.venues.account_file import File, placed
from solvent.venues.numbers import InputError, exact
from solvent.venues.presets.fields import nearest

if TYPE_CHECKING:
    from solvent.venues.lending.loans import Loan
    from solvent.venues.portfolio.options import OptionMargin
    from solvent.venues.portfolio.scenarios import ScenarioMargin

    Book = Loan | OptionMargin | ScenarioMargin


def book_of(file: File, preset: str | None = None) -> Book | None:
    """The book in a file, worked out; None where it is an account, or nothing known.

    preset: takes precedence over the file's. Raises InputError naming the file and the place.

    >>> from solvent.venues.account_file import File
    >>> data = dict(preset="aave-v3@v3.7", collateral={"WETH": "10"}, debt={"USDC": "15000"},
    ...             prices={"WETH": "3000", "USDC": "1"})
    >>> book_of(File("loan.toml", data)).value
    Fraction(83, 50)
    """
    data = _asked(file)
    kinds = [key for key in BUILDERS if key in data]
    if not kinds or file.rows:
        return None
    named = data.pop("preset", data.pop("venue", None))
    preset = preset or named
    if not isinstance(preset, str):
        raise InputError(f"{file.name}: preset is missing; name the venue, for example aave-v3")
    if len(kinds) > 1 or "positions" in data:
        both = " and ".join([*kinds, *(["positions"] if "positions" in data else [])])
        raise InputError(f"{file.name}: {both} are of different books; give a file for each")
    return BUILDERS[kinds[0]](file.name, preset, data)


def book_data(file: File, label: str) -> dict[str, Any]:
    """A book's file as plain data that `book_of` reads back, numbers as the text they were.

    label: `venue@version` of the preset it was answered with.

    >>> from decimal import Decimal
    >>> book_data(File("loan.toml", {"venue": "aave-v3", "prices": {"WETH": Decimal("3000.5")}}),
    ...           "aave-v3@v3.7")
    {'preset': 'aave-v3@v3.7', 'prices': {'WETH': '3000.5'}}
    """
    rest = {key: one for key, one in _asked(file).items() if key not in ("preset", "venue")}
    return {"preset": label, **_texts(rest)}


def _asked(file: File) -> dict[str, Any]:
    """The book in a file: the file itself, or the `book` of an answer."""
    inner = file.data.get("book")
    return dict(inner if isinstance(inner, Mapping) else file.data)


def _texts(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _texts(one) for key, one in data.items()}
    if isinstance(data, list):
        return [_texts(one) for one in data]
    return str(data) if isinstance(data, Decimal) else data


def _loan(name: str, preset: str, data: dict[str, Any]) -> Loan:
    from solvent.venues.lending import loan

    for key in ("collateral", "debt", "prices"):
        if not isinstance(data.setdefault(key, {}), Mapping):
            raise InputError(f"{name}: {key} is not an object of asset: number")
    return placed(name, lambda: loan(preset, **data))


def _options(name: str, preset: str, data: dict[str, Any]) -> OptionMargin:
    from solvent.venues.portfolio.options import option_margin, position

    needed = ("right", "strike", "size", "index", "mark")
    rows = _rows(name, "option", data.pop("options"), needed, ("entry", "underlying"))
    _known(name, data, ("factor", "rates"))
    held = [
        placed(f"{name}, option {number}", position, **row)
        for number, row in enumerate(rows, start=1)
    ]
    return placed(name, option_margin, preset, held, **data)


def _scenarios(name: str, preset: str, data: dict[str, Any]) -> ScenarioMargin:
    from solvent.venues.portfolio.legs import leg
    from solvent.venues.portfolio.scenarios import scenario_margin

    needed, more = ("name", "kind", "size", "forward"), ("strike", "vol", "days")
    rows = _rows(name, "leg", data.pop("legs"), needed, more)
    _known(
        name,
        data,
        (
            "underlying",
            "index",
            "vol",
            "extended_counted",
            "price_scan",
            "given",
            "rates",
            "settled",
        ),
    )
    if "index" not in data:
        raise InputError(f"{name}: index is missing; give the price of the underlying")
    if "vol" in data:
        data["vol"] = _vol(name, data["vol"])
    legs = [placed(f"{name}, leg {number}", leg, **row) for number, row in enumerate(rows, start=1)]
    return placed(name, scenario_margin, preset, legs, **data)


def _vol(name: str, given: object) -> object:
    """What "up" and "down" do to a volatility, from an object of numbers."""
    from solvent.prices import VolShock

    if not isinstance(given, Mapping) or not {"up", "down"} <= set(given):
        raise InputError(f'{name}: vol is not an object with up and down, as {{"up": "0.45", ...}}')
    _known(f"{name}, vol", given, VolShock.__dataclass_fields__)
    numbers: dict[str, Any] = {
        key: exact(value, f"{name}, vol {key}") for key, value in given.items() if key != "unit"
    }
    unit = given.get("unit", "relative")
    if unit not in ("relative", "absolute"):
        raise InputError(f"{name}, vol unit: {unit!r} is neither relative nor absolute")
    return VolShock(**numbers, unit=unit)


def _rows(
    name: str, what: str, given: object, needed: tuple[str, ...], more: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The rows of a list of objects, with the fields they need and no others."""
    if not isinstance(given, list) or not given:
        raise InputError(f"{name}: {what}s is not a list of objects, or it is empty")
    for number, row in enumerate(given, start=1):
        where = f"{name}, {what} {number}"
        if not isinstance(row, Mapping):
            raise InputError(f"{where}: it is not an object")
        _known(where, row, (*needed, *more))
        for field in needed:
            if field not in row:
                raise InputError(f"{where}: {field} is missing")
        for field in ("right", "kind", "name", "underlying"):
            if field in row and not isinstance(row[field], str):
                raise InputError(f"{where}: {field} {row[field]!r} is not text")
    return [dict(row) for row in given]


def _known(where: str, given: Mapping[str, Any], known: Any) -> None:
    for key in given:
        if key not in known:
            raise InputError(f"{where}: {key!r} is not a field; {nearest(key, known, 'fields')}")


BUILDERS: dict[str, Callable[[str, str, dict[str, Any]], Book]] = {
    "prices": _loan,
    "options": _options,
    "legs": _scenarios,
}
