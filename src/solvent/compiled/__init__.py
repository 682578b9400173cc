"""The one jit decorator, and the compiled half of everything marked `@exact`.

Kernels (loops over record tables) are written as plain Python and decorated with `kernel` or
`inline_kernel`. They may call any function marked `@exact` in `solvent.units` or in a room above
theirs: the marked function itself is compiled, there is no second copy of a formula. Only the five
functions that need a 128-bit product (`mul_div_floor`, `mul_div_ceil`, `ratio_less`, `ratio_cmp`
and, through them, whoever calls these) have a second body, in `products`. `cache` says where
machine code is kept, `reference` how tables go from kernel to kernel.

What it is not: it holds no formula, no table and no state of an account.

What always holds:

- A kernel takes scalars, record arrays and NamedTuples of them, and allocates nothing (scratch
  arrays are passed in). Numba's runtime is switched off for it: reference counting of a dozen
  arrays at every call of a helper costs more than the arithmetic.
- `//` and `%` mean what they mean in Python (floor), for every divisor but 0. Dividing by 0 gives
  0 instead of raising, and int64 wraps silently: bounds are proven where numbers are admitted.
- A compiled result is never older than its source. Machine code is kept on disk in a folder named
  by the hash of every source file a kernel can import, the options and the versions; Numba's own
  key sees one file only and would go silently stale.
- `SOLVENT_JIT=0` (or `NUMBA_DISABLE_JIT=1`) runs the same kernels as plain Python, without Numba.

Environment: `SOLVENT_CACHE` names the folder for machine code (default: the user's cache folder).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from solvent.compiled.products import offer, register_exact
from solvent.compiled.reference import by_reference
from solvent.compiled.switch import COMPILED, OPTIONS, OPTIONS_INLINE, ROOMS

if TYPE_CHECKING:
    numba: Any
    types: Any
elif COMPILED:
    import numba
    from numba.core import types

from solvent.compiled import cache

__all__ = [
    "ROOMS",
    "CompileStatus",
    "by_reference",
    "compile_status",
    "inline_kernel",
    "is_compiled",
    "kernel",
    "offer",
    "plain",
    "register_exact",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def is_compiled() -> bool:
    """Whether kernels of this process are compiled; False under `SOLVENT_JIT=0`.

    >>> is_compiled() in (True, False)
    True
    """
    return COMPILED


def kernel(function: _Function) -> _Function:
    """Compile a function over scalars and record arrays (lazily, once per signature, on disk).

    The function must live in one of `ROOMS`, or outside the package (a test, a benchmark); then it
    may call kernels of its own file and of the rooms, but not of a third file, whose changes the
    cache would not see. Raises `TypeError` for a function of another room of `solvent`.
    Returns the function itself under `SOLVENT_JIT=0`.

    >>> from solvent import units
    >>> @kernel
    ... def half(amount: int) -> int:
    ...     return units.div_floor(amount, 2)
    >>> half(-7)
    -4
    """
    return _compile(function, OPTIONS)


def inline_kernel(function: _Function) -> _Function:
    """A `kernel` that is copied into the kernels that call it: for short helpers on the hot path.

    >>> from solvent import units
    >>> @inline_kernel
    ... def third(amount: int) -> int:
    ...     return units.div_floor(amount, 3)
    >>> third(-7)
    -3
    """
    return _compile(function, OPTIONS_INLINE)


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The Python body of a kernel; of anything else, the thing itself.

    >>> plain(len) is len
    True
    """
    body: Callable[..., Any] = getattr(function, "py_func", function)
    return body


class CompileStatus(NamedTuple):
    """What `compile_status` knows: enough to say "compiling (once)" before a first run."""

    compiled: bool
    """Kernels are compiled in this process (`is_compiled`)."""
    warm: bool
    """Machine code for these very sources is on disk, or none is needed."""
    kernels: int
    """How many kernels have machine code on disk."""
    folder: str
    """Where it is; empty when nothing is kept."""


def compile_status() -> CompileStatus:
    """Whether a first call will load machine code or compile it (tens of seconds for the engine).

    >>> compile_status().compiled == is_compiled()
    True
    """
    if not COMPILED:
        return CompileStatus(compiled=False, warm=True, kernels=0, folder="")
    folder = cache.folder_of_code()
    if folder is None:
        return CompileStatus(compiled=True, warm=False, kernels=0, folder="")
    count = cache.count_indices(folder)
    return CompileStatus(compiled=True, warm=count > 0, kernels=count, folder=str(folder))


def _compile(function: _Function, options: dict[str, Any]) -> _Function:
    package, _, room = function.__module__.partition(".")
    if package == "solvent" and room.partition(".")[0] not in ROOMS:
        raise TypeError(
            f"{function.__module__}.{function.__qualname__} cannot be a kernel: its room is not in"
            f" solvent.compiled.ROOMS, so a change of it would not reach the machine code on disk"
        )
    if not COMPILED:
        return function
    register_exact()
    dispatcher = numba.njit(**options)(function)
    _ignore_literals(dispatcher)
    cache.keep_on_disk(dispatcher, register_exact)
    return dispatcher  # type: ignore[no-any-return]


def _ignore_literals(dispatcher: Any) -> None:
    """Compile a kernel once per type, not once per constant it is called with.

    Numba types a constant argument of a kernel called from a kernel by its value; every call site
    then costs a compilation of its own (an engine of 100 kernels: minutes).
    """
    resolve = dispatcher.get_call_template

    def by_type(args: Any, kws: Any) -> Any:
        plain_args = tuple(types.unliteral(arg) for arg in args)
        return resolve(plain_args, {name: types.unliteral(arg) for name, arg in kws.items()})

    dispatcher.get_call_template = by_type
