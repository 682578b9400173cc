"""Golden cases: a venue's own examples, answered by the rules and compared.

A file of cases holds inputs under their source's names, what is expected and how near. Every kind
of case has a rule; one alias table (`aliases`) maps the sources' names to one vocabulary. What it
is not: a second calculator; rules ask `venues.solver` and `margin`. What always
holds: numbers are exact from the file to the comparison, a case that cannot be run is never
counted as passed, and nothing a case says besides its inputs decides its answer, except which
dated text of the venue's rules it is about.
"""

from solvent.venues.cases.compare import Check
from solvent.venues.cases.read import Case, CaseError, Tolerance, parse_cases, read_cases
from solvent.venues.cases.registry import Answer, Inputs, Refusal, kind
from solvent.venues.cases.run import (
    CaseReport,
    Outcome,
    known_kinds,
    run_case,
    run_cases,
    run_files,
)

__all__ = [
    "Answer",
    "Case",
    "CaseError",
    "CaseReport",
    "Check",
    "Inputs",
    "Outcome",
    "Refusal",
    "Tolerance",
    "kind",
    "known_kinds",
    "parse_cases",
    "read_cases",
    "run_case",
    "run_cases",
    "run_files",
]
