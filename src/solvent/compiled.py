"""The one jit decorator, and the compiled half of everything marked `@exact`.

Kernels (loops over record tables) are written as plain Python and decorated with `kernel` or
`inline_kernel`. They may call any function marked `@exact` in `solvent.units` or in a room above
theirs: the marked function itself is compiled, there is no second copy of a formula. Only the five
functions that need a 128-bit product (`mul_div_floor`, `mul_div_ceil`, `ratio_less`, `ratio_cmp`
and, through them, whoever calls these) have a second body, and it is here.

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

import atexit
import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from solvent import units

__all__ = [
    "ROOMS",
    "CompileStatus",
    "compile_status",
    "inline_kernel",
    "is_compiled",
    "kernel",
    "plain",
    "register_exact",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

ROOMS: Final = (
    "units",
    "compiled",
    "contracts",
    "margin",
    "ledger",
    "watch",
    "liquidation",
    "engine",
)
"""The modules and packages of `solvent` that a kernel may live in or import from."""

_PACKAGE: Final = Path(__file__).resolve().parent
_FOLDER_PREFIX: Final = "kernels-"
_FOLDERS_KEPT: Final = 5  # a folder per version of the sources; the newest few survive


def _jit_wanted() -> bool:
    if os.environ.get("SOLVENT_JIT", "").strip().lower() in ("0", "false", "no", "off"):
        return False
    if os.environ.get("NUMBA_DISABLE_JIT", "").strip() not in ("", "0"):
        return False
    from numba.core import config

    return not getattr(config, "DISABLE_JIT", False)  # a .numba_config.yaml can say so too


_COMPILED: Final = _jit_wanted()

if TYPE_CHECKING:
    # What Numba annotates changes from version to version: to the type checker it is all `Any`.
    numba: Any
    numba_config: Any
    types: Any
    TypingError: Any
    intrinsic: Any
    overload: Any
    CompileResultCacheImpl: Any
    FunctionCache: Any
    CacheLocator: Any
    llvmlite: Any
    ir: Any
    np: Any
elif _COMPILED:
    import llvmlite
    import numba
    import numpy as np
    from llvmlite import ir
    from numba.core import config as numba_config
    from numba.core import types
    from numba.core.errors import TypingError
    from numba.extending import intrinsic, overload

    try:  # private to Numba; without them kernels work, and are compiled at every start
        from numba.core.caching import CompileResultCacheImpl, FunctionCache
        from numba.core.caching import _CacheLocator as CacheLocator
    except ImportError:
        CompileResultCacheImpl = CacheLocator = object
        FunctionCache = None

if _COMPILED:

    def _runtime_can_be_off() -> bool:
        """Whether this Numba knows the private option `_nrt`; without it, plain njit."""
        try:
            from numba.core.registry import cpu_target

            return hasattr(cpu_target.options, "_nrt")
        except (ImportError, AttributeError):
            return False

    # error_model: "numpy" drops the test and the exception of a division by 0 from every formula
    # (with it, each call of a helper would also have to test for an error on return).
    _OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
    if _runtime_can_be_off():
        _OPTIONS["_nrt"] = False
    # forceinline acts in LLVM. inline="always" would act on Numba's own code: slower to compile,
    # and it has been seen to change results.
    _OPTIONS_INLINE: dict[str, Any] = {**_OPTIONS, "forceinline": True}
else:
    _OPTIONS = {}
    _OPTIONS_INLINE = {}

# --------------------------------------------------------------------------------------------------
# What callers use
# --------------------------------------------------------------------------------------------------


def is_compiled() -> bool:
    """Whether kernels of this process are compiled; False under `SOLVENT_JIT=0`.

    >>> is_compiled() in (True, False)
    True
    """
    return _COMPILED


def kernel(function: _Function) -> _Function:
    """Compile a function over scalars and record arrays (lazily, once per signature, on disk).

    The function must live in one of `ROOMS`, or outside the package (a test, a benchmark); then it
    may call kernels of its own file and of the rooms, but not of a third file, whose changes the
    cache would not see. Raises `TypeError` for a function of another room of `solvent`.
    Returns the function itself under `SOLVENT_JIT=0`.

    >>> @kernel
    ... def half(amount: int) -> int:
    ...     return units.div_floor(amount, 2)
    >>> half(-7)
    -4
    """
    return _compile(function, _OPTIONS)


def inline_kernel(function: _Function) -> _Function:
    """A `kernel` that is copied into the kernels that call it: for short helpers on the hot path.

    >>> @inline_kernel
    ... def third(amount: int) -> int:
    ...     return units.div_floor(amount, 3)
    >>> third(-7)
    -3
    """
    return _compile(function, _OPTIONS_INLINE)


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The Python body of a kernel; of anything else, the thing itself.

    >>> plain(len) is len
    True
    """
    body: Callable[..., Any] = getattr(function, "py_func", function)
    return body


def register_exact() -> int:
    """Make every function marked `@exact` so far callable from kernels; returns how many were new.

    `kernel` calls it, and so does each compilation, so a module imported late is seen: nobody else
    needs to call it.
    """
    global _exact_seen
    if not _COMPILED:
        return 0
    with _exact_lock:
        new = units.EXACT[_exact_seen:]
        for function in new:
            called = any(function is other for other in units.EXACT_CALLED)
            _offer(function, _OPTIONS if called else _OPTIONS_INLINE)
        _exact_seen += len(new)
    return len(new)


_exact_seen = 0
_exact_lock = threading.Lock()


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
    if not _COMPILED:
        return CompileStatus(compiled=False, warm=True, kernels=0, folder="")
    folder = _folder()
    if folder is None:
        return CompileStatus(compiled=True, warm=False, kernels=0, folder="")
    count = _count_indices(folder)
    return CompileStatus(compiled=True, warm=count > 0, kernels=count, folder=str(folder))


def _compile(function: _Function, options: dict[str, Any]) -> _Function:
    package, _, room = function.__module__.partition(".")
    if package == "solvent" and room.partition(".")[0] not in ROOMS:
        raise TypeError(
            f"{function.__module__}.{function.__qualname__} cannot be a kernel: its room is not in"
            f" solvent.compiled.ROOMS, so a change of it would not reach the machine code on disk"
        )
    if not _COMPILED:
        return function
    register_exact()
    dispatcher = numba.njit(**options)(function)
    _ignore_literals(dispatcher)
    _keep_on_disk(dispatcher)
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


# --------------------------------------------------------------------------------------------------
# Where machine code is kept
# --------------------------------------------------------------------------------------------------


def _room_files() -> Iterator[Path]:
    for room in ROOMS:
        module = _PACKAGE / f"{room}.py"
        if module.is_file():
            yield module
        yield from sorted((_PACKAGE / room).rglob("*.py"))


def _source_key() -> str:
    """The hash that names the folder: sources of the rooms, options, versions, code generation."""
    digest = hashlib.sha256()
    facts = [
        repr(sorted(_OPTIONS.items())),
        sys.version,
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
    ]
    # Numba's environment switches that change the code made, and are not in its own key.
    facts += [
        f"{name}={getattr(numba_config, name, '')}"
        for name in ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "SLP_VECTORIZE", "LOOP_VECTORIZE")
    ]
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    for path in _room_files():
        content = path.read_bytes()
        name = path.relative_to(_PACKAGE).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


_KEY: Final = _source_key() if _COMPILED else ""


def _user_cache_root() -> Path:
    chosen = os.environ.get("SOLVENT_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "solvent"


@cache
def _folder() -> Path | None:
    """The folder of this process, made if it is missing; None when nothing can be written."""
    wanted = "the user's cache folder"
    try:
        root = _user_cache_root()
        wanted = str(root)
        folder = root / (_FOLDER_PREFIX + _KEY)
        if folder.is_dir() and _count_indices(folder) and not os.access(folder, os.W_OK):
            return folder  # filled when the image was built, read-only now: good as it is
        return _open(folder)
    except (OSError, RuntimeError) as refusal:  # RuntimeError: this user has no home
        reason = refusal
    try:
        folder = _open(_private_temp() / (_FOLDER_PREFIX + _KEY))
    except OSError:
        _say(f"cannot keep compiled code in {wanted} ({reason}): every start compiles again")
        return None
    _say(f"cannot keep compiled code in {wanted} ({reason}): using {folder.parent} instead")
    return folder


def _open(folder: Path) -> Path:
    new = not folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()  # raises where writing is refused
    with contextlib.suppress(OSError):
        os.utime(folder)  # "used last", for the removal of old folders
    if new:
        _remove_old(folder)
    return folder


def _private_temp() -> Path:
    """A temporary folder that only this user can write: what is read from it is executed."""
    if hasattr(os, "getuid"):
        folder = Path(tempfile.gettempdir()) / f"solvent-{os.getuid()}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            facts = folder.lstat()
            ours = facts.st_uid == os.getuid() and not facts.st_mode & 0o022
            if stat.S_ISDIR(facts.st_mode) and ours:
                return folder
    folder = Path(tempfile.mkdtemp(prefix="solvent-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove_old(current: Path) -> None:
    """Remove all but the newest folders beside `current`.

    Safe beside other processes: a folder is renamed before it is emptied, so nobody finds half of
    one; a process that loses its folder compiles again and makes a new one.
    """

    def last_use(folder: Path) -> float:
        try:
            return folder.stat().st_mtime
        except OSError:
            return 0.0

    with contextlib.suppress(OSError):
        folders = [p for p in current.parent.glob(_FOLDER_PREFIX + "*") if p != current]
        folders.sort(key=last_use, reverse=True)
        for folder in folders[_FOLDERS_KEPT - 1 :]:
            doomed = folder.with_name(f"{_FOLDER_PREFIX}removed-{uuid.uuid4().hex}")
            with contextlib.suppress(OSError):
                folder.rename(doomed)
                shutil.rmtree(doomed, ignore_errors=True)


def _count_indices(folder: Path) -> int:
    try:
        return sum(entry.name.endswith(".nbi") for entry in os.scandir(folder))
    except OSError:
        return 0


def _say(line: str) -> None:
    """One line on stderr, at most once per process."""
    global _said
    if not _said:
        _said = True
        sys.stderr.write(f"solvent: {line}\n")


_said = False

if _COMPILED:
    # Numba chooses the place of machine code by a "locator" and compares a "stamp" of the source.
    # Ours are set per kernel: numba.config.CACHE_DIR would move every other library's kernels too.

    class _Locator(CacheLocator):  # type: ignore[misc]
        """Our folder; the stamp is the key of the rooms and of the kernel's own file."""

        def __init__(self, function: Any, path: str) -> None:
            self._py_file = path  # Numba's own warnings read these two names
            self._lineno = function.__code__.co_firstlineno
            self._stamp = _KEY
            file = Path(path).resolve()
            try:
                self._name = file.relative_to(_PACKAGE).as_posix()
            except ValueError:  # a test or a benchmark
                self._name = file.as_posix()
                self._stamp += hashlib.sha256(file.read_bytes()).hexdigest()

        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> _Locator:
            return cls(py_func, py_file)

        def get_cache_path(self) -> str:
            return str(_folder())

        def get_source_stamp(self) -> str:
            return self._stamp

        def get_disambiguator(self) -> str:
            place = hashlib.sha256(self._name.encode()).hexdigest()[:12]
            return f"{self._lineno}-{place}"

    class _Implementation(CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (_Locator,)

        def __init__(self, py_func: Any) -> None:
            theirs = getattr(numba_config, "CACHE_LOCATOR_CLASSES", "")
            numba_config.CACHE_LOCATOR_CLASSES = ""  # it would replace our locator
            try:
                super().__init__(py_func)
            finally:
                numba_config.CACHE_LOCATOR_CLASSES = theirs

    class _KernelCache(FunctionCache or object):  # type: ignore[misc]
        """Numba's cache of one kernel; broken files and sources that moved on do not reach it."""

        _impl_class = _Implementation

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            register_exact()  # the last moment before a compilation
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # a file cut short by a full disk or a crash: compile again
                with contextlib.suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            if _source_key() != _KEY:
                return  # edited while this process ran: this code belongs to no folder
            try:
                super().save_overload(sig, data)
            except OSError as refusal:
                _say(f"compiled code was not kept ({refusal}): the next start compiles again")

    def _keep_on_disk(dispatcher: Any) -> None:
        """Give a kernel our cache. One typed at a prompt has no file to hash, and gets none."""
        if FunctionCache is None:
            _say("this Numba keeps compiled code in an unknown way: every start compiles again")
            return
        if os.path.isfile(dispatcher.py_func.__code__.co_filename) and _folder() is not None:
            dispatcher._cache = _KernelCache(dispatcher.py_func)


# --------------------------------------------------------------------------------------------------
# The second bodies: products of 128 bits
# --------------------------------------------------------------------------------------------------

if _COMPILED:
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

    @numba.njit(**_OPTIONS)  # type: ignore[untyped-decorator]
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

    @numba.njit(**_OPTIONS)  # type: ignore[untyped-decorator]
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

    @overload(units.mul_div_floor, jit_options=_OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _mul_div_floor(a: Any, b: Any, d: Any) -> Any:
        def mul_div_floor_compiled(a: Any, b: Any, d: Any) -> Any:
            x, y, divisor = np.int64(a), np.int64(b), np.int64(d)
            product, wrapped = _product(x, y)
            if wrapped:
                return _mul_div_wide(x, y, divisor, False)
            return product // divisor

        return mul_div_floor_compiled if _all_int64(a, b, d) else None

    @overload(units.mul_div_ceil, jit_options=_OPTIONS_INLINE)  # type: ignore[untyped-decorator]
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

    @overload(units.ratio_less, jit_options=_OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _ratio_less(a: Any, b: Any, c: Any, d: Any) -> Any:
        def ratio_less_compiled(a: Any, b: Any, c: Any, d: Any) -> Any:
            return _product_less(np.int64(a), np.int64(d), np.int64(c), np.int64(b))

        return ratio_less_compiled if _all_int64(a, b, c, d) else None

    @overload(units.ratio_cmp, jit_options=_OPTIONS_INLINE)  # type: ignore[untyped-decorator]
    def _ratio_cmp(a: Any, b: Any, c: Any, d: Any) -> Any:
        def ratio_cmp_compiled(a: Any, b: Any, c: Any, d: Any) -> Any:
            p, q, r, s = np.int64(a), np.int64(d), np.int64(c), np.int64(b)
            return np.int64(_product_greater(p, q, r, s)) - np.int64(_product_less(p, q, r, s))

        return ratio_cmp_compiled if _all_int64(a, b, c, d) else None


# --------------------------------------------------------------------------------------------------
# Tables by reference
# --------------------------------------------------------------------------------------------------

if _COMPILED:
    from numba.core import cgutils
    from numba.core.datamodel import models
    from numba.core.typing.templates import AttributeTemplate
    from numba.core.typing.typeof import typeof
    from numba.extending import (
        NativeValue,
        infer_getattr,
        lower_getattr_generic,
        register_model,
        typeof_impl,
        unbox,
    )

    class _Reference(types.Type):  # type: ignore[misc]
        """A NamedTuple of arrays that kernels pass to each other as one pointer."""

        def __init__(self, title: str, fields: tuple[tuple[str, Any], ...]) -> None:
            self.fields = fields
            described = ", ".join(f"{name}: {kind}" for name, kind in fields)
            super().__init__(name=f"{title}({described})")

        def place(self, attr: str) -> int:
            return [name for name, _ in self.fields].index(attr)

    @register_model(_Reference)
    class _ReferenceModel(models.PrimitiveModel):  # type: ignore[misc]
        def __init__(self, manager: Any, kind: Any) -> None:
            parts = [manager.lookup(field).get_value_type() for _, field in kind.fields]
            super().__init__(manager, kind, ir.LiteralStructType(parts).as_pointer())

    @infer_getattr
    class _ReferenceAttributes(AttributeTemplate):  # type: ignore[misc]
        key = _Reference

        def generic_resolve(self, kind: Any, attr: str) -> Any:
            return dict(kind.fields).get(attr)

    def _load(builder: Any, pointer: Any, constant: Any) -> Any:
        """Load a struct leaf by leaf, each marked as never changing while the kernels run."""
        pointee = pointer.type.pointee
        if isinstance(pointee, ir.LiteralStructType | ir.ArrayType):
            whole = ir.Constant(pointee, ir.Undefined)
            count = pointee.count if isinstance(pointee, ir.ArrayType) else len(pointee.elements)
            for place in range(count):
                part = _load(builder, cgutils.gep_inbounds(builder, pointer, 0, place), constant)
                whole = builder.insert_value(whole, part, place)
            return whole
        value = builder.load(pointer)
        value.set_metadata("invariant.load", constant)
        return value

    @lower_getattr_generic(_Reference)
    def _get(context: Any, builder: Any, kind: Any, pointer: Any, attr: str) -> Any:
        place = cgutils.gep_inbounds(builder, pointer, 0, kind.place(attr))
        return _load(builder, place, builder.module.add_metadata([]))

    @unbox(_Reference)
    def _unbox(kind: Any, thing: Any, c: Any) -> Any:
        parts = [c.context.get_value_type(field) for _, field in kind.fields]
        pointer = cgutils.alloca_once(c.builder, ir.LiteralStructType(parts))
        failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
        for place, (_, field) in enumerate(kind.fields):
            native = c.unbox(field, c.pyapi.tuple_getitem(thing, place))
            c.builder.store(native.value, cgutils.gep_inbounds(c.builder, pointer, 0, place))
            with c.builder.if_then(native.is_error, likely=False):
                c.builder.store(cgutils.true_bit, failed)
        return NativeValue(pointer, is_error=c.builder.load(failed))


def by_reference(cls: Any) -> Any:
    """Have kernels pass tuples of this class to each other as one pointer."""
    if _COMPILED:

        def describe(value: Any, context: Any) -> Any:
            fields = zip(cls._fields, value, strict=True)
            return _Reference(cls.__name__, tuple((name, typeof(part)) for name, part in fields))

        typeof_impl.register(cls)(describe)
    return cls
