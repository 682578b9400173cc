"""A real Deribit chain: its mark prices and deltas from its mark volatilities.

The excerpt in `tests/data` always runs; the whole chain where the shared folder is present.
"""

import ast
import csv
import gzip
from pathlib import Path

import pytest

from solvent.prices import Quote, check_surface, coin_value, greeks, implied_volatility
from solvent.prices.black76 import normal_cdf

HERE = Path(__file__).parent
EXCERPT = HERE / "data" / "deribit_chain_excerpt.csv"
WHOLE = HERE.parents[1] / "shared" / "data" / "deribit_chain" / "options_data.csv.gz"
LARGEST_MISS = 2.4e-4  # BTC
YEAR_MS = 365 * 86_400_000


def excerpt() -> list[dict[str, str]]:
    lines = EXCERPT.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def whole() -> list[dict[str, str]]:
    if not WHOLE.exists():
        pytest.skip(f"the whole chain is not here ({WHOLE.name}); the excerpt is tested")
    with gzip.open(WHOLE, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: str(value) for name, value in ast.literal_eval(row["greeks"]).items()})
    return rows


def market(row: dict[str, str]) -> tuple[bool, float, float, float, float]:
    years = (int(row["expiration_timestamp"]) - int(row["timestamp"])) / YEAR_MS
    return (
        row["option_type"] == "call",
        float(row["underlying_price"]),
        float(row["strike"]),
        float(row["mark_iv"]) / 100,
        years,
    )


def misses(rows: list[dict[str, str]]) -> list[float]:
    return sorted(abs(coin_value(*market(row)) - float(row["mark_price"])) for row in rows)


def test_the_excerpt_is_reproduced() -> None:
    rows = excerpt()
    found = misses(rows)
    assert len(rows) == 41
    assert found[-1] <= LARGEST_MISS
    assert found[len(found) // 2] <= 1e-5


def test_the_whole_chain_is_reproduced() -> None:
    rows = whole()
    found = misses(rows)
    assert len(rows) == 326
    assert found[-1] <= LARGEST_MISS
    assert found[len(found) // 2] <= 5e-6


@pytest.mark.parametrize("rows", [excerpt, whole])
def test_deltas_are_those_of_the_venue(rows: object) -> None:
    for row in rows():  # type: ignore[operator]
        assert greeks(*market(row)).delta == pytest.approx(float(row["delta"]), abs=2e-4)


def test_a_wrong_sign_or_clock_would_be_seen() -> None:
    """The tolerance is no carpet: each of these mistakes breaks it."""
    rows = excerpt()

    def worst(change: object) -> float:
        return max(
            abs(coin_value(*change(*market(row))) - float(row["mark_price"]))  # type: ignore[operator]
            for row in rows
        )

    assert worst(lambda c, f, k, v, t: (not c, f, k, v, t)) > LARGEST_MISS
    assert worst(lambda c, f, k, v, t: (c, f, k, v, t * 365 / 360)) > LARGEST_MISS
    assert worst(lambda c, f, k, v, t: (c, f * 1.001, k, v, t)) > LARGEST_MISS
    assert normal_cdf(0.1) != normal_cdf(-0.1)


def test_implied_volatility_of_marks_with_time_value() -> None:
    checked = 0
    for row in excerpt():
        is_call, forward, strike, vol, years = market(row)
        price = float(row["mark_price"]) * forward
        floor = max(0.0, forward - strike if is_call else strike - forward)
        if price - floor < 1e-3 * forward:  # the mark's own eighth digit is too coarse below
            continue
        found = implied_volatility(is_call, price, forward, strike, years)
        assert found == pytest.approx(vol, abs=0.02)
        checked += 1
    assert checked >= 25


def test_a_planted_arbitrage_is_found_in_the_chain() -> None:
    """One volatility raised by 25 points: that strike shows up, and nothing else changes there."""
    quotes = [
        Quote(forward, round(years, 2), strike, vol)
        for _, forward, strike, vol, years in map(market, excerpt())
    ]
    before = set(check_surface(quotes, tolerance=1e-4))
    place = next(i for i, q in enumerate(quotes) if 8_000 < q.strike < 10_000 and q.years > 0.05)
    dented = quotes[place]
    quotes[place] = Quote(dented.forward, dented.years, dented.strike, dented.vol + 0.25)
    new = set(check_surface(quotes, tolerance=1e-4)) - before
    assert any(one.strike == dented.strike and one.years == dented.years for one in new)
    assert {one.kind for one in new} <= {"vertical", "butterfly", "calendar"}
