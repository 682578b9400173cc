"""Collateral efficiency: how much work the collateral does, and the cheapest mix of it.

Measures are plain ratios of exact numbers; each says what it is, and none rewards an account that
fails its requirement: `efficiency` refuses one. The mix is a linear program solved exactly by going
through its corners, which is what its brute-force test does with a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from solvent.margin.explain import Term
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.result import Told, percent, places

ZERO = Fraction(0)
HUNDREDTH = Fraction(1, 100)
MOST_ASSETS = 8  # corners grow as the choices of n out of 2n + 1


@dataclass(frozen=True, slots=True, repr=False)
class Efficiency(Told):
    """Measures of one account.

    turnover: notional / collateral value. utilisation: requirement / counted collateral. idle:
    share of the counted collateral above the requirement. haircut_cost: share of the collateral's
    value that does not count. portfolio_saving: 1 - portfolio margin / sum of the legs' own margins
    (None where no sum was given). net_yield: what the collateral earns a year while it is posted,
    less the loss expected by liquidation, as a share of its value (None where no yield was given).
    preset: `venue@version` that the amounts are from, "" where they were given.
    """

    turnover: Fraction
    utilisation: Fraction
    idle: Fraction
    haircut_cost: Fraction
    portfolio_saving: Fraction | None
    net_yield: Fraction | None
    tree: Term
    preset: str = ""

    def __str__(self) -> str:
        figures = {
            "utilisation": self.utilisation,
            "idle": self.idle,
            "haircut cost": self.haircut_cost,
            "portfolio saving": self.portfolio_saving,
            "net yield a year": self.net_yield,
        }
        told = [f"{name} {percent(one)}" for name, one in figures.items() if one is not None]
        ends = f" ({self.preset})" if self.preset else ""
        return f"turnover {places(self.turnover, HUNDREDTH)}x, {', '.join(told)}{ends}"

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def efficiency(
    *,
    notional: Number,
    value: Number,
    counted: Number,
    requirement: Number,
    alone: Number | None = None,
    earned: Number | None = None,
    expected_loss: Number = 0,
) -> Efficiency:
    """Measures from five amounts in one currency.

    notional: sum of the positions' absolute values. value: collateral at market. counted: after
    haircuts. requirement: what must be held. alone: sum of the legs' requirements without netting.
    earned: by the collateral in a year while it is posted (negative: interest paid); expected_loss:
    by liquidation in a year, chance times cost. `efficiency_of` takes them from an account.
    Raises InputError for an account below its requirement, because it has no efficiency to praise.

    >>> found = efficiency(notional=50_000, value=10_000, counted=9_500, requirement=3_800)
    >>> found.turnover, found.utilisation, found.haircut_cost
    (Fraction(5, 1), Fraction(2, 5), Fraction(1, 20))
    """
    size, worth = exact(notional, "notional"), exact(value, "value")
    held, need = exact(counted, "counted"), exact(requirement, "requirement")
    if worth <= 0 or held <= 0:
        raise InputError(f"value {value}, counted {counted}: there must be collateral above zero")
    if held > worth:
        raise InputError(f"counted {counted} is above value {value}: a haircut never adds")
    if need > held:
        raise InputError(
            f"requirement {requirement} is above the counted collateral {counted}: the account "
            "fails its requirement; add collateral or reduce positions first"
        )
    saving = None
    if alone is not None:
        summed = exact(alone, "alone")
        if summed <= 0:
            raise InputError(f"alone {alone}: the sum of the legs' requirements is above zero")
        saving = 1 - need / summed
    net = None
    if earned is not None:
        net = (exact(earned, "earned") - exact(expected_loss, "expected_loss")) / worth
    used = need / held
    terms = (
        Term("turnover", size / worth, "", "notional / collateral value"),
        Term("utilisation", used, "", "requirement / counted collateral"),
        Term("idle share", 1 - used, "", "1 - utilisation"),
        Term("haircut cost", 1 - held / worth, "", "1 - counted / value"),
        Term("portfolio saving", saving, "", "1 - portfolio margin / sum of the legs alone"),
        Term("net yield", net, "", "(earned - expected loss by liquidation) / collateral value"),
    )
    explain = Term("collateral efficiency", terms=terms)
    return Efficiency(size / worth, used, 1 - used, 1 - held / worth, saving, net, explain)


@dataclass(frozen=True, slots=True)
class Choice:
    """An asset that could be posted: how much there is (in value), its weight as collateral, and
    what posting one unit of value costs a year (yield given up, less yield earned while posted).
    """

    name: str
    available: Fraction
    weight: Fraction
    cost: Fraction


@dataclass(frozen=True, slots=True)
class Mix:
    """The cheapest mix: value posted per asset, yearly cost, counted collateral."""

    posted: dict[str, Fraction]
    cost: Fraction
    counted: Fraction


def cheapest_mix(
    choices: Sequence[Choice], requirement: Number, *, largest_share: Number = 1
) -> Mix:
    """Least yearly cost that counts for at least the requirement.

    largest_share: of the counted collateral that one asset may make up. Exact: every corner of the
    feasible set is tried. Raises InputError where no mix suffices, or beyond 8 assets.

    >>> cash = Choice("USDC", Fraction(100), Fraction(1), Fraction(5, 100))
    >>> coin = Choice("BTC", Fraction(100), Fraction(9, 10), Fraction(1, 100))
    >>> mix = cheapest_mix([cash, coin], 120)
    >>> mix.posted["BTC"], mix.posted["USDC"], mix.cost
    (Fraction(100, 1), Fraction(30, 1), Fraction(5, 2))
    """
    need, share = exact(requirement, "requirement"), exact(largest_share, "largest_share")
    count = len(choices)
    if not 0 < count <= MOST_ASSETS:
        raise InputError(f"{count} assets: give 1 to {MOST_ASSETS}")
    rows = _constraints(choices, need, share)
    best: tuple[Fraction, list[Fraction]] | None = None
    for chosen in combinations(rows, count):
        corner = _solve([left for left, _ in chosen], [right for _, right in chosen])
        if corner is None:
            continue
        if any(_dot(left, corner) > right for left, right in rows):
            continue
        cost = _dot([one.cost for one in choices], corner)
        if best is None or (cost, corner) < best:
            best = (cost, corner)
    if best is None:
        most = sum((one.available * one.weight for one in choices), ZERO)
        raise InputError(
            f"no mix counts for {requirement}: everything together counts for {float(most):.10g}"
            + (f" and no asset may be more than {largest_share} of it" if share < 1 else "")
        )
    posted = {one.name: amount for one, amount in zip(choices, best[1], strict=True)}
    counted = _dot([one.weight for one in choices], best[1])
    return Mix(posted, best[0], counted)


Row = tuple[list[Fraction], Fraction]


def _constraints(choices: Sequence[Choice], need: Fraction, share: Fraction) -> list[Row]:
    """Rows `left . x <= right`: not negative, available, concentration, requirement."""
    count = len(choices)
    weights = [one.weight for one in choices]
    rows: list[Row] = [([-weight for weight in weights], -need)]
    for at, one in enumerate(choices):
        unit = [Fraction(int(at == other)) for other in range(count)]
        rows.append(([-entry for entry in unit], ZERO))
        rows.append((unit, one.available))
        if share < 1:
            left = [unit[other] * weights[at] - share * weights[other] for other in range(count)]
            rows.append((left, ZERO))
    return rows


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), ZERO)


def _solve(
    matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]
) -> list[Fraction] | None:
    """The solution of a square system; None where it is not unique."""
    count = len(matrix)
    rows = [[*line, end] for line, end in zip(matrix, right, strict=True)]
    for at in range(count):
        pivot = next((row for row in range(at, count) if rows[row][at]), None)
        if pivot is None:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [entry / rows[at][at] for entry in rows[at]]
        for other in range(count):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[count] for row in rows]
