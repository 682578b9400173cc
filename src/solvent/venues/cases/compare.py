"""Whether what a rule says is what a case expects.

Without a tolerance a value is exact: an integer to the unit, a fraction "a/b" to its last part, a
decimal to its printed digits (half a unit of the last one). A key may name a rounding
(`price_floor_3dp`): then the result is rounded so before it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, cast

from solvent.margin.explain import figure_text
from solvent.venues.cases.aliases import result_name
from solvent.venues.cases.read import CaseError, Tolerance, number
from solvent.venues.numbers import InputError, Rounding, round_to

_ROUNDED = re.compile(r"^(?P<name>.+?)_(?P<how>floor|ceil|round|trunc)(?:_(?P<places>\d+)dp)?$")
_PRINTED = re.compile(r"^[+-]?\d*\.\d+$")
_APPROX = "_approx"
NOTHING = ("none", "null", "never", "n/a", "--", "")
"""Text that expects no number, like null."""
_WAYS: Mapping[str, str] = {
    "floor": "down",
    "ceil": "up",
    "round": "half_up",
    "trunc": "toward zero",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One expected value against what the rule says. allowed: the most it may differ, in words."""

    name: str
    expected: Any
    got: Any
    passed: bool
    difference: Fraction | None = None
    allowed: str = ""

    def line(self) -> str:
        """The check in one line: expected, got, difference."""
        text = f"{self.name}: expected {shown(self.expected)}, got {shown(self.got)}"
        if self.difference is not None:
            sign = "+" if self.difference > 0 else ""
            text += f", difference {sign}{figure_text(self.difference)}"
        return text + (f" ({self.allowed})" if self.allowed else "")


def checks(
    expected: Mapping[str, Any], results: Mapping[str, Any], tolerance: Tolerance | None
) -> tuple[Check, ...]:
    """Every expected value against the results. Raises CaseError for a result no rule gives."""
    return tuple(_checks(expected, results, tolerance, ""))


def shown(value: Any) -> str:
    """A value as a reader would write it; a number that does not end is cut and marked "…"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return figure_text(value) if isinstance(value, Fraction) else str(value)


def _checks(
    expected: Mapping[str, Any], results: Mapping[str, Any], tolerance: Tolerance | None, path: str
) -> Iterator[Check]:
    for key, value in expected.items():
        name, rounding, approximate = _meaning(key, results)
        if name not in results:
            raise CaseError(
                f"expects {path + key}, which this rule does not give; it gives "
                f"{', '.join(sorted(results))}"
            )
        got = results[name]
        if isinstance(value, dict) and isinstance(got, Mapping):
            yield from _checks(value, got, tolerance, f"{path}{key}.")
            continue
        yield _check(path + key, value, got, rounding, approximate, tolerance)


def _meaning(key: str, results: Mapping[str, Any]) -> tuple[str, tuple[str, int] | None, bool]:
    """The result a key asks for, the rounding it names, and whether it is approximate."""
    if key in results:
        return key, None, False
    if key.endswith(_APPROX):
        return result_name(key.removesuffix(_APPROX)), None, True
    named = _ROUNDED.match(key)
    if named and result_name(named["name"]) in results:
        return result_name(named["name"]), (_WAYS[named["how"]], int(named["places"] or 0)), False
    return result_name(key), None, False


def _check(
    name: str,
    expected: Any,
    got: Any,
    rounding: tuple[str, int] | None,
    approximate: bool,
    tolerance: Tolerance | None,
) -> Check:
    if isinstance(expected, list):
        return _list(name, expected, got, tolerance)
    if got is None and isinstance(expected, str) and expected.strip().lower() in NOTHING:
        return Check(name, expected, got, True)
    if expected is None or isinstance(expected, bool) or isinstance(got, bool):
        return Check(name, expected, got, got is expected)
    if isinstance(expected, str) and isinstance(got, str):
        return Check(name, expected, got, expected.strip().lower() == got.strip().lower())
    wanted = number(expected, f"expected {name}") if _numeric(expected) else None
    value = _exact(got)
    if wanted is None or value is None:
        return Check(name, expected, got, False)
    if rounding is not None:
        value = _rounded(value, *rounding)
    difference = value - wanted
    passed, allowed = _within(difference, wanted, expected, approximate, tolerance)
    return Check(name, expected, value, passed, difference, allowed)


def _list(name: str, expected: list[Any], got: Any, tolerance: Tolerance | None) -> Check:
    same = isinstance(got, list | tuple) and len(got) == len(expected)
    passed = same and all(
        _check(name, one, other, None, False, tolerance).passed
        for one, other in zip(expected, got, strict=True)
    )
    return Check(name, expected, got, passed)


def _within(
    difference: Fraction,
    wanted: Fraction,
    expected: Any,
    approximate: bool,
    tolerance: Tolerance | None,
) -> tuple[bool, str]:
    if tolerance is not None:
        limits = []
        if tolerance.absolute is not None:
            limits.append((tolerance.absolute, f"abs {_short(tolerance.absolute)}"))
        if tolerance.relative is not None:
            limits.append((tolerance.relative * abs(wanted), f"rel {_short(tolerance.relative)}"))
        passed = any(abs(difference) <= limit for limit, _ in limits)
        return passed, "tolerance " + " or ".join(text for _, text in limits)
    places = _places(expected)
    if places is not None:
        return abs(difference) <= Fraction(1, 2 * 10**places), f"to {places} decimals"
    if approximate:
        return abs(difference) <= Fraction(1, 2), "to the unit"
    return difference == 0, "exact"


def _places(expected: Any) -> int | None:
    """Decimals a number is printed with, in text or not; None for an integer and a fraction."""
    if isinstance(expected, str):
        text = expected.strip()
        return len(text.partition(".")[2]) if _PRINTED.match(text) else None
    if not isinstance(expected, Decimal):
        return None
    exponent = expected.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(value: Fraction, way: str, places: int) -> Fraction:
    if way == "toward zero":
        way = "down" if value >= 0 else "up"
    return round_to(value, Fraction(1, 10**places), cast(Rounding, way))


def _exact(got: Any) -> Fraction | None:
    if isinstance(got, float):
        return Fraction(got) if isfinite(got) else None
    if isinstance(got, int | Fraction | Decimal):
        return Fraction(got)
    if isinstance(got, str) and _numeric(got):
        return number(got, "result")
    return None


def _numeric(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    try:
        number(value, "value")
    except InputError:
        return False
    return True


def _short(value: Fraction) -> str:
    return format(float(value), "g")
