"""Legs of a portfolio-margined book, from what people type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.options import naked_shorts
from solvent.prices import Instrument
from solvent.prices.scenarios import DAYS
from solvent.venues.numbers import InputError, Number, exact


@dataclass(frozen=True, slots=True)
class Leg:
    """A position of a book: what it is, its signed size in units, its expiry ("": never)."""

    instrument: Instrument
    size: Fraction
    expiry: str = ""


def leg(
    name: str,
    kind: str,
    *,
    size: Number,
    forward: Number,
    strike: Number = 0,
    vol: Number = 0,
    days: Number = 0,
) -> Leg:
    """A leg from what people type: kind "call", "put" or "linear"; vol annual, 0.6 for 60 %; days
    to expiry, 0 for a perpetual.

    Raises InputError: what, the value, what to do.

    >>> leg("C", "call", size=-1, forward="50000", strike="55000", vol="0.6", days=30).size
    Fraction(-1, 1)
    """
    if kind not in ("call", "put", "linear"):
        raise InputError(f'{name}: kind {kind!r} is none of "call", "put", "linear"')
    made = Instrument(
        name,
        kind,  # type: ignore[arg-type]  # one of the three, checked above
        exact(forward, f"{name}: forward"),
        exact(strike, f"{name}: strike"),
        exact(vol, f"{name}: vol"),
        exact(days, f"{name}: days") / DAYS,
    )
    if made.forward <= 0:
        raise InputError(f"{name}: forward {forward} must be above zero")
    if kind != "linear":
        for what, value in (("strike", made.strike), ("vol", made.vol)):
            if value <= 0:
                raise InputError(f"{name}: an option needs {what} above zero, given {value}")
        if made.vol > 20:
            raise InputError(f"{name}: vol {vol} is {made.vol * 100} %; write 60 % as 0.6")
    if made.years < 0:
        what = "future" if kind == "linear" else "option"
        raise InputError(f"{name}: days {days}: the {what} has expired")
    return Leg(made, exact(size, f"{name}: size"), str(days) if kind != "linear" else "")


def refuse_twins(legs: Sequence[Leg]) -> None:
    """Raises InputError where two legs have one name, which would share one risk array."""
    seen: set[str] = set()
    for one in legs:
        name = one.instrument.name
        if name in seen:
            raise InputError(f"leg {name!r} stands twice; add up its sizes, or name the legs apart")
        seen.add(name)


def naked_shorts_of(legs: Sequence[Leg]) -> Fraction:
    """Net short options per strike and expiry."""
    expiries: dict[str, list[tuple[bool, Fraction, Fraction]]] = {}
    for one in legs:
        if one.instrument.kind != "linear":
            expiries.setdefault(one.expiry, []).append(
                (one.instrument.kind == "call", one.instrument.strike, one.size)
            )
    return sum((Fraction(naked_shorts(options)) for options in expiries.values()), Fraction(0))
