"""Presets: a venue's rules as dated data.

A `Venue` is one file in `presets/`; it holds several dated `Version`s side by side, newest last.
Everything here is plain immutable data in exact fractions; `load` reads and checks it, the
calculator reads nothing else. Each group of numbers names its `source`, a key of the version's
`sources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from solvent.venues.numbers import Rounding
from solvent.venues.plain_data import Plain

Status = Literal["live", "retired", "halted"]
Family = Literal["perpetual", "options", "spot-margin", "portfolio", "lending"]
Basis = Literal["mark", "entry"]
FeePrice = Literal["equity", "leverage", "leverage-higher"]
ClosingFee = Literal["none", "mark", "entry", "bankruptcy"]
OnLiquidation = Literal["taken_over", "rest_returned", "unknown"]
Shape = Literal["deduction", "flat", "slope", "sqrt"]
Unit = Literal["notional", "size", "contracts"]
Kind = Literal["linear", "inverse", "quanto", "spot", "option"]
Evidence = Literal["venue", "code", "test", "copy", "recalled"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Source(Plain):
    """Where numbers were read.

    evidence: "venue" (its own page or API), "code" (its source), "test" (its unit tests), "copy"
    (someone else's copy of a venue page), "recalled" (unconfirmed: shown as such wherever used).
    """

    key: str
    title: str
    retrieved: date
    evidence: Evidence
    published: date | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TierRow(Plain):
    """One row of a table: applies up to and including `up_to` (None: no limit).

    `up_to` is in the table's `unit`; `deduction` is None where the venue publishes none and the
    form computes it; `max_leverage` and `initial` are None where not published.
    """

    up_to: Fraction | None
    maintenance: Fraction
    deduction: Fraction | None = None
    max_leverage: Fraction | None = None
    initial: Fraction | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Table(Plain):
    """A maintenance schedule.

    shape: "deduction" (continuous), "flat" (the row's rate on the whole, jumps), "slope" (base +
    per_size * size) or "sqrt" (size premium). unit: what `up_to` counts: "notional" in settlement
    money, "size" in base units, or "contracts". A slope counts the size; with unit "notional" its
    rate grows with the value in settlement money (Deribit's inverse contracts).
    """

    name: str
    shape: Shape
    source: str
    unit: Unit = "notional"
    rows: tuple[TierRow, ...] = ()
    base: Fraction = Fraction(0)
    per_size: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    cap: Fraction = Fraction(1)
    initial_base: Fraction | None = None
    initial_per_size: Fraction | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Instrument(Plain):
    """One contract of a venue. `contract_size`: base units per contract (linear), quote units per
    contract (inverse). `table`: name of its maintenance table. `fee_source`: where the fees were
    read, if not where the rest was. `liquidation_fee`: None where the venue's is not known.
    """

    symbol: str
    kind: Kind
    base: str
    quote: str
    settle: str
    tick: Fraction
    lot: Fraction
    source: str
    contract_size: Fraction = Fraction(1)
    multiplier: Fraction = Fraction(1)
    table: str = ""
    taker_fee: Fraction = Fraction(0)
    liquidation_fee: Fraction | None = None
    fee_source: str = ""
    max_leverage: Fraction | None = None
    funding_interval_hours: Fraction | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Collateral(Plain):
    """Haircut of one asset: rows of (amount up to, weight), marginal per row."""

    asset: str
    source: str
    rows: tuple[tuple[Fraction | None, Fraction], ...]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Ratio(Plain):
    """The venue's own ratio: its name there, its formula's key (`ratios`), the value at which it
    liquidates, and whether it rises or falls towards it.
    """

    name: str
    formula: str
    liquidates_at: Fraction
    rises: bool
    warns_at: Fraction | None = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Rules(Plain):
    """The switches of the master equation `equity(P) < maintenance(P) + closing fee(P)`.

    maintenance, initial: on mark or on entry value. closing_fee: "none", taker fee on the value at
    mark, at entry, or at the bankruptcy price. strict: liquidated when equity is *below* the
    requirement (True) or also when equal (False). liquidation_rounding and bankruptcy_rounding:
    (long, short) as the venue prints them, on `display_step` (None: the instrument's tick).
    order_loss_counts: equity is less what resting orders would lose if filled now. fee_price: with
    closing_fee "bankruptcy", the price of the fee: "equity", where equity just pays it (moves with
    added margin; Bybit 2026), "leverage", that of the leverage setting (Bybit 2024), or
    "leverage-higher", where the setting's two values differ the higher (KuCoin).
    cross_split: "value": a cross position is judged alone, on its share of the equity by absolute
    value (KuCoin). isolated_initial: the basis of initial margin of isolated positions where it
    is not `initial` (OKX: mark in cross margin, entry in isolated). cross_maintenance and
    cross_closing_fee: of cross positions, where they are not `maintenance` and `closing_fee`
    (KuCoin: entry and bankruptcy price in isolated margin, mark in cross). both_sides:
    whether an account may hold a long and a short of one symbol; if not, they net to one position.
    on_liquidation: whose
    the equity is that a liquidation leaves over: the venue's, which takes the position over at its
    bankruptcy price ("taken_over"), or the user's, less the liquidation fee ("rest_returned");
    read in `on_liquidation_source`, or in `source` where that is empty.
    """

    source: str
    modes: tuple[str, ...] = ("isolated", "cross")
    maintenance: Basis = "mark"
    initial: Basis = "mark"
    closing_fee: ClosingFee = "none"
    strict: bool = True
    initial_includes_close_fee: bool = False
    liquidation_rounding: tuple[Rounding, Rounding] = ("up", "down")
    bankruptcy_rounding: tuple[Rounding, Rounding] = ("up", "down")
    display_step: Fraction | None = None
    ratio: Ratio | None = None
    positive_profit_counts: bool = True
    order_loss_counts: bool = False
    fee_price: FeePrice = "equity"
    cross_split: Literal["none", "value"] = "none"
    isolated_initial: Basis | None = None
    cross_maintenance: Basis | None = None
    cross_closing_fee: ClosingFee | None = None
    both_sides: bool = True
    on_liquidation: OnLiquidation = "unknown"
    on_liquidation_source: str = ""

    @property
    def fee_stands(self) -> bool:
        """Whether the closing fee is on a value that does not move with the mark."""
        return self.closing_fee in ("entry", "bankruptcy")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Version(Plain):
    """One dated text of a venue's rules.

    `parameters` holds the numbers of formulas that are not tiers (options, lending, portfolio
    margin, funding), grouped by formula: exact fractions, texts or nested mappings and tuples.
    `missing`: sentences on what the venue does not publish. `readings`: where sources differ, the
    other readings, each a sentence.
    """

    venue: str
    name: str
    valid_from: date
    status: Status
    sources: Mapping[str, Source]
    valid_to: date | None = None
    rules: Rules | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    collateral: Mapping[str, Collateral] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`venue@version`, as it stands in every result."""
        return f"{self.venue}@{self.name}"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Venue(Plain):
    """A venue: names, family, and its versions, oldest first."""

    name: str
    title: str
    family: Family
    versions: tuple[Version, ...]
    aliases: tuple[str, ...] = ()
