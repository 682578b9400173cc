"""Liquity v1 and v2: minimum ratio, recovery mode, Stability Pool offset and redistribution.

A trove is liquidated when its collateral ratio (ICR, WAD) is below the minimum (MCR). v1 in
recovery mode (total ratio TCR below CCR): troves below TCR too, taken in full by the pool and
capped at MCR, the rest claimable. The pool offsets as much debt as it holds; what is left is spread
over the other troves. v2 has no recovery liquidation, a penalty on each part and a surplus. Amounts
are WAD integers; every division cuts.

Source: liquity/dev TroveManager.sol (_getOffsetAndRedistributionVals, _getCappedOffsetVals),
liquity/bold TroveManager.sol and Constants.sol (formulas read; v2 is BUSL: no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.margin.lending import WAD
from solvent.units import mul_div_floor
from solvent.venues.lending.crossing import Crossing, bracket
from solvent.venues.lending.inputs import Inputs, member, rate
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import chosen, group_of, only, ratio_of, strict_of, tokens_of
from solvent.venues.numbers import InputError, exact

PAR = Fraction(1)


def collateral_ratio(collateral: int, debt: int, price: int) -> int:
    """ICR in WAD, cut; debt above 0.

    >>> collateral_ratio(WAD, 2000 * WAD, 2200 * WAD)
    1100000000000000000
    """
    return mul_div_floor(collateral, price, debt)


@dataclass(frozen=True, slots=True)
class Split:
    """Where a liquidated trove goes, WAD. gas: collateral paid to the liquidator. surplus: what
    the owner may claim.
    """

    offset_debt: int
    pool_collateral: int
    gas: int
    moved_debt: int
    moved_collateral: int
    surplus: int


def split_v1(debt: int, collateral: int, pool: int, *, gas_divisor: int = 200) -> Split:
    """Normal mode: gas compensation off the top, then pool and redistribution pro rata.

    >>> split_v1(100, 200, 60)
    Split(offset_debt=60, pool_collateral=119, gas=1, moved_debt=40, moved_collateral=80, surplus=0)
    """
    gas = collateral // gas_divisor
    rest = collateral - gas
    offset = min(debt, pool)
    to_pool = mul_div_floor(rest, offset, debt)
    return Split(offset, to_pool, gas, debt - offset, rest - to_pool, 0)


def split_recovery(
    debt: int, collateral: int, price: int, pool: int, tcr: int, mcr: int
) -> Split | None:
    """v1 in recovery mode; None where the trove is not taken. At 100 % or below: redistribution
    only; below MCR: as in normal mode; below TCR with a pool that covers all of it: capped at MCR.
    """
    icr = collateral_ratio(collateral, debt, price)
    if icr <= WAD:
        return split_v1(debt, collateral, 0)
    if icr < mcr:
        return split_v1(debt, collateral, pool)
    if icr < tcr and debt <= pool:
        capped = mul_div_floor(debt, mcr, price)
        gas = capped // 200
        return Split(debt, capped - gas, gas, 0, 0, collateral - capped)
    return None


def split_v2(
    debt: int,
    collateral: int,
    price: int,
    pool: int,
    *,
    pool_penalty: int,
    moved_penalty: int,
    gas_cap: int = 2 * WAD,
) -> Split:
    """v2: penalties in WAD cap what pool and other troves receive. `pool`: BOLD it may spend (its
    deposits less 1). The gas part comes out of the pool's share of the collateral only.
    """
    offset = min(debt, pool)
    portion = mul_div_floor(collateral, offset, debt)
    gas = min(portion // 200, gas_cap)
    to_pool, surplus = _capped(portion - gas, offset, price, pool_penalty)
    moved_debt, moved = debt - offset, 0
    if moved_debt:
        rest = collateral - portion + surplus
        moved, surplus = _capped(rest, moved_debt, price, moved_penalty)
    return Split(offset, to_pool, gas, moved_debt, moved, surplus)


def _capped(collateral: int, debt: int, price: int, penalty: int) -> tuple[int, int]:
    most = mul_div_floor(debt, WAD + penalty, price)
    taken = min(collateral, most)
    return taken, collateral - taken


def build(inputs: Inputs) -> Loan:
    """The trove; `market` names the branch (v2: WETH, wstETH, rETH). The debt is the whole of it,
    with the gas reserve and interest, and counts at par. Option `tcr`: the system's total ratio at
    these prices (v1), which decides about recovery mode.
    """
    if len(inputs.collateral) != 1 or len(inputs.debt) > 1:
        raise InputError("a trove has one collateral and one debt")
    ((asset, amount),) = inputs.collateral.items()
    branch = member(inputs.group("branches"), inputs.market or asset, "branch")
    mcr = rate(branch, "minimum_ratio", asset)
    ccr = rate(branch, "critical_ratio", asset)
    tcr = inputs.option("tcr")
    total = None if tcr is None else exact(tcr, "tcr")
    need = mcr
    if total is not None and branch.get("recovery_liquidates") is True and total < ccr:
        need = max(mcr, total)
    held = Line(asset, amount, inputs.price(asset), Fraction(1), "weight", Fraction(1))
    owed = tuple(
        Line(
            coin,
            owes,
            PAR,
            need,
            "minimum ratio" if need == mcr else "total ratio",
            ccr,
            note="at par",
        )
        for coin, owes in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        (held,),
        owed,
        ratio_of(inputs.version, need),
        market=inputs.market or asset,
        strict=strict_of(inputs.version),
        tick=Fraction(1, WAD),
        check=liquidatable,
        rule="liquity",
        facts={"tcr": total, "mcr": mcr, "ccr": ccr},
    )


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers (with the state of the system as built)."""
    if not loan.owed:
        return False
    held, owed = loan.held[0], loan.owed[0]
    return collateral_ratio(held.units(), owed.units(), _price(held)) < int(owed.factor * WAD)


def liquidation_price(loan: Loan) -> Crossing:
    """Where the trove is taken as the price falls, recovery mode included.

    All troves hold the same collateral, so ICR / TCR does not depend on the price: a trove below
    TCR is taken as soon as the price puts TCR below CCR (if the pool can cover it), any other at
    MCR. Without `tcr` the answer is that of normal mode.
    """
    held, owed = loan.held[0], loan.owed[0]
    mcr, total, ccr = _ratios(loan)
    normal = replace(
        loan, owed=(replace(owed, factor=mcr),), ratio=replace(loan.ratio, liquidates_at=mcr)
    )
    plain = normal.liquidation_price(held.asset)
    ratio = loan.assets / loan.debt
    if total is None or ratio >= total or plain.exact is None:
        return plain
    recovery = held.price * ccr / total
    if recovery <= plain.exact:
        return plain
    taken = replace(normal, check=lambda moved: moved.held[0].price < recovery)
    return bracket(taken, held.asset, recovery, "down")


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`liquidate` with `pool`: stablecoins in the Stability Pool (default: enough for all)."""
    only(how, "pool")
    held = chosen(loan.held, collateral, "collateral")
    owed = chosen(loan.owed, debt, "debt")
    rules = group_of(loan, "liquidation")
    given = how.get("pool")
    pool = owed.units() if given is None else int(exact(given, "pool") * WAD)
    mcr, total, ccr = _ratios(loan)
    amounts = (owed.units(), held.units())
    refusal = "" if liquidatable(loan) else "the trove is above the minimum ratio"
    if rules.get("version") == "v2":
        branch = member(group_of(loan, "branches"), loan.market, "branch")
        split: Split | None = split_v2(
            *amounts,
            _price(held),
            pool if given is None else max(0, pool - WAD),
            pool_penalty=int(rate(branch, "pool_penalty", loan.market) * WAD),
            moved_penalty=int(rate(branch, "redistribution_penalty", loan.market) * WAD),
        )
    elif total is not None and total < ccr:
        split = split_recovery(*amounts, _price(held), pool, int(total * WAD), int(mcr * WAD))
    else:
        split = split_v1(*amounts, pool)
    if split is None:
        refusal = refusal or "recovery mode: the pool cannot cover this trove"
        split = Split(0, 0, 0, 0, 0, 0)
    return Outcome(
        loan.label,
        not refusal,
        refusal,
        owed.asset,
        held.asset,
        tokens_of(split.offset_debt, owed),
        tokens_of(held.units() - split.surplus, held) if not refusal else Fraction(0),
        tokens_of(split.gas, held),
        tokens_of(split.pool_collateral, held),
        surplus=tokens_of(split.surplus, held),
        moved_debt=tokens_of(split.moved_debt, owed),
        moved_collateral=tokens_of(split.moved_collateral, held),
        notes=("to the protocol: to the Stability Pool",),
    )


def _price(line: Line) -> int:
    scaled = line.price * WAD
    return scaled.numerator // scaled.denominator


def _ratios(loan: Loan) -> tuple[Fraction, Fraction | None, Fraction]:
    """Minimum, total (None: not given) and critical ratio of the loan's branch."""
    least, total, critical = (loan.facts[key] for key in ("mcr", "tcr", "ccr"))
    assert isinstance(least, Fraction)
    assert isinstance(critical, Fraction)
    return least, total if isinstance(total, Fraction) else None, critical
