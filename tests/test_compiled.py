"""The second bodies against big integers, and machine code that is never older than its source."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent import compiled, units
from solvent.compiled import by_reference, cache, inline_kernel, kernel

MAX, MIN = units.MAX_INT, -units.MAX_INT - 1

needs_compiler = pytest.mark.skipif(not compiled.is_compiled(), reason="SOLVENT_JIT=0")

# ------------------------------------------------------------------------- the two bodies agree

FLOOR, CEIL, LESS, CMP, DIV_FLOOR, DIV_CEIL = range(6)


@kernel
def six_answers(a, b, c, d, out):
    """out[i] = the six functions of row i; b and d are positive where they divide."""
    for i in range(len(a)):
        out[i, 0] = units.mul_div_floor(a[i], c[i], d[i])
        out[i, 1] = units.mul_div_ceil(a[i], c[i], d[i])
        out[i, 2] = units.ratio_less(a[i], b[i], c[i], d[i])
        out[i, 3] = units.ratio_cmp(a[i], b[i], c[i], d[i])
        out[i, 4] = units.div_floor(a[i], d[i])
        out[i, 5] = units.div_ceil(a[i], d[i])


@kernel
def requirements_and_roots(n, rate, scale, ded_q, ded_r, out):
    for i in range(len(n)):
        out[i, 0] = units.rate_ceil(n[i], rate[i], scale[i], ded_q[i], ded_r[i])
        out[i, 1] = units.isqrt(n[i])


def saturated(exact: int) -> int:
    if MIN <= exact <= MAX:
        return exact
    return MAX if exact > 0 else -MAX


def expected(a: int, b: int, c: int, d: int) -> list[int]:
    """The six answers from Python's integers, sharing nothing with either body but `//`."""
    quotient, rest = divmod(a * c, d)
    difference = a * d - c * b
    whole, part = divmod(a, d)
    return [
        saturated(quotient),
        saturated(quotient + (rest > 0)),
        int(difference < 0),
        (difference > 0) - (difference < 0),
        whole,
        whole + (part > 0),
    ]


def answers(rows: list[tuple[int, int, int, int]]) -> list[list[int]]:
    a, b, c, d = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    out = np.zeros((len(rows), 6), dtype=np.int64)
    six_answers(a, b, c, d, out)
    return out.tolist()


def mismatches(got: list[list[int]], true: list[list[int]]) -> list[int]:
    """How many rows differ, per column."""
    return (np.array(got) != np.array(true)).sum(axis=0).tolist()


DIGITS = [0, 1, 2, 2**16, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1]


def magnitude(rng: random.Random) -> int:
    """0 .. 2^63 - 1, thick at the ends, at powers of two and at awkward 32-bit digits."""
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randrange(2 ** rng.randrange(64))
    if kind == 1:
        return min(MAX, max(0, 2 ** rng.randrange(64) + rng.randrange(-2, 3)))
    if kind == 2:  # what makes the estimated digit of a long division too large
        return min(MAX, rng.choice(DIGITS) * 2**32 + rng.choice(DIGITS))
    if kind == 3:
        return MAX - rng.randrange(3)
    return rng.randrange(2**60, 2**63)


def random_rows(count: int, seed: int) -> list[tuple[int, int, int, int]]:
    rng = random.Random(seed)

    def signed() -> int:
        if rng.randrange(60) == 0:
            return MIN
        return rng.choice((1, -1)) * magnitude(rng)

    def positive() -> int:
        return max(1, magnitude(rng))

    rows = []
    for _ in range(count):
        a, b, c, d = signed(), positive(), signed(), positive()
        kind = rng.randrange(6)
        if kind == 0:  # exact divisions, far beyond 2^63
            c = rng.randrange(-4, 5) * (d if d < 2**60 else 1)
        elif kind == 1:  # ratios that are equal or one unit apart
            factor = rng.randrange(1, 2**30)
            a, b = rng.randrange(-(2**32), 2**32), rng.randrange(1, 2**32)
            c, d = a * factor + rng.randrange(-1, 2), b * factor
        elif kind == 2:  # results near the edge of int64
            c = rng.choice((1, -1)) * min(MAX, max(1, d + rng.randrange(-1, 2)))
            a = rng.choice((1, -1)) * (MAX - rng.randrange(3))
        rows.append((a, b, c, d))
    return rows


@needs_compiler
def test_compiled_and_plain_agree_on_many_signed_cases() -> None:
    rows = random_rows(210_000, seed=11)
    wide = sum(not MIN <= a * c <= MAX for a, _, c, _ in rows)
    fitting = sum(not MIN <= a * c <= MAX and MIN <= a * c // d <= MAX for a, _, c, d in rows)
    assert wide > 60_000
    assert fitting > 30_000
    got = answers(rows)
    true = [expected(*row) for row in rows]
    assert mismatches(got, true) == [0] * 6

    # The comparison has teeth: with two columns exchanged it fails.
    for one, other in ((FLOOR, CEIL), (DIV_FLOOR, DIV_CEIL), (LESS, CMP)):
        planted = np.array(got)
        planted[:, [one, other]] = planted[:, [other, one]]
        counts = mismatches(planted.tolist(), true)
        assert min(counts[one], counts[other]) > 1000


@needs_compiler
def test_every_combination_of_extremes() -> None:
    signed = [MIN, MIN + 1, -(2**62), -(2**32), -3, -1, 0, 1, 2, 2**31, 2**62, MAX - 1, MAX]
    positive = [1, 2, 3, 2**31, 2**32 - 1, 2**32, 2**62, MAX - 1, MAX]
    rows = [(a, b, c, d) for a in signed for b in positive for c in signed for d in positive]
    assert mismatches(answers(rows), [expected(*row) for row in rows]) == [0] * 6


INT64 = st.integers(MIN, MAX)
DIVISOR = st.integers(1, MAX)


@given(INT64, DIVISOR, INT64, DIVISOR)
def test_searched_cases_agree(a: int, b: int, c: int, d: int) -> None:
    if not compiled.is_compiled() and not MIN <= a * c // d <= a * c // d + 1 <= MAX:
        return  # the plain body is exact at any size; int64 columns are not
    assert answers([(a, b, c, d)]) == [expected(a, b, c, d)]


@st.composite
def pieces(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    scale = draw(st.sampled_from([1, 100, 10_000, 10**6, 10**9, 2**31]) | st.integers(1, 2**31))
    rate = draw(st.integers(0, min(units.RATE_SCALE_MAX, 64 * scale)))
    n = draw(st.integers(0, units.NOTIONAL_MAX) | st.just(units.NOTIONAL_MAX))
    ded_q = draw(st.integers(-units.MONEY_MAX, units.MONEY_MAX))
    return n, rate, scale, ded_q, draw(st.integers(0, scale - 1))


@given(st.lists(pieces(), min_size=1, max_size=30))
def test_requirements_and_roots_are_the_plain_ones(rows: list[tuple[int, ...]]) -> None:
    out = np.zeros((len(rows), 2), dtype=np.int64)
    columns = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    requirements_and_roots(*columns, out)
    assert out.tolist() == [[units.rate_ceil(*row), math.isqrt(row[0])] for row in rows]


@needs_compiler
def test_compiled_roots_at_the_edges_of_squares() -> None:
    edges = [2**k + e for k in range(62) for e in (-1, 0, 1)]
    edges += [(2**k - 1) ** 2 + e for k in range(1, 32) for e in (-1, 0, 1)]
    n = np.array([e for e in edges if 0 <= e < 2**62] + [2**62 - 1], dtype=np.int64)
    one = np.ones_like(n)
    out = np.zeros((len(n), 2), dtype=np.int64)
    requirements_and_roots(n, one, one, one, one - 1, out)
    assert out[:, 1].tolist() == [math.isqrt(e) for e in n.tolist()]


@inline_kernel
def add_rate(total, notional):
    return total + units.rate_ceil(notional, 50, 10_000, 0, 0)


@kernel
def total_requirement(notionals):
    total = 0
    for i in range(len(notionals)):
        total = add_rate(total, notionals[i])
    return total


def test_an_inline_kernel_is_called_by_kernels() -> None:
    assert total_requirement(np.array([10_000, 1], dtype=np.int64)) == 51


@needs_compiler
@pytest.mark.parametrize(
    "dividend", [np.float64(1.0), np.uint64(1), np.array([1.0])], ids=["float", "uint64", "array"]
)
def test_a_float_or_uint64_is_refused_when_compiling(dividend: Any) -> None:
    @kernel
    def marked(a):
        return units.div_floor(a, 2)

    @kernel
    def two_bodies(a):
        return units.mul_div_floor(a, 2, 3)

    for function in (marked, two_bodies):
        with pytest.raises(Exception, match=r"div_floor") as refusal:
            function(dividend)
        assert type(refusal.value).__name__ == "TypingError"


@needs_compiler
def test_a_function_marked_after_the_kernel_is_registered_at_its_compilation() -> None:
    @kernel
    def calls_late(a):
        return late(a)

    @units.exact
    def late(a):
        return units.div_ceil(a, 2)

    assert calls_late(7) == 4
    assert compiled.register_exact() == 0


@needs_compiler
def test_a_called_function_compiles_like_an_inlined_one() -> None:
    @units.exact_called
    def total(amounts):
        whole = 0
        for i in range(len(amounts)):
            whole += amounts[i]
        return whole

    @kernel
    def of_array(amounts):
        return total(amounts)

    assert of_array(np.array([1, 2, 3], dtype=np.int64)) == total([1, 2, 3]) == 6


@needs_compiler
def test_numba_still_takes_the_private_options() -> None:
    """If this fails after an upgrade, kernels still run, but slower: see solvent.compiled.switch."""
    assert compiled.OPTIONS["_nrt"] is False
    assert cache.FunctionCache is not None


@by_reference
class Columns(NamedTuple):
    rows: np.ndarray
    table: np.ndarray
    places: np.ndarray


@kernel
def _add_to(columns, row, amount):
    columns.rows[row]["amount"] += amount
    columns.table[row, 1] = columns.rows[row]["amount"] + len(columns.places)
    return columns.rows[row]["amount"]


@kernel
def _add_everywhere(columns, amount):
    total = 0
    for place in range(len(columns.places)):
        total += _add_to(columns, columns.places[place], amount)
    return total


def test_a_tuple_of_arrays_goes_by_reference_and_is_changed_in_place() -> None:
    row = np.dtype([("name", np.int64), ("amount", np.int64)])
    columns = Columns(np.zeros(3, row), np.zeros((3, 2), np.int64), np.array([0, 2]))
    assert _add_everywhere(columns, 5) == 10
    assert _add_everywhere(columns, 1) == 12
    assert columns.rows["amount"].tolist() == [6, 0, 6]
    assert columns.table.tolist() == [[0, 8], [0, 0], [0, 8]]
    other = columns._replace(places=np.array([1]), rows=np.zeros(3, row))
    assert _add_everywhere(other, 7) == 7
    assert columns.rows["amount"].tolist() == [6, 0, 6]
    if compiled.is_compiled():
        assert len(_add_everywhere.signatures) == 1
        assert len(_add_to.signatures) <= 1  # none, where its caller came from the disk


@needs_compiler
def test_a_field_that_is_no_array_of_the_tuple_is_refused() -> None:
    @kernel
    def lookup(columns):
        return columns.missing[0]

    columns = Columns(np.zeros(1), np.zeros((1, 1)), np.zeros(1))
    with pytest.raises(Exception, match=r"missing"):
        lookup(columns)


@needs_compiler
def test_references_to_the_arrays_are_given_back() -> None:
    columns = Columns(np.zeros(3), np.zeros((3, 2)), np.array([0, 2]))

    @kernel
    def first(columns):
        return columns.places[0]

    first(columns)
    before = [sys.getrefcount(part) for part in columns]
    for _ in range(100):
        first(columns)
    assert [sys.getrefcount(part) for part in columns] == before


def test_division_means_what_it_means_in_python() -> None:
    @kernel
    def quotient_and_rest(a, b):
        return a // b, a % b

    for a in (-7, -6, -1, 0, 1, 6, 7):
        for b in (-3, -1, 1, 3):
            assert tuple(quotient_and_rest(a, b)) == (a // b, a % b)


def test_plain_gives_the_python_body() -> None:
    body = compiled.plain(total_requirement)
    assert body is (total_requirement.py_func if compiled.is_compiled() else total_requirement)
    assert compiled.plain(units.div_floor) is units.div_floor


def test_a_kernel_in_a_room_the_key_does_not_see_is_refused() -> None:
    def stray(a: int) -> int:
        return a

    stray.__module__ = "solvent.report.tables"
    for decorator in (kernel, inline_kernel):
        with pytest.raises(TypeError, match=r"solvent\.report\.tables.*ROOMS"):
            decorator(stray)


# ------------------------------------------------------------- a copy of the package, in processes

PROGRAM = """
import json, sys
import solvent.compiled as compiled
import solvent.watch.loop as loop
status = compiled.compile_status()
try:
    import numpy
    result = int(loop.run(numpy.int64(100)))
finally:
    {after}
stats = getattr(loop.run, "stats", None)
print(json.dumps({{
    "result": result,
    "hits": sum(stats.cache_hits.values()) if stats else None,
    "misses": sum(stats.cache_misses.values()) if stats else None,
    "warm": status.warm,
    "kernels": status.kernels,
    "folder": status.folder,
    "compiled": status.compiled,
    "numba": "numba" in sys.modules,
}}))
"""


class Copy:
    """A copy of the ground floor in a folder of its own, with one formula, constant and kernel."""

    def __init__(self, root: Path) -> None:
        self.package = root / "src" / "solvent"
        self.cache = root / "cache"
        self.temp = root / "temp"
        self.temp.mkdir(parents=True)
        for name in ("contracts", "margin", "watch"):
            (self.package / name).mkdir(parents=True)
            (self.package / name / "__init__.py").write_text("")
        shutil.copy(str(units.__file__), self.package)
        shutil.copytree(Path(str(compiled.__file__)).parent, self.package / "compiled")
        (self.package / "__init__.py").write_text("")
        (self.package / "contracts" / "rates.py").write_text("RATE = 50\n")
        (self.package / "margin" / "formula.py").write_text(
            "from solvent.contracts.rates import RATE\n"
            "from solvent.units import exact, mul_div_ceil\n\n\n"
            "@exact\n"
            "def requirement(n):\n"
            "    return mul_div_ceil(n, RATE, 1000) + 1\n"
        )
        (self.package / "watch" / "loop.py").write_text(
            "from solvent.compiled import kernel\n"
            "from solvent.margin.formula import requirement\n\n\n"
            "@kernel\n"
            "def run(n):\n"
            "    return requirement(n)\n"
        )

    def edit(self, room: str, old: str, new: str) -> None:
        path = self.package / room
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def start(self, after: str = "pass", **environment: str) -> tuple[dict[str, Any], str]:
        """Run the kernel once in a fresh process: what it printed, and its stderr."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("SOLVENT_", "NUMBA_"))}
        own |= {
            "PYTHONPATH": str(self.package.parent),
            # Python's own bytecode files compare seconds and sizes: too coarse for these edits.
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOLVENT_CACHE": str(self.cache),
            "TMPDIR": str(self.temp),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(after=after)],
            env=own | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer, done.stderr

    def folders(self) -> list[Path]:
        return sorted(self.cache.glob("kernels-*"))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@needs_compiler
def test_an_edited_formula_changes_the_compiled_result(copy: Copy) -> None:
    first, quiet = copy.start()
    assert (first["result"], first["hits"], first["misses"], first["warm"]) == (6, 0, 1, False)
    assert quiet == ""

    again, _ = copy.start()
    assert (again["result"], again["hits"], again["misses"], again["warm"]) == (6, 1, 0, True)
    assert again["kernels"] == 1
    assert again["folder"] == first["folder"]

    # Two rooms away from the kernel, and of the same length: Numba's own key sees neither.
    copy.edit("margin/formula.py", "+ 1", "+ 2")
    edited, _ = copy.start()
    assert (edited["result"], edited["hits"], edited["misses"]) == (7, 0, 1)

    copy.edit("contracts/rates.py", "50", "70")
    edited, _ = copy.start()
    assert (edited["result"], edited["hits"], edited["misses"]) == (9, 0, 1)

    # Back to the first sources: their machine code is still there, and still theirs.
    copy.edit("contracts/rates.py", "70", "50")
    copy.edit("margin/formula.py", "+ 2", "+ 1")
    back, _ = copy.start()
    assert (back["result"], back["hits"], back["misses"]) == (6, 1, 0)
    assert len(copy.folders()) == 3


@needs_compiler
def test_a_source_edited_while_the_process_runs_is_not_kept_under_the_old_name(copy: Copy) -> None:
    path = copy.package / "margin" / "formula.py"
    program = PROGRAM.replace(
        "import solvent.watch.loop as loop",
        f"from pathlib import Path; path = Path({str(path)!r})\n"
        "text = path.read_text(); path.write_text(text.replace('+ 1', '+ 2'))\n"
        "import solvent.watch.loop as loop",
    )
    done = subprocess.run(
        [sys.executable, "-c", program.format(after="path.write_text(text)")],
        env=os.environ
        | {
            "PYTHONPATH": str(copy.package.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOLVENT_CACHE": str(copy.cache),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout)["result"] == 7
    after, _ = copy.start()
    assert (after["result"], after["hits"]) == (6, 0)


@pytest.mark.parametrize("switch", ["SOLVENT_JIT", "NUMBA_DISABLE_JIT"])
def test_without_the_compiler_the_same_code_gives_the_same_result(copy: Copy, switch: str) -> None:
    off = {"SOLVENT_JIT": "0", "NUMBA_DISABLE_JIT": "1"}[switch]
    answer, quiet = copy.start(**{switch: off})
    assert (answer["result"], answer["compiled"], answer["numba"]) == (6, False, False)
    assert answer["warm"] is True
    assert quiet == ""
    assert copy.folders() == []


@needs_compiler
@pytest.mark.parametrize("name", ["not-a-folder", "not-a-folder/below"])
def test_a_place_that_cannot_be_written_costs_one_line(copy: Copy, name: str) -> None:
    (copy.temp.parent / "not-a-folder").write_text("a file")
    unusable = str(copy.temp.parent / name)
    first, said = copy.start(SOLVENT_CACHE=unusable)
    assert first["result"] == 6
    assert len(said.splitlines()) == 1
    assert said.startswith(f"solvent: cannot keep compiled code in {unusable} (")
    assert str(copy.temp) in said
    again, _ = copy.start(SOLVENT_CACHE=unusable)
    assert (again["hits"], again["misses"]) == (1, 0)
    place = Path(first["folder"]).parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@needs_compiler
def test_broken_files_are_compiled_again(copy: Copy) -> None:
    copy.start()
    for pattern, content in (("*.nbi", b""), ("*.nbc", b"\x80broken")):
        broken = list(copy.folders()[0].glob(pattern))
        assert broken
        for path in broken:
            path.write_bytes(content)
        answer, quiet = copy.start()
        assert (answer["result"], answer["hits"], answer["misses"]) == (6, 0, 1)
        assert quiet == ""
    mended, _ = copy.start()
    assert (mended["result"], mended["hits"]) == (6, 1)


# --------------------------------------------------------------------- the folder, in this process


@pytest.fixture
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path | None]:
    """Choose the folder anew under tmp_path/cache, as a new process would."""
    monkeypatch.setenv("SOLVENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(cache, "_said", False)
    return cache.folder_of_code.__wrapped__


def test_old_folders_are_removed_and_nothing_else(
    tmp_path: Path, fresh_folder: Callable[[], Path | None]
) -> None:
    for age in range(9):
        old = tmp_path / "cache" / f"kernels-{age}"
        old.mkdir(parents=True)
        (old / "code.nbc").write_text("")
        os.utime(old, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "cache" / "mine.txt").write_text("keep")
    current = fresh_folder()
    assert current is not None
    left = {path.name for path in (tmp_path / "cache").iterdir()}
    assert left == {current.name, "mine.txt", *(f"kernels-{age}" for age in range(4))}


def test_a_filled_folder_that_is_read_only_is_used_as_it_is(
    fresh_folder: Callable[[], Path | None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = fresh_folder()
    assert filled is not None
    (filled / "kernel.nbi").write_text("")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert fresh_folder() == filled
    assert capsys.readouterr().err == ""


def test_a_temporary_folder_of_somebody_else_is_not_trusted(
    tmp_path: Path, fresh_folder: Callable[[], Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("SOLVENT_CACHE", str(tmp_path / "blocked"))
    planted = tmp_path / "temp" / f"solvent-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    folder = fresh_folder()
    assert folder is not None
    assert planted not in folder.parents
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_with_no_place_at_all_nothing_is_kept(
    tmp_path: Path,
    fresh_folder: Callable[[], Path | None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("SOLVENT_CACHE", str(tmp_path / "blocked"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "blocked"))
    assert fresh_folder() is None
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("platform", "variable", "tail"),
    [
        ("linux", "XDG_CACHE_HOME", "solvent"),
        ("win32", "LOCALAPPDATA", "solvent"),
        ("darwin", "HOME", "Library/Caches/solvent"),
    ],
)
def test_the_default_place_is_the_cache_folder_of_the_user(
    platform: str, variable: str, tail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOLVENT_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache._user_cache_root() == tmp_path / tail
