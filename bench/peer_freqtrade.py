"""One liquidation price, the plain integer function, beside freqtrade's, on the same questions.

freqtrade's `get_liquidation_price` on Binance, in an environment of its own, with the same BTC
brackets, on both of its offline paths (a dry run asks more of its exchange object than a backtest):
isolated, and cross with three positions. Ours: `solvent.margin.liquidation_tick` over integers,
with the tier at the price; what the other positions hold is part of the question and computed
inside the measured time. Beside it the same answers through `Book`, which takes any contract,
schedule and number of legs and answers both directions.

What freqtrade does not do: it takes the tier from the stake instead of the notional at the price,
and counts other shorts' profit as if they were long. How many of its answers agree is printed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from bench.peer_environment import environment
from bench.rows import Row, clock, skipped, span
from solvent.contracts import Listing, resolve
from solvent.margin import (
    Book,
    Leg,
    encode,
    liquidation_prices,
    liquidation_tick,
    requirement,
    tiered,
)
from solvent.margin.one_position import covers

PACKAGE = "freqtrade==2026.9"
PLACE = Path("build") / "bench" / "freqtrade"
WORKER = Path(__file__).with_name("freqtrade_worker.py")
QUESTIONS = 2_000
REPEATS = 5
UNIT = 10**6
TICK, LOT = Fraction(1, 10), Fraction(1, 1000)
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
BRACKETS = (
    ("50000", "0.004"),
    ("600000", "0.005"),
    ("3000000", "0.0065"),
    ("12000000", "0.01"),
    ("70000000", "0.02"),
    ("100000000", "0.025"),
    (None, "0.05"),
)
"""The first brackets of BTCUSDT (Binance, read in freqtrade's own tier file)."""

Question = dict[str, Any]


def run(count: int = QUESTIONS) -> list[Row]:
    """Rows: isolated, and cross with three positions; parsing and explaining beside them."""
    what = "one liquidation price beside freqtrade's"
    python, reason = environment(PLACE, PACKAGE, "freqtrade")
    if python is None:
        return [skipped("peer_freqtrade", what, "not slower", reason)]
    rng = Random(5)
    asked = {name: [question(rng, size) for _ in range(count)] for name, size in MODES.items()}
    theirs = _theirs(python, asked)
    rows = [
        _row(f"{name}, {path}", what, asked[name], theirs[f"{name}, {path}"])
        for name in MODES
        for path in ("backtest", "dry run")
    ]
    return [*rows, _beside(what)]


MODES = {"isolated": 1, "cross": 3}


def question(rng: Random, positions: int) -> Question:
    """A solvent account with `positions` positions, all long and short in turn by chance."""
    held = []
    for place in range(positions):
        entry = rng.randint(300_000, 900_000)
        lots = int(rng.lognormvariate(7, 1.5)) + 1
        leverage = rng.choice((3, 5, 10, 20))
        worth = float(entry * TICK * lots * LOT)
        held.append(
            {
                "pair": PAIRS[place],
                "side": rng.choice((1, -1)),
                "entry": float(entry * TICK),
                "ticks": entry,
                "lots": lots,
                "size": float(lots * LOT),
                "leverage": leverage,
                "stake": worth / leverage,
            }
        )
    return {"positions": held, "wallet": round(sum(one["stake"] for one in held), 6)}


def _theirs(python: str, asked: dict[str, list[Question]]) -> dict[str, Any]:
    schedule = tiered(list(BRACKETS))
    low, rows = 0.0, []
    for tier in schedule.tiers:
        rows.append(
            {
                "minNotional": low,
                "maintenanceMarginRate": float(tier.rate),
                "maintAmt": float(tier.deduction),
            }
        )
        low = float(tier.bound or 0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions.json"
        file.write_text(json.dumps({"tiers": dict.fromkeys(PAIRS, rows), **asked}))
        said = subprocess.run(
            [python, str(WORKER), str(file)], capture_output=True, text=True, check=False
        )
    if said.returncode != 0:
        sys.stderr.write(said.stderr)
        raise RuntimeError("freqtrade's side failed")
    answer: dict[str, Any] = json.loads(said.stdout.strip().splitlines()[-1])
    return answer


def _row(name: str, what: str, asked: list[Question], theirs: dict[str, Any]) -> Row:
    contract = resolve(
        Listing("BTCUSDT", "linear", "BTC", "USDT", "0.1", "0.001", price_max="10000000"),
        settle_exponent=6,
    )
    table = encode(tiered(list(BRACKETS)), contract, settle_exponent=6)
    k = contract.k
    books = [
        (
            round(one["wallet"] * UNIT),
            [(p["side"] * p["lots"], p["side"] * p["lots"] * p["ticks"] * k, p["ticks"])
             for p in one["positions"]],
        )
        for one in asked
    ]  # fmt: skip

    assert covers(table)  # once for a table, as an application does

    def rest_of(wallet: int, others: list[tuple[int, int, int]]) -> int:
        for lots, paid, at in others:  # marked at entry, as freqtrade's backtest does
            worth = lots * k * at
            wallet += worth - paid - requirement(table, 0, lots, abs(worth), abs(paid))
        return wallet

    def plain(wallet: int, held: list[tuple[int, int, int]]) -> int:
        lots, cost, mark = held[0]
        if len(held) > 1:
            wallet = rest_of(wallet, held[1:])
        return liquidation_tick(k, lots, cost, table, wallet, mark)

    def as_book(wallet: int, held: list[tuple[int, int, int]]) -> tuple[int | None, int | None]:
        lots, cost, mark = held[0]
        leg = Leg(lots, cost, table)
        rest = rest_of(wallet, held[1:])
        book = Book(0, k, 1, (leg,), rest, contract.price_min, contract.price_max)
        return liquidation_prices(book, mark)

    taken, found = _timed(plain, books)
    taken_book, both = _timed(as_book, books)
    for tick, (down, up) in zip(found, both, strict=True):
        either = up if down is None else down
        assert tick == either or (either is None and not 1 <= tick <= contract.price_max)
    agreed = _agreed(asked, both, theirs["prices"])
    mine, book, others = (
        statistics.median(t) / len(asked) for t in (taken, taken_book, theirs["seconds"])
    )
    return Row(
        name=f"peer_freqtrade.{name}",
        what=f"{what}, {name} ({span(mine)}, {span(book)} as a Book of any shape, against "
        f"{span(others)}; freqtrade gives the price of the right tier in {agreed:,} of "
        f"{len(asked):,})",
        goal="not slower",
        measured=f"{others / mine:.2f}x",
        met=mine <= others,
        figures={
            "ours": taken,
            "ours_as_book": taken_book,
            "theirs": theirs["seconds"],
            "agreed": agreed,
        },
    )


def _timed(answer: Callable[..., Any], books: list[Any]) -> tuple[list[float], list[Any]]:
    """Seconds of each repeat over all questions, and the answers."""
    taken, found = [], []
    for _ in range(REPEATS):
        start = clock()
        found = [answer(*book) for book in books]
        taken.append(clock() - start)
    return taken, found


def _agreed(
    asked: list[Question],
    found: list[tuple[int | None, int | None]],
    prices: list[float | None],
) -> int:
    """Answers of freqtrade that lie between our last safe and our first violated tick."""
    count = 0
    for one, (down, up), price in zip(asked, found, prices, strict=True):
        side = one["positions"][0]["side"]
        tick = down if side > 0 else up
        theirs = -1.0 if price is None else price / float(TICK)
        count += theirs <= 0 if tick is None else abs(theirs - (tick + 0.5 * side)) <= 0.51
    return count


def _beside(what: str) -> Row:
    """What a question in words costs: parsing, the exact rational, and the explain tree."""
    import solvent

    def ask() -> Any:
        return solvent.liquidation_price(  # type: ignore[attr-defined]
            "binance-usdm",
            side="long",
            size="10",
            entry="50000",
            wallet="20000",
            symbol="BTCUSDT",
        )

    ask()
    asked, explained = [], []
    for _ in range(REPEATS):
        start = clock()
        answers = [ask() for _ in range(100)]
        asked.append((clock() - start) / 100)
        start = clock()
        for one in answers:
            str(one.explain())
        explained.append((clock() - start) / 100)
    return Row(
        name="peer_freqtrade.words",
        what=f"{what}: a question in words, parsed and solved exactly; its explain tree",
        goal="(beside)",
        measured=f"{span(statistics.median(asked))}; {span(statistics.median(explained))}",
        met=None,
        figures={"asked": asked, "explained": explained},
    )
