"""Funding of one margin bucket of `solvent calc`: the next stamp, and how long the money lasts."""

from __future__ import annotations

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


def bucket_funding(account: Account, one: Position, rate: str) -> BucketFunding:
    """One rate for all positions of the bucket that a position is in."""
    from solvent.venues.questions.runway import carry_per_day, stamps_survived

    found = account.funding(rate, one.symbol, one.side)
    hours = {name: held for name, held in found.interval_hours.items() if held is not None}
    if len(hours) < len(found.interval_hours):
        return BucketFunding(found.total)
    carry = sum(
        (carry_per_day(-paid, Fraction(1), hours[name]) for name, paid in found.by_symbol.items()),
        Fraction(0),
    )
    days = account.runway(rate, one.symbol, one.side).exact
    every = set(hours.values())
    if len(every) > 1:
        return BucketFunding(found.total, carry, days)
    interval, strict = every.pop(), account.version.rules is None or account.version.rules.strict
    stamps = None if days is None else stamps_survived(days * 24, interval, strict=strict)
    return BucketFunding(found.total, carry, days, interval, stamps)
