"""The table of `solvent calc --compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from solvent.cli.calc import say
from solvent.cli.calc_text import columns
from solvent.venues.result import money_text, percent

if TYPE_CHECKING:
    from solvent.venues.comparison import Row
    from solvent.venues.result import Answer


def print_rows(rows: Sequence[Row]) -> None:
    """A table of venues; below it a sentence for each that would not take the position."""
    head = (
        "venue",
        "symbol",
        "liquidation",
        "distance",
        "maintenance",
        "fee held",
        "bankruptcy",
        "exit fee",
        "liquidation fee",
    )
    cells = [head, *(_cells(row) for row in rows if not row.problem)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    apart = "\n" if sum(widths) + 2 * (len(head) - 1) > columns() else ""
    for line in cells:
        left = f"{line[0]:<{widths[0]}}  {line[1]:<{widths[1]}}"
        right = "".join(f"  {line[i]:>{widths[i]}}" for i in range(2, len(head)))
        say(left.rstrip() + apart + right if apart else left + right)
    for row in rows:
        if row.problem:
            problem = row.problem.removeprefix(f"{row.preset} ")
            say(f"{row.preset}: {problem}")


def _share(row: Row) -> str:
    return "-" if row.distance is None else percent(row.distance)


def _cells(row: Row) -> tuple[str, ...]:
    def shown(answer: Answer | None) -> str:
        return answer.display if answer is not None and answer.display else "none"

    cost = row.cost
    return (
        row.preset,
        row.symbol,
        shown(row.liquidation_price),
        "liquidated" if row.liquidatable else _share(row),
        shown(row.maintenance),
        "-" if row.fee_held is None else row.fee_held.display,
        shown(row.bankruptcy_price),
        "-" if cost is None else money_text(cost.exit_fee),
        "-" if cost is None or cost.liquidation_fee is None else money_text(cost.liquidation_fee),
    )
