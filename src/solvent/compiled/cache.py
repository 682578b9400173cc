"""Where machine code is kept: a folder named by the hash of every source a kernel can import.

A compiled result is never older than its source: Numba's own key sees one file only and would go
silently stale. Places that cannot be written cost one line on stderr, not a crash.
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
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from solvent.compiled.switch import COMPILED, OPTIONS, ROOMS

if TYPE_CHECKING:
    # What Numba annotates changes from version to version: to the type checker it is all `Any`.
    numba: Any
    numba_config: Any
    CompileResultCacheImpl: Any
    FunctionCache: Any
    CacheLocator: Any
    llvmlite: Any
    np: Any
elif COMPILED:
    import llvmlite
    import numba
    import numpy as np
    from numba.core import config as numba_config

    try:  # private to Numba; without them kernels work, and are compiled at every start
        from numba.core.caching import CompileResultCacheImpl, FunctionCache
        from numba.core.caching import _CacheLocator as CacheLocator
    except ImportError:
        CompileResultCacheImpl = CacheLocator = object
        FunctionCache = None

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_FOLDER_PREFIX: Final = "kernels-"
_FOLDERS_KEPT: Final = 5  # a folder per version of the sources; the newest few survive


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
        repr(sorted(OPTIONS.items())),
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


_KEY: Final = _source_key() if COMPILED else ""


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
def folder_of_code() -> Path | None:
    """The folder of this process, made if it is missing; None when nothing can be written."""
    wanted = "the user's cache folder"
    try:
        root = _user_cache_root()
        wanted = str(root)
        folder = root / (_FOLDER_PREFIX + _KEY)
        if folder.is_dir() and count_indices(folder) and not os.access(folder, os.W_OK):
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


def count_indices(folder: Path) -> int:
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

if COMPILED:
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
            return str(folder_of_code())

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
        before: Callable[[], object]

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            self.before()  # the last moment before a compilation
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

    def keep_on_disk(dispatcher: Any, before: Callable[[], object]) -> None:
        """Give a kernel our cache; `before` is called ahead of each compilation.

        A kernel typed at a prompt has no file to hash, and gets no cache.
        """
        if FunctionCache is None:
            _say("this Numba keeps compiled code in an unknown way: every start compiles again")
            return
        if os.path.isfile(dispatcher.py_func.__code__.co_filename) and folder_of_code() is not None:
            dispatcher._cache = _KernelCache(dispatcher.py_func)
            dispatcher._cache.before = before
