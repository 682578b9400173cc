"""The mark of a float formula that a sweep may compile.

`solvent.units.exact` marks integer formulas, and the compiled half checks that they are given
integers. A float formula needs a mark of its own: `@swept` returns the function unchanged and puts
it on a list, in the order of definition, so that whoever compiles a sweep offers exactly these
bodies to the compiler. There is no second copy of a formula.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

SWEPT: Final[list[Callable[..., Any]]] = []
"""Every function marked `@swept`, callees before their callers."""


def swept(function: _Function) -> _Function:
    """Mark a plain Python formula over floats that is also compiled, unchanged.

    A marked function takes floats and booleans, returns a float or a flat tuple of floats, calls
    only `math` and other marked functions, allocates nothing and raises nothing.

    >>> @swept
    ... def half(x: float) -> float:
    ...     return x / 2
    >>> half(3.0), SWEPT.pop() is half
    (1.5, True)
    """
    SWEPT.append(function)
    return function
