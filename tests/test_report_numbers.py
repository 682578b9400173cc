"""Numbers, axes, markup, terminal tables and `--json`: small things that must not be wrong."""

from __future__ import annotations

import doctest
import io
import json
import math
import zlib
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tests.report_sample import sample

import solvent.lab.result
import solvent.report.axes
import solvent.report.markup
import solvent.report.numbers
from solvent.lab.result import StudyRow, exact_text
from solvent.report import print_result
from solvent.report.axes import Scale, step_for, thinned, ticks, time_ticks
from solvent.report.markup import Markup, escape, node
from solvent.report.numbers import MINUS, compact, grouped, money, percent, price
from solvent.report.raster import png
from solvent.report.svg import fitted, text_width


@pytest.mark.parametrize(
    "module",
    [
        solvent.lab.result,
        solvent.report.axes,
        solvent.report.markup,
        solvent.report.numbers,
    ],
    ids=lambda m: m.__name__,
)
def test_examples_in_docstrings(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


@given(st.integers(-(10**30), 10**30), st.integers(0, 12), st.integers(0, 8))
def test_grouped_is_the_nearest_decimal(value: int, digits: int, places: int) -> None:
    scale = 10**digits
    text = grouped(value, scale, places).replace(",", "").replace(MINUS, "-")
    assert abs(Fraction(text) - Fraction(value, scale)) <= Fraction(1, 2 * 10**places)


@given(st.integers(-(10**30), 10**30), st.integers(0, 12))
def test_exact_text_is_exact(value: int, digits: int) -> None:
    assert Fraction(exact_text(value, 10**digits)) == Fraction(value, 10**digits)


@given(st.integers(-(10**24), 10**24))
def test_money_keeps_what_a_reader_needs(value: int) -> None:
    shown = Fraction(money(value, 10**6).replace(",", "").replace(MINUS, "-"))
    exact = Fraction(value, 10**6)
    allowed = Fraction(1, 2) if abs(exact) >= 1000 else Fraction(1, 200)
    assert abs(shown - exact) <= allowed
    if 0 < abs(exact) < 1:
        assert shown == exact


@given(st.floats(-1e15, 1e15).filter(lambda v: v == 0 or abs(v) > 1e-5))
def test_compact_has_three_digits(value: float) -> None:
    text = compact(value).replace(MINUS, "-")
    factor = 1.0
    for suffix, size in (("bn", 1e9), ("tn", 1e12), ("M", 1e6), ("k", 1e3)):
        if text.endswith(suffix):
            text, factor = text.removesuffix(suffix), size
            break
    assert math.isclose(float(text) * factor, value, rel_tol=0.0051, abs_tol=1e-12)
    assert len(text.replace("-", "").replace(".", "").lstrip("0")) <= 4


def test_small_and_odd_numbers() -> None:
    assert percent(0.0) == "0\xa0%"
    assert percent(0.994) == "99.4\xa0%"
    assert percent(0.9) == "90\xa0%"
    assert percent(0.00001) == "<0.01\xa0%"
    assert percent(-0.5) == MINUS + "50\xa0%"
    assert percent(math.nan) == compact(math.inf) == price(math.nan) == "–"
    assert price(0.000123) == "0.000123"
    assert price(105_000.0, 2500.0) == "105,000"
    assert price(0.75, 0.25) == "0.75"


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_round_and_inside(lo: float, span: float, about: int) -> None:
    hi = lo + span
    if not hi - lo > abs(lo) * 1e-9:
        return
    found = ticks(lo, hi, about)
    step = step_for(hi - lo, about)
    assert len(found) <= about + 1
    for value in found:
        assert lo - 1e-6 * step - 1e-9 * abs(lo) <= value <= hi + 1e-6 * step + 1e-9 * abs(hi)


@given(st.integers(0, 2 * 10**18), st.integers(1, 10**17), st.integers(3, 12))
def test_time_ticks_are_inside(lo: int, span: int, about: int) -> None:
    found = time_ticks(lo, lo + span, about)
    assert all(lo <= t <= lo + span for t in found)
    assert len(found) <= about + 1


def test_a_scale_maps_ends_to_ends() -> None:
    scale = Scale(10.0, 20.0, 100.0, 0.0)
    assert scale(10.0) == 100.0
    assert scale(20.0) == 0.0
    assert scale.all(np.array([15.0])).tolist() == [50.0]


def test_thinning_keeps_ends_and_extremes() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=10_000)
    times = np.arange(10_000.0)
    t, v = thinned(times, values, 100)
    assert len(v) <= 402
    assert (t[0], t[-1]) == (0.0, 9_999.0)
    assert (v.min(), v.max()) == (values.min(), values.max())
    assert (np.diff(t) > 0).all()
    assert np.array_equal(values[t.astype(int)], v)


def test_markup_is_escaped_once() -> None:
    assert node("p", "<i>", Markup("<b></b>"), title='"<') == (
        '<p title="&quot;&lt;">&lt;i&gt;<b></b></p>'
    )
    assert escape("\x07\ud800") == "\ufffd\ufffd"
    with pytest.raises(ValueError, match="coordinate"):
        node("rect", x=math.nan)


def test_text_is_cut_to_the_room_it_has() -> None:
    assert fitted("short", 100) == "short"
    cut = fitted("a name that is far too long", 60)
    assert cut.endswith("…")
    assert text_width(cut) <= 60


def test_a_png_has_the_pixels_it_was_given() -> None:
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    data = png(pixels)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = zlib.decompress(data[start : start + length])
    assert rows == b"".join(b"\0" + row.tobytes() for row in pixels)
    with pytest.raises(ValueError, match="RGBA"):
        png(np.zeros((1, 1, 3), dtype=np.uint8))


def _printed(result: object, width: int = 120) -> str:
    out = io.StringIO()
    print_result(result, Console(file=out, width=width, no_color=True))  # type: ignore[arg-type]
    return out.getvalue()


def test_the_terminal_shows_totals_stages_and_findings() -> None:
    result = sample()
    text = _printed(result)
    for waterfall in result.waterfalls:
        assert waterfall.name in text
        assert waterfall.digest[:16] in text
        for total in waterfall.totals:
            if total.key_figure:
                assert f"{round(total.value / total.scale):,}" in text
        for stage in waterfall.losses:
            assert stage.label in text
            assert money(stage.amount, result.scale) in text
    assert "passed" in text
    flat = " ".join(text.split())
    for words in (*result.findings, result.statement, *result.absent):
        assert words in flat


def test_the_terminal_reads_no_markup_from_outside() -> None:
    result = sample()
    named = [replace(w, name="[red]x[/red]", audit_ok=False) for w in result.waterfalls]
    text = _printed(replace(result, waterfalls=named, title="[/bold] oops"))
    assert "[red]x[/red]" in text
    assert "[/bold] oops" in text
    assert "FAILED" in text


def test_json_is_exact() -> None:
    result = sample()
    data = json.loads(result.to_json())
    for waterfall, told in zip(result.waterfalls, data["waterfalls"], strict=True):
        assert told["digest"] == waterfall.digest
        assert told["audit"] == {"ok": True, "verdict": waterfall.audit}
        for total in waterfall.totals:
            value = told["totals"][total.key]["value"]
            assert Fraction(value) == Fraction(total.value, total.scale)
            assert isinstance(value, int if total.scale == 1 else str)
        for stage in waterfall.losses:
            shown = told["losses"][stage.key]["value"]
            assert Fraction(shown) == Fraction(stage.amount, result.scale)
    assert data["absent"] == list(result.absent)
    assert result.to_json() == sample().to_json()


def test_json_refuses_what_is_no_number() -> None:
    row = StudyRow(label="x", unit="", samples=np.array([[math.nan]]))
    with pytest.raises(ValueError, match="JSON"):
        replace(sample(), study=[row]).to_json()
