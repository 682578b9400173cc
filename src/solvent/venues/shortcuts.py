"""One-liners: one position on one venue, one question.

    solvent.liquidation_price("binance-usdm", symbol="BTCUSDT", side="long", size="10",
                              entry="50000", wallet="20000")

The money behind the position is `wallet` (cross) or `margin` (isolated); without either it is what
`leverage` asks for at entry. Everything else is an override of the preset: `mmr` and
`maintenance_amount` (one row instead of the table), `taker_fee`, `mark`, `kind`, `contract_size`,
`tick`, and `other_profit`, `other_maintenance` of a cross account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solvent.venues.account import Account
from solvent.venues.numbers import InputError, Number
from solvent.venues.reading import FIELDS, version_of
from solvent.venues.result import Answer

if TYPE_CHECKING:
    from solvent.venues.preset import Version

ACCOUNT = ("wallet", "other_profit", "other_maintenance", "orders", "collateral", "mode")


def account(preset: str | Version, **given: Any) -> Account:
    """The account of one position. Raises InputError for an unknown argument."""
    from difflib import get_close_matches

    known = [*FIELDS, *ACCOUNT]
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            raise InputError(f"{name} is not an argument; {advice}")
    one = {name: given[name] for name in FIELDS if given.get(name) is not None}
    rest = {name: given[name] for name in ACCOUNT if given.get(name) is not None}
    if "wallet" not in rest and "collateral" not in rest:
        if rest.setdefault("mode", "isolated") == "cross":
            raise InputError("wallet is missing: a cross position stands on the whole account")
    elif "margin" in one:
        raise InputError("margin is given beside wallet; give one of them")
    version = version_of(preset)
    if "mode" not in rest and version.rules and "cross" not in version.rules.modes:
        rest["mode"] = "isolated"
    if rest.get("mode") == "isolated" and version.rules and "isolated" not in version.rules.modes:
        raise InputError(f"wallet is missing; {version.label} has cross margin only")
    return Account(version, positions=[one], **rest)


def liquidation_price(preset: str | Version, **given: Any) -> Answer:
    """The price at which the venue liquidates the position: exact, with ticks and the tier used.

    Source of the formula: the venue's, named by the preset. Raises InputError.

    >>> found = liquidation_price("binance-usdm@2021", symbol="BTCUSDT", side="long", size="10",
    ...                           entry="50000", wallet="20000")
    >>> print(found.exact, found.safe_tick, found.violating_tick)
    4787000/99 241768/5 96707/2
    """
    return account(preset, **given).liquidation_price()


def bankruptcy_price(preset: str | Version, **given: Any) -> Answer:
    """The price at which the equity is zero (after the closing fee where the venue charges one
    there).

    >>> bankruptcy_price("binance-usdm", symbol="BTCUSDT", side="long", size="1", entry="50000",
    ...                  leverage="20").exact
    Fraction(47500, 1)
    """
    return account(preset, **given).bankruptcy_price()


def maintenance_margin(preset: str | Version, **given: Any) -> Answer:
    """Maintenance margin at the mark (default the entry) as the venue prints it; what a venue holds
    beside it for the closing fee is `Account.closing_fee_held`.

    >>> maintenance_margin("binance-usdm@2021", symbol="BTCUSDT", side="long", size="10",
    ...                    entry="50000").exact
    Fraction(3700, 1)
    """
    return account(preset, **_margin_free(given)).maintenance_margin()


def initial_margin(preset: str | Version, **given: Any) -> Answer:
    """Initial margin at the leverage, or at the highest the tier allows.

    >>> initial_margin("binance-usdm", symbol="BTCUSDT", side="long", size="1", entry="50000",
    ...                leverage="20").exact
    Fraction(2500, 1)
    """
    return account(preset, **_margin_free(given)).initial_margin()


def _margin_free(given: dict[str, Any]) -> dict[str, Any]:
    """A requirement does not depend on the wallet: none is asked for."""
    if given.get("wallet") is None and given.get("margin") is None:
        return {**given, "wallet": 0}
    return given


def max_size(
    preset: str | Version,
    *,
    symbol: str,
    wallet: Number,
    leverage: Number,
    price: Number,
    side: str = "long",
    fees: bool = False,
) -> Answer:
    """The largest size, in whole lots, that `wallet` opens at `price` with `leverage`.

    fees: whether the taker fee of opening is paid from the wallet first. The tier's largest
    leverage limits the size too.

    >>> max_size("binance-usdm", symbol="BTCUSDT", wallet="2500", leverage="20",
    ...          price="50000").exact
    Fraction(1, 1)
    """
    version = version_of(preset)
    crossed = version.rules is None or "cross" in version.rules.modes
    account = Account(version, wallet=wallet, mode="cross" if crossed else "isolated")
    return account.max_size(symbol, side, leverage, price, fees=fees)
