"""A small crash end to end: the books balance, the story agrees with the engine, seeds repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solvent.engine import EventKind
from solvent.feeds.scenes import demo_scenario
from solvent.lab.assumptions import PopulationRules
from solvent.lab.columns import deleveraged_columns
from solvent.lab.compare import gather, run_all
from solvent.lab.listings import SETTLE_EXPONENT
from solvent.lab.opening import account_of
from solvent.lab.result import ReplayResult
from solvent.lab.run import Run, marks_of
from solvent.lab.scenario import Feedback, Options, Scenario
from solvent.lab.story import tell
from solvent.lab.study import differences, interval, study, study_findings
from solvent.lab.tally import Tally, tally
from solvent.lab.waterfalls import WATERFALLS
from solvent.market.impact import ImpactLevel

pytestmark = pytest.mark.xdist_group("replay")

MONEY = 10**SETTLE_EXPONENT
OPTIONS = Options(accounts=400, seed=5, ticks=8)
BOTH = list(WATERFALLS.values())
# Events after which an account has other lots or money.
MOVING = [
    int(EventKind.ORDER_FILLED),
    int(EventKind.INSURANCE_DRAWN),
    int(EventKind.DELEVERAGED),
]
# Everybody levered: a small population that is sure to need fund, deleveraging and all.
EAGER = PopulationRules(quiet_long=0.0, quiet_short=0.0, eager_leverage=25.0)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return demo_scenario(OPTIONS)


@pytest.fixture(scope="module")
def runs(scenario: Scenario) -> list[Run]:
    return run_all(scenario, BOTH, rules=EAGER)


@pytest.fixture(scope="module")
def result(runs: list[Run]) -> ReplayResult:
    return gather("a test", runs)


def test_the_timeline_carries_prices_forward(scenario: Scenario) -> None:
    # BTC has 70 minutes, AVAX 42 of them
    assert len(scenario) == 70 * OPTIONS.ticks
    before = scenario.times_ns < int(scenario.bars[1].times_ns[0])
    after = scenario.times_ns >= scenario.bars[1].end_ns
    assert (scenario.mark[before, 1] == scenario.bars[1].open[0]).all()
    assert (scenario.mark[after, 1] == scenario.bars[1].close[-1]).all()
    assert (scenario.bar[before, 1] == -1).all()
    assert int(scenario.last[:, 0].min()) == int(scenario.bars[0].low.min())
    assert (scenario.step[:, 0] == np.arange(len(scenario)) % OPTIONS.ticks).all()


def test_the_crash_reaches_every_stage(runs: list[Run]) -> None:
    for run in runs:
        counted = tally(run)
        assert run.outcome.audit_ok, run.outcome.audit
        assert counted.liquidated > 0
        assert counted.drawn > 0
        assert counted.deleveraged > 0
        assert counted.notional > 0
        assert counted.unfinished == 0


def test_the_fund_is_what_came_in_less_what_went_out(runs: list[Run]) -> None:
    for run in runs:
        counted = tally(run)
        expected = counted.fund_start + counted.fees + counted.returned - counted.drawn
        assert expected == counted.fund_end
        assert counted.fund_low >= 0


def test_the_same_seed_gives_the_same_digest(scenario: Scenario, runs: list[Run]) -> None:
    again = run_all(scenario, BOTH[:1], rules=EAGER)
    other = run_all(scenario, BOTH[:1], rules=EAGER, seed=6)

    assert again[0].digest == runs[0].digest
    assert other[0].digest != runs[0].digest
    assert runs[0].digest != runs[1].digest


def test_side_by_side_is_one_after_another(scenario: Scenario, runs: list[Run]) -> None:
    together = run_all(scenario, BOTH, rules=EAGER, workers=2)

    assert [run.digest for run in together] == [run.digest for run in runs]
    for one, other in zip(together, runs, strict=True):
        assert (one.record.events() == other.record.events()).all()


def test_how_many_moments_go_to_the_engine_at_once_changes_nothing(
    scenario: Scenario, runs: list[Run]
) -> None:
    one_by_one = run_all(scenario, BOTH[:1], rules=EAGER, level_samples=len(scenario))

    assert one_by_one[0].digest == runs[0].digest


def test_a_story_is_what_the_engine_saw(runs: list[Run]) -> None:
    """Rebuilt equity and requirement agree with every event that carries the engine's own."""
    checked = 0
    for run in runs:
        events = run.record.events()
        started = events[events["kind"] == int(EventKind.LIQUIDATION_STARTED)]
        accounts = account_of(run.population, run.ids)
        alone = np.bincount(accounts) == 1
        coins = run.population.coins[run.population.positions.owner] == 0
        simple = alone[accounts] & (coins | run.population.positions.isolated)
        place_of = {int(a): p for p, a in enumerate(accounts) if simple[p]}
        seen: set[int] = set()
        for row in started:
            account = int(row["account"])
            if account in seen or account not in place_of:
                continue
            seen.add(account)
            story = tell(run, place_of[account], "test")
            at = int(np.searchsorted(story.times_ns, int(row["time"])))
            # The story shows the account after the moment, the event shows it within: compare
            # where nothing else touched it in that moment.
            same = events[events["time"] == row["time"]]
            own = (same["account"] == account) | (same["other"] == account)
            shared = same["kind"] == int(EventKind.LOSS_SOCIALISED)
            if np.isin(same["kind"][own], MOVING).any() or shared.any():
                continue
            assert round(story.equity[at] * MONEY) == int(row["a"])
            assert round(story.requirement[at] * MONEY) == int(row["b"])
            checked += 1
    assert checked > 10


def test_a_story_ends_where_the_tables_end(runs: list[Run]) -> None:
    """Closed and swept accounts end with nothing; the story says so to the last unit."""
    for run in runs:
        accounts = account_of(run.population, run.ids)
        events = run.record.events()
        swept = set(events["account"][events["kind"] == int(EventKind.SWEPT_TO_PARENT)].tolist())
        places = [p for p, a in enumerate(accounts) if int(a) in swept][:20]
        for place in places:
            story = tell(run, place, "test")
            assert story.equity[-1] * MONEY == run.wallets[accounts[place]] == 0
            assert story.events[-1][1].startswith("liquidation ends")


def test_the_deleveraged_were_on_the_other_side(runs: list[Run]) -> None:
    for run in runs:
        columns = deleveraged_columns(run)
        assert len(columns.account)
        assert ((columns.share > 0) & (columns.share <= 1)).all()
        assert (columns.notional > 0).all()
        assert set(columns.side.tolist()) <= {1, -1}
        assert (columns.rank >= 0).all()
        counted = tally(run)
        assert columns.given_up.sum() * MONEY == pytest.approx(counted.given_up, rel=1e-9)


def test_the_result_is_complete_and_says_what_it_is(result: ReplayResult) -> None:
    assert [one.name for one in result.waterfalls] == ["full-close", "partial"]
    for one in result.waterfalls:
        assert {t.key for t in one.totals} == {t.key for t in result.waterfalls[0].totals}
        assert one.audit_ok
        assert len(one.digest) >= 32
        assert one.story is not None
        for levels in one.level_maps:
            assert levels.long.shape == levels.short.shape == (len(levels.times_ns), 120)
            assert levels.long[0].sum() > 0
    words = " ".join([result.statement, *result.findings, *result.absent]).lower()
    for forbidden in ("reproduces", "would have", "venue lost"):
        assert forbidden not in words
    assert "illustration" in result.statement
    assert result.to_json().startswith("{")


def test_a_finding_has_no_figure_of_its_own(runs: list[Run], result: ReplayResult) -> None:
    """Each named total of the tally is what the sentence says."""
    counted = tally(runs[0])
    assert any(f"{counted.liquidated:,} (" in sentence for sentence in result.findings)
    assert any(f"{counted.deleveraged:,} counterparties" in s for s in result.findings)


def test_more_impact_costs_more(scenario: Scenario) -> None:
    def slippage(level: ImpactLevel) -> int:
        one = demo_scenario(replace(OPTIONS, impact=level))
        return tally(run_all(one, BOTH[:1], rules=EAGER)[0]).slippage

    assert slippage(ImpactLevel.LOW) < slippage(ImpactLevel.HIGH)


def test_feedback_moves_a_control_path_and_says_so() -> None:
    scenario = demo_scenario(replace(OPTIONS, feedback=Feedback.ON))
    runs = run_all(scenario, BOTH[:1], rules=EAGER)
    result = gather("a counterfactual", runs)

    marks = marks_of(runs[0], 0)
    control = scenario.mark[:, 0]
    assert runs[0].outcome.audit_ok
    assert (marks <= control).mean() > 0.5  # forced sales push down
    assert marks.min() < control.min()
    # what was taken out of the record lifts the control above it at the low
    assert control.min() > scenario.bars[0].low.min()
    assert "counterfactual" in result.statement
    assert "counterfactual" in result.instruments[0].mark_label
    assert any("control path" in name for name, _, _ in result.parameters)


def test_populations_are_compared_within_themselves(scenario: Scenario) -> None:
    rows = study(scenario, BOTH, 3, rules=EAGER)

    assert rows[0].samples.shape == (2, 3)
    assert len(differences(rows)) == len(rows)
    sentences = study_findings(rows, [w.name for w in BOTH])
    assert "too few" in sentences[-1]
    counts = tally_of(scenario)
    assert rows[0].samples[0, 0] == counts.liquidated


def tally_of(scenario: Scenario) -> Tally:
    return tally(run_all(scenario, BOTH[:1], rules=EAGER)[0])


def test_an_interval_holds_the_mean_and_repeats() -> None:
    values = np.random.default_rng(1).normal(10.0, 2.0, 40)

    low, high = interval(values)

    assert low < values.mean() < high
    assert 0.5 < high - low < 2.5
    assert (low, high) == interval(values)
