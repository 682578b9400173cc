"""Golden cases: the shared files, our own, expectations that are wrong, and how a run ends."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from solvent.cli import app
from solvent.venues.cases import Case, CaseError, Tolerance, parse_cases, read_cases, run_case
from solvent.venues.cases.run import run_files

SHARED = Path(__file__).parents[2] / "shared" / "cases"
OWN = Path(__file__).parent / "data" / "cases_own.json"
FORMULAS = OWN.with_name("cases_formulas.json")
ON_CHAIN = OWN.with_name("cases_on_chain.json")
NAMED = (
    "bankruptcy_price",
    "fillable_price",
    "open_interest_scaled_initial_margin",
    "options_standard_margin",
    "perp_standard_margin",
    "options_portfolio_margin",
    "perp_initial_margin_requirement",
    "scaled_initial_asset_weight_by_total_deposits",
    "size_based_collateral_weight",
    "unrealised_pnl_asset_weight",
    "liquidation_check",
)


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip("the folder of shared cases is not beside this checkout")
    return path


def test_one_file_may_be_given_by_name() -> None:
    assert run_files(str(FORMULAS)).outcomes == run_files([FORMULAS]).outcomes


def test_every_case_names_its_source() -> None:
    assert [one.id for one in every_case() if len(one.source) < 10 and one.source != "same"] == []


def every_case() -> list[Case]:
    found = [*read_cases(OWN), *read_cases(FORMULAS), *read_cases(ON_CHAIN)]
    if SHARED.exists():
        found += read_cases(SHARED / "cex.json")
        found += [case for case in read_cases(SHARED / "perp_dex.json") if case.kind in NAMED]
    return found


def test_every_case_of_the_centralised_venues_passes() -> None:
    report = run_files([shared("cex.json")])
    assert report.failed == report.not_run == 0, [one.lines() for one in report.outcomes]
    assert report.passed == 63


def test_the_named_kinds_of_the_on_chain_engines_pass() -> None:
    report = run_files([shared("perp_dex.json")], NAMED)
    assert report.failed == report.not_run == 0, [one.lines() for one in report.outcomes]
    assert {one.case.kind for one in report.outcomes} == set(NAMED)
    assert report.passed == 35


def test_our_own_cases_pass() -> None:
    report = run_files([OWN])
    assert report.failed == report.not_run == 0, [one.lines() for one in report.outcomes]
    assert report.passed > 50


def test_cases_worked_out_from_the_venues_formulas_pass() -> None:
    """Every venue, kind, side and contract the references give a formula for, in odd spellings."""
    report = run_files([FORMULAS])
    assert report.failed == report.not_run == 0, [one.lines() for one in report.outcomes]
    assert report.passed >= 75


def test_the_unit_tests_of_on_chain_engines_pass() -> None:
    """Vectors of v4-chain, protocol-v2, v2-core and gmx-synthetics, each with file and commit."""
    report = run_files([ON_CHAIN])
    assert report.failed == report.not_run == 0, [one.lines() for one in report.outcomes]
    assert {one.case.kind for one in report.outcomes} == set(NAMED)
    assert report.passed >= 230


def wrong(case: Case, key: str, got: Any) -> Iterator[Case]:
    """The case with one expectation moved to just outside its tolerance, both ways; or negated."""
    value = case.expected[key]
    if isinstance(value, bool):
        yield replace(case, expected={**case.expected, key: not value})
        return
    if value is None:
        yield replace(case, expected={**case.expected, key: 1})
        return
    limit = case.tolerance or Tolerance()
    room = max(limit.absolute or 0, (limit.relative or 0) * abs(got)) * Fraction(1001, 1000)
    for sign in (1, -1):
        moved = got + sign * (room or 1)
        text = f"{moved.numerator}/{moved.denominator}"
        yield replace(case, expected={**case.expected, key: text})


@pytest.mark.parametrize("case", every_case(), ids=lambda case: case.id)
def test_an_expectation_outside_its_tolerance_fails(case: Case) -> None:
    """Every expected value, moved by a thousandth more than the tolerance from what the rule says:
    the case fails and its lines name the value. A check that cannot fail is none.
    """
    outcome = run_case(case)
    assert outcome.status == "passed", outcome.lines()
    got = {check.name: check.got for check in outcome.checks}
    for key in case.expected:
        for broken in wrong(case, key, got[key]):
            failed = run_case(broken)
            assert failed.status == "failed", (key, broken.expected)
            assert key in failed.lines()[0] or "refused" in failed.lines()[0]


@pytest.mark.parametrize("case", every_case(), ids=lambda case: case.id)
def test_junk_inputs_end_in_a_sentence(case: Case) -> None:
    """Each input replaced by junk: the case fails, is not run with a reason, or (an input that does
    not matter) passes; nothing raises and nothing is claimed without a reason.
    """
    dice = random.Random(case.id)
    junk = ["", "twelve", [], {}, True, None, 0, -1, "1/0", [[None]], "1" * 90, 1e-30]
    for name in case.inputs:
        value = dice.choice(junk)
        if isinstance(value, float):
            value = "1e-30"
        outcome = run_case(replace(case, inputs={**case.inputs, name: value}))
        if outcome.status == "not run":
            assert outcome.reason, (name, value)
            assert "\n" not in outcome.reason, (name, value)


@pytest.mark.parametrize("case", every_case(), ids=lambda case: case.id)
def test_a_case_without_inputs_is_not_run(case: Case) -> None:
    outcome = run_case(replace(case, inputs={}))
    assert outcome.status in ("not run", "failed")
    if outcome.status == "not run":
        assert "needs" in outcome.reason or "no " in outcome.reason, outcome.reason


def run(*arguments: str | Path) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["cases", *map(str, arguments)])
    return found.exit_code, found.stdout, found.stderr


def test_the_last_line_is_the_verdict_and_a_pass_exits_0() -> None:
    code, out, _ = run(OWN)
    assert code == 0
    assert out.splitlines()[-1] == f"{len(read_cases(OWN))} passed, 0 failed"


def test_a_failure_exits_1_and_shows_expected_got_and_the_tree(tmp_path: Path) -> None:
    document = json.loads(OWN.read_text())
    document["cases"] = document["cases"][:3]
    document["cases"][0]["expected"]["liquidation_price"] = 1
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document))
    code, out, _ = run(path)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("FAILED  own-okx-inv-long (okx, liquidation_price)")
    assert "expected 1, got 23916.6" in lines[0]
    assert "difference" in lines[0]
    assert "equity" in out
    assert "requirement" in out
    assert "okx@" in out
    assert lines[-1] == "2 passed, 1 failed"


def a_file(tmp_path: Path, *cases: dict[str, Any], **more: Any) -> Path:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"format": 1, "cases": list(cases), **more}))
    return path


PNL = {
    "id": "pnl",
    "venue": "generic",
    "kind": "unrealized_pnl",
    "inputs": {"side": "long", "size": 1, "entry": 2, "mark": 3},
    "expected": {"unrealized_pnl": 1},
}


def test_an_unknown_kind_exits_2_with_the_reason_and_the_known_ones_run(tmp_path: Path) -> None:
    odd = {**PNL, "id": "odd", "kind": "phase_of_the_moon"}
    code, out, _ = run(a_file(tmp_path, PNL, odd))
    assert code == 2
    assert "UNKNOWN KIND  odd (generic, phase_of_the_moon): no rule answers this kind" in out
    assert "unknown kinds: phase_of_the_moon" in out
    assert "liquidation_price" in out  # the known ones are listed
    assert out.splitlines()[-1] == "1 passed, 0 failed"
    code, out, _ = run(tmp_path / "cases.json", "--kind", "unrealized_pnl")
    assert (code, out.splitlines()[-1]) == (0, "1 passed, 0 failed")


def test_a_failure_beside_an_unknown_kind_exits_1(tmp_path: Path) -> None:
    bad = {**PNL, "id": "bad", "expected": {"unrealized_pnl": 2}}
    odd = {**PNL, "id": "odd", "kind": "phase_of_the_moon"}
    assert run(a_file(tmp_path, bad, odd))[0] == 1


def test_several_files_are_one_run(tmp_path: Path) -> None:
    code, out, _ = run(OWN, a_file(tmp_path, PNL))
    assert code == 0
    assert out.splitlines()[-1] == f"{len(read_cases(OWN)) + 1} passed, 0 failed"


def test_json_is_one_document(tmp_path: Path) -> None:
    bad = {**PNL, "id": "bad", "expected": {"unrealized_pnl": 2}}
    code, out, _ = run(a_file(tmp_path, PNL, bad), "--json")
    document = json.loads(out)
    assert code == 1
    assert (document["passed"], document["failed"], document["not_run"]) == (1, 1, 0)
    found = document["cases"][1]
    assert found["status"] == "failed"
    assert found["results"][0] == {
        "name": "unrealized_pnl",
        "expected": "2",
        "got": "1",
        "difference": "-1",
        "allowed": "exact",
        "passed": False,
    }
    assert found["explain"]["name"] == "unrealised profit"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"side": "long", "size": 1, "entry": 2}, "needs mark"),
        ({"side": "long", "entry": 2, "mark": 3}, "needs size"),
        ({"side": "up", "size": 1, "entry": 2, "mark": 3}, "is none of long"),
        ({"side": "long", "size": 0, "entry": 2, "mark": 3}, "must be above 0"),
        ({"side": "long", "size": "one", "entry": 2, "mark": 3}, "is not a number"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    tmp_path: Path, inputs: dict[str, Any], words: str
) -> None:
    code, out, _ = run(a_file(tmp_path, {**PNL, "inputs": inputs}))
    assert code == 2
    assert words in out
    assert out.splitlines()[-1] == "0 passed, 0 failed"


def test_an_unknown_venue_stops_only_rules_that_depend_on_it(tmp_path: Path) -> None:
    price = {
        "id": "price",
        "venue": "mtgox",
        "kind": "liquidation_price",
        "inputs": {"side": "long", "size": 1, "entry": 2, "wallet_balance": 1, "mmr": 0.01},
        "expected": {"liquidation_price": 1},
    }
    code, out, _ = run(a_file(tmp_path, {**PNL, "venue": "mtgox"}, price))
    assert code == 2
    assert "liquidation_price depends on the venue and there are no rules for 'mtgox'" in out
    assert out.splitlines()[-1] == "1 passed, 0 failed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON (line 1"),
        ("[]", 'has no "cases"'),
        ('{"format": 2, "cases": []}', "format 2; this version of solvent reads format 1"),
        ('{"cases": []}', "format None"),
        ('{"format": 1, "cases": []}', "no case to run"),
        ('{"format": 1, "cases": [{"id": "a"}]}', "case 1 (a): lacks venue, kind"),
        ('{"format": 1, "cases": [1]}', "case 1: is not an object"),
        ('{"format": NaN, "cases": []}', "NaN is not a number"),
        ('{"format": 1, "format": 1, "cases": []}', "'format' stands twice"),
    ],
)
def test_files_that_cannot_be_read_exit_2(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    code, _, err = run(path)
    assert code == 2
    assert words in err
    assert str(path) in err or "no case to run" in err


def test_no_such_file_exits_2(tmp_path: Path) -> None:
    code, _, err = run(tmp_path / "none.json")
    assert code == 2
    assert "cannot be read" in err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tolerance": {"abs": -1}}, "tolerance abs -1 is negative"),
        ({"tolerance": {"absolute": 1}}, "tolerance must be"),
        ({"tolerance": {}}, "tolerance must be"),
        ({"expected": {}}, "a case that cannot fail"),
        ({"expected": {"profit": 1}}, "expects profit, which this rule does not give"),
        ({"venue": ""}, "venue '' is not a name"),
        ({"inputs": []}, "inputs is not an object"),
        ({"margin_mode": 3}, "margin_mode 3 is not text"),
    ],
)
def test_cases_that_cannot_be_read_say_why(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    code, out, err = run(a_file(tmp_path, {**PNL, **change}))
    assert code == 2
    assert words in out + err


def test_two_cases_of_one_id_are_refused() -> None:
    twice = json.dumps({"format": 1, "cases": [PNL, PNL]})
    with pytest.raises(CaseError, match="two cases have the id 'pnl'"):
        parse_cases(twice)


def test_neither_numpy_nor_numba_is_loaded() -> None:
    code = (
        "import sys; from pathlib import Path; from solvent.venues.cases import run_files;"
        f"print(run_files([Path({str(OWN)!r})]).failed);"
        "print(sorted({'numpy', 'numba'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["0", "[]"]
