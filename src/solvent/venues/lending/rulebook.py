"""What the rules of all lenders ask of a preset and of a loan: ratio, strictness, chosen lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.numbers import InputError, exact
from solvent.venues.preset import Ratio, Rules, Version
from solvent.venues.presets.fields import nearest


def rules_of(version: Version) -> Rules:
    """The version's rules. InputError where the preset has none."""
    if version.rules is None:
        raise InputError(f"{version.label}: the preset has no [version.rules]")
    return version.rules


def strict_of(version: Version) -> bool:
    """Whether the lender liquidates only below its threshold."""
    return rules_of(version).strict


def ratio_of(version: Version, liquidates_at: Fraction | None = None) -> Ratio:
    """The lender's own ratio; with the threshold of one market where it differs by market."""
    found = rules_of(version).ratio
    if found is None:
        raise InputError(f"{version.label}: the preset has no [version.rules.ratio]")
    return found if liquidates_at is None else replace(found, liquidates_at=liquidates_at)


def group_of(loan: Loan, name: str) -> Mapping[str, object]:
    """A group of parameters of the loan's version."""
    found = loan.version.parameters.get(name)
    if not isinstance(found, Mapping):
        raise InputError(f"{loan.label}: the preset has no parameters.{name}")
    return found


def tokens(entry: Mapping[str, object] | None, key: str) -> tuple[str, ...]:
    """A list of asset names of a parameter entry."""
    found = (entry or {}).get(key, ())
    return tuple(str(one) for one in found) if isinstance(found, tuple) else ()


def chosen(lines: tuple[Line, ...], asset: str | None, what: str) -> Line:
    """The line of that asset; without a name, the one of the greatest value."""
    if not lines:
        raise InputError(f"the loan has no {what}")
    if asset is None:
        return max(lines, key=lambda one: one.value)
    for one in lines:
        if one.asset == asset:
            return one
    known = [one.asset for one in lines]
    raise InputError(f"{asset!r} is no {what} of this loan; {nearest(asset, known, what)}")


def requested(how: Mapping[str, object], key: str, line: Line) -> int | None:
    """An amount asked for, in the line's smallest units, rounded down; None where not given."""
    if how.get(key) is None:
        return None
    amount: Fraction = exact(how[key], f"{key} of {line.asset}") * 10**line.decimals
    if amount < 0:
        raise InputError(f"{key} of {line.asset}: {how[key]} is negative")
    return amount.numerator // amount.denominator


def tokens_of(units: int, line: Line) -> Fraction:
    """Smallest units as whole tokens."""
    return Fraction(units, 10**line.decimals)


def only(how: Mapping[str, object], *known: str) -> None:
    """InputError for an argument of a liquidation that the rule does not know."""
    for key in how:
        if key not in known:
            takes = nearest(key, known, "it takes") if known else "it takes no arguments"
            raise InputError(f"a liquidation takes no {key!r} here; {takes}")
