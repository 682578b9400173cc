"""Replay recorded bars over an invented population and print what each waterfall did.

It uses the AVAXUSDT minutes that come with the package. What it prints is an illustration: the
accounts are invented, and the bars already contain the day's real forced flow.

    python examples/replay_bars.py
"""

from solvent.feeds import shipped_path
from solvent.feeds.scenes import Source, scenario_of
from solvent.lab.compare import gather, run_all
from solvent.lab.scenario import Options
from solvent.lab.waterfalls import WATERFALLS

scenario = scenario_of([Source(path=shipped_path("AVAXUSDT"))], Options(accounts=1_000, seed=7))
result = gather("AVAXUSDT", run_all(scenario, list(WATERFALLS.values())))

for waterfall in result.waterfalls:
    print(f"\n{waterfall.name}: {waterfall.description}")
    for total in waterfall.totals:
        if total.key_figure:
            print(f"  {total.label:<40} {total.exact():>20} {total.unit}")
    print(f"  {waterfall.audit}; state {waterfall.digest[:16]}")
print()
for sentence in result.findings:
    print("-", sentence)
