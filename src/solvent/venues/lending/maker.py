"""Maker (Sky) vaults: when a vault is unsafe and how much of it `bark` puts up for auction.

Unsafe when `ink x spot < art x rate`, spot being the price over the liquidation ratio (RAY). The
auction limits Hole and hole may force a part; a part that would leave less debt than `dust` becomes
the whole, even beyond the limits. Amounts: ink and art in WAD, rate and spot in RAY, dust, tab and
limits in RAD. Every division cuts.

Source: makerdao/dss, dog.sol bark, spot.sol poke and their tests (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.margin.lending import RAD, RAY, WAD
from solvent.units import mul_div_floor
from solvent.venues.lending.inputs import Inputs, member, rate
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import chosen, group_of, only, ratio_of, strict_of, tokens_of
from solvent.venues.numbers import InputError, exact

PAR = Fraction(1)


def spot_price(price: int, mat: int) -> int:
    """Price with safety margin, RAY: a WAD price over the liquidation ratio `mat` (RAY), cut.

    >>> spot_price(3000 * WAD, 145 * RAY // 100) // 10**24
    2068965
    """
    return mul_div_floor(price * 10**9, RAY, mat)


def is_unsafe(ink: int, spot: int, art: int, rate_: int) -> bool:
    """Maker's test.

    >>> is_unsafe(40 * WAD, 2 * RAY, 100 * WAD, RAY)
    True
    """
    return spot > 0 and ink * spot < art * rate_


@dataclass(frozen=True, slots=True)
class Bark:
    """What goes to auction: debt `dart` (WAD, before rate), `due = dart x rate` (RAD), collateral
    `lot` (WAD), and `tab`: the amount to raise, penalty included (RAD). refused: the reason, or "".
    """

    dart: int
    due: int
    lot: int
    tab: int
    refused: str


def bark(
    *,
    ink: int,
    art: int,
    rate_: int,
    spot: int,
    dust: int,
    chop: int,
    hole_all: int,
    hole: int,
    dirt_all: int = 0,
    dirt: int = 0,
) -> Bark:
    """The part of a vault that is taken. hole_all, dirt_all: the limit and use of all collaterals
    (Hole, Dirt); hole, dirt: of this one.
    """
    if not is_unsafe(ink, spot, art, rate_):
        return Bark(0, 0, 0, 0, "not-unsafe")
    room = min(hole_all - dirt_all, hole - dirt)
    if room <= 0:
        return Bark(0, 0, 0, 0, "liquidation-limit-hit")
    dart = min(art, room * WAD // rate_ // chop)
    refused = ""
    if art > dart:
        if (art - dart) * rate_ < dust:
            dart = art
        elif dart * rate_ < dust:
            refused = "dusty-auction-from-partial-liquidation"
    lot = mul_div_floor(ink, dart, art)
    if not lot:
        refused = refused or "null-auction"
    due = dart * rate_
    return Bark(dart, due, lot, mul_div_floor(due, chop, WAD), refused)


def build(inputs: Inputs) -> Loan:
    """The vault; `market` names its type (ETH-A). The debt is given with its stability fee (art x
    rate), and counts at par: one DAI or USDS is one dollar.
    """
    ilks = inputs.group("ilks")
    if len(inputs.collateral) != 1 or len(inputs.debt) > 1:
        raise InputError("a vault has one collateral and one debt (DAI or USDS)")
    ((asset, amount),) = inputs.collateral.items()
    name = inputs.market or _first(ilks, asset, inputs)
    ilk = member(ilks, name, "vault type")
    if ilk.get("collateral") != asset:
        raise InputError(f"{name}: its collateral is {ilk.get('collateral')}, not {asset}")
    mat = rate(ilk, "liquidation_ratio", name)
    held = Line(asset, amount, inputs.price(asset), Fraction(1), "weight", Fraction(1))
    owed = tuple(
        Line(coin, owes, PAR, mat, "liquidation ratio", mat, note="at par")
        for coin, owes in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        (held,),
        owed,
        ratio_of(inputs.version, mat),
        market=name,
        strict=strict_of(inputs.version),
        tick=Fraction(1, WAD),
        check=liquidatable,
        rule="maker",
    )


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers, with the debt as art and rate 1."""
    if not loan.owed:
        return False
    held, owed = loan.held[0], loan.owed[0]
    return is_unsafe(held.units(), _spot(held, owed), owed.units(), RAY)


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`bark`: what goes to auction. `room`: free room of the auction limits in DAI (default: the
    vault type's whole `hole`). Collateral left by the auction returns to the owner; that part and
    the price are the auction's.
    """
    only(how, "room")
    held = chosen(loan.held, collateral, "collateral")
    owed = chosen(loan.owed, debt, "debt")
    ilk = member(group_of(loan, "ilks"), loan.market, "vault type")
    limits = group_of(loan, "auctions")
    room = how.get("room")
    free = rate(ilk, "hole", loan.market) if room is None else exact(room, "room")
    taken = bark(
        ink=held.units(),
        art=owed.units(),
        rate_=RAY,
        spot=_spot(held, owed),
        dust=int(rate(ilk, "dust", loan.market) * RAD),
        chop=int((1 + rate(ilk, "penalty", loan.market)) * WAD),
        hole_all=int(rate(limits, "hole_all", "Maker") * RAD),
        hole=int(free * RAD),
    )
    due = Fraction(taken.due, RAD)
    seized = tokens_of(taken.lot, held)
    left = loan.after(collateral={held.asset: -seized}, debt={owed.asset: -due})
    return Outcome(
        loan.label,
        not taken.refused,
        taken.refused,
        owed.asset,
        held.asset,
        due,
        seized,
        to_protocol=seized,
        left=left,
        notes=(f"the auction has to raise {figure_text(Fraction(taken.tab, RAD))} {owed.asset}",),
    )


def _spot(held: Line, owed: Line) -> int:
    price = held.price * WAD
    return spot_price(price.numerator // price.denominator, int(owed.factor * RAY))


def _first(ilks: Mapping[str, object], asset: str, inputs: Inputs) -> str:
    for name, ilk in ilks.items():
        if isinstance(ilk, Mapping) and ilk.get("collateral") == asset:
            return name
    raise InputError(f"{inputs.version.label}: no vault type holds {asset}; name the market")
