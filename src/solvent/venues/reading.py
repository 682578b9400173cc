"""From what people type to checked positions: sides, sizes, symbols, leverages.

Every refusal is one sentence: what, the value, the limit, what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError, exact
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Instrument, Table, Version
from solvent.venues.solver.model import ONE, ZERO, Leg, one_row

SIDES = {"long": 1, "buy": 1, "short": -1, "sell": -1}
_OWN = "given"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Position(Plain):
    """A position, checked: signed by `side`, exact, with what overrides the preset.

    margin: the isolated margin, None where it follows from the wallet or the leverage. table: one
    row given instead of the venue's. marked: False where only orders rest and nobody named a mark.
    """

    instrument: Instrument
    side: int
    size: Fraction
    entry: Fraction
    mark: Fraction
    leverage: Fraction | None = None
    margin: Fraction | None = None
    table: Table | None = None
    taker_fee: Fraction | None = None
    marked: bool = True

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self.instrument.symbol


def side_of(side: object) -> int:
    """+1 or -1 from a word in any case, with or without blanks.

    >>> side_of("Long "), side_of("SELL"), side_of(-1)
    (1, -1, -1)
    """
    if isinstance(side, int) and not isinstance(side, bool) and side in (1, -1):
        return side
    if isinstance(side, str) and side.strip().lower() in SIDES:
        return SIDES[side.strip().lower()]
    raise InputError(f"side: {side!r} is none of {', '.join(SIDES)}")


def positive(value: object, what: str) -> Fraction:
    """An exact number above zero."""
    number = exact(value, what)
    if number <= 0:
        word = "a price" if what in ("entry", "mark", "price", "target") else what
        raise InputError(f"{what}: {value} given; {word} must be greater than 0")
    return number


def share(value: object, what: str) -> Fraction:
    """An exact share from 0 to below 1.

    >>> share("0.001", "slippage")
    Fraction(1, 1000)
    """
    number = exact(value, what)
    if not 0 <= number < 1:
        raise InputError(f"{what}: {value} is not a share from 0 to below 1; 0.1 % is 0.001")
    return number


def symbol_of(version: Version, symbol: object) -> Instrument:
    """The instrument of that symbol; case and separators do not matter ("btc-usdt", "BTC/USDT").

    Raises InputError with the nearest symbols.
    """
    if not isinstance(symbol, str) or not symbol.strip():
        raise InputError(f"symbol: {symbol!r} is not text; {version.label} has {some_of(version)}")
    found = version.instruments.get(symbol)
    if found is not None:
        return found
    plain = {_plain(name): name for name in version.instruments}
    wanted = _plain(symbol)
    if wanted in plain:
        return version.instruments[plain[wanted]]
    close = get_close_matches(wanted, plain, n=3, cutoff=0.6)
    if close:
        advice = f"did you mean {' or '.join(plain[name] for name in close)}?"
    else:
        advice = f"it has {some_of(version)}"
    raise InputError(f"symbol: {version.label} has no {symbol.strip()!r}; {advice}")


def _plain(symbol: str) -> str:
    bare = symbol.strip().upper().split(":")[0]
    return "".join(character for character in bare if character.isalnum())


def some_of(version: Version) -> str:
    names = sorted(version.instruments)
    if not names:
        return "no contracts"
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def position(version: Version, given: Mapping[str, object]) -> Position:
    """A position from plain data.

    Keys: symbol, side, size or contracts, entry; optional mark, leverage, margin, mmr,
    maintenance_amount, taker_fee, kind, contract_size, tick. Without symbol, `mmr` is needed.
    """
    unknown = sorted(set(given) - KEYS)
    if unknown:
        close = get_close_matches(unknown[0], KEYS, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(KEYS))}"
        raise InputError(f"position: {unknown[0]!r} is not a field; {advice}")
    instrument = _instrument(version, given)
    if instrument.kind not in ("linear", "inverse", "quanto"):
        raise InputError(
            f"{instrument.symbol}: {instrument.kind} contracts have no schedule of tiers; an "
            "account holds linear, inverse and quanto positions"
        )
    size = _size(instrument, given)
    if given.get("entry") is None and given.get("mark") is None:
        raise InputError(f"{instrument.symbol}: entry is missing; give the average entry price")
    has_entry = given.get("entry") is not None
    entry = positive(given["entry"], "entry") if has_entry else positive(given["mark"], "mark")
    mark = positive(given["mark"], "mark") if given.get("mark") is not None else entry
    leverage = given.get("leverage")
    margin = given.get("margin")
    found = Position(
        instrument,
        side_of(given.get("side", "long")),
        size,
        entry,
        mark,
        None if leverage is None else positive(leverage, "leverage"),
        None if margin is None else exact(margin, "margin"),
        _given_table(given),
        None if given.get("taker_fee") is None else _fee_rate(given["taker_fee"]),
    )
    return found


def _fee_rate(given: object) -> Fraction:
    rate = exact(given, "taker_fee")
    if not -1 < rate < 1:
        raise InputError(f"taker_fee: {given} given; a fee rate is a share (0.05 % is 0.0005)")
    return rate


FIELDS = (
    *("symbol", "side", "size", "contracts", "entry", "mark", "leverage", "margin"),
    *("mmr", "maintenance_amount", "taker_fee", "kind", "contract_size", "tick"),
)
KEYS = frozenset(FIELDS)


def _instrument(version: Version, given: Mapping[str, object]) -> Instrument:
    symbol = given.get("symbol")
    if symbol is not None and (version.instruments or given.get("mmr") is None):
        return _overridden(symbol_of(version, symbol), given)
    if given.get("mmr") is None:
        raise InputError(
            f"symbol is missing; {version.label} has {some_of(version)} "
            "(or give mmr, the maintenance rate, to do without a table)"
        )
    kind = str(given.get("kind", "linear")).strip().lower()
    if kind not in ("linear", "inverse"):
        raise InputError(f"kind: {kind!r} is neither linear nor inverse")
    tick = given.get("tick")
    name = "position" if symbol is None else str(symbol).strip().upper()
    base, quote = _pair(name)
    return Instrument(
        name,
        "inverse" if kind == "inverse" else "linear",
        base,
        quote,
        settle=base if kind == "inverse" else quote,
        tick=ZERO if tick is None else positive(tick, "tick"),
        lot=ZERO,
        source=_OWN,
        contract_size=positive(given.get("contract_size", 1), "contract_size"),
    )


def _overridden(listed: Instrument, given: Mapping[str, object]) -> Instrument:
    """A listed instrument with the tick and contract size given in place of its own."""
    kind = given.get("kind")
    if kind is not None and str(kind).strip().lower() != listed.kind:
        raise InputError(f"kind: {kind!r} given; {listed.symbol} is {listed.kind}; leave kind out")
    tick, size = given.get("tick"), given.get("contract_size")
    if tick is not None:
        listed = replace(listed, tick=positive(tick, "tick"))
    if size is not None:
        listed = replace(listed, contract_size=positive(size, "contract_size"))
    return listed


def _pair(name: str) -> tuple[str, str]:
    """Base and quote of a symbol that no preset lists: "BTCUSDT" is BTC in USDT."""
    plain = _plain(name.split("_")[0])
    for quote in ("USDT", "USDC", "USD"):
        if plain.endswith(quote) and plain != quote:
            return plain.removesuffix(quote), quote
    return "coin", "quote"


def _size(instrument: Instrument, given: Mapping[str, object]) -> Fraction:
    size, contracts = given.get("size"), given.get("contracts")
    counts = (
        "face value in " + instrument.quote if instrument.kind == "inverse" else instrument.base
    )
    if (size is None) == (contracts is None):
        what = "missing" if size is None else "given beside contracts"
        raise InputError(
            f"{instrument.symbol}: size is {what}; give size (in {counts}) or contracts "
            f"(of {figure_text(instrument.contract_size)} {counts} each)"
        )
    if contracts is not None:
        return positive(contracts, "contracts") * instrument.contract_size
    amount = positive(size, "size")
    if instrument.kind == "inverse" and (amount / instrument.contract_size).denominator != 1:
        raise InputError(
            f"{instrument.symbol}: size {size} is not a multiple of "
            f"{figure_text(instrument.contract_size)}; size counts {counts}, so multiply coins by "
            "the price, or give contracts"
        )
    return amount


def _given_table(given: Mapping[str, object]) -> Table | None:
    rate, amount = given.get("mmr"), given.get("maintenance_amount")
    if rate is None:
        if amount is not None:
            raise InputError(
                f"maintenance_amount: {amount} given without mmr; the two are one row of a table"
            )
        return None
    mmr = exact(rate, "mmr")
    if not 0 <= mmr < 1:
        raise InputError(
            f"mmr: {rate} given; a maintenance rate is a share from 0 to below 1 (0.5 % is 0.005)"
        )
    return one_row(mmr, ZERO if amount is None else exact(amount, "maintenance_amount"))


def table_of(version: Version, found: Position) -> Table:
    """The maintenance table of a position. Raises InputError where the venue publishes none."""
    if found.table is not None:
        return found.table
    table = version.tables.get(found.instrument.table)
    if table is None:
        gaps = " ".join(version.missing)
        raise InputError(
            f"{found.symbol}: {version.label} has no maintenance table; give mmr. {gaps}".strip()
        )
    return table


def lot_size(instrument: Instrument) -> Fraction:
    """The least step of a size: lots count contracts."""
    return instrument.lot * instrument.contract_size


def leg_of(version: Version, found: Position, money: str) -> Leg:
    """The leg the calculator sees; `settle` is empty where it is the pool's own money."""
    instrument = found.instrument
    fee = instrument.taker_fee if found.taker_fee is None else found.taker_fee
    return Leg(
        instrument.symbol,
        instrument.kind,
        found.side,
        found.size,
        found.entry,
        found.mark,
        table_of(version, found),
        fee,
        found.leverage,
        instrument.contract_size,
        instrument.multiplier,
        lot_size(instrument) or ONE,
        instrument.tick or None,
        "" if instrument.settle == money else instrument.settle,
        found.marked,
    )


def version_of(preset: str | Version) -> Version:
    """The version named, or the one given."""
    if isinstance(preset, Version):
        return preset
    if not isinstance(preset, str):
        raise InputError(f"venue: {preset!r} is not a name; for example binance-usdm")
    from solvent.venues.presets import catalogue

    return catalogue.version(preset)
