"""The compiled half of everything marked `@exact`: offered to kernels from its own body, but for
the products of 128 bits, whose second bodies are here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from solvent import units
from solvent.compiled.switch import COMPILED, OPTIONS, OPTIONS_INLINE

if TYPE_CHECKING:
    numba: Any
    types: Any
    TypingError: Any
    intrinsic: Any
    overload: Any
    ir: Any
    np: Any
elif COMPILED:
    import numba
    import numpy as np
    from llvmlite import ir
    from numba.core import types
    from numba.core.errors import TypingError
    from numba.extending import intrinsic, overload


def register_exact() -> int:
    """Make every function marked `@exact` so far callable from kernels; returns how many were new.

    `kernel` calls it, and so does each compilation, so a module imported late is seen: nobody else
    needs to call it.
    """
    global _exact_seen
    if not COMPILED:
        return 0
    with _exact_lock:
        new = units.EXACT[_exact_seen:]
        for function in new:
            called = any(function is other for other in units.EXACT_CALLED)
            _offer(function, OPTIONS if called else OPTIONS_INLINE)
        _exact_seen += len(new)
    return len(new)


_exact_seen = 0
_exact_lock = threading.Lock()


def offer(function: Callable[..., Any]) -> None:
    """Let kernels call a plain function over floats, compiled from its own body. What it calls must
    have been offered before. (Integer formulas are marked `@exact` instead, and checked.)
    """
    if COMPILED:

        @overload(function, jit_options=OPTIONS, strict=False)  # type: ignore[untyped-decorator]
        def body(*args: Any, **kwargs: Any) -> Any:
            return function


if COMPILED:
    # LLVM multiplies and compares 128-bit integers in a few instructions. It divides them by a
    # call of a library function that is not linked (the process aborts), so the quotient is made
    # here from 64-bit divisions.

    @intrinsic  # type: ignore[untyped-decorator]
    def _product(context: Any, a: Any, b: Any) -> Any:
        """(int64 a, int64 b) -> (a * b wrapped, whether it wrapped)."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pair = builder.smul_with_overflow(*args)
            parts = [builder.extract_value(pair, 0), builder.extract_value(pair, 1)]
            return context.make_tuple(builder, signature.return_type, parts)

        return types.Tuple((types.int64, types.boolean))(types.int64, types.int64), generate

    @intrinsic  # type: ignore[untyped-decorator]
    def _wide_product(context: Any, a: Any, b: Any) -> Any:
        """(uint64 a, uint64 b) -> the upper and the lower 64 bits of a * b."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            i64, i128 = ir.IntType(64), ir.IntType(128)
            whole = builder.mul(builder.zext(args[0], i128), builder.zext(args[1], i128))
            upper = builder.trunc(builder.lshr(whole, i128(64)), i64)
            parts = [upper, builder.trunc(whole, i64)]
            return context.make_tuple(builder, signature.return_type, parts)

        return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate

    @intrinsic  # type: ignore[untyped-decorator]
    def _leading_zeros(context: Any, x: Any) -> Any:
        """uint64 -> how many of its upper bits are 0 (64 for 0)."""

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.ctlz(args[0], ir.IntType(1)(0))

        return types.uint64(types.uint64), generate

    def _compare(sign: str) -> Any:
        """The intrinsic (a, d, c, b) -> a * d `sign` c * b, on 128-bit products."""

        @intrinsic  # type: ignore[untyped-decorator]
        def compare(context: Any, a: Any, d: Any, c: Any, b: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
                a, d, c, b = (builder.sext(arg, ir.IntType(128)) for arg in args)
                return builder.icmp_signed(sign, builder.mul(a, d), builder.mul(c, b))

            return types.boolean(*[types.int64] * 4), generate

        return compare

    _product_less = _compare("<")
    _product_greater = _compare(">")

    # In Numba an int64 next to a uint64 makes a float: every constant below is a uint64.
    _ZERO = np.uint64(0)
    _ONE = np.uint64(1)
    _HALF = np.uint64(32)
    _TOP = np.uint64(63)
    _LOW = np.uint64(2**32 - 1)
    _BASE = np.uint64(2**32)
    _SIGN = np.uint64(2**63)
    _MAX_INT = units.MAX_INT

    @numba.njit(**OPTIONS)  # type: ignore[untyped-decorator]
    def _divide_wide(upper: Any, lower: Any, d: Any) -> Any:
        """(upper * 2^64 + lower) divided by d > upper, all uint64: quotient and remainder.

        Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D with two digits of 32 bits, in
        the form of Warren, Hacker's Delight, section 9-4 (divlu). An estimated digit is at most
        2^32 + 1 (the first digit of d is at least 2^31), so its product with d0 < 2^32 fits, and
        the comparison of the two products is exact: it alone finds every digit that is too large.
        """
        shift = _leading_zeros(d)
        d = d << shift
        d1 = d >> _HALF
        d0 = d & _LOW
        upper = (upper << shift) | ((lower >> _ONE) >> (_TOP - shift))
        lower = lower << shift
        n1 = lower >> _HALF
        n0 = lower & _LOW

        q1 = upper // d1
        rest = upper - q1 * d1
        while q1 * d0 > ((rest << _HALF) | n1):
            q1 -= _ONE
            rest += d1
            if rest >= _BASE:
                break
        middle = (upper << _HALF) + n1 - q1 * d

        q0 = middle // d1
        rest = middle - q0 * d1
        while q0 * d0 > ((rest << _HALF) | n0):
            q0 -= _ONE
            rest += d1
            if rest >= _BASE:
                break
        return (q1 << _HALF) + q0, ((middle << _HALF) + n0 - q0 * d) >> shift

    @numba.njit(**OPTIONS)  # type: ignore[untyped-decorator]
    def _mul_div_wide(a: Any, b: Any, d: Any, up: Any) -> Any:
        """a * b / d rounded up or down when a * b does not fit in int64; saturates."""
        negative = (a < 0) != (b < 0)
        # -(-2^63) wraps to itself, and as uint64 that is the magnitude
        left = np.uint64(-a) if a < 0 else np.uint64(a)
        right = np.uint64(-b) if b < 0 else np.uint64(b)
        divisor = np.uint64(d)
        upper, lower = _wide_product(left, right)
        if upper < divisor:
            q, rest = _divide_wide(upper, lower, divisor)
            if q <= _SIGN:
                if rest != _ZERO and negative != up:
                    q += _ONE  # away from zero: down if negative, up if positive
                if negative and q <= _SIGN:
                    return np.int64(_ZERO - q)
                if not negative and q < _SIGN:
                    return np.int64(q)
        return -_MAX_INT if negative else _MAX_INT

    def _is_integral(kind: Any) -> bool:
        """Whether values of a Numba type are integers that convert to int64 without loss."""
        if isinstance(kind, types.Integer):
            return bool(kind.signed or kind.bitwidth < 64)
        return False

    def _all_int64(*kinds: Any) -> bool:
        return all(_is_integral(kind) for kind in kinds)

    def _offer(function: Any, options: dict[str, Any]) -> None:
        """Let kernels call a marked function, compiled from its own body (as `register_jitable`).

        A float or a uint64 (next to which an int64 becomes a float) is refused at compile time:
        no rounding of a machine can enter a formula unseen.
        """

        @overload(function, jit_options=options, strict=False)  # type: ignore[untyped-decorator]
        def body(*args: Any, **kwargs: Any) -> Any:
            for kind in (*args, *kwargs.values()):
                element = getattr(kind, "dtype", kind)  # of an array or a uniform tuple
                scalar = isinstance(element, types.Number)
                if scalar and not _is_integral(element):
                    raise TypingError(
                        f"{function.__qualname__} is marked @exact and was given {kind}:"
                        f" it takes int64, and arrays of it"
                    )
            return function

    @overload(units.mul_div_floor, jit_options=OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _mul_div_floor(a: Any, b: Any, d: Any) -> Any:
        def mul_div_floor_compiled(a: Any, b: Any, d: Any) -> Any:
            x, y, divisor = np.int64(a), np.int64(b), np.int64(d)
            product, wrapped = _product(x, y)
            if wrapped:
                return _mul_div_wide(x, y, divisor, False)
            return product // divisor

        return mul_div_floor_compiled if _all_int64(a, b, d) else None

    @overload(units.mul_div_ceil, jit_options=OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _mul_div_ceil(a: Any, b: Any, d: Any) -> Any:
        def mul_div_ceil_compiled(a: Any, b: Any, d: Any) -> Any:
            x, y, divisor = np.int64(a), np.int64(b), np.int64(d)
            product, wrapped = _product(x, y)
            if wrapped:
                return _mul_div_wide(x, y, divisor, True)
            quotient = product // divisor
            if product % divisor != 0:
                return quotient + 1
            return quotient

        return mul_div_ceil_compiled if _all_int64(a, b, d) else None

    @overload(units.ratio_less, jit_options=OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _ratio_less(a: Any, b: Any, c: Any, d: Any) -> Any:
        def ratio_less_compiled(a: Any, b: Any, c: Any, d: Any) -> Any:
            return _product_less(np.int64(a), np.int64(d), np.int64(c), np.int64(b))

        return ratio_less_compiled if _all_int64(a, b, c, d) else None

    @overload(units.ratio_cmp, jit_options=OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _ratio_cmp(a: Any, b: Any, c: Any, d: Any) -> Any:
        def ratio_cmp_compiled(a: Any, b: Any, c: Any, d: Any) -> Any:
            p, q, r, s = np.int64(a), np.int64(d), np.int64(c), np.int64(b)
            return np.int64(_product_greater(p, q, r, s)) - np.int64(_product_less(p, q, r, s))

        return ratio_cmp_compiled if _all_int64(a, b, c, d) else None
