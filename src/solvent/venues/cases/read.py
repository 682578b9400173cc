"""Case files: what stands in them and how their numbers are read.

A file is `{"format": 1, "cases": [...]}`. JSON numbers are read as decimals, never as binary
floats: `0.1` is one tenth. Text of digits is an integer in the stated unit, "a/b" an exact
fraction. What is wrong with a file is one sentence that names the file, the case and the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from solvent.venues.numbers import InputError, digits, exact

FORMAT = 1
DIGITS_MAX = 100
_DATED = re.compile(r"[-_ ](20\d\d)$")
NEEDED = ("id", "venue", "kind", "inputs", "expected")
TEXTS = ("source", "margin_mode", "contract_type", "units", "formula", "note", "version")


class CaseError(InputError):
    """A case, or a file of cases, that cannot be run; the sentence says what and where."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may lie from the expected one; either of the two suffices."""

    absolute: Fraction | None = None
    relative: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it stands in its file: inputs and expected values keep their source's names.

    version: the dated preset the case was written for, as `solvent venues` names it; empty where
    the file does not say.
    """

    id: str
    venue: str
    kind: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    source: str = ""
    margin_mode: str = ""
    contract_type: str = ""
    units: str = ""
    formula: str = ""
    note: str = ""
    version: str = ""
    tolerance: Tolerance | None = None
    file: str = field(default="", compare=False)

    @property
    def venue_name(self) -> str:
        """The venue in lower case with underscores, without a version: "bybit@2026", "Bybit 2026"
        and "bybit" are all "bybit".
        """
        name = self.venue.lower().partition("@")[0].strip()
        return _DATED.sub("", name).replace("-", "_").replace(" ", "_")


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of one file, in its order. Raises CaseError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise CaseError(f"{path}: is not UTF-8 text") from None
    return parse_cases(text, str(path))


def parse_cases(text: str, name: str = "cases") -> tuple[Case, ...]:
    """The cases of a file's text; `name` is what messages call the file. Raises CaseError.

    >>> case, = parse_cases('''{"format": 1, "cases": [{"id": "a", "venue": "generic",
    ...     "kind": "premium", "inputs": {"size": 0.1}, "expected": {"premium": 1}}]}''')
    >>> case.inputs["size"], case.tolerance
    (Decimal('0.1'), None)
    """
    try:
        document = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once
        )
    except CaseError as error:
        raise CaseError(f"{name}: {error}") from None
    except json.JSONDecodeError as error:
        raise CaseError(
            f"{name}: is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        ) from None
    except RecursionError:
        raise CaseError(f"{name}: is nested too deeply to be a file of cases") from None
    except ArithmeticError:  # an exponent that decimals cannot hold
        raise CaseError(f"{name}: holds a number with an exponent of many digits") from None
    except ValueError:  # an integer that Python would not convert
        raise CaseError(f"{name}: holds an integer of thousands of digits") from None
    if not isinstance(document, dict) or "cases" not in document:
        raise CaseError(f'{name}: has no "cases"; expected {{"format": {FORMAT}, "cases": [...]}}')
    if document.get("format") != FORMAT or isinstance(document.get("format"), bool):
        raise CaseError(
            f"{name}: format {document.get('format')!r}; this version of solvent reads format "
            f"{FORMAT}"
        )
    rows = document["cases"]
    if not isinstance(rows, list):
        raise CaseError(f'{name}: "cases" is not a list')
    cases = tuple(_case(row, number, name) for number, row in enumerate(rows, start=1))
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{name}: two cases have the id {case.id!r}; ids must differ")
        seen.add(case.id)
    return cases


def number(value: object, what: str) -> Fraction:
    """A number of a case file as an exact fraction: JSON number, text of digits, or "a/b".

    >>> number(Decimal("0.0006"), "taker"), number("372/125", "price"), number("50000", "price")
    (Fraction(3, 5000), Fraction(372, 125), Fraction(50000, 1))

    A number of more than 100 digits is refused: nothing a venue prints has them, and 1e999999999
    would be multiplied out.
    """
    if digits(value) > DIGITS_MAX:
        raise CaseError(f"{what}: {str(value)[:40]}... has more than {DIGITS_MAX} digits")
    try:
        return exact(value, what)
    except InputError as error:
        raise CaseError(str(error)) from None


def _case(row: object, position: int, file: str) -> Case:
    where = f"{file}, case {position}"
    if not isinstance(row, dict):
        raise CaseError(f"{where}: is not an object")
    if isinstance(row.get("id"), str):
        where += f" ({row['id']})"
    missing = [name for name in NEEDED if name not in row]
    if missing:
        raise CaseError(f"{where}: lacks {', '.join(missing)}")
    for name in ("id", "venue", "kind"):
        if not isinstance(row[name], str) or not row[name].strip():
            raise CaseError(f"{where}: {name} {row[name]!r} is not a name")
    for name in ("inputs", "expected"):
        if not isinstance(row[name], dict):
            raise CaseError(f"{where}: {name} is not an object of names and values")
    if not row["expected"]:
        raise CaseError(f"{where}: expects nothing; a case that cannot fail is none")
    texts = {name: _text(row.get(name), name, where) for name in TEXTS}
    return Case(
        id=row["id"],
        venue=row["venue"].strip(),
        kind=row["kind"].strip(),
        inputs=row["inputs"],
        expected=row["expected"],
        tolerance=_tolerance(row.get("tolerance"), where),
        file=file,
        **texts,
    )


def _text(value: object, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if name in ("units", "note", "formula", "source"):  # explanations; some sources nest them
        return json.dumps(value, default=str)
    raise CaseError(f"{where}: {name} {value!r} is not text")


def _tolerance(value: object, where: str) -> Tolerance | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value or not set(value) <= {"abs", "rel"}:
        raise CaseError(f'{where}: tolerance must be {{"abs": x}} and/or {{"rel": y}}')
    given = {key: number(item, f"{where}, tolerance {key}") for key, item in value.items()}
    for key, item in given.items():
        if item < 0:
            raise CaseError(f"{where}: tolerance {key} {item} is negative")
    return Tolerance(given.get("abs"), given.get("rel"))


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ; JSON would silently keep the last of two."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CaseError(f"the name {name!r} stands twice in one object")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise CaseError(f"{name} is not a number a case can hold")
