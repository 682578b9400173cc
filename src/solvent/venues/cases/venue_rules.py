"""Which rules a case is about: its venue's name, and the dated text its source names.

A case's venue is looked up in the table below and then among the presets. Cases of libraries and
of no venue in particular have rules of their own, `PSEUDO`. Where a venue has several dated
versions, the case says which one by `version`, by "venue@version", or in its source: the basis of
maintenance in words ("entry value", "mark value"), or a year. A case that says nothing is about
the version in `UNDATED`, or else the newest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from solvent.venues.cases.read import Case, CaseError
from solvent.venues.preset import Basis, Kind, Rules, Venue, Version
from solvent.venues.presets import catalogue
from solvent.venues.presets.fields import PresetError

PRESETS: Mapping[str, Mapping[str, str]] = {
    "binance": {"linear": "binance-usdm", "inverse": "binance-coinm"},
    "binance_futures": {"linear": "binance-usdm", "inverse": "binance-coinm"},
    "binance_portfolio_margin": {"linear": "binance-usdm", "inverse": "binance-coinm"},
    "binance_pm": {"linear": "binance-usdm", "inverse": "binance-coinm"},
    "binance_um": {"": "binance-usdm"},
    "binance_usd_m": {"": "binance-usdm"},
    "binance_usdt_m": {"": "binance-usdm"},
    "binance_cm": {"": "binance-coinm"},
    "binance_coin_m": {"": "binance-coinm"},
    "bybit_uta": {"linear": "bybit", "inverse": "bybit-inverse", "options": "bybit-options"},
    "kraken_futures": {"": "kraken-futures"},
    "coinbase_intx": {"": "coinbase-intx"},
    "dydx_v4": {"": "dydx-v4"},
    "drift_v2": {"": "drift-v2"},
    "gmx_v2": {"": "gmx-v2"},
    "synthetix_v3_perps": {"": "synthetix-v3"},
}
"""A case's venue -> preset, by contract family where they differ ("" for any)."""

PSEUDO: Mapping[str, Rules] = {
    "generic": Rules("the inequality alone: mark basis, no closing fee"),
    "okx_or_generic": Rules("the inequality alone: mark basis, no closing fee"),
    "jesse_generic": Rules(
        "Jesse, isolated futures: maintenance on entry value", maintenance="entry"
    ),
    "bitmex_like": Rules(
        "nautilus_trader, leveraged margin model: maintenance fixed at open, divided by leverage",
        maintenance="entry",
        initial="entry",
    ),
}
"""Venues of cases that are no venue."""

WITHOUT_PRESET: Mapping[tuple[str, str], Rules] = {
    ("phemex", "inverse"): Rules(
        "Phemex help, liquidation price: inverse contracts, maintenance on entry value",
        maintenance="entry",
        initial="entry",
    )
}
"""Contracts of a venue whose preset is of its others alone."""

OTHER_NAMES: Mapping[str, str] = {"jesse": "jesse_generic", "nautilus": "bitmex_like"}
"""What else sources call them."""

UNDATED: Mapping[str, str] = {"bybit": "2024", "bybit-inverse": "2020"}
"""The version a case of a venue is about when it does not say: Bybit's examples and payloads are
older than its text of 2026, which moved maintenance to the value at mark."""

DIVIDED_BY_LEVERAGE = ("bitmex_like",)
"""Where the maintenance margin itself is divided by the leverage (nautilus_trader)."""

_YEAR = re.compile(r"\b(20[12]\d)(?:-(\d\d))?(?:-(\d\d))?\b")
_NAMED = re.compile(r"(?:@|[-_ ](?=20\d\d$))(.+)$")
_ENTRY = re.compile(r"(?:on|of|at) (?:the )?entry|entry[- ](?:value|based)", re.IGNORECASE)
_MARK = re.compile(
    r"(?:on|of|at) (?:the )?(?:mark|current)|(?:mark|current)[- ](?:value|based|price based)"
    r"|\(1 ?[+-] ?MMR|size (?:x|×|\*) (?:the )?mark",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RulesOf:
    """The rules of a case, the version they are of (None: `PSEUDO`), and how it was chosen."""

    rules: Rules
    version: Version | None
    label: str
    chosen: str

    @property
    def name(self) -> str:
        """The venue's name, without the version."""
        return self.label.partition("@")[0]


def family(case: Case) -> Kind:
    """linear or inverse, by the words of the case's contract type."""
    name = case.contract_type.lower()
    return "inverse" if "inverse" in name or name.startswith("coin") else "linear"


def rules_of(case: Case, family: str) -> RulesOf:
    """The rules a case is about. Raises CaseError for a venue there are no rules for."""
    name = OTHER_NAMES.get(case.venue_name, case.venue_name)
    if name in PSEUDO:
        return RulesOf(PSEUDO[name], None, name, "no venue's rules")
    if (name, family) in WITHOUT_PRESET:
        return RulesOf(WITHOUT_PRESET[name, family], None, name, "no preset of these contracts")
    version, chosen = version_of(case, family)
    rules = version.rules
    if rules is None:
        raise CaseError(
            f"{case.kind}: {version.label} has no rules of positions that are liquidated by "
            "equity against maintenance"
        )
    return RulesOf(rules, version, version.label, chosen)


def version_of(case: Case, family: str) -> tuple[Version, str]:
    """The dated preset a case is about and how it was chosen. Raises CaseError."""
    venue = _venue(case, family)
    named = case.version or _NAMED.search(case.venue)
    if named:
        wanted = named if isinstance(named, str) else named[1]
        try:
            return catalogue.version(f"{venue.name}@{wanted}"), "named by the case"
        except PresetError as error:
            raise CaseError(str(error)) from None
    if len(venue.versions) == 1:
        return venue.versions[0], "the only version"
    return _dated(case, venue)


def with_basis(found: RulesOf, basis: Basis) -> RulesOf:
    """The same rules with maintenance on another basis, where the case itself names one."""
    return replace(found, rules=replace(found.rules, maintenance=basis), chosen="basis given")


def _venue(case: Case, family: str) -> Venue:
    name = case.venue_name
    table = PRESETS.get(name, {})
    guesses = [table.get(family) or table.get(""), f"{name}-{family}", name]
    known = {*catalogue.names(), *catalogue.aliases()}
    for guess in (guess.replace("_", "-") for guess in guesses if guess):
        if guess in known:
            return catalogue.venue(guess)
    close = get_close_matches(name, [*known, *PSEUDO], n=1, cutoff=0.75)
    raise CaseError(
        f"{case.kind} depends on the venue and there are no rules for {case.venue!r}"
        + (f"; did you mean {close[0]}?" if close else "")
        + " (`solvent venues` lists the venues; a case of no venue in particular is of generic)"
    )


def _dated(case: Case, venue: Venue) -> tuple[Version, str]:
    """The version the case's texts are about: those with the basis they state, if that tells
    versions apart; of these the one valid in the year they state, or the undated one.
    """
    basis = _basis(case)
    fitting = [one for one in venue.versions if one.rules and one.rules.maintenance == basis]
    words = ""
    if fitting and len(fitting) < len(venue.versions):
        words = f"its source puts maintenance on {basis} value"
    versions = fitting if words else list(venue.versions)
    at = _day(case)
    if at is not None:
        begun = [one for one in versions if one.valid_from <= at]
        chosen = begun[-1] if begun else versions[0]
        return chosen, words or f"its source is of {at.year}"
    undated = [one for one in versions if one.name == UNDATED.get(venue.name)]
    live = [one for one in versions if one.status == "live"]
    return (undated or live or versions)[-1], words or "an undated case"


def _day(case: Case) -> date | None:
    """The day a case's text is of: a year (its end), month (its end) or day in the source, the
    note or the id.
    """
    for text in (case.source, case.note, case.id):
        found = _YEAR.search(text)
        if found:
            month = int(found[2] or 12)
            if not 1 <= month <= 12:
                return date(int(found[1]), 12, 31)
            return date(int(found[1]), month, min(max(int(found[3] or 28), 1), 28))
    return None


def _basis(case: Case) -> Basis | None:
    """The basis the case's source puts maintenance on, in words; None where it says neither, or
    both.
    """
    for text in (case.source, case.formula, case.note):
        entry, mark = bool(_ENTRY.search(text)), bool(_MARK.search(text))
        if entry != mark:
            return "entry" if entry else "mark"
    return None
