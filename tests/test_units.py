"""The plain bodies: directed division against `Fraction`, roots, and the human edge."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent import units

SIGNED = st.integers(-(2**130), 2**130)
POSITIVE = st.integers(1, 2**130)
SMALL = st.integers(-50, 50)  # exact divisions and ties are common here
SMALL_POSITIVE = st.integers(1, 12)


# ------------------------------------------------------------------------------ directed division


@given(SIGNED | SMALL, POSITIVE | SMALL_POSITIVE)
def test_division_rounds_as_it_says(a: int, d: int) -> None:
    assert units.div_floor(a, d) == math.floor(Fraction(a, d))
    assert units.div_ceil(a, d) == math.ceil(Fraction(a, d))


@given(SIGNED | SMALL, SIGNED | SMALL, POSITIVE | SMALL_POSITIVE)
def test_mul_div_rounds_as_it_says(a: int, b: int, d: int) -> None:
    assert units.mul_div_floor(a, b, d) == math.floor(Fraction(a * b, d))
    assert units.mul_div_ceil(a, b, d) == math.ceil(Fraction(a * b, d))


@given(
    SIGNED | SMALL,
    POSITIVE | SMALL_POSITIVE,
    SIGNED | SMALL,
    POSITIVE | SMALL_POSITIVE,
)
def test_ratios_compare_as_fractions(a: int, b: int, c: int, d: int) -> None:
    left, right = Fraction(a, b), Fraction(c, d)
    assert units.ratio_less(a, b, c, d) is (left < right)
    assert units.ratio_cmp(a, b, c, d) == (left > right) - (left < right)


@given(SMALL, SMALL_POSITIVE, st.integers(1, 9))
def test_equal_ratios_are_equal(a: int, b: int, factor: int) -> None:
    assert units.ratio_cmp(a, b, a * factor, b * factor) == 0
    assert not units.ratio_less(a, b, a * factor, b * factor)


@pytest.mark.parametrize("function", [units.mul_div_floor, units.mul_div_ceil])
def test_mul_div_refuses_floats(function: Callable[..., int]) -> None:
    for arguments in ((1.0, 2, 3), (1, 2.0, 3), (1, 2, 3.0)):
        with pytest.raises(TypeError):
            function(*arguments)


@pytest.mark.parametrize("function", [units.ratio_less, units.ratio_cmp])
def test_ratios_refuse_floats(function: Callable[..., int]) -> None:
    for place in range(4):
        arguments: list[object] = [1, 2, 3, 4]
        arguments[place] = 1.0
        with pytest.raises(TypeError):
            function(*arguments)


def test_products_of_int64_scalars_do_not_wrap() -> None:
    """Kernels run uncompiled over NumPy records hand np.int64 to the plain bodies."""
    big = np.int64(2**62)
    with np.errstate(all="raise"):
        assert units.mul_div_floor(big, big, big) == 2**62
        assert units.mul_div_ceil(-big, big, big) == -(2**62)
        assert units.ratio_less(big - 1, big, big, big)
        assert units.ratio_cmp(big, big, big, big) == 0


# ---------------------------------------------------------------------------------- requirements


@st.composite
def pieces(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    scale = draw(st.sampled_from([1, 100, 10_000, 10**6, 10**9, 2**31]) | st.integers(1, 2**31))
    rate = draw(st.integers(0, min(units.RATE_SCALE_MAX, 64 * scale)))
    n = draw(st.integers(0, units.NOTIONAL_MAX) | st.just(units.NOTIONAL_MAX))
    ded_q = draw(st.integers(-units.MONEY_MAX, units.MONEY_MAX))
    return n, rate, scale, ded_q, draw(st.integers(0, scale - 1))


@given(pieces())
def test_rate_ceil_is_one_ceil_of_the_exact_requirement(
    piece: tuple[int, int, int, int, int],
) -> None:
    n, rate, scale, ded_q, ded_r = piece
    exact = Fraction(n * rate, scale) - ded_q - Fraction(ded_r, scale)
    assert units.rate_ceil(n, rate, scale, ded_q, ded_r) == math.ceil(exact)


@given(pieces())
def test_rate_ceil_fits_in_int64_at_every_step(piece: tuple[int, int, int, int, int]) -> None:
    """np.int64 with errors raised is the compiled arithmetic, made to speak up when it wraps."""
    with np.errstate(all="raise"):
        narrow = units.rate_ceil(*(np.int64(number) for number in piece))
    assert int(narrow) == units.rate_ceil(*piece)


@given(st.integers(0, 10**6), st.integers(0, 10_000), st.integers(0, 9_999))
def test_rate_ceil_never_falls_when_the_notional_grows(n: int, rate: int, ded_r: int) -> None:
    here = units.rate_ceil(n, rate, 10_000, 5, ded_r)
    assert here <= units.rate_ceil(n + 1, rate, 10_000, 5, ded_r) <= here + 1


# ------------------------------------------------------------------------------------------ roots


@given(st.integers(0, 2**62 - 1) | st.integers(0, 2**200))
def test_isqrt_is_the_integer_root(n: int) -> None:
    assert units.isqrt(n) == math.isqrt(n)


def test_isqrt_around_every_square_of_a_power_of_two_and_below_a_thousand() -> None:
    edges = [2**k + e for k in range(63) for e in (-1, 0, 1)]
    edges += [(2**k - 1) ** 2 + e for k in range(1, 32) for e in (-1, 0, 1)]
    for n in [*range(1000), *edges]:
        assert units.isqrt(n) == math.isqrt(max(n, 0)), n


# ---------------------------------------------------------------------------------------- bounds


def test_the_bounds_sum_within_int64() -> None:
    positions = units.POSITIONS_PER_ACCOUNT_MAX * units.NOTIONAL_MAX
    profit = 2 * positions  # |value - cost| of every position
    assert units.MONEY_MAX + profit + positions <= units.MAX_INT
    assert np.iinfo(np.int64).max == units.MAX_INT


# ---------------------------------------------------------------------------------------- the mark


def test_the_mark_returns_the_function_itself_and_registers_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(units, "EXACT", [])
    monkeypatch.setattr(units, "EXACT_CALLED", [])

    def short(a: int) -> int:
        return a

    def long(a: int) -> int:
        return a

    assert units.exact(short) is short
    assert units.exact_called(long) is long
    assert [short, long] == units.EXACT
    assert [long] == units.EXACT_CALLED


# ----------------------------------------------------------------------------------- the human edge


@pytest.mark.parametrize(
    ("value", "exponent", "expected"),
    [
        ("12.5", 6, 12_500_000),
        ("0", 6, 0),
        ("-0", 6, 0),
        ("-0.00000001", 8, -1),
        ("+3", 2, 300),
        (".5", 1, 5),
        ("5.", 1, 50),
        ("1_000.25", 2, 100_025),
        ("1e-6", 6, 1),
        ("1E+3", 0, 1000),
        ("2.50e1", 0, 25),
        ("120000000000000000000000000", 6, 12 * 10**31),
        (" 7 ", 0, 7),
        (7, 3, 7000),
        (-7, 0, -7),
        (np.int64(7), 3, 7000),
        (Decimal("1.10"), 2, 110),
        (Decimal("1E+2"), 2, 10_000),
        (Decimal("-1E-8"), 8, -1),
    ],
)
def test_to_units(value: str | int | Decimal, exponent: int, expected: int) -> None:
    result = units.to_units(value, exponent)
    assert result == expected
    assert type(result) is int


@given(st.integers(-(10**40), 10**40), st.integers(0, units.SCALE_EXPONENT_MAX))
def test_from_units_and_back(amount: int, exponent: int) -> None:
    text = units.from_units(amount, exponent)
    assert units.to_units(text, exponent) == amount
    assert units.to_units(Decimal(text), exponent) == amount
    assert Fraction(text) == Fraction(amount, 10**exponent)


def test_to_units_refuses_a_float_and_says_why() -> None:
    with pytest.raises(TypeError, match=r"0\.1 is a float.*write it as text"):
        units.to_units(0.1, 6)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="float"):
        units.to_units(np.float64(1.0), 6)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [True, None, b"1", [1], 1j])
def test_to_units_refuses_other_types(value: object) -> None:
    with pytest.raises(TypeError, match="amount"):
        units.to_units(value, 6)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "1,5", "1.2.3", "--1", "+-1", "1e", "e5", "1e5.5", ".", "nan", "inf",
     "_1", "1_", "1__0", "1.0_0", "0x10", "1 000", "²", "١", "1e999", "1e--2", "1" * 101],
)  # fmt: skip
def test_to_units_refuses_what_is_not_a_decimal_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal amount"):
        units.to_units(text, 6)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_to_units_refuses_decimals_that_are_not_numbers(value: Decimal) -> None:
    with pytest.raises(ValueError, match="is not a decimal amount"):
        units.to_units(value, 6)


@pytest.mark.parametrize("value", ["0.1234567", "-1e-7", Decimal("0.0000001")])
def test_to_units_names_the_inexact_value_and_the_smallest_unit(value: str | Decimal) -> None:
    with pytest.raises(ValueError, match=r"not a whole number of units of 0\.000001 ") as refusal:
        units.to_units(value, 6)
    assert str(refusal.value).startswith(str(value))


@pytest.mark.parametrize("exponent", [-1, 31])
def test_the_scale_has_limits(exponent: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.30"):
        units.to_units("1", exponent)
    with pytest.raises(ValueError, match=r"0\.\.30"):
        units.from_units(1, exponent)


@pytest.mark.parametrize("exponent", [True, 2.0, "2"])
def test_the_scale_is_an_int(exponent: object) -> None:
    with pytest.raises(TypeError, match="not an int"):
        units.to_units("1", exponent)  # type: ignore[arg-type]


def test_from_units_refuses_a_float() -> None:
    with pytest.raises(TypeError):
        units.from_units(1.0, 6)  # type: ignore[arg-type]
