"""The numbers of Derive v2's second portfolio manager, from a preset or from a case.

A number that is needed and missing is an `InputError`, never a default.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from solvent.prices import Scenario, VolShock
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.scenario_tables import group_of, tables
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Skew:
    """A scenario that tilts the smile at the present price. linear: one wing up, the other down;
    else both the same way. Each expiry counts what it loses, whichever way the smile tilts.
    """

    linear: bool
    counted: Fraction = ONE

    @property
    def move(self) -> Fraction:
        """The price does not move."""
        return ZERO

    @property
    def name(self) -> str:
        """As it is printed."""
        share = "" if self.counted == 1 else f", {self.counted} counted"
        return f"skew {'linear' if self.linear else 'absolute'}{share}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The manager's numbers. skews: of the two tilts; `im_*` come on top of `mm_*`. missing: tables
    whose share is not published, so that their scenarios are not among `scenarios`.
    """

    scenarios: tuple[Scenario, ...]
    skews: tuple[Skew, ...]
    vol: VolShock
    im_factor: Fraction
    mm_factor: Fraction
    long_rate_mult: Fraction
    long_rate_add: Fraction
    long_discount: Fraction
    short_rate_mult: Fraction
    short_rate_add: Fraction
    short_discount: Fraction
    basis_up: Fraction
    basis_down: Fraction
    basis_add: Fraction
    basis_mult: Fraction
    peg_loss_threshold: Fraction
    peg_loss_factor: Fraction
    conf_threshold: Fraction
    conf_margin: Fraction
    mm_perp: Fraction
    im_perp: Fraction
    mm_option: Fraction
    im_option: Fraction
    linear_cap: Fraction
    linear_slope: Fraction
    absolute_cap: Fraction
    absolute_slope: Fraction
    least_width: Fraction
    width_scale: Fraction
    width_vol: Fraction
    width_vol_slope: Fraction
    missing: tuple[str, ...] = ()

    def skewed(
        self, vol: Fraction, strike: Fraction, forward: Fraction, years: Fraction, skew: Skew
    ) -> float:
        """A volatility after the tilt: times 1 + cap x k / width, within 1 +- cap.

        k = ln(strike / forward), or its size; cap = base + slope x sqrt(years); width =
        max(least, sqrt(years) x scale x (vol + slope x sqrt(years))). An estimate, not below 0.

        >>> rules = second_rules("derive-v2-pm2@tests")
        >>> far = (Fraction(5_000), Fraction(1_000), Fraction(1, 4), Skew(linear=True))
        >>> round(rules.skewed(Fraction(1, 2), *far), 6)
        0.5625
        """
        root = math.sqrt(years)
        base, slope = self.absolute_cap, self.absolute_slope
        if skew.linear:
            base, slope = self.linear_cap, self.linear_slope
        cap = float(base) + float(slope) * root
        spread = float(self.width_vol) + root * float(self.width_vol_slope)
        width = max(float(self.least_width), root * float(self.width_scale) * spread)
        k = math.log(strike / forward)
        k = k if skew.linear else abs(k)
        tilt = min(cap, k * cap / width) if k >= 0 else max(-cap, k * cap / width)
        return float(vol) * max(0.0, 1.0 + tilt)


NOT_PLAIN = ("scenarios", "skews", "vol", "missing")
PLAIN = tuple(name for name in Rules.__slots__ if name not in NOT_PLAIN)


def second_rules_of(
    parameters: Mapping[str, Any],
    shock: Mapping[str, Any],
    scenarios: Sequence[Scenario],
    skews: Sequence[Skew],
) -> Rules:
    """Rules from a preset's `parameters.portfolio` and `parameters.vol` (or a case's).

    Raises InputError for a number that is missing.
    """

    def number(group: Mapping[str, Any], name: str) -> Fraction:
        if group.get(name) is None:
            raise InputError(f"portfolio margin: parameter {name} is missing; give it")
        return Fraction(group[name])

    moves = VolShock(
        up=number(shock, "up"),
        down=number(shock, "down"),
        short_power=number(shock, "short_power"),
        long_power=number(shock, "long_power"),
        floor_days=number(shock, "floor_days"),
        least_up=number(shock, "least_up"),
    )
    numbers: dict[str, Any] = {name: number(parameters, name) for name in PLAIN}
    return Rules(tuple(scenarios), tuple(skews), moves, **numbers)


def second_rules(venue: str | Version, missing: list[str] | None = None) -> Rules:
    """The second manager's rules of a preset; tables without a published share are in its `missing`
    and are appended to the list given.

    >>> rules = second_rules("derive-v2-pm2@2026-01")
    >>> len(rules.scenarios), len(rules.skews), rules.mm_factor
    (31, 2, Fraction(4, 5))
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    unknown: list[str] = []
    rows = tables(version, "", ONE, unknown)
    if missing is not None:
        missing += unknown
    skew = group_of(version, "skew")
    skews = [Skew(name == "linear", Fraction(skew[name])) for name in ("linear", "absolute")]
    found = second_rules_of(group_of(version, "portfolio"), group_of(version, "vol"), rows, skews)
    return replace(found, missing=tuple(unknown))
