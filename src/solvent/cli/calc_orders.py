"""`solvent calc --account` of an account with orders alone: what they hold and what is free."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from solvent.cli.calc import say
from solvent.cli.calc_options import WrongOption
from solvent.cli.calc_text import print_block
from solvent.venues.account_data import account_data
from solvent.venues.questions import answers
from solvent.venues.questions.arguments import checked
from solvent.venues.result import Answer, money_text
from solvent.venues.solver.evaluate import evaluate

if TYPE_CHECKING:
    from solvent.venues.account import Account

TAKEN = ("account", "words", "json", "explain", "wallet", "mode")


def answer_orders(account: Account, given: Namespace) -> None:
    """Print what the orders of an account without positions hold."""
    for name, value in vars(given).items():
        if name not in TAKEN and value not in (None, False):
            raise WrongOption(
                f"{name.replace('_', '-')} asks about a position; there are only orders in the file"
            )
    found = {name: _amounts(account, name) for name in account.pools()}
    if given.json:
        told = {
            name: {one.name.replace(" ", "_"): one.to_dict() for one in amounts}
            for name, amounts in found.items()
        }
        data = {"account": account_data(account), "preset": account.version.label, "accounts": told}
        say(json.dumps(data, indent=1))
        return
    orders = "an order" if len(account.orders) == 1 else f"{len(account.orders)} orders"
    say(f"{orders} and no position, {account.mode} ({account.version.label})")
    for name, amounts in found.items():
        lines = [(one.name, f"{one.display} {one.unit}", one.reason) for one in amounts]
        equity, initial = (one.exact for one in amounts)
        if equity is not None and initial is not None:
            free = f"{money_text(equity - initial)} {amounts[0].unit}"
            lines.append(("free", free, "equity - initial margin"))
        print_block("account" if len(found) == 1 else f"account in {name}", lines)
        if given.explain:
            say("")
            say(str(amounts[1].explain()))


def _amounts(account: Account, bucket: str) -> tuple[Answer, Answer]:
    here = evaluate(checked(account, account.pools()[bucket]))
    return answers.amount(account, "equity", here), answers.amount(account, "initial margin", here)
