"""Findings: one sentence each, computed from the figures of the runs. No figure is written here.

A sentence says what happened to invented accounts in this rehearsal. It never says what the day
did, what a venue lost or what would have been saved.
"""

from __future__ import annotations

from solvent.lab.listings import SETTLE, SETTLE_EXPONENT
from solvent.lab.run import Run
from solvent.lab.tally import Tally

MONEY = 10**SETTLE_EXPONENT

STATEMENT = (
    "A replay of recorded bars over an invented population: an illustration of how margin rules"
    " and a waterfall work, not a reproduction of the day. The bars already contain the day's real"
    " forced flow. {feedback} Accounts, leverage, entries and fund are assumptions, listed with"
    " their grounds in the report; the arithmetic on them is exact."
)
WITHOUT_FEEDBACK = "Forced orders do not move the mark here, so nothing is claimed about prices."
WITH_FEEDBACK = (
    "Forced orders move the mark here, from a control path with an estimate of the recorded forced"
    " flow taken out: a counterfactual, and no such prices were ever traded."
)

ABSENT = (
    "hedges and positions on other venues",
    "owners who add funds, leave or enter while it runs",
    "index and mark construction: the mark is made from last trades of one venue",
    "the order book: forced orders take a share of a bar's volume at an assumed impact",
    "funding payments",
    "outages, delays and withdrawals",
)


def statement(feedback: bool) -> str:
    """What the replay is and is not, in one paragraph."""
    return STATEMENT.format(feedback=WITH_FEEDBACK if feedback else WITHOUT_FEEDBACK)


def findings(runs: list[Run], tallies: list[Tally]) -> list[str]:
    """Sentences about single runs, then about the difference between the first two."""
    sentences = [_reach(runs, tallies)]
    sentences += [s for run, one in zip(runs, tallies, strict=True) for s in _waterfall(run, one)]
    if len(runs) > 1:
        sentences += _differences(runs, tallies)
    return sentences


def _money(units: int) -> str:
    amount = units / MONEY
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if abs(amount) >= size:
            return f"{amount / size:,.2f}{word} {SETTLE}"
    return f"{amount:,.0f} {SETTLE}"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _reach(runs: list[Run], tallies: list[Tally]) -> str:
    falls = []
    for bars in runs[0].scenario.bars:
        first, low = int(bars.open[0]), int(bars.low.min())
        falls.append(f"{bars.symbol} fell {_share(first - low, first)} below its first price")
    population = runs[0].population
    parts = [
        f"{one.liquidated:,} ({_share(one.liquidated, population.customers)}) under"
        f" {run.waterfall.name}"
        for run, one in zip(runs, tallies, strict=True)
    ]
    return (
        f"{_names(falls)}, and of {population.customers:,} invented accounts these were liquidated:"
        f" {_names(parts)}."
    )


def _waterfall(run: Run, one: Tally) -> list[str]:
    name = run.waterfall.name
    sentences = []
    if one.drawn:
        sentences.append(
            f"Under {name} the fund paid {_money(one.drawn)} for {one.drawn_accounts:,} accounts"
            f" and took in {_money(one.fees + one.returned)}; it went from {_money(one.fund_start)}"
            f" to {_money(one.fund_end)}, at its lowest {_money(one.fund_low)}."
        )
    else:
        sentences.append(
            f"Under {name} the fund paid nothing and took in {_money(one.fees + one.returned)}."
        )
    if one.deleveraged:
        where = [
            market.symbol
            for market, amount in zip(run.scenario.markets, one.deleveraged_by_market, strict=True)
            if amount
        ]
        sentences.append(
            f"Under {name} {one.deleveraged:,} counterparties in {_names(where)} were deleveraged"
            f" by {_money(one.deleveraged_notional)} at the mark and gave up"
            f" {_money(one.given_up)}."
        )
    else:
        sentences.append(f"Under {name} nobody was deleveraged.")
    if one.unfinished:
        sentences.append(
            f"Under {name} {one.unfinished:,} liquidations were still waiting for a market when the"
            f" bars ended; what they would have cost is not counted."
        )
    if one.socialised or one.unallocated:
        sentences.append(
            f"Under {name} {_money(one.socialised)} of loss was shared among holders and"
            f" {_money(one.unallocated)} found nobody to bear it."
        )
    return sentences


def _differences(runs: list[Run], tallies: list[Tally]) -> list[str]:
    (a, b), (one, two) = runs[:2], tallies[:2]
    first, second = a.waterfall.name, b.waterfall.name
    sentences = [
        f"{second} closed {_compared(two.notional, one.notional)} by force than {first}"
        f" ({_money(two.notional)} against {_money(one.notional)}) and left positions open in"
        f" {two.restored:,} liquidations (against {one.restored:,})."
        if two.notional != one.notional
        else f"{first} and {second} closed the same notional by force.",
        f"Owners lost {_money(two.own_margin)} of margin in liquidation under {second} and"
        f" {_money(one.own_margin)} under {first};"
        f" losses beyond it (fund, deleveraging, shared) came to {_money(_beyond(two))} and"
        f" {_money(_beyond(one))}.",
        "These are two runs over one invented population: a difference between them says nothing"
        " about another one before it has been repeated over many (--populations).",
    ]
    return sentences


def _beyond(one: Tally) -> int:
    net = max(one.drawn - one.returned, 0)
    return net + max(one.given_up, 0) + one.socialised + one.unallocated


def _compared(value: int, base: int) -> str:
    if base == 0:
        return "more"
    return f"{_share(abs(value - base), base)} {'more' if value > base else 'less'}"
