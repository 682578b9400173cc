"""Accounts from ccxt: positions, balance and tiers as ccxt gives them, every figure compared.

    accounts = solvent.venues.from_ccxt(
        exchange.fetch_positions(), exchange.fetch_balance(), exchange.fetch_leverage_tiers(),
        exchange="bybit")
    for one in accounts:
        print(one)

Nothing is fetched here and ccxt is not imported: the three structures are plain lists and
dictionaries. An isolated position becomes an account of its own; cross positions of one preset
become one account, whose money is ccxt's balance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from solvent.margin.explain import figure_text
from solvent.venues.account import Account
from solvent.venues.ccxt.payload import PRESETS, Payload, open_positions
from solvent.venues.ccxt.positions import (
    instrument_of,
    is_isolated,
    position_of,
    rate_of,
    table_like,
    wallets,
)
from solvent.venues.ccxt.tiers import refreshed, tier_table
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Table, Version
from solvent.venues.presets import catalogue
from solvent.venues.presets.fields import nearest
from solvent.venues.reading import Position
from solvent.venues.solver.evaluate import Evaluation, LegPart, printed_maintenance
from solvent.venues.solver.model import one_row


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of the venue beside ours; `read` says where theirs stands in the payload."""

    name: str
    theirs: Fraction
    ours: Fraction | None
    read: str
    note: str = ""

    @property
    def difference(self) -> Fraction | None:
        """Ours less theirs."""
        return None if self.ours is None else self.ours - self.theirs

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "theirs": figure_text(self.theirs),
            "ours": None if self.ours is None else figure_text(self.ours),
            "difference": None if self.difference is None else _small(self.difference),
            "read": self.read,
            "note": self.note,
        }


def _small(gap: Fraction) -> str:
    """A difference, in powers of ten where it is below what is printed."""
    return figure_text(gap) if gap == 0 or abs(gap) > Fraction(1, 10**9) else f"{float(gap):.0e}"


@dataclass(frozen=True, slots=True)
class Imported:
    """An account made from a ccxt payload.

    name: its positions in words. account: ask it anything. compared: the venue's figures beside
    ours, by position. notes: what had to be assumed.
    """

    name: str
    account: Account
    compared: tuple[tuple[str, tuple[Compared, ...]], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.name} ({self.account.version.label}, {self.account.mode})"
        for position, lines in self.compared:
            rows = [("figure", "venue", "ours", "difference", "")] + [
                (
                    one.name,
                    figure_text(one.theirs),
                    "-" if one.ours is None else figure_text(one.ours),
                    "-" if one.difference is None else _small(one.difference),
                    one.note,
                )
                for one in lines
            ]
            widths = [max(len(row[column]) for row in rows) for column in range(4)]
            yield f"  {position}"
            for row in rows:
                cells = [f"{row[0]:<{widths[0]}}"]
                cells += [f"{row[column]:>{widths[column]}}" for column in (1, 2, 3)]
                yield ("    " + "  ".join([*cells, row[4]])).rstrip()
        for note in self.notes:
            yield f"  note: {note}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "preset": self.account.version.label,
            "mode": self.account.mode,
            "positions": [
                {"position": position, "compared": [one.to_dict() for one in lines]}
                for position, lines in self.compared
            ],
            "notes": list(self.notes),
        }


def from_ccxt(
    positions: Sequence[Mapping[str, object]],
    balance: Mapping[str, object] | None = None,
    tiers: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    *,
    exchange: str,
    preset: str | Version | None = None,
    at: date | None = None,
) -> tuple[Imported, ...]:
    """Accounts of one exchange from ccxt's `fetchPositions`, `fetchBalance`, `fetchLeverageTiers`.

    exchange: ccxt's id ("binanceusdm", "bybit", ...). preset: the venue's rules to use, where not
    the newest live ones ("bybit@2024"). at: the day the data is from (rules of that day, and the
    date of the tier tables); default the newest rules and today. Floats are read as their shortest
    decimal, see `ccxt_payload`. Raises InputError naming the position and the field.

    >>> short = {"symbol": "BTC/USDT:USDT", "side": "short", "contracts": 0.002,
    ...          "contractSize": 1.0, "entryPrice": 66351.2, "markPrice": 66351.1,
    ...          "marginMode": "isolated", "positionMargin": 13.2198888}
    >>> (found,) = from_ccxt([short], exchange="binanceusdm")
    >>> found.account.liquidation_price().display
    '72670.46254980'
    """
    for what, given, form in (
        ("balance", balance, "fetchBalance, a dictionary by asset"),
        ("tiers", tiers, "fetchLeverageTiers, a dictionary of lists by symbol"),
    ):
        if given is not None and not isinstance(given, Mapping):
            raise InputError(f"{what}: {given!r} given; it is what ccxt returns from {form}")
    held = open_positions(exchange.strip().lower(), positions)
    groups: dict[tuple[str, int], list[Payload]] = {}
    for number, one in enumerate(held):
        alone = number if is_isolated(one) else -1
        groups.setdefault((_preset(one) if preset is None else "", alone), []).append(one)
    found: list[Imported] = []
    for (name, _), payloads in groups.items():
        if preset is None:
            version = catalogue.version(name, at=at)
        else:
            version = preset if isinstance(preset, Version) else catalogue.version(preset)
        found.append(_imported(version, payloads, held, balance, tiers or {}, at))
    return tuple(found)


def _preset(payload: Payload) -> str:
    pair = PRESETS.get(payload.exchange)
    if pair is None:
        known = sorted(PRESETS)
        raise InputError(
            f"exchange: {payload.exchange!r} has no preset; "
            f"{nearest(payload.exchange, known, 'known')}; or give preset"
        )
    name = pair[payload.inverse]
    if not name:
        raise InputError(f"{payload.symbol}: {payload.exchange} has no inverse contracts")
    return name


def _imported(
    version: Version,
    payloads: list[Payload],
    everything: list[Payload],
    balance: Mapping[str, object] | None,
    tiers: Mapping[str, Sequence[Mapping[str, object]]],
    at: date | None,
) -> Imported:
    notes: list[str] = []
    listed: dict[str, Instrument] = {}
    tables: dict[str, Table] = {}
    rates: dict[str, Table] = {}
    for one in payloads:
        instrument = listed[one.symbol] = instrument_of(version, one, notes)
        if one.symbol in tiers:
            shape, unit = table_like(version, instrument)
            tables[instrument.symbol] = tier_table(one.symbol, tiers[one.symbol], shape, unit)
        elif (rate := rate_of(version, one, instrument)) is not None:
            rates[one.symbol] = one_row(rate)
            notes.append(
                f"{one.symbol}: no table of tiers; the payload's maintenance rate "
                f"{figure_text(rate * 100)} % is used at every size (give tiers for the rest)"
            )
    version = refreshed(
        version, tables, {one.symbol: one for one in listed.values()}, at or date.today()
    )
    taken = [
        position_of(version.instruments[listed[one.symbol].symbol], one, rates.get(one.symbol))
        for one in payloads
    ]
    isolated = is_isolated(payloads[0])
    wallet = None if isolated else wallets(payloads, everything, balance, notes)
    account = Account(
        version, wallet=wallet, positions=taken, mode="isolated" if isolated else "cross"
    )
    names = [f"{one.symbol} {one.fields.get('side')}" for one in payloads]
    compared = tuple(
        (name, tuple(_compare(account, one, position)))
        for name, one, position in zip(names, payloads, taken, strict=True)
    )
    return Imported(", ".join(names), account, compared, tuple(dict.fromkeys(notes)))


def _compare(account: Account, payload: Payload, position: Position) -> Iterator[Compared]:
    symbol, side = position.symbol, position.side
    found = account.evaluate(symbol, side)
    part = next(
        one for one in found.parts if one.leg.symbol == symbol and one.leg.side == position.side
    )
    known = account.mode == "isolated" or position.instrument.settle in account.wallet
    for name, (theirs, read) in payload.printed().items():
        if name == "equity" and account.mode != "isolated":
            continue  # what ccxt calls collateral of one position in a cross account
        ours, note = _ours(account, name, found, part, known)
        if read.startswith("ccxt "):
            note = f"{note}; {read}" if note else read
        yield Compared(name, theirs, ours, read, note)


def _ours(
    account: Account, name: str, found: Evaluation, part: LegPart, known: bool
) -> tuple[Fraction | None, str]:
    """Our figure of that name, as the venue would print a price; None and why not."""
    symbol, side = part.leg.symbol, part.leg.side
    if name in ("liquidation price", "bankruptcy price", "ratio", "equity") and not known:
        return None, "the wallet is not known"
    if name in ("liquidation price", "bankruptcy price"):
        ask = account.liquidation_price if name[0] == "l" else account.bankruptcy_price
        answer = ask(symbol, side=side)
        if not answer.display:
            return None, answer.reason
        return answer.exact if answer.display.endswith("…") else Fraction(answer.display), ""
    if name == "ratio":
        if account.evaluate(symbol, side).pool.rules.ratio is None:
            return None, "the preset has no ratio"
        shown = account.ratio(symbol)
        return shown.value, shown.words
    figures: dict[str, Fraction | None] = {
        "equity": found.equity,
        "unrealised profit": part.profit,
        "maintenance margin": printed_maintenance(
            found.pool.rules, part.maintenance, part.closing_fee
        ),
        "initial margin": part.initial,
        "notional": part.notional,
    }
    return figures[name], ""
