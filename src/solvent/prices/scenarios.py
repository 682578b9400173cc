"""Scenarios: a price move and a volatility move, and what an instrument is worth there.

A `Scenario` says how far the price moves (relative, exact), whether volatility goes up, stays or
goes down, and which share of the loss counts (1 for a regular scenario, less for an extreme one). A
`VolShock` (or a `VolTable`) says what "up" and "down" do to a volatility of a given time to expiry.
Together they are a row of a venue's table; the tables themselves are presets.

Prices, strikes, volatilities and times come in exact (`Fraction`); only Black-76 is floating point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from solvent.prices.black76 import option_value

VolMove = Literal["up", "same", "down"]
ONE = Fraction(1)
DAYS = 365


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of a scenario table.

    move: relative change of the underlying, 4/25 for +16 %. vol: "up", "same" or "down". counted:
    share of the loss (and of the gain) that counts, 1 unless the row is an extreme one. days: time
    that passes, 0 unless the row is about decay. label: the venue's name of the table it is from.
    """

    move: Fraction
    vol: VolMove = "same"
    counted: Fraction = ONE
    days: Fraction = Fraction(0)
    label: str = ""

    @property
    def name(self) -> str:
        """As it is printed: "+16 %, vol up", with the share where it is not the whole.

        >>> Scenario(Fraction(-33, 100), "up", Fraction(1, 2)).name
        '-33 %, vol up, 1/2 counted'
        """
        percent = self.move * 100
        shown = f"{float(percent):+.6g}" if percent else "0"
        later = f", {float(self.days):g} days later" if self.days else ""
        share = "" if self.counted == 1 else f", {self.counted} counted"
        table = f"{self.label}: " if self.label else ""
        return f"{table}{shown} %, vol {self.vol}{later}{share}"


@dataclass(frozen=True, slots=True)
class VolShock:
    """What "up" and "down" do to a volatility.

    The factor is `1 + up * h` or `1 - down * h` with `h = (horizon_days / days)^power`, days to
    expiry not below `floor_days`, `short_power` up to `horizon_days` and `long_power` beyond (both
    0: no term structure, the same factor for all). The result of "up" is not below `least_up`, a
    factor not below 0. `unit` is "relative", or "absolute": then up and down are volatility points.
    """

    up: Fraction
    down: Fraction
    short_power: Fraction = Fraction(0)
    long_power: Fraction = Fraction(0)
    horizon_days: Fraction = Fraction(30)
    floor_days: Fraction = ONE
    least_up: Fraction = Fraction(0)
    unit: Literal["relative", "absolute"] = "relative"

    def term(self, years: Fraction) -> float:
        """`h`, the factor of the time to expiry."""
        days = max(years * DAYS, self.floor_days)
        power = self.short_power if years * DAYS <= self.horizon_days else self.long_power
        return math.pow(float(self.horizon_days / days), float(power))

    def shocked(self, vol: Fraction, years: Fraction, move: VolMove) -> float:
        """The volatility after the move.

        >>> up = VolShock(Fraction(45, 100), Fraction(25, 100))
        >>> up.shocked(Fraction(6, 10), Fraction(30, 365), "up")
        0.87
        """
        if move == "same":
            return float(vol)
        change = float(self.up if move == "up" else -self.down) * self.term(years)
        if self.unit == "absolute":
            after = float(vol) + change
        else:
            after = float(vol) * max(1.0 + change, 0.0)
        return max(after, float(self.least_up) if move == "up" else 0.0)


class Shock(Protocol):
    """What a volatility becomes when it goes up or down."""

    def shocked(self, vol: Fraction, years: Fraction, move: VolMove) -> float:
        """The volatility after the move."""
        ...


@dataclass(frozen=True, slots=True)
class VolTable:
    """Volatility moves by days to expiry: rows of (days, points, share), linear between rows.

    "up" and "down" move by the larger of `points` (0.3 is 30 volatility points) and `share` of the
    volatility itself; the result is not below 0. Before the first and after the last row the
    numbers are those of that row.
    """

    rows: tuple[tuple[Fraction, Fraction, Fraction], ...]

    def at(self, days: Fraction) -> tuple[Fraction, Fraction]:
        """Points and share at a time to expiry, exact.

        >>> table = VolTable(((Fraction(0), Fraction(3, 10), Fraction(1, 2)),
        ...                   (Fraction(30), Fraction(1, 4), Fraction(7, 20))))
        >>> table.at(Fraction(12))
        (Fraction(7, 25), Fraction(11, 25))
        """
        before = self.rows[0]
        for row in self.rows:
            if days <= row[0]:
                if row[0] == before[0]:
                    return row[1], row[2]
                part = (days - before[0]) / (row[0] - before[0])
                part = max(part, Fraction(0))
                return (
                    before[1] + part * (row[1] - before[1]),
                    before[2] + part * (row[2] - before[2]),
                )
            before = row
        return before[1], before[2]

    def shocked(self, vol: Fraction, years: Fraction, move: VolMove) -> float:
        """The volatility after the move.

        >>> VolTable(((Fraction(0), Fraction(3, 10), Fraction(1, 2)),)).shocked(
        ...     Fraction(1, 2), Fraction(0), "up")
        0.8
        """
        if move == "same":
            return float(vol)
        points, share = self.at(years * DAYS)
        change = max(points, vol * share)
        return float(max(vol + (change if move == "up" else -change), Fraction(0)))


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a risk array is computed for: one unit, long.

    kind: "call", "put", or "linear" (perpetual, future or the asset itself). forward: price of the
    underlying (of the same expiry for an option) in the quote currency; `fixed` is the part of it
    that no move touches (a settlement average that has already been recorded). strike, vol (annual)
    and years are those of an option; a dated future has years too. coin: settled in the coin, and
    valued in coins: an option is worth its value over the forward, and "linear" is an inverse
    contract, sized in coins at the present forward.
    """

    name: str
    kind: Literal["call", "put", "linear"]
    forward: Fraction
    strike: Fraction = Fraction(0)
    vol: Fraction = Fraction(0)
    years: Fraction = Fraction(0)
    fixed: Fraction = Fraction(0)
    coin: bool = False


def shocked_value(instrument: Instrument, scenario: Scenario, shock: Shock) -> Fraction:
    """Worth of one unit in the scenario, before the counted share: in the quote currency, or in
    coins where the instrument is settled in them.

    A linear or inverse instrument is exact; an option is the float of Black-76, as a fraction.

    >>> inverse = Instrument("P", "linear", Fraction(50_000), coin=True)
    >>> shocked_value(inverse, Scenario(Fraction(-16, 100)), VolShock(Fraction(0), Fraction(0)))
    Fraction(-4, 21)
    """
    forward = instrument.forward * (ONE + scenario.move) + instrument.fixed
    if instrument.kind == "linear":
        if instrument.coin:
            return ONE - (instrument.forward + instrument.fixed) / forward
        return forward
    value = Fraction(
        option_value(
            instrument.kind == "call",
            float(forward),
            float(instrument.strike),
            shock.shocked(instrument.vol, instrument.years, scenario.vol),
            float(max(instrument.years - scenario.days / DAYS, Fraction(0))),
        )
    )
    return value / forward if instrument.coin else value


UNCHANGED = Scenario(Fraction(0))


def profit(instrument: Instrument, scenario: Scenario, shock: Shock) -> Fraction:
    """Counted profit of one long unit from now to the scenario, in the quote currency (in coins
    where the instrument is settled in them).

    >>> short = Instrument("C", "call", Fraction(50_000), Fraction(55_000), Fraction(6, 10),
    ...                    Fraction(30, 365))
    >>> both = VolShock(Fraction(45, 100), Fraction(25, 100))
    >>> round(float(profit(short, Scenario(Fraction(16, 100), "up"), both)), 4)
    5598.2968
    """
    change = shocked_value(instrument, scenario, shock) - shocked_value(
        instrument, UNCHANGED, shock
    )
    return change * scenario.counted


def grid(
    moves: Sequence[Fraction],
    vols: Sequence[VolMove] = ("up", "same", "down"),
    counted: Fraction = ONE,
    label: str = "",
) -> tuple[Scenario, ...]:
    """Every move with every volatility, in the order given.

    >>> [s.name for s in grid([Fraction(-1, 25), Fraction(0)], ["up", "down"])]
    ['-4 %, vol up', '-4 %, vol down', '0 %, vol up', '0 %, vol down']
    """
    return tuple(Scenario(move, vol, counted, label=label) for move in moves for vol in vols)
