"""Arguments of an account, checked: mode, wallet, betas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version
from solvent.venues.questions.buckets import judged_on_ratio, pooled_money
from solvent.venues.solver.model import Pool

if TYPE_CHECKING:
    from solvent.venues.account import Account

# Families whose margin is not that of an account of perpetuals: where to ask instead.
ELSEWHERE = {
    "lending": "loan",
    "spot-margin": "loan",
    "options": "option_margin",
    "portfolio": "scenario_margin",
}
MODES = ("isolated", "cross", "hedge", "portfolio")


def amounts(given: Number | Mapping[str, Number], what: str) -> dict[str, Fraction]:
    """One amount (under "") or one per asset, exact."""
    if isinstance(given, Mapping):
        return {asset.strip().upper(): exact(v, f"{what} {asset}") for asset, v in given.items()}
    return {"": exact(given, what)}


def betas_of(given: Mapping[str, Number] | None, symbols: Iterable[str]) -> dict[str, Fraction]:
    """Betas by symbol, exact; refuses symbols without a position."""
    known = set(symbols)
    found: dict[str, Fraction] = {}
    for symbol, beta in (given or {}).items():
        if symbol not in known:
            raise InputError(f"betas: no position in {symbol}; there is {', '.join(sorted(known))}")
        found[symbol] = exact(beta, f"beta of {symbol}")
    return found


def mode_of(version: Version, mode: str) -> str:
    """The margin mode, checked; "hedge" (both sides at once) and "portfolio" are cross buckets.

    Refuses a mode that the version's rules do not have.
    """
    word = mode.strip().lower() if isinstance(mode, str) else ""
    if word not in MODES:
        raise InputError(f"mode: {mode!r} is none of {', '.join(MODES)}")
    if version.rules is None:
        return word
    modes = version.rules.modes
    if word == "portfolio" and word not in modes:
        raise InputError(
            f"mode: the rules of {version.label} are of {' and '.join(modes)} margin, not "
            "portfolio; ask solvent.venues.scenario_margin with a portfolio preset "
            "(binance-pm can be asked here)"
        )
    if word == "hedge" and not version.rules.both_sides:
        raise InputError(
            f'mode: {version.label} has one position a symbol, not hedge mode; give mode="cross"'
        )
    needed = "cross" if word == "hedge" else word
    if needed not in modes:
        raise InputError(
            f'mode: {version.label} has {" and ".join(modes)} margin, not {needed}; give mode="'
            f'{modes[0]}"'
        )
    return word


def check_family(version: Version) -> None:
    """Refuse a preset whose rules are not those of an account of perpetuals, and say where to ask.

    One without rules that names the multiple at which its ratio liquidates can be asked.
    """
    family = _family(version.venue)
    place = ELSEWHERE.get(family)
    if version.rules is None:
        if judged_on_ratio(version):
            return
        what = "no liquidation rules for an account of perpetuals"
    elif place is None or family == "portfolio":
        return
    else:
        what = f"rules of {family}, not of an account of perpetuals"
    advice = f"ask solvent.venues.{place}" if place else "name a preset with rules"
    raise InputError(f"{version.label} has {what}; {advice}")


@lru_cache(maxsize=64)
def _family(name: str) -> str:
    """The family of a venue that has a preset; "" for one made elsewhere."""
    from solvent.venues.presets import catalogue

    try:
        return catalogue.venue(name).family
    except InputError:
        return ""


def check_wallet(wallet: Mapping[str, Fraction], settles: Iterable[str], *, pooled: str) -> None:
    """Refuse money that no bucket would count. pooled: the money of the one bucket with collateral
    in other assets; "" without collateral.
    """
    used = [pooled] if pooled else list(dict.fromkeys(settles))
    for asset, amount in wallet.items():
        if not used or not asset or not amount or asset in used:
            continue
        if pooled:
            what = f"this account counts in {pooled}"
        else:
            what = f"its positions settle in {' and '.join(used)}"
        raise InputError(
            f"wallet {asset}: {what}, so this amount would not count; give it as collateral, "
            f'collateral={{"{asset}": (amount, price)}}, or leave it out'
        )


def check_funded(wallet: Mapping[str, Fraction], money: str) -> None:
    """Refuse to judge a bucket whose money nobody named."""
    if "" in wallet or money in wallet:
        return
    if not wallet:
        raise InputError("wallet is missing; give the money of the account (0 if there is none)")
    raise InputError(
        f"wallet: there is {', '.join(wallet)}, but {money} is missing, in which positions settle; "
        f'give wallet={{"{money}": ...}} (0 if there is none)'
    )


def check_money(account: Account) -> None:
    """Refuse money and sums that the account's mode or buckets would drop."""
    if account.mode == "isolated" and (
        account.holdings or account.other_profit or account.other_maintenance
    ):
        raise InputError(
            "mode: isolated positions have nothing but their own margin; give it as margin, "
            'or give collateral, other_profit and other_maintenance with mode="cross"'
        )
    listed = account.version.instruments
    settles = [one.instrument.settle for one in account.positions]
    settles += [listed[one.symbol].settle for one in account.orders if one.symbol in listed]
    pooled = pooled_money(settles, account.wallet) if account.holdings else ""
    check_wallet(account.wallet, settles, pooled=pooled)
    check_margins(account)


def check_margins(account: Account) -> None:
    """Refuse a margin that a cross account would not count, two entries for one position, and a
    wallet beside a leverage where one of the two would have to be the margin.
    """
    seen: set[tuple[str, int]] = set()
    rules = account.version.rules
    held = {one.symbol for one in account.positions}
    if account.mode == "isolated":
        for order in account.orders:
            if held and order.symbol not in held:
                raise InputError(
                    f"{order.symbol}: an order without an isolated position, whose money is "
                    'outside every margin here; ask an account of mode "cross" with that money'
                )
    for one in account.positions:
        if rules is not None and not rules.both_sides and (one.symbol, -one.side) in seen:
            raise InputError(
                f"{one.symbol}: a long and a short are given, and {account.version.label} nets "
                "them to one position; give what is left of them and its average entry"
            )
        word = "long" if one.side > 0 else "short"
        if (one.symbol, one.side) in seen:
            raise InputError(
                f"{one.symbol} {word} is there twice; a venue holds one position a side: give the "
                "sum of the sizes and the average entry"
            )
        seen.add((one.symbol, one.side))
        if account.mode != "isolated":
            if one.margin is not None:
                raise InputError(
                    f"{one.symbol}: margin {figure_text(one.margin)} is of an isolated position, "
                    f'and mode is {account.mode}; add it to wallet, or give mode="isolated"'
                )
        elif one.margin is None and one.leverage is not None and any(account.wallet.values()):
            raise InputError(
                f"{one.symbol}: wallet and leverage are given for an isolated position, and its "
                "margin is one of them; give margin, the money put into it, or leave wallet out: "
                "leverage alone is a margin of entry value / leverage"
            )


def funded(account: Account, symbol: str | None = None, side: object = None) -> Pool:
    """The bucket of a symbol, for questions that its money decides. Raises InputError where no
    wallet was given: unknown money is not none.
    """
    return checked(account, account.pool(symbol, side))


def checked(account: Account, pool: Pool) -> Pool:
    """The bucket, once its money is known to be named."""
    if account.mode != "isolated" and not account.holdings:
        check_funded(account.wallet, pool.money)
    return pool
