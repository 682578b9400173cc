"""Tables and groups of a preset in words: what the terminal and the pages say about a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TypeGuard

from solvent.venues.preset import Table, Version
from solvent.venues.presets.fields import shown

EVIDENCE = {
    "venue": "the venue's own page or endpoint",
    "code": "source code",
    "test": "unit tests",
    "copy": "someone's copy of the venue's page",
    "recalled": "from memory, unconfirmed",
}
SHAPES = {
    "deduction": "rate less deduction: continuous at every edge",
    "flat": "the row's rate on the whole: jumps at every edge",
    "slope": "rate grows in a straight line with size",
    "sqrt": "rate grows with the square root of size",
}
UNITS = {"notional": "settlement money", "size": "base units", "contracts": "contracts"}

# Keys and words of presets that do not read as words, by the last part of their name.
_WORDS = {
    "rule": "method",
    "counted": "share of the loss that counts",
    "options": "also asks for",
    "vols": "volatility",
    "majors": "major coins",
    "middle": "middle coins",
    "others": "other coins",
    "mark holds": "rate of mark applies to",
    "floor holds": "floor applies to",
}
_METHODS = {
    "aave": "Aave v3",
    "compound": "Compound v3",
    "euler": "Euler v2",
    "liquity": "Liquity",
    "maker": "Maker",
    "morpho": "Morpho Blue",
    "spot_margin": "spot margin level",
}
_HOLDS = {None: "no options", "put": "puts", "both": "puts and calls"}


def rate(value: Fraction | None) -> str:
    """A rate as a percentage.

    >>> rate(Fraction("0.0065")), rate(Fraction(1, 30)), rate(Fraction(1, 300_000)), rate(None)
    ('0.65 %', '3.3333… %', '0.0003333… %', '')
    """
    if value is None:
        return ""
    percent = value * 100
    try:
        return f"{_grouped(shown(percent))} %" if "/" not in shown(percent) else _cut(percent)
    except ValueError:
        return _cut(percent)


def _cut(percent: Fraction) -> str:
    """Four decimals, or as many as show four digits."""
    places = 4
    while 0 < percent * 10**places < 1000:
        places += 1
    scaled = int(percent * 10**places)
    return f"{scaled // 10**places}.{scaled % 10**places:0{places}d}… %"


def amount(value: Fraction | None) -> str:
    """An amount with its thousands apart.

    >>> amount(Fraction("1200000")), amount(Fraction("0.56")), amount(None)
    ('1,200,000', '0.56', '')
    """
    return "" if value is None else _grouped(shown(value))


def _grouped(number: str) -> str:
    whole, point, rest = number.partition(".")
    if "/" in number or not whole.lstrip("-").isdigit():
        return number
    return f"{int(whole):,}" + point + rest if whole.lstrip("-") != "0" else number


def group_lines(group: object) -> list[tuple[str, str]]:
    """A group of parameters as (name, words), nested names joined; its source is left out.

    >>> group_lines({"source": "help", "cap": {"of_mmr": Fraction(3, 4)}, "on": True})
    [('cap of mmr', '0.75'), ('on', 'yes')]
    """
    return [pair for pair in _lines(group, "") if pair[0] != "source"]


def records(group: object) -> tuple[list[str], list[list[str]]] | None:
    """The entries of a group that are alike (one per asset, say) as headings and rows; None where
    there are none.

    >>> records({"source": "x", "BTC": {"rate": Fraction(1, 2)}, "ETH": {"rate": Fraction(1, 4)}})
    (['', 'rate'], [['BTC', '0.5'], ['ETH', '0.25']])
    """
    if not isinstance(group, Mapping):
        return None
    entries = {key: one for key, one in group.items() if isinstance(one, Mapping)}
    flat_entries = all(
        not isinstance(cell, Mapping) and not _nested(cell)
        for one in entries.values()
        for cell in one.values()
    )
    keys = list(dict.fromkeys(key for one in entries.values() for key in one))
    alike = sum(len(one) for one in entries.values()) * 2 >= len(keys) * len(entries)
    if len(entries) < 2 or not flat_entries or not alike:
        return None
    headings = ["", *(key.replace("_", " ") for key in keys)]
    return headings, [
        [name, *(_cell(one.get(key, "")) for key in keys)] for name, one in entries.items()
    ]


def _lines(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lines(inner, f"{name} {key}".strip().replace("_", " "))
    elif _is_tiers(value):
        yield key_words(name), _tiers(value)
    elif isinstance(value, tuple) and _nested(value):
        for at, inner in enumerate(value, start=1):
            yield from _lines(inner, f"{name} {at}")
    else:
        yield key_words(name), _value(name, value)


def key_words(name: str) -> str:
    """A parameter's name as it reads.

    >>> key_words("extended counted"), key_words("annual")
    ('extended share of the loss that counts', 'annual')
    """
    for key, words in _WORDS.items():
        if name == key or name.endswith(f" {key}"):
            return name.removesuffix(key) + words
    return name


def _value(name: str, value: object) -> str:
    if name.endswith(" holds") and (value is None or isinstance(value, str)):
        return _HOLDS.get(value, str(value))
    if name.endswith("rule") and isinstance(value, str):
        return _METHODS.get(value, value)
    if value == ():
        return "all that are not named" if name == "others" else "none"
    return "not published" if value is None else _cell(value)


def _is_tiers(value: object) -> TypeGuard[tuple[tuple[Fraction | None, Fraction], ...]]:
    """Pairs of bound and figure, the last without a bound."""
    if not isinstance(value, tuple) or not value:
        return False
    pairs = all(isinstance(one, tuple) and len(one) == 2 for one in value)
    return pairs and value[-1][0] is None


def _tiers(value: tuple[tuple[Fraction | None, Fraction], ...]) -> str:
    return "; ".join(
        f"{'above' if up is None else f'up to {amount(up)}'}: {_cell(figure)}"
        for up, figure in value
    )


def _nested(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(one, Mapping | tuple) for one in value)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        sentences = all(isinstance(one, str) and " " in one for one in value)
        return ("; " if sentences else ", ").join(_cell(one) for one in value)
    if isinstance(value, Fraction):
        return shown(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def source_words(version: Version, key: str) -> str:
    """A source's key as shown beside numbers: one from memory says so.

    >>> from solvent.venues.presets.catalogue import version
    >>> source_words(version("phemex"), "recalled")
    'recalled (unconfirmed)'
    """
    source = version.sources.get(key)
    return f"{key} (unconfirmed)" if source and source.evidence == "recalled" else key


def table_words(table: Table) -> str:
    """What a table is, in one line.

    >>> from solvent.venues.presets.catalogue import version
    >>> table_words(version("deribit").tables["BTC_USDC"])
    'maintenance 1 % + 0.005 % x size, initial 2 % + 0.005 % x size, at most 100 %'
    >>> table_words(version("deribit").tables["BTC"])  # in coin
    'maintenance 1 % + 0.005 % x value, initial 2 % + 0.005 % x value, at most 100 %'
    """
    if table.shape in ("deduction", "flat"):
        return f"{SHAPES[table.shape]}; up to: {UNITS[table.unit]}"
    if table.shape == "sqrt":
        grown = f"{rate(table.offset)} + {rate(table.per_size)} x sqrt(size)"
        return f"maintenance max({rate(table.base)}, {grown}), at most {rate(table.cap)}"
    root = "value" if table.unit == "notional" else "size"
    words = f"maintenance {rate(table.base)} + {rate(table.per_size)} x {root}"
    if table.initial_base is not None:
        words += f", initial {rate(table.initial_base)} + {rate(table.initial_per_size)} x {root}"
    return f"{words}, at most {rate(table.cap)}"


def table_rows(table: Table) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of a tier table; a column that holds nothing is left out."""
    headings = ["tier", "up to", "maintenance", "deduction", "max leverage", "initial"]
    cells = [
        [
            str(at),
            amount(row.up_to) if row.up_to is not None else "no limit",
            rate(row.maintenance),
            amount(row.deduction),
            f"{amount(row.max_leverage)}x" if row.max_leverage is not None else "",
            rate(row.initial),
        ]
        for at, row in enumerate(table.rows, start=1)
    ]
    kept = [at for at in range(len(headings)) if any(row[at] for row in cells)]
    return [headings[at] for at in kept], [[row[at] for at in kept] for row in cells]


def span(version: Version) -> str:
    """From when to when a version holds, and its status.

    >>> from solvent.venues.presets.catalogue import version
    >>> span(version("binance-usdm@2021"))
    'from 2021-01-01, retired'
    """
    until = f" to {version.valid_to}" if version.valid_to else ""
    return f"from {version.valid_from}{until}, {version.status}"
