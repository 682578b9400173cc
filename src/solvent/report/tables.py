"""The replay in the terminal: totals of the waterfalls side by side, losses by stage, findings."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from solvent.lab.result import ReplayResult, Total
from solvent.report.front import key_rows, shown_total
from solvent.report.numbers import NBSP, money, percent

# Everything from outside goes through Text: it is never read as rich's own markup.


def _cell(total: Total | None) -> Text:
    if total is None:
        return Text("–", style="dim")
    unit = f"{NBSP}{total.unit}" if total.unit else ""
    return Text.assemble(shown_total(total), (unit, "dim"))


def _columns(table: Table, result: ReplayResult, first: str) -> None:
    table.add_column(Text(first), overflow="fold")
    for waterfall in result.waterfalls:
        table.add_column(Text(waterfall.name), justify="right", no_wrap=True)


def totals_table(result: ReplayResult, every: bool = False) -> Table:
    """Key figures (or all totals), one column per waterfall."""
    table = Table(title=Text("Totals"), title_justify="left", title_style="bold")
    _columns(table, result, "")
    for first, cells in key_rows(result, every):
        table.add_row(Text(first.label), *(_cell(c) for c in cells))
    verdicts = [
        Text("passed", style="green") if w.audit_ok else Text("FAILED", style="bold red")
        for w in result.waterfalls
    ]
    table.add_section()
    table.add_row(Text("Audit"), *verdicts)
    table.add_row(Text("Digest"), *(Text(w.digest[:16], style="dim") for w in result.waterfalls))
    return table


def stage_table(result: ReplayResult) -> Table:
    """Equity destroyed by stage: money and share of each waterfall's whole."""
    title = Text(f"Equity destroyed by stage, {result.asset}")
    table = Table(title=title, title_justify="left", title_style="bold")
    _columns(table, result, "")
    labels: dict[str, str] = {}
    for waterfall in result.waterfalls:
        for stage in waterfall.losses:
            labels.setdefault(stage.key, stage.label)
    wholes = [sum(s.amount for s in w.losses) for w in result.waterfalls]
    amounts = [{s.key: s.amount for s in w.losses} for w in result.waterfalls]
    for key, label in labels.items():
        cells = []
        for found, whole in zip(amounts, wholes, strict=True):
            if key not in found:
                cells.append(Text("–", style="dim"))
                continue
            share = f"  {percent(found[key] / whole):>6}" if whole else ""
            cells.append(Text.assemble(money(found[key], result.scale), (share, "dim")))
        table.add_row(Text(label), *cells)
    table.add_section()
    table.add_row(
        Text("Together", style="bold"),
        *(
            Text(money(whole, result.scale) + " " * 8 * bool(whole), style="bold")
            for whole in wholes
        ),
    )
    return table


def print_result(result: ReplayResult, console: Console | None = None) -> None:
    """Title, both tables, what is absent, one sentence per finding."""
    out = console or Console()
    out.print(Text(result.title, style="bold"))
    out.print(Text(result.subtitle, style="dim"))
    out.print()
    out.print(totals_table(result))
    out.print()
    out.print(stage_table(result))
    out.print()
    for finding in result.findings:
        out.print(Text.assemble(("• ", "bold"), finding))
    out.print()
    out.print(Text("Absent: " + "; ".join(result.absent) + ".", style="dim"))
    out.print(Text(result.statement, style="dim"))
