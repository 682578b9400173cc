"""The compiled sweep gives what the plain formula gives, one option at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from solvent.prices import Instrument, VolShock, grid, option_value, shocked_value
from solvent.prices.sweep import option_values

MOVES = [Fraction(step, 100) for step in (-16, -8, 0, 8, 16)]


def test_a_book_of_options_in_a_grid_of_scenarios() -> None:
    shock = VolShock(Fraction(45, 100), Fraction(25, 100))
    scenarios = grid(MOVES)
    options = [
        Instrument(
            str(strike),
            kind,
            Fraction(50_000),
            Fraction(strike),
            Fraction(6, 10),
            Fraction(days, 365),
        )
        for strike in (30_000, 50_000, 80_000)
        for kind in ("call", "put")
        for days in (1, 30, 365)
    ]
    forward = [[float(one.forward * (1 + s.move)) for s in scenarios] for one in options]
    vol = [[shock.shocked(one.vol, one.years, s.vol) for s in scenarios] for one in options]
    found = option_values(
        [one.kind == "call" for one in options],
        [float(one.strike) for one in options],
        forward,
        vol,
        [[float(one.years)] for one in options],
    )
    plain = [[float(shocked_value(one, s, shock)) for s in scenarios] for one in options]
    assert found == pytest.approx(np.array(plain), rel=1e-12, abs=1e-9)
    assert found.shape == (18, 15)


def test_degenerate_options_are_worth_what_exercise_gives() -> None:
    found = option_values([True, False], [90, 90], [[100, 80]], [[0.0], [0.5]], [[1.0], [0.0]])
    assert found.tolist() == [[10.0, 0.0], [0.0, 10.0]]
    assert option_value(True, 100.0, 90.0, 0.0, 1.0) == 10.0


def test_shapes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="2 rights and 1 strikes"):
        option_values([True, False], [90], [[100]], 0.5, 1.0)
