"""Whether and how to compile: the switch, the options, and the rooms whose sources count."""

from __future__ import annotations

import os
from typing import Any, Final

ROOMS: Final = (
    "units",
    "compiled",
    "contracts",
    "margin",
    "prices",
    "ledger",
    "watch",
    "liquidation",
    "engine",
)
"""The modules and packages of `solvent` that a kernel may live in or import from."""


def _jit_wanted() -> bool:
    if os.environ.get("SOLVENT_JIT", "").strip().lower() in ("0", "false", "no", "off"):
        return False
    if os.environ.get("NUMBA_DISABLE_JIT", "").strip() not in ("", "0"):
        return False
    from numba.core import config

    return not getattr(config, "DISABLE_JIT", False)  # a .numba_config.yaml can say so too


COMPILED: Final = _jit_wanted()


def _runtime_can_be_off() -> bool:
    """Whether this Numba knows the private option `_nrt`; without it, plain njit."""
    try:
        from numba.core.registry import cpu_target

        return hasattr(cpu_target.options, "_nrt")
    except (ImportError, AttributeError):
        return False


OPTIONS: dict[str, Any] = {}
OPTIONS_INLINE: dict[str, Any] = {}
if COMPILED:
    # error_model: "numpy" drops the test and the exception of a division by 0 from every formula
    # (with it, each call of a helper would also have to test for an error on return).
    OPTIONS = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
    if _runtime_can_be_off():
        OPTIONS["_nrt"] = False
    # forceinline acts in LLVM. inline="always" would act on Numba's own code: slower to compile,
    # and it has been seen to change results.
    OPTIONS_INLINE = {**OPTIONS, "forceinline": True}
