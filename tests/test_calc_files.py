"""`solvent calc` over files: whole answers or none, CSV accounts, ccxt's bare list, answers given back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data" / "ccxt"
EXAMPLES = Path(__file__).parents[1] / "examples"
THREE = ["binance-usdm@2026-09", "--account", str(EXAMPLES / "account.csv"), "--wallet", "9000"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--funding", "0.01%"), "'0.01%' is not a number"),
        (("--beta", "ETHUSDT=1.2"), "no beta for SOLUSDT"),
        (("--target", "0"), "target"),
        (("--explain", "--funding", "x"), "'x' is not a number"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_refusal_never_follows_half_an_answer(
    words: tuple[str, ...], sentence: str, form: tuple[str, ...], calc: Any
) -> None:
    code, out, err = calc(*THREE, *words, *form)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_symbol_picks_the_position_that_is_printed(calc: Any) -> None:
    whole = calc(*THREE)[1]
    blocks, account = whole.split("account\n")
    assert [line.split()[0] for line in blocks.splitlines() if line[0] != " "] == [
        "BTCUSDT", "ETHUSDT", "SOLUSDT",
    ]  # fmt: skip
    middle = blocks[blocks.index("ETHUSDT") : blocks.index("SOLUSDT")]
    for asked in (("--symbol", "ETHUSDT"), ("ETH/USDT:USDT",)):
        assert calc(*THREE, *asked)[:2] == (0, f"{middle}account\n{account}")
    told = json.loads(calc(*THREE, "--symbol", "ETHUSDT", "--json")[1])
    assert [one["symbol"] for one in told["positions"]] == ["ETHUSDT"]
    assert len(told["account"]["positions"]) == 3
    assert calc(*THREE, "--symbol", "ETHUSDT", "--explain")[1].count("liquidation price =") == 1


def test_an_isolated_account_has_a_block_for_the_symbol_alone(calc: Any, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text(
        "symbol,side,size,entry,leverage\nBTCUSDT,long,1,50000,10\nETHUSDT,short,4,2500,5\n",
        encoding="utf-8",
    )
    words = ["binance-usdm@2026-09", "--account", str(file), "--mode", "isolated"]
    out = calc(*words, "--symbol", "ETHUSDT")[1]
    assert "BTCUSDT" not in out
    assert out.count("ETHUSDT short\n") == 1
    told = json.loads(calc(*words, "--symbol", "ETHUSDT", "--json")[1])
    assert list(told["accounts"]) == ["ETHUSDT short"]


def test_a_symbol_that_is_not_held_is_refused(calc: Any) -> None:
    code, out, err = calc(*THREE, "--symbol", "XRPUSDT")
    assert (code, out) == (2, "")
    assert "no position in XRPUSDT; there is BTCUSDT, ETHUSDT, SOLUSDT" in err
    for words in (("--symbol", "WETH"), ("WETH",)):
        err = calc("--account", str(EXAMPLES / "loan.toml"), *words)[2]
        assert "symbol is a question about an account of perpetuals" in err


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        (
            "symbol,side,size,entry\nBTCUSDT,long,1,50000\n",
            ("--wallet", "9000"),
            "preset is missing; a CSV has no place for it: name the venue beside the file, as "
            "solvent calc binance-usdm --account mine.csv --wallet 20000",
        ),
        *(
            (
                f"symbol,side,size,entry,{column}\nBTCUSDT,long,1,50000,x\n",
                ("binance-usdm",),
                f"line 1: {column} is no column, it is of the whole account: give it on the "
                "command line, as solvent calc binance-usdm --account mine.csv --wallet 20000",
            )
            for column in ("preset", "venue", "wallet", "mode")
        ),
        *(
            (
                f"symbol{sign}side{sign}size\nBTCUSDT{sign}long{sign}1\n",
                ("binance-usdm", "--wallet", "9000"),
                "is one column; columns are separated by commas",
            )
            for sign in ";\t|"
        ),
    ],
)
def test_a_csv_says_what_belongs_where(
    text: str, words: tuple[str, ...], sentence: str, calc: Any, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text, encoding="utf-8")
    code, out, err = calc("--account", str(file), *words)
    assert (code, out) == (2, "")
    assert err.startswith("solvent: mine.csv")
    assert sentence in err


def test_what_fetch_positions_returned_is_taken_alone(calc: Any, tmp_path: Path) -> None:
    data = json.loads((DATA / "binance-usdm-isolated-short.json").read_text(encoding="utf-8"))
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(data["positions"]), encoding="utf-8")
    code, out, _ = calc("--ccxt-json", str(bare), "--exchange", data["exchange"])
    assert code == 0
    assert "72670.4625498" in out
    assert "no exchange in it; give --exchange" in calc("--ccxt-json", str(bare))[2]
    bare.write_text("7", encoding="utf-8")
    err = calc("--ccxt-json", str(bare), "--exchange", "bybit")[2]
    assert "neither an object nor the list that fetchPositions returns" in err


@pytest.mark.parametrize("name", ["loan", "options", "portfolio"])
def test_an_answer_about_a_book_can_be_given_back(name: str, calc: Any, tmp_path: Path) -> None:
    asked = str(EXAMPLES / f"{name}.toml")
    told = calc("--account", asked, "--json")[1]
    file = tmp_path / "told.json"
    file.write_text(told, encoding="utf-8")
    assert calc("--account", str(file), "--json")[1] == told
    assert calc("--account", str(file))[1] == calc("--account", asked)[1]
    data = json.loads(told)
    assert data["book"]["preset"] == data["preset"]
    assert "@" in data["preset"]
