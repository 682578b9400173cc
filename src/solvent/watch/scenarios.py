"""What an account margined by scenarios must hold: the worst sum of its legs' losses over the
published risk arrays, and a charge on short lots (docs/semantics.md, 7).

The one scenario loop: levels, initial margin with resting orders and what a close releases are all
this sum, with a factor, with orders, or with some lots gone. Bounds: an entry times the largest
position times the largest factor is at most 2^54 where it is admitted, so that 64 slots fit.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT
from solvent.ledger.tables import CHARGE, LOWER, NONE, UPPER, Header, MarginModel, Tables
from solvent.margin.scenario import leg_loss
from solvent.units import mul_div_ceil
from solvent.watch.rules import FACTORS

BANKRUPT = 4
SCENARIOS = int(Header.SCENARIOS)
BY_SCENARIOS = int(MarginModel.SCENARIOS)


@inline_kernel
def by_scenarios(s: Tables, account: int) -> bool:
    """True when the account's derivatives are margined by scenarios."""
    return s.accounts[account]["model"] == BY_SCENARIOS


@kernel
def scenario_need(s: Tables, account: int, without: int, closed: int, orders: int) -> int:
    """Requirement of the account's derivative slots before any factor, in its asset, with `closed`
    lots of the slot `without` gone (NONE: all there).

    orders 1: every slot at the worse end of its resting orders (initial margin); 0: as held. The
    loss of a slot is convex in its lots, so the ends are enough.
    """
    count = s.header[SCENARIOS]
    for n in range(count):
        s.losses[n] = 0
    charge = 0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        instrument = row["instrument"]
        if s.instruments[instrument]["kind"] != SPOT:
            held = row["lots"]
            if slot == without:
                held += -closed if held > 0 else closed
            most = held
            least = held
            if orders == 1:
                most += s.positions_cold[slot]["buys"]
                least -= s.positions_cold[slot]["sells"]
            charge += max(-least, 0) * s.risk[instrument, CHARGE]
            for n in range(count):
                lower = s.risk[instrument, LOWER + n]
                upper = s.risk[instrument, UPPER + n]
                s.losses[n] += max(leg_loss(most, lower, upper), leg_loss(least, lower, upper))
        slot = row["next"]
    worst = 0
    for n in range(count):
        worst = max(worst, s.losses[n])
    return worst + charge


@inline_kernel
def share_of_level(s: Tables, need: int, level: int) -> int:
    """The level's multiple of a scenario requirement, rounded up; nothing at bankruptcy."""
    if level == BANKRUPT:
        return 0
    return mul_div_ceil(need, s.policy[FACTORS + 2 * level], s.policy[FACTORS + 2 * level + 1])
