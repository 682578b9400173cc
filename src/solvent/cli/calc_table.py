"""The table of `solvent calc --compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from solvent.cli.calc import say
from solvent.cli.calc_text import columns, print_block, say_line
from solvent.venues.result import money_text, percent

if TYPE_CHECKING:
    from solvent.venues.comparison import Row
    from solvent.venues.result import Answer


def print_rows(rows: Sequence[Row]) -> None:
    """A table of venues, or a list for each where the terminal is too narrow for it; then a
    sentence for each that would not take the position.
    """
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
    if sum(widths) + 2 * (len(head) - 1) > columns():
        _print_lists(cells, max(widths[2:]))
    else:
        for line in cells:
            left = f"{line[0]:<{widths[0]}}  {line[1]:<{widths[1]}}"
            say(left + "".join(f"  {line[i]:>{widths[i]}}" for i in range(2, len(head))))
    for row in rows:
        if row.problem:
            problem = row.problem.removeprefix(f"{row.preset} ")
            say_line(f"{row.preset}: ", problem)


def _print_lists(cells: Sequence[tuple[str, ...]], width: int) -> None:
    """A block per venue, its figures under each other and under those of the others."""
    head, *lines = cells
    for line in lines:
        figures = [f"{one:>{width}}" for one in line[2:]]
        print_block(
            f"{line[0]} {line[1]}", [(*one, "") for one in zip(head[2:], figures, strict=True)]
        )


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
