"""Morpho Blue: one collateral, one loan asset, one liquidation loan-to-value (LLTV) per market.

Healthy while `collateral x price x LLTV >= debt`. The liquidation incentive factor is
`min(1.15, 1 / (1 - 0.3 (1 - LLTV)))`; any amount may be repaid or seized. Bad debt is written off
only when the collateral is exactly 0: who leaves one unit postpones the loss. Prices are 1e36 times
smallest units of the loan asset per smallest unit of collateral; debt rounds up, credit down.

Source: morpho-org/morpho-blue, Morpho.sol liquidate, ConstantsLib, SharesMathLib (formulas read).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.margin.lending import WAD
from solvent.units import mul_div_ceil, mul_div_floor
from solvent.venues.lending.inputs import Inputs, member, rate, whole
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import (
    chosen,
    only,
    ratio_of,
    requested,
    strict_of,
    tokens_of,
)
from solvent.venues.numbers import InputError, exact

ORACLE_UNIT = 10**36
VIRTUAL_SHARES = 10**6
VIRTUAL_ASSETS = 1


def incentive_factor(lltv: int, cursor: int, most: int) -> int:
    """Collateral value seized per value repaid, in WAD, cut.

    >>> incentive_factor(860_000_000_000_000_000, 3 * 10**17, 115 * 10**16)
    1043841336116910229
    """
    under = WAD - mul_div_floor(cursor, WAD - lltv, WAD)
    return min(most, mul_div_floor(WAD, WAD, under))


def is_healthy(collateral: int, price: int, lltv: int, debt: int) -> bool:
    """Whether the debt is within what the collateral carries; both steps cut.

    >>> is_healthy(10**18, 2000 * 10**24, 86 * 10**16, 1_720 * 10**6)
    True
    """
    worth = mul_div_floor(collateral, price, ORACLE_UNIT)
    return mul_div_floor(worth, lltv, WAD) >= debt


def to_shares(assets: int, total_assets: int, total_shares: int, *, up: bool) -> int:
    """Debt as shares of the market's total."""
    over, under = total_shares + VIRTUAL_SHARES, total_assets + VIRTUAL_ASSETS
    return mul_div_ceil(assets, over, under) if up else mul_div_floor(assets, over, under)


def to_assets(shares: int, total_assets: int, total_shares: int, *, up: bool) -> int:
    """Shares of the market's debt as an amount."""
    over, under = total_assets + VIRTUAL_ASSETS, total_shares + VIRTUAL_SHARES
    return mul_div_ceil(shares, over, under) if up else mul_div_floor(shares, over, under)


@dataclass(frozen=True, slots=True)
class Moved:
    """Amounts of one liquidation. quoted: the seized collateral in the loan asset."""

    seized: int
    quoted: int
    shares: int
    repaid: int


def seize(seized: int, price: int, factor: int, total_assets: int, total_shares: int) -> Moved:
    """What taking `seized` collateral costs: every step rounds up, against the liquidator."""
    quoted = mul_div_ceil(seized, price, ORACLE_UNIT)
    shares = to_shares(mul_div_ceil(quoted, WAD, factor), total_assets, total_shares, up=True)
    return Moved(seized, quoted, shares, to_assets(shares, total_assets, total_shares, up=True))


def repay(shares: int, price: int, factor: int, total_assets: int, total_shares: int) -> Moved:
    """What repaying `shares` of the debt gives: the collateral is cut at every step."""
    paid = to_assets(shares, total_assets, total_shares, up=False)
    quoted = mul_div_floor(paid, factor, WAD)
    return Moved(
        mul_div_floor(quoted, ORACLE_UNIT, price),
        quoted,
        shares,
        to_assets(shares, total_assets, total_shares, up=True),
    )


def build(inputs: Inputs) -> Loan:
    """The loan in one market: `market` names one of the preset's, or option `lltv` gives the LLTV
    of any other (decimals from options `collateral_decimals`, `loan_decimals`, default 18).
    """
    if len(inputs.collateral) != 1 or len(inputs.debt) > 1:
        raise InputError("a Morpho market has one collateral and one loan asset")
    ((asset, amount),) = inputs.collateral.items()
    rules = inputs.group("liquidation")
    given = inputs.option("lltv")
    if given is not None:
        lltv = exact(given, "lltv")
        entry: Mapping[str, object] = {}
    else:
        entry = member(inputs.group("markets"), inputs.market or _market(inputs, asset), "market")
        if entry["collateral"] != asset:
            raise InputError(
                f"{inputs.market}: its collateral is {entry['collateral']}, not {asset}"
            )
        lltv = rate(entry, "lltv", inputs.market)
    if not 0 < lltv < 1:
        raise InputError(f'lltv: {lltv} must lie between 0 and 1; 86 % is "0.86"')
    wad = int(lltv * WAD)
    factor = incentive_factor(
        wad,
        int(rate(rules, "cursor", "Morpho") * WAD),
        int(rate(rules, "max_factor", "Morpho") * WAD),
    )
    held = Line(
        asset,
        amount,
        inputs.price(asset),
        lltv,
        "LLTV",
        lltv,
        _decimals(inputs, entry, "collateral_decimals"),
    )
    owed = tuple(
        Line(
            name,
            owes,
            inputs.price(name),
            Fraction(1),
            "weight of debt",
            decimals=_decimals(inputs, entry, "loan_decimals"),
        )
        for name, owes in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        (held,),
        owed,
        ratio_of(inputs.version),
        market=inputs.market,
        strict=strict_of(inputs.version),
        check=liquidatable,
        rule="morpho",
        facts={"factor": factor},
    )


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers."""
    if not loan.owed:
        return False
    held, owed = loan.held[0], loan.owed[0]
    return not is_healthy(
        held.units(), oracle_price(held, owed), int(held.factor * WAD), owed.units()
    )


def oracle_price(held: Line, owed: Line) -> int:
    """Loan units per collateral unit, times 1e36, cut."""
    scaled: Fraction = held.price / owed.price * 10 ** (36 + owed.decimals - held.decimals)
    return scaled.numerator // scaled.denominator


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`liquidate`: `seize` an amount of collateral or `repay` one of debt; default all of the debt,
    or of the collateral where that is less. The position's debt is taken as the market's total
    (shares at 1e6 per unit), so the share rounding is that of a market with one borrower.
    """
    only(how, "seize", "repay")
    held = chosen(loan.held, collateral, "collateral")
    owed = chosen(loan.owed, debt, "debt")
    if how.get("seize") is not None and how.get("repay") is not None:
        raise InputError("give seize or repay, not both")
    price, factor = oracle_price(held, owed), loan.facts["factor"]
    assert isinstance(factor, int)
    total = owed.units()
    shares = total * VIRTUAL_SHARES
    take, pay = requested(how, "seize", held), requested(how, "repay", owed)
    if take is not None:
        moved = seize(take, price, factor, total, shares)
    else:
        part = shares if pay is None else to_shares(pay, total, shares, up=False)
        moved = repay(part, price, factor, total, shares)
        if pay is None and moved.seized > held.units():
            moved = seize(held.units(), price, factor, total, shares)
    repaid = min(moved.repaid, total)
    refusal = ""
    if not liquidatable(loan):
        refusal = "the position is healthy"
    elif moved.seized > held.units() or moved.shares > shares:
        refusal = "more than the position has"
    if refusal:
        return _outcome(loan, held, owed, refusal, repaid, moved.seized, None, Fraction(0))
    left = loan.after(
        collateral={held.asset: -tokens_of(moved.seized, held)},
        debt={owed.asset: -tokens_of(repaid, owed)},
    )
    bad = left.owed[0].amount if not left.held[0].units() else Fraction(0)
    return _outcome(loan, held, owed, "", repaid, moved.seized, left, bad)


def _outcome(
    loan: Loan,
    held: Line,
    owed: Line,
    refusal: str,
    repaid: int,
    seized: int,
    left: Loan | None,
    bad: Fraction,
) -> Outcome:
    factor = loan.facts["factor"]
    assert isinstance(factor, int)
    amount = tokens_of(seized, held)
    return Outcome(
        loan.label,
        not refusal,
        refusal,
        owed.asset,
        held.asset,
        tokens_of(repaid, owed),
        amount,
        amount,
        bad_debt=bad,
        left=left,
        notes=(f"liquidation incentive factor {figure_text(Fraction(factor, WAD))}",),
    )


def _decimals(inputs: Inputs, entry: Mapping[str, object], key: str) -> int:
    given = inputs.option(key)
    if given is not None:
        return int(exact(given, key))
    return whole(entry, key, 18)


def _market(inputs: Inputs, asset: str) -> str:
    for name, entry in inputs.group("markets").items():
        if isinstance(entry, Mapping) and entry.get("collateral") == asset:
            if not inputs.debt or entry.get("loan") in inputs.debt:
                return name
    raise InputError(
        f"{inputs.version.label}: no market of the preset has collateral {asset} and this debt; "
        'name one, or give its LLTV: lltv="0.86"'
    )
