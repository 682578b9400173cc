"""The compiled sweep: many options in many scenarios at once, by the one Black-76.

It loads NumPy and the compiler, so it is imported by name and not with the room. Every function
marked `@swept` is offered to the compiler from its own body: there is no second copy of a formula.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solvent.compiled import kernel, offer
from solvent.prices.black76 import option_value
from solvent.prices.swept import SWEPT

for formula in SWEPT:
    offer(formula)


@kernel
def _sweep(
    is_call: NDArray[np.bool_],
    strike: NDArray[np.float64],
    forward: NDArray[np.float64],
    vol: NDArray[np.float64],
    years: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    for option in range(values.shape[0]):
        for scenario in range(values.shape[1]):
            values[option, scenario] = option_value(
                is_call[option],
                forward[option, scenario],
                strike[option],
                vol[option, scenario],
                years[option, scenario],
                0.0,
            )


def option_values(
    is_call: ArrayLike,
    strike: ArrayLike,
    forward: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
) -> NDArray[np.float64]:
    """Undiscounted Black-76 values, options x scenarios, in the currency of the forward.

    is_call, strike: one per option. forward, vol (annual), years: options x scenarios, or anything
    that broadcasts to it (a column: the same in all scenarios; a row: the same for all options).
    Estimates: equal to `option_value` of each, to the last bit of the machine's `log` and `erf`.

    >>> option_values([True], [55_000], [[50_000, 58_000]], 0.6, 30 / 365).round(4).tolist()
    [[1635.1303, 5555.0964]]

    Raises ValueError when the shapes do not go together.
    """
    calls = np.ascontiguousarray(is_call, np.bool_)
    strikes = np.ascontiguousarray(strike, np.float64)
    given = [np.asarray(part, np.float64) for part in (forward, vol, years)]
    shape = np.broadcast_shapes(strikes[:, None].shape, *(part.shape for part in given))
    if calls.shape != strikes.shape or shape[0] != len(strikes):
        raise ValueError(
            f"{calls.size} rights and {strikes.size} strikes against scenarios of shape {shape};"
            " the first dimension must be the options"
        )
    forwards, vols, times = (np.ascontiguousarray(np.broadcast_to(p, shape)) for p in given)
    values = np.zeros(shape)
    _sweep(calls, strikes, forwards, vols, times, values)
    return values
