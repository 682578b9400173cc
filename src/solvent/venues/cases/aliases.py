"""The canonical input vocabulary of golden cases, and what each source calls it.

Cases keep the names of their source. `VOCABULARY` maps them: one row per canonical name, with its
meaning and every other spelling the runner understands. A row may belong to some kinds only,
because sources use one word for different things ("amount" is money in one place and contracts in
another). docs/cases.md prints this table; a test keeps the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from solvent.venues.cases.words import (
    ACCOUNT_WORDS,
    PRICES,
    REQUIREMENTS,
    VALUES,
    Word,
)
from solvent.venues.cases.words_money import MONEY_WORDS
from solvent.venues.cases.words_options import OPTION_WORDS
from solvent.venues.cases.words_protocols import PROTOCOL_WORDS, RESULTS
from solvent.venues.cases.words_rules import RULE_WORDS

VOCABULARY: tuple[Word, ...] = (
    *ACCOUNT_WORDS,
    *RULE_WORDS,
    *MONEY_WORDS,
    *OPTION_WORDS,
    *PROTOCOL_WORDS,
)

CURRENCIES = ("btc", "xbt", "eth", "usd", "usdt", "usdc")
"""Currencies a spelling may end in: `wallet_balance_usdt` is the wallet balance."""

OF_VENUE: Mapping[tuple[str, str], str] = {("hyperliquid", "position_value"): "mark_value"}
"""What a venue means by a word that others use for something else."""

_IN_MONEY = (
    *PRICES,
    *REQUIREMENTS,
    *VALUES,
    "unrealized_pnl",
    "maintenance_amount",
    "funding_fee",
    "borrow_interest",
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _by_kind() -> Mapping[tuple[str, str], str]:
    table: dict[tuple[str, str], str] = {}
    for word in VOCABULARY:
        for kind in word.kinds or ("",):
            for spelling in (word.name, *word.aliases):
                table.setdefault((kind, spelling), word.name)
    return table


_TABLE = _by_kind()


def canonical(name: str, kind: str) -> str:
    """The canonical name of an input of a kind; the name itself where the table has none.

    A spelling may stand in camel case, "unrealised" is read as "unrealized", and an amount may end
    in its currency.

    >>> canonical("taker_fee", "liquidation_price"), canonical("taker_fee", "funding_fee")
    ('taker', 'taker_fee')
    >>> canonical("entryPrice", "liquidation_price"), canonical("wallet_usdt", "liquidation_price")
    ('entry', 'wallet')
    """
    return _known(name, kind) or _respelled(name, kind) or name


def rank(name: str, kind: str) -> tuple[int, int]:
    """How near the front of the table a spelling stands: its row, its place in it.

    >>> rank("isolated_wallet", "liquidation_price") < rank("isolatedMargin", "liquidation_price")
    True
    """
    plain = snake(name)
    for row, word in enumerate(VOCABULARY):
        if not word.kinds or kind in word.kinds:
            spelled = (word.name, *word.aliases)
            for spelling in (name, plain, plain.rpartition("_")[0]):
                if spelling in spelled:
                    return row, spelled.index(spelling)
    return len(VOCABULARY), 0


def snake(name: str) -> str:
    """A name in camel case with underscores.

    >>> snake("maintenanceMarginRate"), snake("ETHSpotPrice")
    ('maintenance_margin_rate', 'eth_spot_price')
    """
    return _HUMP.sub("_", name).lower()


def _known(name: str, kind: str) -> str | None:
    return _TABLE.get((kind, name)) or _TABLE.get(("", name))


def _respelled(name: str, kind: str) -> str | None:
    """The word of a name in camel case, or with the currency of an amount at its end."""
    plain = snake(name).replace("unrealised", "unrealized")
    if plain != name:
        found = _known(plain, kind)
        if found:
            return found
    bare, _, last = plain.rpartition("_")
    return _known(bare, kind) if kind in _IN_MONEY and last in CURRENCIES else None


def spellings(name: str, kind: str) -> str:
    """A canonical name with its other spellings, for messages.

    >>> spellings("share", "funding_fee")
    'share (or time_in_ratio, time_fraction)'
    """
    others: list[str] = []
    for word in VOCABULARY:
        if word.name == name and (not word.kinds or kind in word.kinds):
            others += [alias for alias in word.aliases if alias not in others]
    return f"{name} (or {', '.join(others)})" if others else name


_RESULT = {alias: name for name, aliases in RESULTS.items() for alias in aliases}


def result_name(key: str) -> str:
    """The canonical name of an expected value, which may stand in camel case; "unrealised" is read
    as "unrealized".

    >>> result_name("bust_price"), result_name("liqPrice"), result_name("unrealised_pnl")
    ('bankruptcy_price', 'liquidation_price', 'unrealized_pnl')
    """
    plain = snake(key)
    for name in (key, plain, plain.replace("unrealised", "unrealized")):
        if name in _RESULT or name in RESULTS:
            return _RESULT.get(name, name)
    return key.replace("unrealised", "unrealized")
