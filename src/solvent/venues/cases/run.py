"""Running cases: each is answered by the rule of its kind and compared with what it expects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from solvent.margin.explain import Term
from solvent.venues.cases.compare import Check, checks, shown
from solvent.venues.cases.read import Case, CaseError, read_cases
from solvent.venues.cases.registry import KINDS, Inputs, Refusal, rule_of
from solvent.venues.numbers import InputError

MODULES = (
    "kinds_prices",
    "kinds_requirements",
    "kinds_money",
    "kinds_collateral",
    "kinds_spot",
    "kinds_orders",
    "kinds_dydx",
    "kinds_drift",
    "kinds_options",
    "kinds_option_margins",
)

Status = Literal["passed", "failed", "unknown kind", "not run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case.

    status: "passed"; "failed": the rule answered something else; "unknown kind": no rule answers
    it; "not run": its inputs do not suffice or cannot be read. reason: why, for the last two.
    notes: what about the inputs may explain a failure (redundant ones that disagree, ones not
    used).
    """

    case: Case
    status: Status
    checks: tuple[Check, ...] = ()
    explain: Term | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What to print of a case that did not pass; empty for one that did."""
        if self.status == "passed":
            return []
        head = f"{self.case.id} ({self.case.venue}, {self.case.kind})"
        notes = [f"    note: {note}" for note in self.notes]
        if self.status != "failed":
            return [f"{self.status.upper()}  {head}: {self.reason}", *notes]
        found = [f"FAILED  {head}: {check.line()}" for check in self.checks if not check.passed]
        if self.reason:
            found.append(f"FAILED  {head}: {self.reason}")
        if self.explain is not None:
            found += ["    " + line for line in str(self.explain).splitlines()]
        return found + notes

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; numbers as text."""
        data: dict[str, Any] = {
            "id": self.case.id,
            "file": self.case.file,
            "venue": self.case.venue,
            "kind": self.case.kind,
            "status": self.status,
        }
        if self.reason:
            data["reason"] = self.reason
        data["results"] = [
            {
                "name": check.name,
                "expected": shown(check.expected),
                "got": shown(check.got),
                "difference": None if check.difference is None else str(check.difference),
                "allowed": check.allowed,
                "passed": check.passed,
            }
            for check in self.checks
        ]
        if self.notes:
            data["notes"] = list(self.notes)
        if self.explain is not None:
            data["explain"] = self.explain.to_dict()
        return data


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one venue and kind."""

    venue: str
    kind: str
    passed: int = 0
    failed: int = 0
    not_run: int = 0


@dataclass(frozen=True, slots=True)
class CaseReport:
    """The outcomes of a run, in the order of the files."""

    outcomes: tuple[Outcome, ...] = field(default_factory=tuple)

    @property
    def passed(self) -> int:
        """Cases whose every expected value was met."""
        return sum(outcome.status == "passed" for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        """Cases answered otherwise than expected."""
        return sum(outcome.status == "failed" for outcome in self.outcomes)

    @property
    def not_run(self) -> int:
        """Cases of unknown kind and cases whose inputs do not suffice."""
        return len(self.outcomes) - self.passed - self.failed

    @property
    def exit_code(self) -> int:
        """1 on any failure; else 2 when a case could not be run; else 0."""
        if self.failed:
            return 1
        return 2 if self.not_run else 0

    @property
    def verdict(self) -> str:
        """The last line: `N passed, N failed`."""
        return f"{self.passed} passed, {self.failed} failed"

    def unknown_kinds(self) -> tuple[str, ...]:
        """Kinds no rule answers, in order of first appearance."""
        kinds = [one.case.kind for one in self.outcomes if one.status == "unknown kind"]
        return tuple(dict.fromkeys(kinds))

    def summary(self) -> tuple[Summary, ...]:
        """Counts per venue and kind, sorted."""
        rows: dict[tuple[str, str], list[int]] = {}
        for outcome in self.outcomes:
            row = rows.setdefault((outcome.case.venue, outcome.case.kind), [0, 0, 0])
            row[{"passed": 0, "failed": 1}.get(outcome.status, 2)] += 1
        return tuple(Summary(*key, *counts) for key, counts in sorted(rows.items()))

    def to_dict(self) -> dict[str, Any]:
        """One plain document."""
        return {
            "passed": self.passed,
            "failed": self.failed,
            "not_run": self.not_run,
            "unknown_kinds": list(self.unknown_kinds()),
            "summary": [
                {
                    "venue": row.venue,
                    "kind": row.kind,
                    "passed": row.passed,
                    "failed": row.failed,
                    "not_run": row.not_run,
                }
                for row in self.summary()
            ],
            "cases": [outcome.to_dict() for outcome in self.outcomes],
        }


def known_kinds() -> tuple[str, ...]:
    """The kinds of case there is a rule for, sorted.

    >>> "liquidation_price" in known_kinds()
    True
    """
    _load()
    return tuple(sorted(KINDS))


def run_files(paths: Iterable[str | Path] | str | Path, kinds: Sequence[str] = ()) -> CaseReport:
    """Run every case of the files (or of the one file); with `kinds`, only those. Raises CaseError
    for a file that cannot be read and when there is nothing to run.
    """
    files = [paths] if isinstance(paths, str | Path) else paths
    read = [case for path in files for case in read_cases(Path(path))]
    chosen = [case for case in read if not kinds or case.kind in kinds]
    if not chosen:
        there = ", ".join(sorted({case.kind for case in read})) or "none"
        raise CaseError(f"no case to run; kinds in these files: {there}")
    return run_cases(chosen)


def run_cases(cases: Iterable[Case]) -> CaseReport:
    """Run cases, each on its own: one that cannot be run does not stop the others."""
    return CaseReport(tuple(run_case(case) for case in cases))


def run_case(case: Case) -> Outcome:
    """Run one case."""
    _load()
    rule = rule_of(case)
    if rule is None:
        return Outcome(case, "unknown kind", reason=_unknown(case))
    said: list[str] = []
    try:
        inputs = Inputs(case, case.inputs, notes=said)
        refused = ""
        try:
            answer = rule.solve(inputs)
            results: dict[str, Any] = {"error": False, **answer.results}
            explain = answer.explain
        except Refusal as refusal:
            results, refused = {"error": True}, str(refusal)
            explain = Term("refused", refused)
        if refused and case.expected.get("error") is not True:
            return Outcome(case, "failed", (), explain, f"refused: {refused}", _notes(inputs))
        found = checks(case.expected, results, case.tolerance)
    except (InputError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        return Outcome(case, "not run", reason=_sentence(error), notes=tuple(said))
    status: Status = "passed" if all(check.passed for check in found) else "failed"
    return Outcome(case, status, found, explain, "", _notes(inputs))


def _notes(inputs: Inputs) -> tuple[str, ...]:
    unused = inputs.unused()
    if unused:
        return (*inputs.notes, f"inputs not used: {', '.join(unused)}")
    return tuple(inputs.notes)


def _sentence(error: Exception) -> str:
    if isinstance(error, InputError | ValueError):
        return str(error)
    return f"the inputs lead to {type(error).__name__}: {error}"


def _unknown(case: Case) -> str:
    if case.kind in KINDS:
        return f"no rule of this kind is for contract type {case.contract_type!r}"
    return "no rule answers this kind"


def _load() -> None:
    for name in MODULES:
        import_module(f"solvent.venues.cases.{name}")
