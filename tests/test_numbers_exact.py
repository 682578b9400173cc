"""Numbers as people give them: hostile ones are refused at once, long ones keep every digit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from time import perf_counter

import pytest

import solvent
from solvent.venues.account_file import account_from
from solvent.venues.cases import CaseError, parse_cases
from solvent.venues.numbers import InputError, exact, text

LONG = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000", "wallet": "20000"}
HOSTILE = ["1e999999999", "1E-99999999999999", Decimal("1e999999999"), "9" * 5000, 10**5000]
NONE = [
    float("nan"),
    float("inf"),
    "nan",
    "inf",
    "",
    " ",
    "-",
    "1/0",
    "1e5/3",
    None,
    True,
    [],
    b"5",
]


@pytest.mark.parametrize("value", [*HOSTILE, *NONE], ids=lambda value: type(value).__name__)
def test_what_is_no_number_is_refused_quickly_in_one_line(value: object) -> None:
    began = perf_counter()
    with pytest.raises(InputError) as refused:
        exact(value, "size")
    assert perf_counter() - began < 0.5
    assert str(refused.value).startswith("size: ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_numbers_of_many_digits_are_exact() -> None:
    assert exact("1e300", "x") == 10**300
    assert exact("0." + "0" * 200 + "1", "x") == Fraction(1, 10**201)
    assert text(Fraction("123456789012345678901234567890.5")) == "123456789012345678901234567890.5"
    assert text(Fraction("-0.05"), Fraction("0.01")) == "-0.05"
    assert text(Fraction(10**40), Fraction("0.1")) == "1" + "0" * 40 + ".0"


def test_a_hostile_number_in_a_file_is_named() -> None:
    row = '{"symbol": "BTCUSDT", "side": "long", "size": 1e999999999, "entry": 1}'
    with pytest.raises(InputError, match=r"position 1: size: 1E\+999999999 has more than 1000"):
        account_from(f'{{"venue": "binance-usdm", "wallet": 1, "positions": [{row}]}}', "json")
    with pytest.raises(CaseError, match=r"made\.json: holds an integer of thousands of digits"):
        parse_cases('{"format": 1, "cases": [' + "9" * 5000 + "]}", "made.json")


def test_a_tick_given_is_the_tick_used() -> None:
    own = solvent.liquidation_price("binance-usdm", **LONG)
    coarse = solvent.liquidation_price("binance-usdm", tick="5", **LONG)
    assert coarse.exact == own.exact
    assert (coarse.safe_tick, coarse.violating_tick) == (48215, 48210)
    with pytest.raises(InputError, match="kind: 'inverse' given; BTCUSDT is linear"):
        solvent.liquidation_price("binance-usdm", kind="inverse", **LONG)


def test_a_venue_is_a_name_and_an_order_a_mapping() -> None:
    with pytest.raises(InputError, match="venue: 5 is not a name"):
        solvent.liquidation_price(5, **LONG)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="order: 'x' is not a mapping"):
        solvent.liquidation_price("binance-usdm", orders="x", **LONG)
