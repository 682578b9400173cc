"""The numbers of Derive v2's two managers, from a preset or from a case.

`Rules` are those of the portfolio manager, `StandardRules` those of the standard one. A number that
is needed and missing is an `InputError`, never a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from solvent.margin.options import ShortRules
from solvent.prices import Scenario, VolShock
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.scenario_tables import group_of, tables
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version

NEEDED = (
    "max_spot_req",
    "min_spot_req",
    "mm_call_spot",
    "mm_put_spot",
    "mm_put_mtm",
    "mm_offset_scale",
    "unpaired_im_scale",
    "unpaired_mm_scale",
)
"""Numbers that every set of rules gives."""

OPTIONAL = (
    "oracle_thresholds",
    "perp_threshold",
    "option_threshold",
    "base_threshold",
    "oc_factor",
    "depeg_threshold",
    "depeg_factor",
    "base_margin_factor",
    "base_im_scale",
    "im_perp",
    "mm_perp",
)
"""Numbers of what an account may hold or a venue may charge; 0 where they are not given."""

YEAR = 365 * 86_400  # seconds
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class OptionLeg:
    """An option of the account; size signed. confidence: of its volatility feed."""

    is_call: bool
    strike: Fraction
    size: Fraction
    vol: Fraction
    confidence: Fraction = ONE

    @property
    def name(self) -> str:
        """Signed size, right and strike."""
        right = "call" if self.is_call else "put"
        return f"{float(self.size):+.10g} {right} {float(self.strike):.10g}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The manager's numbers, as its preset names them."""

    scenarios: tuple[Scenario, ...]
    vol: VolShock
    im_factor: Fraction
    mm_factor: Fraction
    base_static_discount: Fraction
    rate_mult_scale: Fraction
    rate_add_scale: Fraction
    basis_scenario_up: Fraction
    basis_scenario_down: Fraction
    basis_add_factor: Fraction
    basis_mult_factor: Fraction
    peg_loss_threshold: Fraction
    peg_loss_factor: Fraction
    conf_threshold: Fraction
    conf_margin: Fraction
    base_percent: Fraction
    perp_percent: Fraction
    option_percent: Fraction


PLAIN = tuple(name for name in Rules.__slots__ if name not in ("scenarios", "vol", "mm_factor"))

PORTFOLIO = (
    "vol_range_up",
    "vol_range_down",
    "short_term_power",
    "long_term_power",
    "dte_floor_days",
    "mm_factor",
    *PLAIN,
)
"""Numbers of the portfolio manager beside its scenarios."""


def portfolio_rules_of(parameters: Mapping[str, Any], scenarios: Sequence[Scenario]) -> Rules:
    """Rules from a preset's `parameters.portfolio` (or a case's), in exact numbers.

    Raises InputError for a number that is missing.
    """

    def number(name: str) -> Fraction:
        if parameters.get(name) is None:
            raise InputError(f"portfolio margin: parameter {name} is missing; give it")
        return Fraction(parameters[name])

    return Rules(
        scenarios=tuple(scenarios),
        vol=VolShock(
            up=number("vol_range_up"),
            down=number("vol_range_down"),
            short_power=number("short_term_power"),
            long_power=number("long_term_power"),
            floor_days=number("dte_floor_days"),
        ),
        mm_factor=Fraction(parameters.get("mm_factor", 1)),
        **{name: number(name) for name in PLAIN},
    )


@dataclass(frozen=True, slots=True)
class StandardRules:
    """The manager's numbers. Thresholds of 0 switch the charge off."""

    short: ShortRules
    unpaired_initial: Fraction
    unpaired_maintenance: Fraction
    perp_threshold: Fraction
    option_threshold: Fraction
    base_threshold: Fraction
    confidence_factor: Fraction
    depeg_threshold: Fraction
    depeg_factor: Fraction
    base_margin: Fraction
    base_initial_scale: Fraction
    perp_initial: Fraction
    perp_maintenance: Fraction


def standard_rules_of(parameters: Mapping[str, Any]) -> StandardRules:
    """Rules from a preset's `parameters.standard` (or a case's), in exact numbers.

    What an account does not hold need not be given (0); the option numbers must be.
    Raises InputError for a number that is missing.
    """

    def needed(name: str) -> Fraction:
        if parameters.get(name) is None:
            raise InputError(f"standard margin: parameter {name} is missing; give it")
        return Fraction(parameters[name])

    def given(name: str, otherwise: object = 0) -> Fraction:
        found = parameters.get(name)
        return Fraction(otherwise if found is None else found)  # type: ignore[arg-type]

    every = given("oracle_thresholds")
    return StandardRules(
        short=ShortRules(
            high=needed("max_spot_req"),
            low=needed("min_spot_req"),
            rate=needed("mm_call_spot"),
            rate_of_mark=needed("mm_put_mtm"),
            mark_holds="put",
            floor_holds="put",
            floor_scale=needed("mm_offset_scale"),
            put_rate=needed("mm_put_spot"),
        ),
        unpaired_initial=needed("unpaired_im_scale"),
        unpaired_maintenance=needed("unpaired_mm_scale"),
        perp_threshold=given("perp_threshold", every),
        option_threshold=given("option_threshold", every),
        base_threshold=given("base_threshold", every),
        confidence_factor=given("oc_factor"),
        depeg_threshold=given("depeg_threshold"),
        depeg_factor=given("depeg_factor"),
        base_margin=given("base_margin_factor"),
        base_initial_scale=given("base_im_scale", 1),
        perp_initial=given("im_perp"),
        perp_maintenance=given("mm_perp"),
    )


def portfolio_rules(venue: str | Version) -> Rules:
    """The portfolio manager's rules of a preset.

    >>> len(portfolio_rules("derive-v2-pmrm").scenarios)
    21
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    rows = tables(version, "", Fraction(1), [])
    return portfolio_rules_of(group_of(version, "portfolio"), rows)


def standard_rules(venue: str | Version) -> StandardRules:
    """The standard manager's rules of a preset.

    >>> standard_rules("derive-v2-srm@tests").short.high
    Fraction(3, 20)
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    return standard_rules_of(group_of(version, "standard"))
