"""`solvent calc --json`: an account's answers as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solvent.cli.calc_text import (
    Questions,
    amount_answers,
    bucket_lines,
    bucket_positions,
    notes,
    position_lines,
    price_of,
    side,
)
from solvent.margin.explain import figure_text

if TYPE_CHECKING:
    from solvent.venues.account import Account


def as_data(account: Account, ask: Questions) -> dict[str, Any]:
    """The account's answers as plain data: exact numbers as "a/b", lines as printed."""
    positions = []
    for one in account.positions:
        price = price_of(account, one, ask)
        data: dict[str, Any] = {
            "symbol": one.symbol,
            "side": side(one),
            "size": figure_text(one.size),
            "entry": figure_text(one.entry),
            "mark": figure_text(one.mark),
            "liquidation_price": price.to_dict(),
            "bankruptcy_price": account.bankruptcy_price(
                one.symbol, ask.assumption, side=one.side
            ).to_dict(),
            "lines": [list(line) for line in position_lines(account, one, ask)],
        }
        if ask.explain:
            data["explain"] = price.explain().to_dict()
        positions.append(data)
    buckets: dict[str, dict[str, Any]] = {}
    for name in account.pools():
        one = bucket_positions(account, name)[0]
        buckets[name] = {
            answer.name.replace(" ", "_"): answer.to_dict()
            for answer in amount_answers(account, one)
        }
        buckets[name]["lines"] = [list(line) for line in bucket_lines(account, one, ask)]
    return {
        "preset": account.version.label,
        "mode": account.mode,
        "positions": positions,
        "accounts": buckets,
        "notes": list(notes(account)),
    }
