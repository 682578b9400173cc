"""Which rule a lender follows: the preset names it, one module of this folder holds it.

A preset of family "lending" or "spot-margin" has `[version.parameters.lender]` with `rule = "..."`;
a fork of a protocol names the same rule and brings its own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from solvent.venues.lending.inputs import Inputs
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.numbers import InputError
from solvent.venues.presets.fields import nearest

RULES = ("aave", "compound", "morpho", "euler", "maker", "liquity", "spot_margin")


class Rule(Protocol):
    """What the module of a rule offers."""

    def build(self, inputs: Inputs) -> Loan:
        """The loan: lines with the preset's factors."""

    def liquidate(
        self, loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
    ) -> Outcome:
        """What a liquidation would do."""


def rule_of(name: str) -> Rule:
    """The rule of that name. InputError, with the nearest name, where there is none."""
    if name not in RULES:
        raise InputError(f"lending rule {name!r} is unknown; {nearest(name, RULES, 'rules')}")
    return cast(Rule, import_module(f"solvent.venues.lending.{name}"))
