"""Risk arrays: what scenarios do to one lot, published as integers.

The models may be anything, the accounts are integer arithmetic. For each instrument and scenario
the profit of +1 lot, in the settlement asset's smallest unit, is published twice: rounded down
(`lower`) and rounded up (`upper`). A long leg is charged `-lots * lower`, a short leg
`-lots * upper`, so a loss is never understated, whichever side holds it, and the two differ by at
most one unit a lot. `solvent.margin.scenario.leg_loss` is that rule.

**What the engine takes.** `RISK_ARRAY` commands, one publication a whole: per instrument the mark
it was computed at in ticks, how far the mark may go before a new one is asked for, and per scenario
the two integers. `Frame.add_risk_arrays` writes them; `examples/portfolio_margin.py` shows the way
from model to requirement. An account is decided on the publication's marks.

The unit of the entries is the settlement asset's smallest: with very small lots it rounds more, and
always against the account. Bounds are the engine's: it refuses an entry whose product with the
listing's largest position could leave 64 bits; `RiskArrays.largest` is the entry to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.prices.scenarios import ONE, Instrument, Scenario, Shock, profit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The prices a publication was computed from. time: nanoseconds since 1970; prices: by name."""

    time: int
    prices: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class RiskArray:
    """Profit of +1 lot per scenario, in smallest units: rounded down, and rounded up."""

    instrument: str
    lower: tuple[int, ...]
    upper: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RiskArrays:
    """One publication: the scenarios, the arrays of every instrument, and their snapshot.

    unit: quote money of one smallest unit (1/1000000 for a millionth of a dollar).
    """

    underlying: str
    scenarios: tuple[Scenario, ...]
    arrays: Mapping[str, RiskArray]
    snapshot: Snapshot
    unit: Fraction

    @property
    def largest(self) -> int:
        """The largest absolute entry, for the bound on lots."""
        return max(
            (
                max(abs(low), abs(high))
                for one in self.arrays.values()
                for low, high in zip(one.lower, one.upper, strict=True)
            ),
            default=0,
        )

    @property
    def reach(self) -> tuple[Fraction, Fraction]:
        """Lowest and highest price move of the scenarios that count in full."""
        moves = [s.move for s in self.scenarios if s.counted == 1] or [Fraction(0)]
        return min(moves), max(moves)


def publish(
    underlying: str,
    instruments: Sequence[Instrument],
    scenarios: Sequence[Scenario],
    shock: Shock,
    *,
    time: int,
    unit: Fraction,
    lot: Fraction = ONE,
    convert: Fraction = ONE,
) -> RiskArrays:
    """Compute and round every array once.

    lot: units of the instrument in one lot. convert: settlement money per unit of quote money (1,
    or 1 / index for a book charged in coins at the present index; instruments that are settled in
    the coin are valued in it already). unit: settlement money of one smallest unit.

    >>> from solvent.prices.scenarios import VolShock
    >>> arrays = publish("BTC", [Instrument("F", "linear", Fraction(50_000))],
    ...                  [Scenario(Fraction(-4, 100)), Scenario(Fraction(1, 3))],
    ...                  VolShock(Fraction(0), Fraction(0)), time=0, unit=Fraction(1, 100))
    >>> arrays.arrays["F"].lower, arrays.arrays["F"].upper
    ((-200000, 1666666), (-200000, 1666667))

    Raises ValueError for two instruments of one name.
    """
    arrays: dict[str, RiskArray] = {}
    for instrument in instruments:
        if instrument.name in arrays:
            raise ValueError(f"instrument {instrument.name!r} is given twice; names must differ")
        scale = lot * convert / unit
        exact = [profit(instrument, scenario, shock) * scale for scenario in scenarios]
        arrays[instrument.name] = RiskArray(
            instrument.name,
            tuple(value.numerator // value.denominator for value in exact),
            tuple(-((-value.numerator) // value.denominator) for value in exact),
        )
    return RiskArrays(
        underlying,
        tuple(scenarios),
        arrays,
        Snapshot(time, {one.name: one.forward + one.fixed for one in instruments}),
        unit,
    )
