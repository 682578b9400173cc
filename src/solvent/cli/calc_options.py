"""The options of `solvent calc`, and what is said of a command line that cannot be read."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import NoReturn

EXAMPLES = """\
examples:
  solvent calc binance-usdm BTCUSDT --side long --size 10 --entry 50000 --wallet 20000
  solvent calc bybit BTCUSDT --side short --size 1 --entry 50000 --leverage 20 --explain
  solvent calc BTCUSDT --side long --size 1 --entry 50000 --leverage 20 \\
      --compare binance-usdm bybit okx hyperliquid
  solvent calc --account account.toml --json
  solvent calc --ccxt-json dump.json
"""

# Options with a value: name, metavar, help.
POSITION = (
    ("side", "SIDE", "long or short"),
    ("size", "N", "size in base units (inverse contracts: face value)"),
    ("contracts", "N", "size in contracts, instead"),
    ("entry", "PRICE", "average entry price"),
    ("mark", "PRICE", "mark price; default: the entry"),
    ("wallet", "MONEY", "money of the account (cross)"),
    ("margin", "MONEY", "money of the position (isolated)"),
    ("leverage", "N", "leverage setting; without wallet and margin it gives the margin"),
    ("mode", "MODE", "isolated or cross"),
    ("mmr", "RATE", "one maintenance rate instead of the venue's table"),
    ("taker-fee", "RATE", "taker fee instead of the venue's"),
)
FILES = (
    (
        "account",
        "FILE",
        "an account, loan or options in JSON, TOML or CSV; - reads JSON from stdin",
    ),
    (
        "ccxt-json",
        "FILE",
        "ccxt's {exchange, positions, balance, tiers} in JSON, or its list of positions",
    ),
    ("exchange", "ID", "ccxt's id of the venue, where the file has none"),
)
QUESTIONS = (
    ("target", "PRICE", "margin to add for a liquidation price there"),
    ("funding", "RATE", "funding rate of an interval: what it costs, how long the margin lasts"),
    ("volatility", "V", "a year, 0.6 is 60 %%: estimates of the chance of liquidation"),
    ("days", "N", "horizon of the estimates, default 1"),
    ("probability", "P", "with --volatility: leverage and stop for that chance, 0.05 is 5 %%"),
    ("correlation", "C", "with --volatility: the whole account, all its prices so correlated"),
    ("assumption", "A", "what other prices do meanwhile: fixed (default), common_shock, beta"),
)


class WrongOption(Exception):
    """A command line that cannot be read; the sentence to print."""


class _Parser(ArgumentParser):
    """Mistakes end in one sentence and exit code 2; options are not abbreviated."""

    def error(self, message: str) -> NoReturn:
        words = message.removeprefix("unrecognized arguments: ").split()
        if words != message.split() and words:
            from difflib import get_close_matches

            known = [one for action in self._actions for one in action.option_strings]
            close = get_close_matches(words[0], known, n=1)
            message = f"{words[0]} is not an option" + (
                f"; did you mean {close[0]}?" if close else ""
            )
        raise WrongOption(f"{message} (solvent calc --help)")


def parser() -> ArgumentParser:
    """The options of `solvent calc`."""
    found = _Parser(
        prog="solvent calc",
        description="Margin, liquidation and bankruptcy price of a position or account, and why.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    found.add_argument("words", nargs="*", metavar="VENUE SYMBOL", help="binance-usdm BTCUSDT")
    found.add_argument(
        "--symbol", metavar="S", help="the symbol; of an account file, the one to print"
    )
    for title, options in (("position", POSITION), ("files", FILES), ("questions", QUESTIONS)):
        group = found.add_argument_group(title)
        for name, metavar, words in options:
            group.add_argument(f"--{name}", metavar=metavar, help=words)
    found.add_argument(
        "--beta",
        metavar="SYMBOL=N",
        action="append",
        help="how far a symbol moves per 1 %% of the one asked about; may be repeated",
    )
    found.add_argument(
        "--compare", action="store_true", help="the same position on every venue named, a table"
    )
    found.add_argument("--explain", action="store_true", help="print where every figure came from")
    found.add_argument("--json", action="store_true", help="print JSON and nothing else")
    return found
