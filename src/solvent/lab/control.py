"""The control of a counterfactual: recorded bars, the estimated forced flow of the day taken out.

Bars already contain the real liquidations. To let the population's own orders move the price, the
part that the real ones are estimated to have moved is removed first; otherwise it would count
twice. The estimate is crude: a stated share of each bar's net taker flow is taken for forced, at
the same slope and permanent share as the population's orders. What comes out is not a price that
was ever traded, and every chart of it says so.
"""

from __future__ import annotations

import numpy as np

from solvent.lab.path import MarkRule, Path, smoothed
from solvent.market.bars import Bars, Ints
from solvent.market.impact import PERMANENT_SHARE, Impact

FORCED_SHARE = 0.5
"""Share of net taker flow taken for forced. Assumption: no venue published its liquidations by the
minute; 0 would leave the recorded path, 1 would call every taker forced."""


def control_path(bars: Bars, path: Path, impact: Impact, rule: MarkRule) -> tuple[Path, str]:
    """The path without the estimated forced flow, and a sentence that says what was done.

    A bar's share is taken out evenly over its ticks and stays out. Where the bars do not say who
    was the taker, nothing can be removed and the sentence says that instead.
    """
    if bars.taker_buy is None:
        return path, "the recorded path: the file does not say who was the taker, nothing removed"
    net_lots = (2 * bars.taker_buy - bars.volume).astype(np.float64)
    moved = PERMANENT_SHARE * FORCED_SHARE * impact.log_per_lot * net_lots
    ticks = len(path) // len(bars)
    share = np.tile(np.arange(1, ticks + 1) / ticks, len(bars))
    before = np.concatenate(([0.0], np.cumsum(moved)[:-1]))
    removed = before[path.bar] + moved[path.bar] * share
    last: Ints = np.maximum(np.rint(path.last * np.exp(-removed)).astype(np.int64), 1)
    mark = last if rule is MarkRule.LAST else smoothed(path.times_ns, last)
    sentence = (
        f"recorded path less {FORCED_SHARE:.0%} of each bar's net taker flow at"
        f" {impact.note}, {PERMANENT_SHARE:.0%} of it permanent: at most"
        f" {np.max(np.abs(np.expm1(-removed))):.1%} away from the record"
    )
    return Path(path.times_ns, last, mark, path.bar), sentence
