"""The portfolio manager of Derive v2 as a kind of case, and what its two managers' cases share.

Amounts are net, as the venue states them: negative is a shortfall. A number that a case's `params`
leave out is the preset's, and a failure mentions it. The standard manager's kinds are in
`kinds_derive_standard`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from solvent.prices import Scenario
from solvent.prices.scenarios import VolMove
from solvent.venues.cases.aliases import canonical
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.read import number as plain_number
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.portfolio import derive_portfolio, derive_rules
from solvent.venues.portfolio.scenario_tables import group_of, tables
from solvent.venues.presets.catalogue import version

ZERO, ONE = Fraction(0), Fraction(1)
PORTFOLIO = "derive-v2-pmrm"
MANAGERS = ("derive", "derive_v2", "lyra_v2")
RIGHTS = {"true": True, "1": True, "call": True, "c": True}
RIGHTS |= {"false": False, "0": False, "put": False, "p": False}
MOVES: dict[str, VolMove] = {
    "up": "up",
    "none": "same",
    "same": "same",
    "static": "same",
    "down": "down",
}


@kind("options_portfolio_margin")
def portfolio(inputs: Inputs) -> Answer:
    """Derive v2 portfolio manager: net margins of an account."""
    only_venue(inputs, "derive_v2_pmrm", "derive_v2_portfolio_manager")
    rules = derive_rules.portfolio_rules_of(
        numbers_of(inputs, "params", derive_rules.PORTFOLIO, PORTFOLIO, "portfolio"),
        _scenarios(inputs.part("params")),
    )
    inputs.raw("stable_confidence")  # the contract reads the price alone
    holdings: dict[Fraction, list[derive_rules.OptionLeg]] = {}
    for row in inputs.rows("options"):
        holdings.setdefault(at_least(row, "sec_to_expiry", ZERO), []).append(option_leg(row))
    feeds = {number(row, "sec_to_expiry"): row for row in inputs.rows("expiry_feeds")}
    expiries = []
    for seconds, held in holdings.items():
        if seconds not in feeds:
            raise CaseError(f"expiry_feeds has no row with sec_to_expiry {seconds}")
        feed = feeds[seconds]
        expiries.append(
            derive_portfolio.Expiry(
                seconds,
                at_least(feed, "forward_variable", ZERO),
                at_least(feed, "forward_fixed", ZERO, ZERO),
                number(feed, "rate"),
                min(confidence(feed, "forward_confidence"), confidence(feed, "rate_confidence")),
                tuple(held),
            )
        )
    perps = number(inputs, "perps", ZERO)
    book = derive_portfolio.Book(
        spot=above_zero(inputs, "spot"),
        cash=number(inputs, "cash", ZERO),
        base=at_least(inputs, "base", ZERO, ZERO),
        perps=perps,
        perp_price=above_zero(inputs, "perp_price", None if perps else ONE),
        perp_profit=number(inputs, "unrealised_perp_pnl", ZERO)
        + number(inputs, "unrealised_funding", ZERO),
        spot_confidence=confidence(inputs, "spot_confidence"),
        perp_confidence=confidence(inputs, "perp_confidence"),
        stable_price=above_zero(inputs, "stable_price", ONE),
        expiries=tuple(expiries),
    )
    found = derive_portfolio.margin(book, rules)
    return Answer(
        {
            "initial_margin": found.initial,
            "maintenance_margin": found.maintenance,
            "portfolio_mtm": found.portfolio_mtm,
            "mark_to_market": found.portfolio_mtm,
            "min_span": found.min_span,
            "forward_contingency": found.forward_contingency,
            "basis_contingency": found.forward_contingency,
            "option_contingency": found.option_contingency,
            "perp_contingency": found.perp_contingency,
            "base_contingency": found.base_contingency,
            "oracle_contingency": found.oracle_contingency,
            "loss_factor": found.loss_factor,
            "worst_scenario": found.worst,
        },
        found.tree,
    )


def numbers_of(
    inputs: Inputs, place: str, names: tuple[str, ...], preset: str, group: str
) -> dict[str, object]:
    """A rule's numbers: the case's (in `place`, or beside its inputs), else the preset's."""
    given = inputs.part(place) if place else inputs
    dated = version(preset)
    found: dict[str, object] = dict(group_of(dated, group))
    missing = []
    for name in names:
        if given is not None and given.given(word(given, name)):
            found[name] = number(given, name)
        else:
            missing.append(name)
    if missing and place:
        inputs.note(f"{', '.join(missing)}: of {dated.label}, the case does not give them")
    return found


def _scenarios(params: Inputs | None) -> tuple[Scenario, ...]:
    """Scenarios written as "spot 1.15,1.10,1.00 x vol up/none/down (9)", or as a list of pairs;
    the preset's where the case gives none.
    """
    value = None if params is None else params.raw("scenarios")
    if value is None:
        return tables(version(PORTFOLIO), "", ONE, [])
    if isinstance(value, list):
        return tuple(_pair(row) for row in value)
    shape = re.fullmatch(
        r"\s*spot\s+([\d.,\s]+?)\s+x\s+vol\s+([a-z/]+)\s*(?:\((\d+)\))?\s*", str(value).lower()
    )
    if shape is None:
        raise CaseError(
            f'params.scenarios: {value!r}; write "spot 1.10,1.00,0.90 x vol up/none/down (9)" or '
            "a list of [spot factor, vol move]"
        )
    spots, vols, count = shape.groups()
    made = tuple(
        _pair([spot, vol]) for spot in spots.replace(" ", "").split(",") for vol in vols.split("/")
    )
    if count is not None and int(count) != len(made):
        raise CaseError(
            f"params.scenarios: {value!r} names {count} scenarios and spells {len(made)}"
        )
    return made


def _pair(row: object) -> Scenario:
    if not isinstance(row, list | tuple) or len(row) != 2 or str(row[1]).lower() not in MOVES:
        raise CaseError(f"params.scenarios: {row!r} is not [spot factor, up, none or down]")
    return Scenario(plain_number(row[0], "params.scenarios") - 1, MOVES[str(row[1]).lower()])


def only_venue(inputs: Inputs, *names: str) -> None:
    """Refuse a venue this manager's rule is not for: another venue, or Derive's next manager."""
    if inputs.venue not in (*MANAGERS, *names):
        raise CaseError(
            f"{inputs.case.kind}: no rule for venue {inputs.case.venue!r}; there is one for "
            f"{names[0]}"
        )


def option_leg(row: Inputs) -> derive_rules.OptionLeg:
    """One option of a book."""
    return derive_rules.OptionLeg(
        _is_call(row),
        at_least(row, "strike", ZERO),
        number(row, "amount"),
        at_least(row, "vol", ZERO),
        confidence(row, "vol_confidence"),
    )


def _is_call(row: Inputs) -> bool:
    """An option's right: true or 1 for a call, or its name."""
    value = row.raw("is_call")
    if value is None:
        raise row.missing("is_call")
    right = RIGHTS.get(str(value).strip().lower())
    if right is None:
        raise CaseError(f"{row.spelled('is_call')}: {value!r} is neither call nor put")
    return right


def at_least(
    inputs: Inputs, name: str, least: Fraction, otherwise: Fraction | None = None
) -> Fraction:
    """A number that must not lie below `least`."""
    value = number(inputs, name, otherwise)
    if value < least:
        raise CaseError(f"{inputs.spelled(word(inputs, name))}: {value} is below {least}")
    return value


def above_zero(inputs: Inputs, name: str, otherwise: Fraction | None = None) -> Fraction:
    """A price."""
    value = number(inputs, name, otherwise)
    if value <= 0:
        raise CaseError(f"{inputs.spelled(word(inputs, name))}: {value} is not above 0")
    return value


def confidence(inputs: Inputs, name: str) -> Fraction:
    """How sure a feed is, from 0 to 1; 1 when not given."""
    return sure(number(inputs, name, ONE), inputs.spelled(word(inputs, name)))


def sure(value: Fraction, place: str) -> Fraction:
    """The value, where it is a confidence."""
    if not 0 <= value <= 1:
        raise CaseError(f"{place}: a confidence of {value} is not within 0 and 1")
    return value


def number(inputs: Inputs, name: str, otherwise: Fraction | None = None) -> Fraction:
    """A number by the name this room gives it."""
    return inputs.number(word(inputs, name), otherwise)


def word(inputs: Inputs, name: str) -> str:
    """The table's canonical word for a name, so that a row added for another kind does no harm."""
    return canonical(name, inputs.case.kind)
