"""`solvent venues`, and the pages written from presets."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from solvent import cli
from solvent.venues.presets.catalogue import names, venue, version

PAGES = Path(__file__).resolve().parent.parent / "docs" / "venue_pages.py"


def solvent(*words: str, columns: int = 80) -> Any:
    return CliRunner().invoke(cli.app, list(words), env={"COLUMNS": str(columns)})


def test_the_commands_are_listed_in_their_order() -> None:
    shown = solvent("--help").output
    places = [shown.index(f" {name} ") for name in ("venues", "demo", "replay", "warm")]
    assert places == sorted(places)
    assert solvent("nonsense").exit_code == 2


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_has_every_venue_and_fits(columns: int) -> None:
    result = solvent("venues", columns=columns)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= columns
    assert {line.split()[0] for line in lines if line.strip()} >= set(names())
    assert ("Binance USD-M futures" in result.output) == (columns == 120)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", names())
def test_every_venue_is_shown_and_fits(name: str, columns: int) -> None:
    result = solvent("venues", "show", name, "--all-rows", columns=columns)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= columns
    found = version(name)
    for part in (*found.instruments, *found.tables, *found.sources):
        assert part in result.output
    flowed = " ".join(result.output.split())
    for sentence in found.missing:
        assert " ".join(sentence.split()[:4]) in flowed


def test_the_list_has_a_command_of_its_own() -> None:
    assert solvent("venues", "list").output == solvent("venues").output
    assert solvent("venues", "list", "--json").stdout == solvent("venues", "--json").stdout


def test_an_unknown_venue_gets_at_most_three_names() -> None:
    result = solvent("venues", "show", "nonexist", columns=400)
    assert result.exit_code == 2
    assert result.output.count(",") <= 2
    assert "solvent venues" in result.output


def test_a_version_as_json_is_the_preset() -> None:
    told = json.loads(solvent("venues", "show", "binance@2021", "--json").stdout)
    assert told["name"] == "2021"
    assert told["tables"]["BTCUSDT"]["rows"][3]["deduction"] == "16300"
    assert told["instruments"]["BTCUSDT"]["tick"] == "0.1"
    listed = json.loads(solvent("venues", "--json").stdout)
    assert [one["name"] for one in listed] == list(names())
    assert listed[0].keys() >= {"title", "family", "versions", "status", "instruments", "sources"}


def test_long_tables_are_cut_and_say_so() -> None:
    cut = solvent("venues", "show", "okx").output
    assert "41 rows; all of them: --all-rows" in cut
    assert "780,000" in cut
    assert "760,000" not in cut
    assert "760,000" in solvent("venues", "show", "okx", "--all-rows").output


def test_differences() -> None:
    result = solvent("venues", "diff", "bybit@2024", "bybit@2026")
    assert result.exit_code == 0
    words = " ".join(result.output.split())
    assert "maintenance entry mark" in words
    assert "figures differ" in words
    apart = " ".join(solvent("venues", "diff", "okx", "hyperliquid").output.split())
    assert "only in okx@2025-07 tables ETH-USDT, tables BTC-USDT" in apart
    assert "row 41" not in apart
    assert "closing fee mark none" in apart
    assert "no figure differs" in solvent("venues", "diff", "okx", "okx").output
    told = json.loads(solvent("venues", "diff", "gate@2023", "gate", "--json").stdout)
    assert told["changes"][0] == {
        "path": "tables.BTC_USDT.shape",
        "before": "flat",
        "after": "deduction",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "okxx"], "did you mean okx?"),
        (["show", "bybit@1999"], "there are: 2024, 2026"),
        (["diff", "okx", "nothere"], "is unknown"),
        (["--folder", "absent"], "not a folder of presets"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(words: list[str], said: str) -> None:
    result = solvent("venues", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("solvent: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_wrong_preset_of_ones_own_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nfee = 0.1\n', encoding="utf-8")
    result = solvent("venues", "--folder", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr == (
        'solvent: mine.toml: fee: 0.1 is a TOML float, which is binary; write it as text: "0.1"\n'
    )


@pytest.mark.parametrize("words", [["--version"], ["venues", "show", "okx", "--json"]])
def test_nothing_heavy_is_loaded(words: list[str]) -> None:
    program = (
        f"import sys; sys.argv = {['solvent', *words]!r}\n"
        "from solvent.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('numpy', 'numba', 'rich', 'msgspec', 'solvent.lab', 'solvent.engine')\n"
        "print(*[name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == ""


# ------------------------------------------------------------------------------------- the pages


def venue_pages() -> Any:
    spec = importlib.util.spec_from_file_location("venue_pages", PAGES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(PAGES.parent))
    spec.loader.exec_module(module)
    sys.path.remove(str(PAGES.parent))
    return module


def test_a_page_for_each_venue_and_stale_ones_go(tmp_path: Path) -> None:
    pages = venue_pages()
    folder = tmp_path / "venues"
    pages.write_pages(folder)
    assert {path.stem for path in folder.glob("*.md")} == {*names(), "index"}
    (folder / "gone.md").touch()
    before = (folder / "okx.md").stat().st_mtime_ns
    pages.write_pages(folder)
    assert not (folder / "gone.md").exists()
    assert (folder / "okx.md").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", names())
def test_a_page_tells_formula_tables_dates_sources_and_gaps(name: str) -> None:
    found = venue(name)
    text = venue_pages().page(found)
    assert text.startswith(f"# {found.title}\n")
    for one in found.versions:
        assert f"## {one.name}\n" in text
        assert str(one.valid_from) in text
        assert text.count("\n### What is not public\n") == sum(
            bool(v.missing) for v in found.versions
        )
        for source in one.sources.values():
            assert str(source.retrieved) in text
        for table in one.tables:
            assert f"### Table {table}\n" in text
    assert "{math}" not in text
    for part in re.split(r"(?m)^## ", text)[1:]:  # every version has a formula
        assert re.search(r"```text\n[^`]*[=<≤][^`]*\n```", part), part[:40]
    assert "Source: ." not in text
    assert "| others |   |" not in text
    assert not re.search(r"\| (counted|majors 1|rule \| [a-z_]+) \|", text)
    assert ("equity \\<" in text) <= (found.family != "lending")
    for one in found.versions:
        for key in {group["source"] for group in one.parameters.values() if "source" in group}:
            assert re.search(rf"\{{ref\}}`{key}( \(unconfirmed\))? <", text)
    for block in text.split("\n\n"):
        if block.startswith("|"):
            widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(widths) == 1, block
