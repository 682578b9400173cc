"""What an import loads, in a fresh process: the calculator pays for neither NumPy nor Numba."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "numba", "llvmlite", "pyarrow")


def heavy_modules_after(statement: str) -> list[str]:
    """The heavy modules that a new interpreter has loaded after one statement."""
    program = f"{statement}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_probe_sees_a_heavy_import() -> None:
    assert heavy_modules_after("import numpy") == ["numpy"]


@pytest.mark.parametrize(
    "statement",
    [
        "import solvent",
        "import solvent.units",
        "import solvent.contracts",
        "import solvent.margin",
        "import solvent.margin, solvent.contracts",
        "from solvent.venues import Account, Moves, book_chance, efficiency_of, exhaustion, size_book",
    ],
)
def test_the_calculator_is_light(statement: str) -> None:
    assert heavy_modules_after(statement) == []
