"""Page one (what this is, what was found and is absent, key figures); last, how it was made."""

from __future__ import annotations

from solvent.lab.result import ReplayResult, Total, WaterfallResult
from solvent.report.markup import Markup, join, node
from solvent.report.numbers import grouped, money


def front_page(result: ReplayResult, links: Markup) -> Markup:
    """Title, statement, findings, absences, key figures."""
    findings = node(
        "div",
        node("h2", "What was found"),
        node("ol", *(node("li", words) for words in result.findings)),
        class_="findings",
    )
    absent = node(
        "aside",
        node("h2", "What is absent"),
        node("ul", *(node("li", words) for words in result.absent)),
        class_="absent",
    )
    return node(
        "header",
        node("p", node("b", "Solvent"), " · replay report", class_="brand"),
        node("h1", result.title),
        node(
            "div",
            node(
                "div",
                node("p", result.subtitle, class_="subtitle"),
                node("p", result.statement, class_="statement"),
            ),
            absent,
            class_="intro",
        ),
        node(
            "section",
            findings,
            node("div", node("h2", "Key figures"), _key_table(result)),
            class_="front two" if len(result.waterfalls) < 3 else "front",
        ),
        links,
    )


def shown_total(total: Total) -> str:
    """A total as a person reads it, without its unit."""
    if total.scale == 1:
        return grouped(total.value, 1, 0)
    return money(total.value, total.scale)


def _find(waterfall: WaterfallResult, key: str) -> Total | None:
    return next((t for t in waterfall.totals if t.key == key), None)


def key_rows(result: ReplayResult, every: bool = False) -> list[tuple[Total, list[Total | None]]]:
    """Rows of the comparison: the first total of each key, and each waterfall's own."""
    keys: dict[str, Total] = {}
    for waterfall in result.waterfalls:
        for total in waterfall.totals:
            if total.key_figure or every:
                keys.setdefault(total.key, total)
    return [(first, [_find(w, key) for w in result.waterfalls]) for key, first in keys.items()]


def _bar(total: Total, most: float, i: int) -> Markup:
    share = abs(total.value) / total.scale / most if most else 0.0
    return node(
        "svg",
        node("rect", width=100, height=7, class_="track"),
        node("rect", width=round(100 * share, 1), height=7, class_=f"dot-{i % 6}"),
        viewBox="0 0 100 7",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


def _key_cell(total: Total | None, most: float, i: int) -> Markup:
    if total is None:
        return node("td", "–")
    figure = node("data", shown_total(total), value=total.exact())
    unit = node("span", f" {total.unit}") if total.unit else Markup("")
    return node("td", figure, unit, _bar(total, most, i))


def _key_table(result: ReplayResult) -> Markup:
    columns = [
        node("th", w.name, node("small", w.description), scope="col") for w in result.waterfalls
    ]
    body = []
    for first, cells in key_rows(result):
        sizes = [abs(c.value) / c.scale for c in cells if c is not None]
        label = [first.label, node("small", first.note)] if first.note else [first.label]
        body.append(
            node(
                "tr",
                node("th", *label, scope="row"),
                *(_key_cell(c, max(sizes), i) for i, c in enumerate(cells)),
            )
        )
    head = node("thead", node("tr", node("td", ""), *columns))
    return node("table", head, node("tbody", *body), class_="key")


def _proof(waterfall: WaterfallResult) -> Markup:
    verdict = "audit passed" if waterfall.audit_ok else "audit failed"
    return node(
        "div",
        node("h3", waterfall.name),
        node("p", waterfall.description),
        node(
            "p",
            node("span", verdict, class_="ok" if waterfall.audit_ok else "bad"),
            f": {waterfall.audit}",
        ),
        node("p", "Digest of the final state: ", node("code", waterfall.digest)),
    )


def _totals_table(result: ReplayResult) -> Markup:
    rows = [
        node(
            "tr",
            node("th", first.label, scope="row"),
            *(
                node("td", _exact(cell, first), class_="n") if cell else node("td", "–", class_="n")
                for cell in cells
            ),
        )
        for first, cells in key_rows(result, every=True)
    ]
    head = [node("th", w.name, scope="col", class_="n") for w in result.waterfalls]
    return node(
        "details",
        node("summary", "All totals, exact"),
        node("table", node("thead", node("tr", node("td", ""), *head)), node("tbody", *rows)),
    )


def _exact(total: Total, first: Total) -> Markup:
    return node("data", f"{total.exact()} {first.unit}".strip(), value=total.exact())


def how_it_was_made(result: ReplayResult) -> Markup:
    """Parameters with their notes, verdicts, digests, versions, machine."""
    parameters = [
        node("tr", node("th", name, scope="row"), node("td", value), node("td", note))
        for name, value, note in result.parameters
    ]
    versions = [f"{what} {version}" for what, version in result.versions]
    return node(
        "section",
        node("h2", "How it was made"),
        node(
            "p",
            "The same inputs give the same digest on every machine. Anyone can run it again and "
            "compare.",
            class_="lead",
        ),
        node("div", join(_proof(w) for w in result.waterfalls), class_="proof"),
        node("table", node("tbody", *parameters), class_="parameters"),
        _totals_table(result),
        node("p", f"Run on {result.machine}. {', '.join(versions)}.", class_="note"),
        id="made",
    )
