"""What a ccxt payload says: its numbers exactly, and the venue's own names for them.

ccxt gives floats. It parsed each of them from a decimal text of the venue, so the number meant is
the shortest decimal that is this float; and where the payload's `info` still holds the text, the
text is taken, which may have more digits than a float. That is the rule, everywhere in the import;
in the rest of Solvent a float is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from solvent.venues.numbers import DIGITS_MAX, InputError, digits, exact

# ccxt's id of an exchange -> (preset of its linear contracts, preset of its inverse contracts).
PRESETS: dict[str, tuple[str, str]] = {
    "binance": ("binance-usdm", "binance-coinm"),
    "binanceusdm": ("binance-usdm", "binance-coinm"),
    "binancecoinm": ("binance-usdm", "binance-coinm"),
    "bybit": ("bybit", "bybit-inverse"),
    "okx": ("okx", "okx"),
    "hyperliquid": ("hyperliquid", ""),
    "gate": ("gate", "gate"),
    "gateio": ("gate", "gate"),
    "bitget": ("bitget", "bitget"),
    "bitmex": ("bitmex", "bitmex"),
    "kucoinfutures": ("kucoin", "kucoin"),
    "krakenfutures": ("kraken-futures", "kraken-futures"),
    "deribit": ("deribit", "deribit"),
    "phemex": ("phemex", "phemex"),
    "coinbaseinternational": ("coinbase-intx", ""),
}

# The venue's own names in `info` of the figures compared, by exchange.
NAMES: dict[str, dict[str, str]] = {
    "binance": {
        "liquidationPrice": "liquidation price",
        "unRealizedProfit": "unrealised profit",
        "unrealizedProfit": "unrealised profit",
        "isolatedMargin": "equity",
        "maintMargin": "maintenance margin",
        "notional": "notional",
        "notionalValue": "notional",
    },
    "bybit": {
        "liqPrice": "liquidation price",
        "bustPrice": "bankruptcy price",
        "unrealisedPnl": "unrealised profit",
        "positionMM": "maintenance margin",
        "positionIM": "initial margin",
    },
    "okx": {
        "liqPx": "liquidation price",
        "upl": "unrealised profit",
        "mmr": "maintenance margin",
        "mgnRatio": "ratio",
    },
    "hyperliquid": {
        "liquidationPx": "liquidation price",
        "unrealizedPnl": "unrealised profit",
        "positionValue": "notional",
    },
    "bitget": {
        "liquidationPrice": "liquidation price",
        "unrealizedPL": "unrealised profit",
        "marginRatio": "ratio",
    },
    "gate": {
        "liq_price": "liquidation price",
        "unrealised_pnl": "unrealised profit",
        "value": "notional",
    },
}
# ccxt's unified names, used where the venue's own is not there.
UNIFIED: dict[str, str] = {
    "liquidationPrice": "liquidation price",
    "unrealizedPnl": "unrealised profit",
    "maintenanceMargin": "maintenance margin",
    "initialMargin": "initial margin",
    "notional": "notional",
    "collateral": "equity",
}
# Unified fields that ccxt computes itself for an exchange: they are not the venue's word.
COMPUTED: dict[str, frozenset[str]] = {
    "hyperliquid": frozenset({"maintenanceMargin", "collateral", "initialMargin"}),
    "binance": frozenset({"collateral", "maintenanceMargin", "initialMargin"}),
    "bybit": frozenset({"collateral", "notional", "maintenanceMargin"}),
    "okx": frozenset({"collateral", "notional", "initialMargin"}),
    "bitget": frozenset({"maintenanceMargin", "initialMargin"}),
    "gate": frozenset({"initialMargin"}),
}
# Where a rate of maintenance stands in a payload that comes without tiers; "" where none does
# (ccxt's percentage then holds a fee, or the price it was computed at).
RATES: dict[str, str] = {
    "bitget": "keepMarginRate",
    "gate": "maintenance_rate",
    "binance": "ccxt",
    "okx": "ccxt",
}


def family(exchange: str) -> str:
    """The exchange whose field names a ccxt id uses ("binanceusdm" -> "binance")."""
    for name in ("binance", "gate"):
        if exchange.startswith(name):
            return name
    return exchange


def decimal_of(value: object, what: str) -> Fraction | None:
    """A number of a ccxt payload; None for None and "".

    >>> decimal_of(0.1, "entryPrice"), decimal_of("1e-3", "x"), decimal_of("", "x")
    (Fraction(1, 10), Fraction(1, 1000), None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | Fraction):
        raise InputError(f"{what}: {value!r} given where ccxt has a number")
    if digits(value) > DIGITS_MAX:
        raise InputError(f"{what}: {str(value)[:40]}... has more than {DIGITS_MAX} digits")
    try:
        number = value if isinstance(value, int | Fraction) else Decimal(value)
        return Fraction(number)
    except (InvalidOperation, ValueError, OverflowError):
        raise InputError(f"{what}: {value!r} is not a finite number") from None


def leaves(info: object) -> Iterator[tuple[str, object]]:
    """Every (key, value) of nested `info` that is not a container."""
    if isinstance(info, Mapping):
        for key, value in info.items():
            if isinstance(value, Mapping | list):
                yield from leaves(value)
            else:
                yield str(key), value
    elif isinstance(info, list):
        for value in info:
            yield from leaves(value)


@dataclass(frozen=True, slots=True)
class Payload:
    """One position of ccxt's `fetchPositions`, read by name."""

    exchange: str
    fields: Mapping[str, object]

    @property
    def symbol(self) -> str:
        """ccxt's symbol, "BTC/USDT:USDT"."""
        symbol = self.fields.get("symbol")
        if not isinstance(symbol, str) or "/" not in symbol or ":" not in symbol:
            raise InputError(
                f"symbol: {symbol!r} is not a ccxt contract symbol; one looks like BTC/USDT:USDT"
            )
        return symbol

    @property
    def parts(self) -> tuple[str, str, str]:
        """Base, quote, settlement asset."""
        base, _, rest = self.symbol.partition("/")
        quote, _, settle = rest.partition(":")
        return base, quote, settle.partition("-")[0]

    @property
    def inverse(self) -> bool:
        """Settled in its base."""
        base, _, settle = self.parts
        return base == settle

    def number(self, name: str) -> Fraction | None:
        """A unified field, exactly: the venue's text where `info` has one for this float."""
        value = self.fields.get(name)
        found = decimal_of(value, f"{self.symbol} {name}")
        if found is None or not isinstance(value, float):
            return found
        for _, text in leaves(self.fields.get("info")):
            if isinstance(text, str) and text[-1:].isdigit():
                exact = _try(text)
                if exact is not None and float(abs(exact)) == abs(value):
                    return -abs(exact) if value < 0 else abs(exact)
        return found

    def needed(self, name: str, advice: str = "") -> Fraction:
        """A unified field that must be there and above 0."""
        found = self.number(name)
        if found is None or found <= 0:
            given = self.fields.get(name)
            raise InputError(
                f"{self.symbol}: {name} is {given!r}; {advice or 'it must be above 0'}"
            )
        return found

    def raw(self, name: str) -> Fraction | None:
        """A field of the venue's own payload, "" and "0" meaning none for prices and ratios."""
        for key, value in leaves(self.fields.get("info")):
            if key == name:
                return decimal_of(value, f"{self.symbol} info.{name}")
        return None

    def printed(self) -> dict[str, tuple[Fraction, str]]:
        """The venue's figures by our name -> (number, where it was read)."""
        found: dict[str, tuple[Fraction, str]] = {}
        for key, name in NAMES.get(family(self.exchange), {}).items():
            value = self.raw(key)
            if value is not None and not (value == 0 and name.endswith("price")):
                found.setdefault(name, (abs(value) if name == "notional" else value, key))
        used = self.raw("marginUsed")
        if used is not None and family(self.exchange) == "hyperliquid":
            cross = self.fields.get("marginMode") == "cross"
            found["initial margin" if cross else "equity"] = (used, "marginUsed")
        computed = COMPUTED.get(family(self.exchange), frozenset())
        for key, name in UNIFIED.items():
            value = None if key in computed else self.number(key)
            if value is not None and not (value == 0 and name.endswith("price")):
                found.setdefault(name, (value, f"ccxt {key}"))
        return found


def _try(text: str) -> Fraction | None:
    try:
        return exact(text, "text")
    except InputError:
        return None


def money_in(balance: Mapping[str, object] | None, asset: str) -> Fraction | None:
    """ccxt's `total` of an asset; None where the balance has none."""
    if balance is None:
        return None
    account = balance.get(asset)
    if isinstance(account, Mapping):
        return decimal_of(account.get("total"), f"balance {asset} total")
    totals = balance.get("total")
    if isinstance(totals, Mapping):
        return decimal_of(totals.get(asset), f"balance total {asset}")
    return None


def open_positions(exchange: str, positions: Sequence[Mapping[str, object]]) -> list[Payload]:
    """Positions that hold something; ccxt lists empty ones too."""
    for number, one in enumerate(positions, start=1):
        if not isinstance(one, Mapping):
            raise InputError(
                f"position {number}: {one!r} is not one of ccxt's positions, an object"
            )
    found = [Payload(exchange, one) for one in positions]
    return [one for one in found if one.number("contracts")]
