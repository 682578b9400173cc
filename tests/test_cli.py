"""The command: what it prints, where it writes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import solvent
from solvent import cli
from solvent.feeds import shipped_path
from solvent.lab.path import ExtremeOrder, MarkRule
from solvent.lab.scenario import Feedback
from solvent.lab.waterfalls import WATERFALLS
from solvent.market.impact import ImpactLevel

pytestmark = pytest.mark.xdist_group("replay")

SMALL = ["--accounts", "150", "--ticks", "4"]
BTC, AVAX = str(shipped_path("BTCUSDT")), str(shipped_path("AVAXUSDT"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solvent_command(*words: str) -> Any:
    return CliRunner().invoke(cli.app, list(words))


def test_choices_are_those_of_the_rooms() -> None:
    for choice, room in (
        (cli.Order, ExtremeOrder),
        (cli.Mark, MarkRule),
        (cli.Impact, ImpactLevel),
        (cli.Switch, Feedback),
    ):
        assert {one.value for one in choice} == {one.value for one in room}
    assert {one.value for one in cli.PolicyName} == {"both", *WATERFALLS}


def test_version_and_help() -> None:
    assert solvent_command("--version").output.strip() == f"solvent {solvent.__version__}"
    for words in (["--help"], ["replay", "--help"], ["demo", "--help"], ["warm", "--help"]):
        assert solvent_command(*words).exit_code == 0


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['solvent', '--help']\n"
        "from solvent.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*[m for m in ('numpy', 'numba', 'pyarrow') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == ""


def test_json_is_all_there_is_on_standard_output(here: Path) -> None:
    result = solvent_command("replay", BTC, AVAX, *SMALL, "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [one["name"] for one in found["waterfalls"]] == list(WATERFALLS)
    for one in found["waterfalls"]:
        assert one["audit"]["ok"] is True
        assert len(one["digest"]) >= 32
        assert one["totals"]["accounts_liquidated"]["value"] >= 0
    assert list(here.iterdir()) == []


def test_a_run_repeats(here: Path) -> None:
    words = ["replay", BTC, *SMALL, "--policy", "partial", "--json", "--seed"]
    one, same, other = (json.loads(solvent_command(*words, s).stdout) for s in ("3", "3", "4"))

    assert one["waterfalls"] == same["waterfalls"]
    assert one["waterfalls"][0]["digest"] != other["waterfalls"][0]["digest"]


def test_the_report_is_written_into_the_working_folder(here: Path) -> None:
    result = solvent_command("replay", AVAX, *SMALL, "--policy", "full-close")

    assert result.exit_code == 0, result.output
    assert [path.name for path in here.iterdir()] == ["solvent-report.html"]
    page = (here / "solvent-report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "an illustration" in page
    assert "full-close" in result.stdout


def test_options_reach_the_replay(here: Path) -> None:
    words = ["--order", "farther", "--mark", "smoothed", "--impact", "high", "--feedback", "on"]
    result = solvent_command(
        "replay", AVAX, *SMALL, *words, "--participation", "0.05", "--json", "--policy", "partial"
    )

    assert result.exit_code == 0, result.output
    parameters = {one["name"]: one["value"] for one in json.loads(result.stdout)["parameters"]}
    assert parameters["mark"] == "smoothed"
    assert parameters["participation"] == "5%"
    assert parameters["AVAXUSDT impact"] == "high"
    assert parameters["feedback of forced orders"] == "on"


def test_many_populations(here: Path) -> None:
    result = solvent_command("replay", AVAX, *SMALL, "--populations", "2", "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert len(found["study"][0]["samples"][0]) == 2
    assert "too few" in found["findings"][-1]


def test_a_file_of_many_markets(here: Path) -> None:
    hourly = str(shipped_path("BTC-1h"))
    result = solvent_command(
        "replay", hourly, *SMALL, "--symbol", "SOLUSDT", "--tick", "0.01", "--lot", "0.01",
        "--venue", "binance", "--policy", "partial", "--json",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    parameters = {one["name"]: one["value"] for one in json.loads(result.stdout)["parameters"]}
    assert "SOLUSDT open interest" in parameters


BAD = {
    "no file": (["absent.csv"], "no such file"),
    "no name": (["x.csv"], "give --symbol"),
    "unknown instrument": (["FOOUSDT_1m.csv"], "give --tick and --lot"),
    "wrong count": ([BTC, "--symbol", "A", "--symbol", "B"], "2 times for 1 files"),
    "twice": ([BTC, BTC], "given twice"),
    "few ticks": ([BTC, "--ticks", "3"], "ticks per bar"),
    "participation": ([BTC, "--participation", "0"], "participation"),
    "no folder": ([BTC, "--report", "nowhere/report.html"], "--report"),
    "bad history": ([BTC, "--history", "absent.csv"], "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_wrong_input_is_one_sentence_and_exit_code_2(here: Path, name: str) -> None:
    words, said = BAD[name]
    for file in ("x.csv", "FOOUSDT_1m.csv"):
        (here / file).touch()

    result = solvent_command("replay", *words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("solvent: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert {path.name for path in here.iterdir()} == {"x.csv", "FOOUSDT_1m.csv"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.replace("116372.00", "nan", 1), "row 2, close: nan: not a number"),
        (lambda t: t.replace("116304.00", "-1", 1), "row 2, low: -1: a price must be greater"),
        (lambda t: t.replace("1760129520000", "1760129460000"), "duplicate"),
        (lambda t: t[:-9], "cut off"),
        (lambda t: t.replace("volume", "size", 1), "volume: the column is missing"),
        (lambda t: t.replace("115708.60,115827.50", "11570860,11582750"), "row 5, open"),
    ],
)
def test_a_spoilt_file_names_row_and_value(here: Path, spoil: object, said: str) -> None:
    text = Path(BTC).read_text(encoding="utf-8")
    path = here / "BTCUSDT_bad.csv"
    path.write_text(spoil(text), encoding="utf-8")  # type: ignore[operator]

    result = solvent_command("replay", str(path), "--json")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert "BTCUSDT_bad.csv" in result.stderr
    assert [one.name for one in here.iterdir()] == ["BTCUSDT_bad.csv"]


def test_a_broken_invariant_is_named_and_exits_1(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solvent.engine import Engine, InvariantBroken

    def broken(*_: object, **__: object) -> None:
        raise InvariantBroken("fault 1")

    monkeypatch.setattr(Engine, "apply", broken)
    result = solvent_command("replay", AVAX, *SMALL)

    assert result.exit_code == 1
    assert result.stderr.strip().endswith("solvent: InvariantBroken: fault 1")


@pytest.mark.slow
def test_the_demo(here: Path) -> None:
    result = solvent_command("demo", "--accounts", "500", "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert "2025-10-10" in found["subtitle"]
    assert all(one["audit"]["ok"] for one in found["waterfalls"])
