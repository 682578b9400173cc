"""Cutting a frame into runs of commands that one kernel takes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solvent.engine.commands import CommandKind

ACCOUNT_KINDS = range(int(CommandKind.OPEN_ACCOUNT), int(CommandKind.WITHDRAW_COLLATERAL) + 1)
TRADE_KINDS = range(int(CommandKind.FILL), int(CommandKind.LEVERAGE) + 1)
OCCASION_KINDS = range(int(CommandKind.FUNDING), int(CommandKind.TIMER) + 1)
ANSWER_KINDS = range(int(CommandKind.ORDER_FILL), int(CommandKind.SOCIALISE) + 1)
RISK_KINDS = range(int(CommandKind.RISK_ARRAY), int(CommandKind.RISK_ARRAY) + 1)


def _groups() -> NDArray[np.int64]:
    groups = np.full(max(CommandKind) + 2, 1, np.int64)
    groups[CommandKind.PRICE] = 0
    for group, kinds in (
        (1, ACCOUNT_KINDS),
        (2, TRADE_KINDS),
        (3, OCCASION_KINDS),
        (4, ANSWER_KINDS),
        (5, RISK_KINDS),
    ):
        groups[list(kinds)] = group
    return groups


GROUPS = _groups()


def runs(rows: NDArray[np.void]) -> list[tuple[int, int, int]]:
    """(begin, end, group) of each run of rows of one group; unknown kinds go with the accounts'
    group, which refuses them.
    """
    kinds = rows["kind"]
    known = (kinds >= 1) & (kinds <= int(max(CommandKind)))
    groups = GROUPS[np.where(known, kinds, len(GROUPS) - 1)]
    cuts = np.flatnonzero(np.diff(groups)) + 1
    edges = [0, *cuts.tolist(), len(rows)]
    return [(a, b, int(groups[a])) for a, b in pairwise(edges) if b > a]
