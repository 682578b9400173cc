"""What one replay found: the data that the report, the terminal tables and `--json` show.

Money that is counted is an exact `int` in the smallest unit of the settlement asset; arrays are
floats, in whole units of that asset, and serve drawing only. Times are nanoseconds since 1970,
UTC. Nothing here computes: the replay fills it, `solvent.report` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LONG, SHORT = 1, -1

ILLUSTRATION = (
    "This is an illustration on a synthetic population, not a reproduction of the day. The prices "
    "are given: they are the published bars, which already contain the day's real forced trades, "
    "and nothing the accounts below do moves them. What is exact is everything that follows from "
    "the prices and the accounts: every requirement, every close, every loss and who bore it."
)


def no_floats() -> Floats:
    """An empty column."""
    return np.empty(0, dtype=np.float64)


def no_ints() -> Ints:
    """An empty column."""
    return np.empty(0, dtype=np.int64)


def exact_text(value: int, scale: int) -> str:
    """`value / scale` in decimal, exact; `scale` is a power of ten.

    >>> exact_text(-1_500_000, 10**6), exact_text(7, 1)
    ('-1.500000', '7')
    """
    if scale == 1:
        return str(value)
    digits = len(str(scale)) - 1
    whole, part = divmod(abs(value), scale)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{digits}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One figure of a waterfall: `value / scale` in `unit`, exact.

    `scale` is 1 for counts and the asset's scale for money. Key figures (`key_figure`) stand on
    page one of the report; waterfalls compared with each other carry the same keys.
    """

    key: str
    label: str
    value: int
    unit: str = ""
    scale: int = 1
    key_figure: bool = True
    note: str = ""

    def exact(self) -> str:
        """The value in decimal, exact, without the unit."""
        return exact_text(self.value, self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLoss:
    """What one stage of the waterfall bore, smallest units of the settlement asset, >= 0."""

    key: str  # own_margin, insurance_fund, deleveraging, socialised, unallocated, or another
    label: str  # in words, short: it stands beside a bar
    amount: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentSeries:
    """An instrument's published bars and the marks the engine was given."""

    symbol: str
    price_unit: str  # for axes, e.g. "USDT"
    source: str  # one line under each chart of this instrument
    times_ns: Ints  # of the marks, ascending
    marks: Floats
    bar_times_ns: Ints  # opening time of each bar
    bar_ns: int  # length of a bar
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats  # in base units, as published
    mark_label: str = "mark"  # how it was made, e.g. "last price as mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidations:
    """Fills of forced orders, one row each, in order of time."""

    time_ns: Ints = field(default_factory=no_ints)
    instrument: Ints = field(default_factory=no_ints)  # index into ReplayResult.instruments
    side: Ints = field(default_factory=no_ints)  # of the position closed: LONG or SHORT
    notional: Floats = field(default_factory=no_floats)  # |value| at the fill price
    price: Floats = field(default_factory=no_floats)  # of the fill
    account: Ints = field(default_factory=no_ints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleveraged:
    """Counterparties closed by auto-deleveraging, one row per account and instrument."""

    account: Ints = field(default_factory=no_ints)
    instrument: Ints = field(default_factory=no_ints)
    side: Ints = field(default_factory=no_ints)  # of the counterparty's position
    share: Floats = field(default_factory=no_floats)  # of its position before, 0..1
    notional: Floats = field(default_factory=no_floats)  # closed, at the mark
    given_up: Floats = field(default_factory=no_floats)  # mark value less what was paid for it
    leverage: Floats = field(default_factory=no_floats)  # notional / equity before
    rank: Ints = field(default_factory=no_ints)  # in its queue, 0 = first


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMap:
    """Notional by liquidation price and time, for one instrument; longs and shorts apart.

    Row i is taken at `times_ns[i]`; column j counts positions whose liquidation price lies in
    [edges[j], edges[j + 1]). Positions without a liquidation price in range count nowhere.
    """

    instrument: int
    times_ns: Ints  # (m,), ascending, m >= 2
    edges: Floats  # (n + 1,), ascending prices
    long: Floats  # (m, n) notional
    short: Floats  # (m, n) notional
    before: int  # the row shown as "before"
    during: int  # the row shown as "during"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStory:
    """One account from the first to the last moment of the replay."""

    account: int
    why: str  # why this one: a sentence
    instrument: int  # whose mark is drawn below
    times_ns: Ints
    equity: Floats
    requirement: Floats  # at the liquidation level
    mark: Floats
    events: Sequence[tuple[int, str]] = ()  # (time, what happened), ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallResult:
    """One population through one waterfall."""

    name: str  # short: it heads a column
    description: str  # the policy in words
    totals: Sequence[Total]
    losses: Sequence[StageLoss]
    digest: str  # of the final state, hex
    audit_ok: bool
    audit: str  # the verdict in words
    liquidations: Liquidations
    deleveraged: Deleveraged
    fund_times_ns: Ints
    fund: Floats  # balance of the insurance fund
    level_maps: Sequence[LevelMap] = ()
    story: AccountStory | None = None

    def to_dict(self) -> dict[str, object]:
        """Totals, losses, verdict and digest; money as exact decimal text."""
        return {
            "name": self.name,
            "description": self.description,
            "totals": {
                t.key: {"value": t.value if t.scale == 1 else t.exact(), "unit": t.unit}
                for t in self.totals
            },
            "audit": {"ok": self.audit_ok, "verdict": self.audit},
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One figure over many populations."""

    label: str
    unit: str
    samples: Floats  # (waterfalls, populations), common seeds down the columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """Everything a replay found, for one or more waterfalls over the same population and bars."""

    title: str
    subtitle: str
    asset: str  # settlement asset of all money, e.g. "USDT"
    scale: int  # smallest units in one of it, a power of ten
    absent: Sequence[str]  # what the replay leaves out, each a short phrase
    parameters: Sequence[tuple[str, str, str]]  # (name, value, note)
    findings: Sequence[str]  # one sentence each
    instruments: Sequence[InstrumentSeries]
    waterfalls: Sequence[WaterfallResult]
    machine: str
    versions: Sequence[tuple[str, str]]  # (what, version)
    statement: str = ILLUSTRATION  # one paragraph: what this is; another one with feedback on
    study: Sequence[StudyRow] = ()  # filled by --populations

    def to_dict(self) -> dict[str, object]:
        """What `--json` prints, as plain data."""
        waterfalls = []
        for one in self.waterfalls:
            entry = one.to_dict()
            entry["losses"] = {
                s.key: {"value": exact_text(s.amount, self.scale), "unit": self.asset}
                for s in one.losses
            }
            waterfalls.append(entry)
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "statement": self.statement,
            "absent": list(self.absent),
            "parameters": [
                {"name": name, "value": value, "note": note}
                for name, value, note in self.parameters
            ],
            "findings": list(self.findings),
            "waterfalls": waterfalls,
            "study": [
                {"label": row.label, "unit": row.unit, "samples": row.samples.tolist()}
                for row in self.study
            ],
            "versions": dict(self.versions),
            "machine": self.machine,
        }

    def to_json(self) -> str:
        """`to_dict` as text: keys in a fixed order, money as decimal strings."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
