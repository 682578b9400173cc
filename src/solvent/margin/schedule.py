"""Requirement schedules: from a venue's table to checked integers.

A `Schedule` is written in text (bounds in settlement units, rates as decimals or fractions);
`encode` turns it into the flat row of
`margin.requirements` for one contract and one level, after checking it. Errors name the row and the
reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.contracts import Contract
from solvent.contracts.listing import smallest_common_scale
from solvent.margin import requirements as layout
from solvent.units import NOTIONAL_MAX, RATE_SCALE_MAX

SHAPES = {"tiers": layout.TIERS, "slope": layout.SLOPE, "sqrt": layout.SQRT}


class ScheduleError(ValueError):
    """A margin table that cannot be used; the message names the row, the number and what is
    expected.
    """


@dataclass(frozen=True, slots=True)
class Tier:
    """One row: applies to notional up to and including `bound` (None: no limit), at `rate`, less
    `deduction`.
    """

    bound: Fraction | None
    rate: Fraction
    deduction: Fraction


@dataclass(frozen=True, slots=True)
class Schedule:
    """A margin table or formula, in settlement units (not yet scaled to a contract).

    shape: "tiers", "slope" or "sqrt". entry_based: rates apply to the absolute entry cost instead
    of the notional at mark.
    base, per_size, cap: parameters of slope and sqrt, size in the contract's base units (inverse:
    quote units).
    """

    shape: str
    tiers: tuple[Tier, ...] = ()
    entry_based: bool = False
    base: Fraction = Fraction(0)
    per_size: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    cap: Fraction = Fraction(1)


def _fraction(text: str | int | Fraction | None, what: str) -> Fraction:
    if isinstance(text, float) or text is None:
        raise ScheduleError(
            f"{what}: {text!r} given; write numbers as text, a binary float cannot hold them "
            "exactly"
        )
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ScheduleError(f"{what}: {text!r} is not a number") from error


def tiered(
    rows: list[tuple[str | None, str]],
    *,
    deductions: list[str] | None = None,
    entry_based: bool = False,
) -> Schedule:
    """Tiers with deductions that make the requirement continuous: rows of (upper bound or None,
    rate).

    Without `deductions` they are computed, `d_n = d_(n-1) + bound_(n-1) * (rate_n - rate_(n-1))`
    (Binance's maintenance amount);
    published ones may be given and are checked.

    >>> table = tiered([("50000", "0.004"), ("250000", "0.005"), (None, "0.01")])
    >>> [str(tier.deduction) for tier in table.tiers]
    ['0', '50', '1300']
    """
    if not rows:
        raise ScheduleError("a tier table needs at least one row")
    if deductions is not None and len(deductions) != len(rows):
        raise ScheduleError(f"{len(deductions)} deductions for {len(rows)} rows")
    tiers: list[Tier] = []
    for number, (bound_text, rate_text) in enumerate(rows, start=1):
        bound = None if bound_text is None else _fraction(bound_text, f"row {number}, bound")
        rate = _fraction(rate_text, f"row {number}, rate")
        deduction = Fraction(0)
        if deductions is not None:
            deduction = _fraction(deductions[number - 1], f"row {number}, deduction")
        elif tiers:
            before = tiers[-1]
            if before.bound is None:
                raise ScheduleError(f"row {number}: follows a row without bound")
            deduction = before.deduction + before.bound * (rate - before.rate)
        tiers.append(Tier(bound, rate, deduction))
    return Schedule("tiers", tuple(tiers), entry_based)


def flat(rows: list[tuple[str | None, str]], *, entry_based: bool = False) -> Schedule:
    """Tiers whose rate applies to the whole notional: the requirement jumps at every edge (OKX;
    Gate before its deductions).

    >>> flat([("50000", "0.01"), (None, "0.02")]).tiers[1].deduction
    Fraction(0, 1)
    """
    return tiered(rows, deductions=["0"] * len(rows), entry_based=entry_based)


def slope(base: str, per_size: str, *, cap: str = "1") -> Schedule:
    """Rate `base + per_size * size`, at most `cap` (Deribit: `slope("0.01", "0.00005")`: 1 % +
    0.005 % per BTC).
    """
    return Schedule(
        "slope",
        base=_fraction(base, "base"),
        per_size=_fraction(per_size, "per_size"),
        cap=_fraction(cap, "cap"),
    )


def sqrt_premium(base: str, factor: str, *, offset: str = "0", cap: str = "1") -> Schedule:
    """Rate `max(base, offset + factor * isqrt(size_in_lots + 1))`, at most `cap` (Drift's size
    premium in the contract's own lots).
    """
    return Schedule(
        "sqrt",
        base=_fraction(base, "base"),
        per_size=_fraction(factor, "factor"),
        offset=_fraction(offset, "offset"),
        cap=_fraction(cap, "cap"),
    )


def encode(
    schedule: Schedule,
    contract: Contract,
    *,
    settle_exponent: int,
    factor: tuple[int, int] = (1, 1),
    closing_fee: Fraction = Fraction(0),
    what: str = "schedule",
) -> tuple[int, ...]:
    """The flat row of integers for `contract` at the level `factor`; checked. Raises ScheduleError.

    >>> from solvent.contracts import Listing, resolve
    >>> listing = Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001")
    >>> btc = resolve(listing, settle_exponent=6)
    >>> encode(tiered([("50000", "0.004"), (None, "0.005")]), btc, settle_exponent=6)[12:]
    (50000000000, 4, 0, 0, 36028797018963968, 5, 50000000, 0)
    """
    num, den = factor
    if closing_fee < 0:
        raise ScheduleError(f"{what}: closing fee {closing_fee} must not be negative")
    if schedule.shape == "tiers":
        _check_tiers(schedule, what)
    else:
        _check_formula(schedule, what)
    rates = [closing_fee, *(tier.rate for tier in schedule.tiers)]
    if schedule.shape != "tiers":
        rates += [schedule.base, schedule.cap, schedule.offset]
    scale = smallest_common_scale(rates)
    if scale * den > RATE_SCALE_MAX:
        raise ScheduleError(
            f"{what}: the rates need a common denominator of {scale * den}; at most "
            f"{RATE_SCALE_MAX} fits"
        )
    fee = int(closing_fee * scale) * num
    highest = max([tier.rate for tier in schedule.tiers] or [schedule.cap])
    if highest * num > den:
        raise ScheduleError(
            f"{what}: rate {highest} times the level factor {num}/{den} exceeds 100 %; lower "
            "the level's factor or the rate"
        )
    header = [
        SHAPES[schedule.shape],
        layout.ENTRY if schedule.entry_based else layout.MARK,
        scale * den,
        fee,
    ]
    if schedule.shape == "tiers":
        body, jumps = _encode_tiers(schedule, scale, num, den, 10**settle_exponent, what)
        return (*header, len(schedule.tiers), jumps, 0, 0, 0, 0, 0, 0, *body)
    step = schedule.per_size * scale * (contract.lot if schedule.shape == "slope" else 1)
    parameters = [
        int(schedule.base * scale),
        step.numerator,
        step.denominator,
        int(schedule.cap * scale),
        int(schedule.offset * scale),
        num,  # the level's factor applies to the rounded rate: levels keep their order
    ]
    if max(parameters) > 1 << 62:
        raise ScheduleError(f"{what}: per-size rate {schedule.per_size} needs more digits than fit")
    return (*header, 1, 0, *parameters, NOTIONAL_MAX, parameters[0], 0, 0)


def _check_formula(schedule: Schedule, what: str) -> None:
    for name in ("base", "per_size", "offset", "cap"):
        number = getattr(schedule, name)
        if number < 0:
            raise ScheduleError(f"{what}: {name} {number} must not be negative")
    if schedule.cap > 1 or schedule.base > schedule.cap:
        raise ScheduleError(
            f"{what}: base {schedule.base} and cap {schedule.cap}: need base <= cap <= 1"
        )


def _check_tiers(schedule: Schedule, what: str) -> None:
    below: Tier | None = None
    for number, tier in enumerate(schedule.tiers, start=1):
        row = f"{what}, row {number}"
        last = number == len(schedule.tiers)
        if not last and tier.bound is None:
            raise ScheduleError(f"{row}: only the last row may be without bound")
        if tier.bound is not None and tier.bound <= 0:
            raise ScheduleError(f"{row}: bound {tier.bound} must be greater than 0")
        if not 0 <= tier.rate <= 1:
            raise ScheduleError(f"{row}: rate {tier.rate} must be between 0 and 1")
        if tier.deduction < 0:
            raise ScheduleError(f"{row}: deduction {tier.deduction} must not be negative")
        if below is None and tier.deduction != 0:
            raise ScheduleError(f"{row}: deduction {tier.deduction}; the first row has none")
        if below is not None and below.bound is not None:
            if tier.bound is not None and tier.bound <= below.bound:
                raise ScheduleError(
                    f"{row}: bound {tier.bound} is not above the row before ({below.bound})"
                )
            if tier.rate < below.rate:
                raise ScheduleError(
                    f"{row}: rate {tier.rate} is below the row before ({below.rate})"
                )
            edge = below.bound * (tier.rate - below.rate) - (tier.deduction - below.deduction)
            if edge < 0:
                raise ScheduleError(
                    f"{row}: the requirement would fall by {-edge} at the edge {below.bound}; "
                    f"the deduction that makes it continuous is {tier.deduction + edge}"
                )
        below = tier


def _encode_tiers(
    schedule: Schedule, scale: int, num: int, den: int, unit: int, what: str
) -> tuple[list[int], int]:
    body: list[int] = []
    jumps = 0
    below: Tier | None = None
    for number, tier in enumerate(schedule.tiers, start=1):
        bound = NOTIONAL_MAX
        if tier.bound is not None and number < len(schedule.tiers):
            scaled = tier.bound * unit
            if scaled.denominator != 1 or scaled > NOTIONAL_MAX:
                raise ScheduleError(
                    f"{what}, row {number}: bound {tier.bound} is not a whole amount up to "
                    f"{NOTIONAL_MAX} units"
                )
            bound = int(scaled)
        over = tier.deduction * unit * scale * num
        if over.denominator != 1:
            raise ScheduleError(
                f"{what}, row {number}: deduction {tier.deduction} is finer than the asset's "
                "smallest unit"
            )
        whole, part = divmod(int(over), scale * den)
        body += [bound, int(tier.rate * scale) * num, whole, part]
        if below is not None and below.bound is not None:
            jumps |= int(below.bound * (tier.rate - below.rate) != tier.deduction - below.deduction)
        below = tier
    return body, jumps
