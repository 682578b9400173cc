"""Initial margin: what opening asks for, resting orders and user-set leverage included."""

from __future__ import annotations

from collections.abc import Sequence

from solvent.contracts.value import value
from solvent.margin.requirements import BASIS, ENTRY, requirement
from solvent.units import div_ceil, exact, exact_called


@exact
def worst_lots(lots: int, buys: int, sells: int) -> int:
    """Largest absolute position the resting orders can lead to (worst side).

    >>> worst_lots(3, 2, 10)
    7
    """
    return max(abs(lots + buys), abs(lots - sells))


@exact_called
def initial_requirement(
    table: Sequence[int],
    at: int,
    kind: int,
    k: int,
    k_den: int,
    lots: int,
    cost: int,
    buys: int,
    sells: int,
    leverage: int,
    price: int,
) -> int:
    """Initial margin of one slot at `price`: schedule at the worst side, and at least notional /
    leverage (0: schedule alone); rounded up.

    Notional at mark; for an entry-based schedule the entry cost plus the notional of the lots that
    orders would add.
    """
    worst = worst_lots(lots, buys, sells)
    if worst == 0:
        return 0
    notional = abs(value(kind, k, k_den, worst, price))
    if table[at + BASIS] == ENTRY:
        notional = abs(cost) + abs(value(kind, k, k_den, max(worst - abs(lots), 0), price))
    need = requirement(table, at, worst, notional, notional)
    if leverage > 0:
        need = max(need, div_ceil(notional, leverage))
    return need
