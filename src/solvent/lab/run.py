"""A finished run: what went in, what the engine left, and what was recorded on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solvent.lab.opening import Ids
from solvent.lab.population import Population
from solvent.lab.record import Record
from solvent.lab.scenario import Scenario
from solvent.lab.waterfalls import Waterfall

STORIES_MAX = 4_000
"""About so many accounts can be told of one by one; the orders of the others are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a finished run left: its record, final wallets (a copy), digest and verdict."""

    ids: Ids
    record: Record
    wallets: npt.NDArray[np.int64]
    digest: str
    audit_ok: bool
    audit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One population through one waterfall, finished."""

    waterfall: Waterfall
    scenario: Scenario
    population: Population
    fund_start: int
    outcome: Outcome

    @property
    def ids(self) -> Ids:
        """What the engine called things."""
        return self.outcome.ids

    @property
    def record(self) -> Record:
        """Events and samples."""
        return self.outcome.record

    @property
    def wallets(self) -> npt.NDArray[np.int64]:
        """Final wallet per account."""
        return self.outcome.wallets

    @property
    def digest(self) -> str:
        """Hash of the final state."""
        return self.outcome.digest


def story_places(population: Population) -> npt.NDArray[np.int64]:
    """Places in the population from which a story is chosen; the same for every waterfall."""
    count = len(population.positions)
    return np.arange(0, count, max(count // STORIES_MAX, 1), dtype=np.int64)


def marks_of(run: Run, place: int) -> npt.NDArray[np.int64]:
    """The marks of a market that the engine was given, one per moment, ticks."""
    marks: npt.NDArray[np.int64] = run.scenario.mark[:, place]
    if not run.record.permanent:
        return marks
    moved = np.exp(np.array(run.record.permanent)[:, place])
    shifted: npt.NDArray[np.int64] = np.maximum(np.rint(marks * moved).astype(np.int64), 1)
    return shifted
