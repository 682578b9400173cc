"""Runs in lrvx's own environment: its LiquidationEngine over positions read from a file.

Usage: python lrvx_worker.py positions.npy ticks.npy gap_price tiers; prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time

import lrvx  # type: ignore[import-not-found]
import numpy as np

clock = time.process_time
TIERS = json.loads(sys.argv[4])


def engine(positions: np.ndarray) -> object:
    """An engine with one isolated position per account and a fund that never runs dry."""
    made = lrvx.LiquidationEngine()
    for lower, rate in TIERS:
        made.add_tier(lower, rate)
    made.set_liquidation_slippage_bps(0.0)
    made.set_adl_enabled(False)
    made.set_insurance_fund_capital(1e15)
    for account, (quantity, entry, equity) in enumerate(positions.tolist()):
        made.open_position(account, 1, quantity, entry, equity)
    return made


def main() -> None:
    """Ticks in one batch (`on_marks`) and one by one (`on_mark`), then the gap."""
    positions, ticks = np.load(sys.argv[1]), np.load(sys.argv[2]).tolist()
    batched, single, gaps, closed = [], [], [], 0
    for _ in range(3):
        made = engine(positions)
        start = clock()
        made.on_marks([(1, price) for price in ticks])
        batched.append((clock() - start) / len(ticks))
        start = clock()
        for price in ticks:
            made.on_mark(1, price)
        single.append((clock() - start) / len(ticks))
        before = made.liquidations_count()
        start = clock()
        made.on_mark(1, float(sys.argv[3]))
        gaps.append(clock() - start)
        closed = made.liquidations_count() - before
    said = {"batched": batched, "single": single, "gap": gaps, "closed": closed}
    print(json.dumps({**said, "before": before, "version": "0.11.0"}))


main()
