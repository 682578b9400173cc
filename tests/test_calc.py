"""`solvent calc`: what it answers, from flags and files, how it refuses, and what it loads."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from solvent.venues.account import Account
from solvent.venues.account_file import account_from, read_account
from solvent.venues.comparison import compare
from solvent.venues.numbers import InputError

F = Fraction
DATA = Path(__file__).parent / "data" / "ccxt"
LONG = ["--side", "long", "--size", "10", "--entry", "50000", "--wallet", "20000"]
OLD = ["binance-usdm@2021", "BTCUSDT", *LONG]


def test_a_position_is_answered(calc: Any) -> None:
    """10 BTC, wallet 20,000: 48,353.5353 in the 1 % tier (mission C4)."""
    code, out, err = calc(*OLD)

    assert (code, err) == (0, "")
    assert "safe at 48353.6, not at 48353.5; exactly 4787000/99" in out
    lines = {line.split("  ")[1].strip(): line for line in out.splitlines() if "  " in line}
    assert "48000" in lines["bankruptcy price"]
    assert "3700 USDT" in lines["maintenance margin"]
    assert "16300 USDT" in lines["headroom"]
    assert "18.5 %" in lines["margin ratio (venue)"]
    assert "binance-usdm@2021 is retired" in out


@pytest.mark.parametrize(
    ("venue", "symbol", "kept"),
    [
        ("bitmex", "XBTUSD", "0 XBT at 49751; the venue takes the position over at its bankruptcy "
         "price and keeps the rest"),
        ("binance-usdm", "BTCUSDT", "0 USDT at 48192.7, liquidation fee 192.7; the venue returns "
         "the rest"),
        ("hyperliquid", "BTC", "607.5 USDC at 48607.5, liquidation fee 0; the venue returns the rest"),
        ("deribit", "BTC_USDC-PERPETUAL", "not known the venue returns the rest; the preset has no "
         "liquidation fee of this venue"),
        ("phemex", "BTCUSDT", "not known the preset has no liquidation fee of this venue"),
    ],
)  # fmt: skip
def test_who_keeps_what_a_liquidation_leaves(calc: Any, venue: str, symbol: str, kept: str) -> None:
    words = ["--side", "long", "--size", "1", "--entry", "50000", "--wallet", "2000"]
    if venue == "bitmex":
        words = ["--side", "long", "--size", "100", "--entry", "50000", "--wallet", "0.00002"]
    out = calc(f"{venue}", symbol, *words)[1]
    (line,) = [one for one in out.splitlines() if one.startswith("  kept if liquidated")]
    assert " ".join(line.split()).removeprefix("kept if liquidated ") == kept


def test_only_what_the_answer_was_read_in_is_called_unconfirmed(calc: Any) -> None:
    size = ["--side", "long", "--size", "1", "--wallet", "2000", "--entry"]
    assert "unconfirmed" not in calc("binance-usdm", "BTCUSDT", *size, "50000")[1]
    out = calc("binance-usdm", "BNBUSDT", *size, "900")[1]
    assert "note: unconfirmed: Ticks and lots of BNBUSDT" in out


def test_every_figure_is_the_accounts_own(calc: Any) -> None:
    account = Account(
        "binance-usdm@2021",
        wallet="20000",
        positions=[{"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000"}],
    )
    data = json.loads(calc(*OLD, "--json")[1])

    assert data["positions"][0]["liquidation_price"] == account.liquidation_price().to_dict()
    assert data["accounts"]["USDT"]["headroom"] == account.headroom().to_dict()
    assert data["preset"] == "binance-usdm@2021"


def test_explain_prints_the_tree(calc: Any) -> None:
    out = calc(*OLD, "--explain")[1]

    assert "├─ headroom = 0 USDT  [equity - requirement]" in out
    assert "deduction = 1300 USDT" in out
    data = json.loads(calc(*OLD, "--explain", "--json")[1])
    assert data["positions"][0]["explain"]["name"] == "liquidation price"


def test_words_in_any_order_and_symbols_in_any_spelling(calc: Any) -> None:
    expected = calc(*OLD)[1]
    assert calc(*LONG, "btc-usdt", "binance-usdm@2021")[1] == expected
    assert calc("binance@2021", "--symbol", "BTC/USDT", *LONG)[1] == expected
    assert calc(*OLD[:2], "--side", "Long ", *LONG[2:])[1] == expected


def test_questions(calc: Any) -> None:
    code, out, _ = calc(
        *OLD,
        *[
            "--target",
            "45000",
            "--funding",
            "0.0001",
            "--volatility",
            "0.6",
            "--days",
            "2",
            "--probability",
            "0.05",
        ],
    )
    assert code == 0
    # at 45,000 equity -30,000 must reach 450,000 x 1 % - 1,300
    assert "margin to add" in out
    assert f"{50_000 - 20_000 + 3_200} USDT" in out
    assert "50 USDT" in out  # 500,000 x 0.01 %
    # 16,300 / 50 = 326, and this text liquidates at the requirement too
    assert "325 stamps of 8 h" in out
    assert "within 2 days at 60% a year" in out


def test_a_whole_account_is_scaled_for_a_chance(calc: Any, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text(
        "symbol,side,size,entry\nBTCUSDT,long,4,50000\nETHUSDT,short,40,2500\n", encoding="utf-8"
    )
    words = ["--account", str(file), "binance-usdm@2026-09", "--wallet", "20000"]
    asked = [*words, "--volatility", "0.7", "--days", "7", "--correlation"]
    code, out, _ = calc(*asked, "0.85", "--probability", "0.05")
    assert code == 0
    line = next(line for line in out.splitlines() if "largest multiple" in line)
    assert "all prices correlated 0.85" in out
    assert "confidence 95%" in line
    factor = float(line.split()[2].rstrip("x"))
    assert 0.6 < factor < 1
    size = float(line.split("BTCUSDT ")[1].split(",")[0])
    assert abs(size / 4 - factor) < 0.001
    apart = calc(*asked, "0")[1]
    assert "chance of the account" in apart
    assert "largest multiple" not in apart
    hedged = calc("--account", "examples/hedged.toml", "--volatility", "0.7", "--correlation", "1",
                  "--probability", "0.05")[1]  # fmt: skip
    assert "initial margin allows no more" in hedged
    assert calc(*asked, "85")[0] == calc(*words, "--correlation", "0")[0] == 2


def test_received_funding_has_no_runway(calc: Any) -> None:
    out = calc(*OLD, "--funding", "-0.0001")[1]
    assert "received" in out
    assert "runway" not in out


def test_an_account_below_its_requirement_is_said_to_be_liquidated(calc: Any) -> None:
    out = calc(*OLD[:2], *LONG[:-1], "100")[1]
    assert "liquidated" in out
    assert "kept on leaving early" not in out


# ----------------------------------------------------------------------------------------- mistakes

MISTAKES = [
    (
        "binance-usdm BTCUSDT --side long --size 10 --entry 50000 --leverage 125",
        "leverage 125 is above 100, the most binance-usdm@2026-09 allows at 500000 USDT",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 100000 --entry 50000 --leverage 5",
        "size 100000 is 5000000000 USDT of notional, over 1800000000, the end of the last tier",
    ),
    ("binance-usdm BTCUSDT --side Lnog --size 1 --entry 50000", "side: 'Lnog' is none of long"),
    ("binance-usdm BTCUSDT --side long --size 1 --entry 0", "a price must be greater than 0"),
    ("binance-usdm BTCUSDT --side long --size 1 --entry 1,5", "entry: '1,5' is not a number"),
    ("binance-usdm BTCUSD --side long --size 1 --entry 1", "did you mean BTCUSDT"),
    ("binance-usmd BTCUSDT --side long --size 1", "did you mean binance-usdm?"),
    ("binance-usmd --side long --size 1", "'binance-usmd' is no venue; did you mean binance-usdm?"),
    ("BTCUSDT --side long --size 1", "no venue is named"),
    ("binance-usdm --side long --size 1 --entry 1", "symbol is missing; binance-usdm@2026-09 has"),
    ("binance-usdm BTCUSDT --side long --entry 1", "size is missing; give size (in BTC)"),
    (
        "binance-usdm BTCUSDT --side long --size 1 --contracts 1 --entry 1",
        "size is given beside contracts",
    ),
    (
        "binance-coinm BTCUSD_PERP --side long --size 1 --entry 50000 --leverage 5",
        "size counts face value in USD, so multiply coins by the price, or give contracts",
    ),
    (
        "binance-usdm BTCUSDT okx --side long --size 1 --entry 1",
        "2 venues named; one, or --compare",
    ),
    ("binance-usdm BTCUSDT --sde long", "--sde is not an option; did you mean --side?"),
    ("binance-usdm BTCUSDT --side", "argument --side: expected one argument"),
    ("binance-usdm BTCUSDT --mode both --side long --size 1 --entry 1 --wallet 1", "mode: 'both'"),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 1 --wallet 5 --volatility x",
        "volatility: 'x' is not a number",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --volatility -1",
        "volatility: -1 is not above 0",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --volatility 1e999999",
        "volatility: 1e999999 is not above 0 and at most 20",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --volatility 1 --days 0",
        "days: 0 is not above 0",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --probability 0.1",
        "probability is of an estimate; give --volatility too",
    ),
    ("binance-usdm BTCUSDT --side long --size 1e999999999 --entry 5 --wallet 1", "1000 digits"),
    ("binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --taker-fee 5", "a share"),
    ("binanse BTCUSDT --side long --size 1", "did you mean binance-usdm?"),
    ("aave-v3 ETH --side long --size 1 --entry 1", "lists no contracts"),
    ("--account nowhere.json", "nowhere.json: there is no such file"),
    ("--account a.xlsx binance-usdm", "a.xlsx: there is no such file"),
    ("--account a.json --size 5", "size is given beside an account file"),
    ("--ccxt-json nowhere.json", "nowhere.json"),
    ("--compare BTCUSDT --side long --size 1 --entry 1", "name at least one venue"),
    ("--compare binance-usdm okx --side long --size 1 --entry 1", "symbol is missing; --compare"),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --assumption beta",
        "assumption beta needs betas; give --beta ETHUSDT=1.2",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --beta ETHUSDT",
        "beta: 'ETHUSDT' is not SYMBOL=NUMBER",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --beta ETHUSDT=1",
        "no position in ETHUSDT; there is BTCUSDT",
    ),
    (
        "binance-usdm BTCUSDT --side long --size 1 --entry 5 --wallet 1 --beta BTCUSDT=1 "
        "--assumption fixed",
        "beta is given beside the assumption fixed",
    ),
    (
        "binance-usdm PEPEUSDT --mmr 0.01 --side long --size 10 --entry 5 --wallet 20",
        "has no 'PEPEUSDT'; --mmr works without a symbol: leave it out",
    ),
    ("--ccxt-json nowhere.json --target 5", "target is given beside --ccxt-json, which takes only"),
    ("--ccxt-json nowhere.json --compare", "compare is given beside --ccxt-json"),
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_a_mistake_gets_a_sentence_and_code_2(words: str, sentence: str, calc: Any) -> None:
    code, out, err = calc(*words.split())

    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.startswith("solvent: ")
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


# -------------------------------------------------------------------------------------------- files

JSON = """{"preset": "binance-usdm@2021", "wallet": 20000.10,
 "positions": [{"symbol": "BTCUSDT", "side": "long", "size": 0.1, "entry": 50000.3}]}"""
TOML = """
preset = "binance-usdm@2021"
wallet = 20000.10
[[positions]]
symbol = "BTCUSDT"
side = "long"
size = 0.1
entry = 50000.3
"""
CSV = "symbol, side, size, entry\nBTCUSDT, long, 0.1, 50000.3\n"


def test_the_three_formats_say_the_same_and_numbers_are_decimals() -> None:
    one = account_from(JSON, "json")

    assert one.positions[0].size == F(1, 10)
    assert one.wallet[""] == F("20000.1")
    assert account_from(TOML, "toml") == one
    assert account_from(CSV, "csv", preset="binance-usdm@2021", wallet="20000.10") == one


def test_arguments_take_precedence(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(JSON)
    assert read_account(path, wallet="5", mode=None).wallet[""] == 5


def test_an_account_file_on_the_command_line(tmp_path: Path, calc: Any) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TOML)
    code, out, _ = calc("--account", str(path), "--mode", "cross")
    assert code == 0
    assert "BTCUSDT long 0.1 BTC at 50000.3" in out
    code, out, _ = calc("okx", "--account", str(path))
    assert code == 2  # no BTCUSDT on okx


def test_json_in_and_out_through_pipes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "solvent.cli", "calc", "--account", "-", "--json"],
        input=JSON, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout)["positions"][0]["size"] == "0.1"


def test_a_hedged_book_shows_both_sides(calc: Any, tmp_path: Path) -> None:
    path = tmp_path / "hedged.csv"
    path.write_text("symbol,side,size,entry\nBTCUSDT,long,10,50000\nBTCUSDT,short,9,50000\n")
    code, out, _ = calc("binance-usdm@2021", "--account", str(path), "--wallet", "15000")
    assert code == 0
    assert out.count("and on the other side") == 2


BAD_FILES = [
    ("{", "json", "mine.json, line 1, column 2: not JSON"),
    ("[1]", "json", "mine.json: a list where an object is needed"),
    (
        '{"preset": "binance-usdm", "wallett": 1}',
        "json",
        "'wallett' is not a field; did you mean w",
    ),
    ('{"wallet": 1, "positions": []}', "json", "preset is missing"),
    ('{"preset": "binance-usdm", "positions": []}', "json", "there is no position in it"),
    ('{"preset": "binance-usdm", "positions": {}}', "json", "positions is not a list of objects"),
    ('{"preset": "binance-usdm", "wallet": NaN}', "json", "NaN is not a number"),
    ('{"wallet": 1, "wallet": 2}', "json", "'wallet' is there twice"),
    (
        '{"preset": "binance-usdm", "positions": [{"symbol": "BTCUSDT", "side": "long", '
        '"size": 1, "entry": 1}, {"symbol": "BTCUSDT", "side": "up", "size": 1, "entry": 1}]}',
        "json",
        "mine.json, position 2: side: 'up'",
    ),
    (
        '{"preset": "binance-usdm", "wallet": 1, "orders": [{"symbol": "BTCUSDT", "sde": 1}], '
        '"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry": 1}]}',
        "json",
        "mine.json, order 1: 'sde' is not a field; did you mean side?",
    ),
    ("wallet = ", "toml", "mine.toml: not TOML"),
    ("symbol,side,levrage\n", "csv", "line 1: column 'levrage' is unknown; did you mean leverage?"),
    ("symbol,side,side\n", "csv", "line 1: column 'side' is there twice"),
    ("symbol,side\nBTCUSDT,long,1\n", "csv", "line 2: 3 cells under 2 columns"),
    ("symbol,size,entry\nBTCUSDT,1,1\n\nBTCUSDT,x,1\n", "csv", "line 4: size: 'x' is not a number"),
    ("", "csv", "it is empty"),
    ("", "xlsx", "ends in .json, .toml or .csv, not .xlsx"),
]


@pytest.mark.parametrize(("text", "kind", "words"), BAD_FILES, ids=[one[2] for one in BAD_FILES])
def test_a_wrong_file_names_the_place(text: str, kind: str, words: str) -> None:
    preset = "binance-usdm" if kind == "csv" else None
    with pytest.raises(InputError) as refusal:
        account_from(text, kind, f"mine.{kind}", preset=preset)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"mine.{kind}")


# ------------------------------------------------------------------------------------------- tables


def test_compare_prints_a_row_per_venue(calc: Any) -> None:
    code, out, _ = calc(
        "BTCUSDT", *LONG, "--compare", "binance-usdm", "bybit", "okx", "hyperliquid"
    )

    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert [row[0].split("@")[0] for row in rows] == [
        "venue", "binance-usdm", "bybit", "okx", "hyperliquid",
    ]  # fmt: skip
    assert [row[1] for row in rows[1:]] == ["BTCUSDT", "BTCUSDT", "BTC-USDT-SWAP", "BTC"]


def test_compare_says_what_is_liquidated_already(calc: Any) -> None:
    """A price above the mark of a long is not a distance."""
    words = "BTCUSDT --side long --size 10 --entry 50000 --wallet 20000 --compare binance-usdm"
    _, out, _ = calc(*words.split(), "kraken-futures")
    rows = out.splitlines()
    assert "3.5779 %" in rows[1]
    assert "liquidated" in rows[2]
    assert "%" not in rows[2]


def test_lines_fit_a_terminal(calc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from solvent.cli import calc_table, calc_text

    for place in (calc_text, calc_table):
        monkeypatch.setattr(place, "columns", lambda: 80)
    words = [
        "bybit",
        "BTCUSDT",
        "--side",
        "long",
        "--size",
        "10",
        "--entry",
        "50000",
        "--wallet",
        "20000",
    ]
    _, out, _ = calc(*words)
    assert max(map(len, out.splitlines())) <= 80
    _, wide, _ = calc(*words, "--json")
    assert "liquidation" in wide


def test_a_comparison_fits_a_narrow_terminal(calc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the table's width every venue has a list, labels and figures in line with the others'."""
    from solvent.cli import calc_table, calc_text

    words = ["BTCUSDT", *LONG, "--compare", "binance-usdm", "okx", "bitmex"]
    table = calc(*words)[1].splitlines()
    head = [name for name in table[0].split("  ") if name]
    assert len(table) == 4
    width = max(map(len, table[:3]))
    for room in (width, 80):
        for place in (calc_text, calc_table):
            monkeypatch.setattr(place, "columns", lambda room=room: room)
        out = calc(*words)[1].splitlines()
        if room == width:
            assert out[:3] == table[:3]
            continue
        assert max(map(len, out)) <= 80
        assert out[0] == "binance-usdm@2026-09 BTCUSDT"
        assert out[8] == "okx@2025-07 BTC-USDT-SWAP"
        lists = [out[1:8], out[9:16]]
        for block, row in zip(lists, table[1:3], strict=True):
            assert [line[2:19].strip() for line in block] == [one.strip() for one in head[2:]]
            assert " ".join(line[19:].strip() for line in block) == " ".join(row.split()[2:])
        assert len({len(line) for line in (*lists[0], *lists[1])}) == 1


def test_compare_has_each_venues_own_answer() -> None:
    given = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000", "wallet": "20000"}
    rows = compare(["binance-usdm", "okx"], given)

    own = Account("okx", wallet="20000", positions=[
        {"symbol": "BTC-USDT-SWAP", "side": "long", "size": "10", "entry": "50000"}])  # fmt: skip
    assert rows[1].liquidation_price == own.liquidation_price()
    price = rows[1].liquidation_price
    assert price is not None
    assert price.exact is not None
    assert rows[1].distance == 1 - price.exact / 50000


def test_compare_counts_contracts_where_they_were_meant() -> None:
    given = {"symbol": "BTC-USDT-SWAP", "side": "long", "contracts": "1000", "entry": "50000",
             "wallet": "20000"}  # fmt: skip
    okx, binance = compare(["okx", "binance-usdm"], given)

    plain = compare(["binance-usdm"], {**given, "symbol": "BTCUSDT", "contracts": None, "size": 10})
    assert binance.liquidation_price == plain[0].liquidation_price
    assert okx.liquidation_price is not None


def test_a_venue_that_would_not_take_it_has_a_sentence(calc: Any) -> None:
    code, out, _ = calc(
        *["BTCUSDT", "--side", "long", "--size", "1", "--entry", "50000", "--leverage", "100"],
        *["--compare", "binance-usdm", "hyperliquid", "deribit-options"],
    )
    assert code == 0
    assert "hyperliquid@2025: BTC: leverage 100 is above" in out
    assert len([line for line in out.splitlines() if ": " in line]) == 2


def test_a_comparison_refuses_one_venues_numbers(calc: Any) -> None:
    code, _, err = calc("BTCUSDT", *LONG, "--mmr", "0.01", "--compare", "binance-usdm", "okx")
    assert (code, "mmr overrides one venue's table" in err) == (2, True)


def test_a_ccxt_dump(calc: Any) -> None:
    path = str(DATA / "binance-usdm-isolated-short.json")
    code, out, _ = calc("--ccxt-json", path)
    assert code == 0
    assert "72670.4625498" in out
    data = json.loads(calc("--ccxt-json", path, "--json")[1])
    assert data[0]["positions"][0]["compared"][0]["difference"] == "0"


# ------------------------------------------------------------------------------------------ loading

HEAVY = ("numpy", "numba", "llvmlite", "pyarrow", "typer", "rich", "pydantic", "msgspec")


def fresh(*words: str, probe: str = "") -> str:
    """Standard error of a new interpreter that ran `solvent calc` and then `probe`."""
    program = (
        f"import sys; sys.argv = ['solvent', 'calc', *{words!r}]\n"
        "from solvent.cli import main\n"
        "try: main()\n"
        f"except SystemExit as done: assert not done.code, done.code\n{probe}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("words", [OLD, [*OLD, "--explain", "--volatility", "0.6"]])
def test_a_question_loads_nothing_heavy(words: Sequence[str]) -> None:
    probe = f"print(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    assert fresh(*words, probe=probe).split() == []


def test_only_the_venue_asked_for_is_read() -> None:
    probe = (
        "from solvent.venues.presets import catalogue\n"
        "print(catalogue._read.cache_info().currsize, file=sys.stderr)"
    )
    assert fresh(*OLD, probe=probe).split() == ["1"]


def test_the_time_of_an_answer_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Reported, not asserted: wall time is the machine's. CPU time is bounded loosely, so that a
    heavy import is noticed.
    """
    walls = []
    for _ in range(3):
        start = time.perf_counter()
        fresh(*OLD)
        walls.append(time.perf_counter() - start)
    probe = "import time; print(time.process_time(), file=sys.stderr)"
    cpu = statistics.median(float(fresh(*OLD, probe=probe)) for _ in range(3))
    with capsys.disabled():
        print(f" calc: {statistics.median(walls):.2f} s wall, {cpu:.2f} s CPU ", end="")
    assert cpu < 1.0


# -------------------------------------------------------------------------- betas and exact figures

TWO = {
    "preset": "binance-usdm@2026-09",
    "wallet": "20000",
    "positions": [
        {"symbol": "BTCUSDT", "side": "long", "size": "4", "entry": "50000"},
        {"symbol": "ETHUSDT", "side": "long", "size": "40", "entry": "2500"},
    ],
}


def test_betas_move_the_other_prices(calc: Any, tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    file.write_text(json.dumps(TWO))
    betas = ["--beta", "eth-usdt=1.3", "--beta", "BTCUSDT=1"]
    data = json.loads(calc("--account", str(file), *betas, "--json")[1])
    # 200,000 x fall of BTC + 100,000 x 1.3 x the same fall
    account = account_from(json.dumps(TWO), "json")
    expected = account.liquidation_price("BTCUSDT", "beta", {"ETHUSDT": "1.3", "BTCUSDT": 1})
    assert data["positions"][0]["liquidation_price"]["exact"] == str(expected.exact)
    fall = 1 - expected.exact / 50_000
    there = 200_000 * (1 - fall) + 100_000 * (1 - F("1.3") * fall)
    assert 20_000 - 330_000 * fall == there * F("0.004")  # both in their first tiers


def test_json_has_every_answer_exactly(calc: Any) -> None:
    words = [*OLD, "--funding", "0.0003", "--target", "45000", "--json"]
    data = json.loads(calc(*words)[1])
    position, bucket = data["positions"][0], data["accounts"]["USDT"]
    assert F(position["distance"]) == 1 - F(4787000, 99) / 50_000
    assert position["margin_to_add"]["exact"] == "33200"
    cost = position["liquidation_cost"]
    assert F(cost["exit_fee"]) == F("48353.6") * 10 * F("0.0004")
    assert (cost["on_liquidation"], cost["kept"]) == ("rest_returned", cost["liquidated"])
    assert F(bucket["ratio"]["value"]) == F(3700, 20_000)
    assert bucket["ratio"]["liquidates_at"] == "1"
    assert bucket["funding"] == {
        "total": "-150",
        "carry_per_day": "450",
        "runway_days": str(F(16_300, 450)),
        "interval_hours": "8",
        "stamps": 108,
    }


def test_funding_of_an_isolated_position_is_its_own(calc: Any, tmp_path: Path) -> None:
    file = tmp_path / "apart.json"
    one, other = ({**held, "margin": "5000"} for held in TWO["positions"])  # type: ignore[attr-defined]
    told = {"preset": TWO["preset"], "mode": "isolated", "positions": [one, other]}
    file.write_text(json.dumps(told))
    data = json.loads(calc("--account", str(file), "--funding", "0.001", "--json")[1])
    paid = {name: one["funding"]["total"] for name, one in data["accounts"].items()}
    assert paid == {"BTCUSDT long": "-200", "ETHUSDT long": "-100"}


def test_a_dump_is_explained(calc: Any) -> None:
    code, out, _ = calc("--ccxt-json", "examples/ccxt_dump.json", "--explain")
    assert code == 0
    assert "├─ headroom = 0 USDT" in out
    data = json.loads(calc("--ccxt-json", "examples/ccxt_dump.json", "--explain", "--json")[1])
    assert data[0]["explain"][0]["name"] == "liquidation price"


def test_a_venue_without_the_contract_is_named_once(calc: Any) -> None:
    out = calc("BTCUSDT", *LONG, "--compare", "binance-usdm", "bitmex")[1]
    (line,) = [line for line in out.splitlines() if "bitmex" in line]
    assert line.count("bitmex") == 1
    assert "has no linear contract on BTC; its linear ones are on: ETH, LTC" in line


HEDGED = ("--account", "examples/hedged.toml")


def test_legs_with_one_tree_print_it_once(calc: Any) -> None:
    assert calc(*HEDGED, "--explain")[1].count("liquidation price = 43.523770491803") == 1


def test_a_distance_in_volatilities_is_to_the_side_the_price_is_on(calc: Any) -> None:
    """The short of a hedged book that is net long is liquidated below the mark, as the long is."""

    def told(*words: str) -> list[str]:
        lines = [line.split() for line in calc(*words, "--volatility", "0.8")[1].splitlines()]
        return [line[3] for line in lines if line[:3] == ["distance", "in", "volatilities"]]

    assert told(*HEDGED) == ["16.96", "16.96"]
    (beyond,) = told("binance-usdm", "BTCUSDT", "--side", "long", "--size", "1", "--entry", "50000",
                     "--mark", "45000", "--wallet", "3000")  # fmt: skip
    assert beyond.startswith("-")
