"""Funding of one margin bucket of `solvent calc`: the next stamp, and how long the money lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from solvent.margin.explain import figure_text

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.reading import Position


@dataclass(frozen=True, slots=True)
class BucketFunding:
    """total: of the next stamp, positive: received. carry_per_day: paid a day, None where the
    preset gives no interval. runway_days: None where nothing is paid. interval_hours, stamps: None
    where the bucket's positions are not paid at the same times.
    """

    total: Fraction
    carry_per_day: Fraction | None = None
    runway_days: Fraction | None = None
    interval_hours: Fraction | None = None
    stamps: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: exact numbers as "a/b"."""
        told = {name: getattr(self, name) for name in ("total", "carry_per_day", "runway_days")}
        data: dict[str, Any] = {
            name: None if one is None else str(one) for name, one in told.items()
        }
        hours = self.interval_hours
        data["interval_hours"] = None if hours is None else figure_text(hours)
        data["stamps"] = self.stamps
        return data


def bucket_funding(account: Account, positions: Sequence[Position], rate: str) -> BucketFunding:
    """One rate for all positions of a bucket."""
    from solvent.venues.questions.runway import carry_per_day, runway_days, stamps_survived

    found = account.with_(positions=positions).funding(rate)
    hours = {one for one in found.interval_hours.values()}
    known = [one for one in hours if one is not None]
    if len(known) < len(hours):
        return BucketFunding(found.total)
    carry = sum(
        (
            carry_per_day(-paid, Fraction(1), found.interval_hours[symbol] or Fraction(8))
            for symbol, paid in found.by_symbol.items()
        ),
        Fraction(0),
    )
    headroom = account.evaluate(positions[0].symbol, positions[0].side).headroom
    strict = account.version.rules is None or account.version.rules.strict
    at_once = len(known) == 1
    return BucketFunding(
        found.total,
        carry,
        runway_days(headroom, carry),
        known[0] if at_once else None,
        stamps_survived(headroom, -found.total, strict=strict) if at_once else None,
    )
