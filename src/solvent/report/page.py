"""The report: one HTML file that needs nothing but a browser, and no network."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from solvent.lab.result import ReplayResult
from solvent.report.charts_adl import adl_figures
from solvent.report.charts_fund import fund_figures
from solvent.report.charts_heat import heat_figures
from solvent.report.charts_loss import loss_figures
from solvent.report.charts_price import price_figures
from solvent.report.charts_story import story_figures
from solvent.report.charts_study import study_figures
from solvent.report.figure import Figure, render
from solvent.report.front import front_page, how_it_was_made
from solvent.report.markup import Markup, join, node


def _section(name: str, heading: str, lead: str, *grids: Iterable[Figure]) -> Markup:
    shown = [list(grid) for grid in grids]
    return node(
        "section",
        node("h2", heading),
        node("p", lead, class_="lead"),
        *(node("div", *map(render, grid), class_="pairs") for grid in shown if grid),
        id=name,
    )


def _sections(result: ReplayResult) -> list[tuple[str, str, Markup]]:
    """Anchor, short name and content of each section that has something to show."""
    every = range(len(result.instruments))
    one = len(result.waterfalls) == 1
    told = "the waterfall" if one else "each waterfall"
    found = [
        (
            "price",
            "Price",
            _section(
                "price",
                "The price, and who was forced out on the way",
                "Every disc is a group of positions closed by force where and when it stands. "
                "The strip below adds them up: longs upwards, shorts downwards.",
                *(price_figures(result, i) for i in every),
            ),
        )
    ]
    heat = [heat_figures(result, i) for i in every]
    if any(heat):
        lead = (
            "A crash travels through the prices at which accounts have to be liquidated. Colour is "
            "notional waiting at a price; the line is the mark that comes to fetch it."
        )
        section = _section("levels", "Where the liquidation prices lay", lead, *heat)
    else:
        section = _section(
            "levels", "Where the liquidation prices lay", "No map of them was recorded."
        )
    found.append(("levels", "Liquidation prices", section))
    found.append(
        (
            "losses",
            "Losses",
            _section(
                "losses",
                "Equity destroyed, stage by stage",
                f"What the liquidated accounts lost, in the order in which {told} lets it be "
                "borne: first by themselves, last by everybody.",
                loss_figures(result),
            ),
        )
    )
    found.append(
        (
            "fund",
            "Fund",
            _section(
                "fund",
                "The insurance fund",
                "The fund stands between a bankrupt account and everybody else.",
                fund_figures(result),
            ),
        )
    )
    found.append(
        (
            "deleveraged",
            "Deleveraged",
            _section(
                "deleveraged",
                "Who was deleveraged, and by how much",
                "What neither the account nor the fund could pay is taken from positions on the "
                "other side: they are closed at the price at which the bankrupt account ends at "
                "zero, not at the mark.",
                adl_figures(result),
            ),
        )
    )
    stories = story_figures(result)
    if stories:
        lead = (
            "A liquidation begins when equity falls below the requirement; the numbers in the plot "
            "are those of the list below it."
        )
        found.append(("account", "One account", _section("account", "One account", lead, stories)))
    study = study_figures(result)
    if study:
        count = max(row.samples.shape[1] for row in result.study)
        lead = (
            f"One population proves little. The same comparison on {count:,} populations, each "
            "seed used by every waterfall."
        )
        found.append(
            (
                "study",
                "Many populations",
                _section("study", "Does it hold for other crowds?", lead, study),
            )
        )
    return found


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def render_report(result: ReplayResult) -> str:
    """The whole page. The same result gives the same bytes."""
    room = files("solvent.report")
    style = room.joinpath("style.css").read_text(encoding="utf-8")
    script = room.joinpath("script.js").read_text(encoding="utf-8")
    # Nothing is fetched, and no script or style runs but the two below, known by their hashes.
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    sections = _sections(result)
    links = node(
        "nav",
        *(node("a", words, href=f"#{name}") for name, words, _ in sections),
        node("a", "How it was made", href="#made"),
        aria_label="Sections",
    )
    head = node(
        "head",
        node("meta", charset="utf-8"),
        node("meta", http_equiv="Content-Security-Policy", content=policy),
        node("meta", name="viewport", content="width=device-width, initial-scale=1"),
        node("meta", name="color-scheme", content="light dark"),
        node("meta", name="generator", content="Solvent"),
        node("title", result.title),
        node("style", Markup(style)),
    )
    body = node(
        "body",
        front_page(result, links),
        node("main", join(section for _, _, section in sections), how_it_was_made(result)),
        node(
            "footer",
            "Made by Solvent, an exact margin and liquidation engine. ",
            "This file needs no network and sends nothing anywhere.",
        ),
        node("script", Markup(script)),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def write_report(result: ReplayResult, path: str | os.PathLike[str]) -> Path:
    """Write the page to `path`, whole or not at all, and return the path."""
    target = Path(path)
    page = render_report(result)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        part.write_text(page, encoding="utf-8", newline="\n")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target
