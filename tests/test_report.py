"""The page: whole, self-contained, escaped, with the numbers it was given."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.report_sample import quiet, sample

from solvent.lab.result import (
    AccountStory,
    Deleveraged,
    InstrumentSeries,
    Liquidations,
    ReplayResult,
    StageLoss,
    Total,
)
from solvent.report import render_report, write_report

VOID = {"meta", "br", "hr", "img", "col"}
SIZE_MAX = 3_000_000


class Page(HTMLParser):
    """Tags, attributes and text of a page; an unbalanced tag is a failure."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[tuple[str, str]] = []  # innermost tag, words
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append((self.open[-1] if self.open else "", data))

    def words(self) -> str:
        """All text a reader sees."""
        return "".join(words for tag, words in self.text if tag not in {"script", "style"})

    def of(self, tag: str) -> list[str]:
        """Texts directly inside elements of this tag."""
        return [words for inside, words in self.text if inside == tag]


@pytest.fixture(scope="module")
def result() -> ReplayResult:
    return sample()


@pytest.fixture(scope="module")
def html(result: ReplayResult) -> str:
    return render_report(result)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_needs_no_host(html: str, page: Page) -> None:
    assert not re.search(r"https?:|\bwss?:|@import|url\((?!#)|//[a-z0-9-]+\.[a-z]", html, re.I)
    for tag, name, value in page.attributes:
        if name in {"href", "src", "xlink:href", "action", "srcset"}:
            assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:60])
        assert not name.startswith("on")
        assert name != "style"


def test_only_the_two_known_texts_may_run(html: str, page: Page) -> None:
    policy = next(v for _, name, v in page.attributes if name == "content" and "default-src" in v)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        assert page.tags[tag] == 1
        body = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [v for _, name, v in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name == "href" and value.startswith("#"):
            assert value[1:] in ids
        if name == "clip-path":
            assert value[5:-1] in ids


def test_page_one_says_what_this_is(result: ReplayResult, page: Page) -> None:
    words = page.words()
    front = words[: words.index("The price, and who was forced out")]
    for expected in (
        result.title,
        result.subtitle,
        result.statement,
        *result.absent,
        *result.findings,
        *(w.description for w in result.waterfalls),
    ):
        assert expected in front
    assert "not a reproduction" in front
    assert "already contain the day's real forced trades" in front


def test_every_chart_is_there(result: ReplayResult, html: str) -> None:
    by_section = {
        m[2]: m[1]
        for m in re.finditer(r"(<section id=\"([a-z]+)\">.*?)(?=<section|<footer)", html, re.S)
    }
    pairs = len(result.instruments) * len(result.waterfalls)
    expected = {
        "price": pairs,
        "levels": pairs,
        "losses": len(result.waterfalls),
        "fund": 1,
        "deleveraged": len(result.waterfalls),
        "account": len(result.waterfalls),
        "study": len(result.study),
    }
    for name, count in expected.items():
        section = by_section[name]
        figures = re.findall(r"<figure.*?</figure>", section, re.S)
        assert len(figures) == count, name
        for figure in figures:
            assert figure.count("<h3>") == 1
            assert 'role="img"' in figure
            assert "<figcaption>" in figure
            # A phone's drawing and a desk's.
            assert 'v-narrow"' in figure
            assert 'v-wide"' in figure


def test_figures_equal_what_was_given(result: ReplayResult, html: str, page: Page) -> None:
    values = [v for tag, name, v in page.attributes if tag == "data" and name == "value"]
    for waterfall in result.waterfalls:
        for total in waterfall.totals:
            assert total.exact() in values
            if total.key_figure:
                assert f"{round(total.value / total.scale):,}" in page.words()
        for stage in waterfall.losses:
            assert str(stage.amount) in values
        assert str(sum(s.amount for s in waterfall.losses)) in values
        assert waterfall.digest in page.words()
        assert waterfall.audit in page.words()
        assert html.count("audit passed") == len(result.waterfalls)
    for name, value, note in result.parameters:
        assert name in page.words()
        assert value in page.words()
        assert note in page.words()


def test_a_failed_audit_is_said(result: ReplayResult) -> None:
    first = replace(result.waterfalls[0], audit_ok=False, audit="3 levels differ")
    page = Page(render_report(replace(result, waterfalls=[first], study=())))
    assert "audit failed" in page.words()
    assert "audit passed" not in page.words()


def test_the_drawings_hold_numbers_inside_their_frame(html: str) -> None:
    for word in ("nan", "inf", "None", r"e[+-]"):
        assert not re.search(rf' (?:d|x|y|cx|cy|r|width|height|viewBox)="[^"]*{word}', html)
    drawings = re.findall(
        r'(<svg viewBox="0 0 ([0-9.]+) ([0-9.]+)" role="img".*?</svg>)', html, re.S
    )
    assert len(drawings) > 20
    for body, width, height in drawings:
        assert float(width) in {356.0, 548.0, 1120.0}
        for x, y in re.findall(r'<text x="(-?[0-9.]+)" y="(-?[0-9.]+)"', body):
            assert 0 <= float(x) <= float(width)
            assert 0 <= float(y) <= float(height)


def test_the_same_result_gives_the_same_bytes(html: str, tmp_path: Path) -> None:
    code = (
        "import hashlib; from tests.report_sample import sample; "
        "from solvent.report import render_report; "
        "print(hashlib.sha256(render_report(sample()).encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parent.parent
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == hashlib.sha256(html.encode()).hexdigest()


def test_a_large_replay_stays_small_on_the_page(result: ReplayResult) -> None:
    rng = np.random.default_rng(5)
    n = 300_000
    series = result.instruments[0]
    at = np.sort(rng.integers(0, len(series.marks), n))
    liquidations = Liquidations(
        time_ns=series.times_ns[at],
        instrument=np.zeros(n, dtype=np.int64),
        side=rng.choice([-1, 1], n),
        notional=rng.lognormal(8, 2, n),
        price=series.marks[at] * rng.normal(1, 0.002, n),
        account=np.arange(n),
    )
    n = 20_000
    deleveraged = Deleveraged(
        account=np.arange(n),
        instrument=rng.integers(0, 2, n),
        side=rng.choice([-1, 1], n),
        share=rng.random(n),
        notional=rng.lognormal(9, 2, n),
        given_up=rng.normal(0, 100, n),
        leverage=rng.lognormal(2, 2, n),
        rank=np.arange(n),
    )
    waterfalls = [
        replace(
            w,
            liquidations=liquidations,
            deleveraged=deleveraged,
            fund_times_ns=series.times_ns[at],
            fund=np.maximum(0, rng.normal(1e6, 1e5, len(at))),
        )
        for w in result.waterfalls
    ]
    html = render_report(replace(result, waterfalls=waterfalls))
    assert len(html.encode()) < SIZE_MAX
    Page(html)


def test_the_sample_is_well_below_the_limit(html: str) -> None:
    assert len(html.encode()) < SIZE_MAX / 3


def test_a_quiet_day_is_told_in_sentences() -> None:
    html = render_report(quiet())
    words = Page(html).words()
    for sentence in (
        "No position in BTCUSDT was liquidated",
        "No position in AVAXUSDT was liquidated",
        "No map of them was recorded.",
        "No equity was destroyed",
        "No insurance fund took part in this replay",
        "Nobody was deleveraged",
    ):
        assert sentence in words
    assert 'id="account"' not in html
    assert 'id="study"' not in html


def test_one_quiet_waterfall_beside_a_busy_one(result: ReplayResult) -> None:
    calm = quiet().waterfalls[1]
    words = Page(render_report(replace(result, waterfalls=[result.waterfalls[0], calm]))).words()
    assert "Nobody was deleveraged" in words
    assert "No equity was destroyed" in words
    assert "positions, " in words


@pytest.mark.parametrize("count", [1, 3])
def test_other_numbers_of_waterfalls(result: ReplayResult, count: int) -> None:
    some = [replace(result.waterfalls[i % 2], name=f"Policy {i}") for i in range(count)]
    words = Page(render_report(replace(result, waterfalls=some, study=()))).words()
    for i in range(count):
        assert f"BTCUSDT · Policy {i}" in words


def test_moments_without_a_mark_are_left_out(result: ReplayResult) -> None:
    """An account may be older than the instrument whose mark is drawn below it."""
    story = result.waterfalls[0].story
    assert story is not None
    mark = story.mark.copy()
    mark[:5] = np.nan
    series = result.instruments[1]
    marks = series.marks.copy()
    marks[:40] = np.nan
    changed = replace(
        result,
        instruments=[result.instruments[0], replace(series, marks=marks)],
        waterfalls=[replace(w, story=replace(story, mark=mark)) for w in result.waterfalls],
    )
    assert "nan" not in re.sub(r"<(script|style)>.*?</\1>", "", render_report(changed)).lower()


def test_an_instrument_without_marks_and_bars(result: ReplayResult) -> None:
    series = result.instruments[1]
    empty = np.empty(0)
    none = replace(
        series,
        times_ns=np.empty(0, dtype=np.int64),
        marks=empty,
        bar_times_ns=np.empty(0, dtype=np.int64),
        open=empty,
        high=empty,
        low=empty,
        close=empty,
        volume=empty,
    )
    changed = replace(result, instruments=[result.instruments[0], none])
    assert "No marks of AVAXUSDT were given" in Page(render_report(changed)).words()


HOSTILE = (
    "</script></style></title><script>alert(1)</script>"
    "<img src=x onerror='alert(2)'>\"'&amp;]]>\x00\x1b"
)


def _hostile(result: ReplayResult) -> ReplayResult:
    bad = HOSTILE

    def series(one: InstrumentSeries) -> InstrumentSeries:
        return replace(one, symbol=bad, price_unit=bad, source=bad, mark_label=bad)

    def story(one: AccountStory | None) -> AccountStory | None:
        if one is None:
            return None
        return replace(one, why=bad, events=[(t, bad) for t, _ in one.events])

    def total(one: Total) -> Total:
        return replace(one, label=bad, unit=bad, note=bad)

    def stage(one: StageLoss) -> StageLoss:
        return replace(one, key=bad + one.key, label=bad, note=bad)

    return replace(
        result,
        title=bad,
        subtitle=bad,
        statement=bad,
        asset=bad,
        absent=[bad],
        parameters=[(bad, bad, bad)],
        findings=[bad],
        instruments=[series(i) for i in result.instruments],
        waterfalls=[
            replace(
                w,
                name=bad,
                description=bad,
                digest=bad,
                audit=bad,
                totals=[total(t) for t in w.totals],
                losses=[stage(s) for s in w.losses],
                story=story(w.story),
            )
            for w in result.waterfalls
        ],
        machine=bad,
        versions=[(bad, bad)],
        study=[replace(row, label=bad, unit=bad) for row in result.study],
    )


def test_hostile_text_stays_text(result: ReplayResult, page: Page) -> None:
    html = render_report(_hostile(result))
    hostile = Page(html)
    assert hostile.tags["script"] == page.tags["script"] == 1
    assert hostile.tags["style"] == page.tags["style"] == 1
    assert hostile.tags["img"] == 0
    assert not any(name.startswith("on") for _, name, _ in hostile.attributes)
    assert "\x00" not in html
    assert "\x1b" not in html
    shown = HOSTILE.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert shown in hostile.of("title")
    assert hostile.words().count(shown) > 60


def test_the_read_outs_are_valid_and_within_the_plot(page: Page) -> None:
    told = [json.loads(v) for _, name, v in page.attributes if name == "data-read-out"]
    assert len(told) >= 10
    for one in told:
        assert one["nearest"] in {"x", "xy"}
        for x, y, words in one["points"]:
            assert -0.01 <= x <= 1.01
            assert -0.01 <= y <= 1.01
            assert words


def test_writing_is_all_or_nothing(result: ReplayResult, html: str, tmp_path: Path) -> None:
    path = write_report(result, tmp_path / "report.html")
    assert path.read_bytes() == html.encode()
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_report(result, tmp_path / "taken")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "taken"]


def test_a_long_story_is_cut_in_the_middle(result: ReplayResult) -> None:
    first = result.waterfalls[0]
    assert first.story is not None
    times = first.story.times_ns
    many = [(int(times[i]), f"event {i}") for i in range(40)]
    long = replace(first, story=replace(first.story, events=many))
    short = replace(first, story=replace(first.story, events=()))
    words = Page(render_report(replace(result, waterfalls=[long, short]))).words()
    assert "26 events in the middle are left out." in words
    assert "event 6" in words
    assert "event 7 " not in words
    assert "event 39" in words
    assert "Nothing happened to this account but the price." in words


def test_a_story_with_one_moment_and_no_shortfall(result: ReplayResult) -> None:
    first = result.waterfalls[0]
    assert first.story is not None
    one = replace(
        first.story,
        times_ns=first.story.times_ns[:1],
        equity=np.array([5.0]),
        requirement=np.array([1.0]),
        mark=np.array([25.0]),
        events=(),
    )
    words = Page(
        render_report(replace(result, waterfalls=[replace(first, story=one)], study=()))
    ).words()
    assert "Equity of account 48213 went from 5 to 5\xa0USDT" in words
    assert "Below its requirement" not in words


def test_waterfalls_may_have_different_stages(result: ReplayResult) -> None:
    first, second = result.waterfalls
    fewer = replace(second, losses=second.losses[:1])
    odd = StageLoss(
        key="keeper_bonus", label="A stage with a name too long for its bar " * 4, amount=7
    )
    more = replace(first, losses=[*first.losses, odd])
    page = Page(render_report(replace(result, waterfalls=[more, fewer])))
    assert "The liquidated accounts' own margin bore everything" in page.words()
    assert any(v == "7" for t, n, v in page.attributes if (t, n) == ("data", "value"))


def test_an_emptied_fund_is_dated(result: ReplayResult) -> None:
    first = result.waterfalls[0]
    start = int(first.fund_times_ns[0])
    emptied = replace(
        first,
        fund_times_ns=np.array([start, start + 9 * 60 * 10**9]),
        fund=np.array([1_000_000.0, 0.0]),
    )
    words = Page(render_report(replace(result, waterfalls=[emptied], study=()))).words()
    assert "the fund lost 1.00M\xa0USDT, empty at 20:59." in words


def test_a_study_without_numbers_says_so(result: ReplayResult) -> None:
    row = replace(result.study[0], samples=np.full((2, 3), np.nan))
    words = Page(render_report(replace(result, study=[row]))).words()
    assert "Deficit beyond own margin: no samples" in words
