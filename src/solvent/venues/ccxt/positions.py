"""From a ccxt position to a checked one: contract, mark, isolated margin, cross wallet, tiers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.ccxt.matching import contract
from solvent.venues.ccxt.payload import RATES, Payload, family, money_in
from solvent.venues.ccxt.tiers import Unit
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Shape, Table, Version
from solvent.venues.reading import Position, side_of
from solvent.venues.solver.model import ZERO

# Exchanges whose `total` in ccxt's balance is equity; elsewhere it is the wallet. Read in ccxt
# 4.5.90's parse_balance: marginBalance, eq, accountValue, equity against walletBalance, total.
TOTAL_IS_EQUITY = frozenset({"binance", "okx", "hyperliquid", "bitget"})
# A position's own money without its profit, by the names of Binance, OKX and Gate, Bybit.
OWN_MONEY = ("isolatedWallet", "margin", "positionBalance")


def is_isolated(payload: Payload) -> bool:
    """Whether the position has money of its own."""
    mode = payload.fields.get("marginMode")
    if mode in ("isolated", "cross"):
        return mode == "isolated"
    return payload.raw("tradeMode") == 1  # Bybit's field; ccxt leaves marginMode empty there


def instrument_of(version: Version, payload: Payload, notes: list[str]) -> Instrument:
    """The preset's contract, or one made from the payload, which `notes` then says."""
    base, quote, settle = payload.parts
    found = contract(version, base, quote, inverse=payload.inverse, settle=settle)
    given = payload.number("contractSize")
    if found is not None:
        if given not in (None, found.contract_size, 1):
            raise InputError(
                f"{payload.symbol}: contractSize {figure_text(given)} in the payload, "
                f"{figure_text(found.contract_size)} in {version.label}; correct the one or the "
                "other (or give preset)"
            )
        return found
    fees = [one.taker_fee for one in version.instruments.values()]
    fee = fees[0] if fees else ZERO
    notes.append(
        f"{payload.symbol}: {version.label} does not list it; the venue's rules and the taker fee "
        f"of its other contracts, {figure_text(fee * 100)} %, are used, and no tick"
    )
    return Instrument(
        payload.symbol,
        "inverse" if payload.inverse else "linear",
        base,
        quote,
        settle,
        ZERO,
        ZERO,
        "ccxt",
        contract_size=given or Fraction(1),
        taker_fee=fee,
    )


def table_like(version: Version, instrument: Instrument) -> tuple[Shape, Unit]:
    """Shape and unit of the venue's tables, which ccxt's tiers do not say."""
    own = version.tables.get(instrument.table)
    for table in [own] if own else version.tables.values():
        if table.shape in ("deduction", "flat"):
            return table.shape, table.unit
    return "deduction", "notional"


def rate_of(version: Version, payload: Payload, instrument: Instrument) -> Fraction | None:
    """A flat rate from the payload itself, where no table is at hand."""
    table = version.tables.get(instrument.table)
    if family(payload.exchange) == "hyperliquid":
        # Half the initial rate at the largest leverage; the payload names that leverage.
        most = payload.raw("maxLeverage")
        same = table is not None and table.rows and table.rows[0].max_leverage == most
        return None if same or not most else 1 / (2 * most)
    if table is not None:
        return None
    where = RATES.get(family(payload.exchange), "")
    rate = payload.raw(where)
    if where == "ccxt":
        rate = payload.number("maintenanceMarginPercentage")
    if rate is None:
        raise InputError(
            f"{payload.symbol}: {version.label} has no table for it and the payload names no rate; "
            "give tiers, ccxt's fetchLeverageTiers"
        )
    return rate


def position_of(instrument: Instrument, payload: Payload, table: Table | None) -> Position:
    """The position, checked. `table` overrides the instrument's."""
    contracts = payload.needed("contracts")
    size = contracts * (payload.number("contractSize") or instrument.contract_size)
    entry = payload.needed("entryPrice", "the average entry price is needed")
    return Position(
        instrument,
        side_of(payload.fields.get("side")),
        size,
        entry,
        _mark(payload, size) or entry,
        payload.number("leverage") or None,
        own_money(payload) if is_isolated(payload) else None,
        table,
    )


def _mark(payload: Payload, size: Fraction) -> Fraction | None:
    mark = payload.number("markPrice")
    notional = payload.number("notional")
    if payload.fields.get("info") is not None and family(payload.exchange) == "hyperliquid":
        mark = None  # ccxt divides the value by the size and cuts the quotient; we divide exactly
    if mark or not notional:
        return mark
    return size / notional if payload.inverse else notional / size


def own_money(payload: Payload) -> Fraction:
    """Money in an isolated position, without its unrealised profit."""
    for raw in OWN_MONEY:
        found = payload.raw(raw)
        if found:
            return found
    found = payload.number("positionMargin")
    if found is not None:
        return found
    collateral = payload.number("collateral")
    if collateral is None:
        raise InputError(
            f"{payload.symbol}: an isolated position without positionMargin and collateral; "
            "give one of them"
        )
    return collateral - (payload.number("unrealizedPnl") or ZERO)


def wallets(
    payloads: list[Payload],
    everything: list[Payload],
    balance: Mapping[str, object] | None,
    notes: list[str],
) -> dict[str, Fraction]:
    """The cross wallet by settlement asset, without unrealised profit and isolated margins.

    payloads: the cross positions. everything: isolated ones too, whose money is in the total.
    """
    found: dict[str, Fraction] = {}
    equity = family(payloads[0].exchange) in TOTAL_IS_EQUITY
    for asset in dict.fromkeys(one.parts[2] for one in payloads):
        total = money_in(balance, asset)
        if total is None:
            notes.append(
                f"no {asset} in the balance: equity and liquidation prices are not compared"
            )
            continue
        inside = [one for one in everything if one.parts[2] == asset]
        total -= sum((own_money(one) for one in inside if is_isolated(one)), ZERO)
        if equity:
            total -= sum((one.number("unrealizedPnl") or ZERO for one in inside), ZERO)
        found[asset] = total
        word = "equity" if equity else "wallet"
        notes.append(
            f"the {asset} total of the balance is taken as {word}; collateral in other assets "
            "is not counted"
        )
    return found
