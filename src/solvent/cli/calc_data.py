"""`solvent calc --json`: an account's answers as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solvent.cli.calc_funding import bucket_funding
from solvent.cli.calc_text import (
    Questions,
    amount_answers,
    asked_positions,
    bankruptcy_of,
    bucket_lines,
    bucket_positions,
    cost_of,
    notes,
    position_lines,
    price_of,
    side,
)
from solvent.venues.account_data import account_data, plain
from solvent.venues.questions import answers

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.questions.ratios import Shown


def as_data(account: Account, ask: Questions) -> dict[str, Any]:
    """The account's answers as plain data: exact numbers as "a/b", lines as printed; `account` can
    be given back with `--account`.
    """
    positions = []
    asked = asked_positions(account, ask)
    for one in asked:
        price = price_of(account, one, ask)
        data: dict[str, Any] = {
            "symbol": one.symbol,
            "side": side(one),
            "size": plain(one.size),
            "entry": plain(one.entry),
            "mark": plain(one.mark),
            "liquidation_price": price.to_dict(),
            "bankruptcy_price": bankruptcy_of(account, one, ask).to_dict(),
            "distance": None if price.at is None else str(abs(one.mark - price.at) / one.mark),
            "lines": [list(line) for line in position_lines(account, one, ask)],
        }
        cost = cost_of(account, one, price, ask)
        if cost is not None:
            kept = ("left_early", "exit_fee", "liquidated", "liquidation_fee")
            told: dict[str, str | None] = {
                name: None if (amount := getattr(cost, name)) is None else str(amount)
                for name in kept
            }
            told["on_liquidation"] = cost.on_liquidation
            told["kept"] = None if cost.kept is None else str(cost.kept)
            data["liquidation_cost"] = told
        if ask.target is not None:
            data["margin_to_add"] = account.margin_to_add(
                ask.target, one.symbol, one.side
            ).to_dict()
        if ask.explain:
            data["explain"] = price.explain().to_dict()
        positions.append(data)
    buckets: dict[str, dict[str, Any]] = {}
    for name in account.pools():
        one = bucket_positions(account, name)[0]
        if account.mode == "isolated" and one not in asked:
            continue
        buckets[name] = {
            answer.name.replace(" ", "_"): answer.to_dict()
            for answer in amount_answers(account, one)
        }
        here = account.evaluate(one.symbol, one.side)
        if here.pool.rules.ratio is not None:
            buckets[name]["ratio"] = _ratio(answers.ratio(account, here))
        if ask.funding is not None:
            buckets[name]["funding"] = bucket_funding(account, one, ask.funding).to_dict()
        buckets[name]["lines"] = [list(line) for line in bucket_lines(account, one, ask)]
    return {
        "preset": account.version.label,
        "mode": account.mode,
        "account": account_data(account),
        "positions": positions,
        "accounts": buckets,
        "notes": list(notes(account)),
    }


def _ratio(shown: Shown) -> dict[str, Any]:
    """The venue's own ratio, and where it stands when the venue liquidates."""
    told = {name: getattr(shown, name) for name in ("value", "liquidates_at", "trigger_equity")}
    return {
        "name": shown.name,
        "formula": shown.words,
        **{name: None if one is None else str(one) for name, one in told.items()},
        "rises": shown.rises,
    }
