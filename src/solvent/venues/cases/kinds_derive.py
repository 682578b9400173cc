"""Kinds of cases about Derive v2's margin managers, portfolio and standard.

Amounts are net, as the venue states them: negative is a shortfall. A number that a case's `params`
leave out is the preset's, and a failure mentions it.
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
from solvent.venues.portfolio import derive_portfolio, derive_rules, derive_standard
from solvent.venues.portfolio.scenario_tables import group_of, tables
from solvent.venues.presets.catalogue import version

ZERO, ONE = Fraction(0), Fraction(1)
PORTFOLIO, STANDARD = "derive-v2-pmrm", "derive-v2-srm@tests"
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
    _only(inputs, "derive")
    rules = derive_rules.portfolio_rules_of(
        _numbers(inputs, "params", derive_rules.PORTFOLIO, PORTFOLIO, "portfolio"),
        _scenarios(inputs.part("params")),
    )
    inputs.raw("stable_confidence")  # the contract reads the price alone
    holdings: dict[Fraction, list[derive_rules.OptionLeg]] = {}
    for row in inputs.rows("options"):
        holdings.setdefault(number(row, "sec_to_expiry"), []).append(
            derive_rules.OptionLeg(
                row.flag("is_call"),
                number(row, "strike"),
                number(row, "amount"),
                number(row, "vol"),
                number(row, "vol_confidence", ONE),
            )
        )
    feeds = {number(row, "sec_to_expiry"): row for row in inputs.rows("expiry_feeds")}
    expiries = []
    for seconds, held in holdings.items():
        if seconds not in feeds:
            raise CaseError(f"expiry_feeds has no row with sec_to_expiry {seconds}")
        feed = feeds[seconds]
        sure = min(number(feed, "forward_confidence", ONE), number(feed, "rate_confidence", ONE))
        expiries.append(
            derive_portfolio.Expiry(
                seconds,
                number(feed, "forward_variable"),
                number(feed, "forward_fixed", ZERO),
                number(feed, "rate"),
                sure,
                tuple(held),
            )
        )
    book = derive_portfolio.Book(
        spot=number(inputs, "spot"),
        cash=number(inputs, "cash", ZERO),
        base=number(inputs, "base", ZERO),
        perps=number(inputs, "perps", ZERO),
        perp_price=number(inputs, "perp_price", ZERO),
        perp_profit=number(inputs, "unrealised_perp_pnl", ZERO)
        + number(inputs, "unrealised_funding", ZERO),
        spot_confidence=number(inputs, "spot_confidence", ONE),
        perp_confidence=number(inputs, "perp_confidence", ONE),
        stable_price=number(inputs, "stable_price", ONE),
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


@kind("options_standard_margin")
def standard(inputs: Inputs) -> Answer:
    """Derive v2 standard manager: net margins of an account over its markets."""
    _only(inputs, "derive")
    names = (*derive_rules.NEEDED, *derive_rules.OPTIONAL)
    rules = derive_rules.standard_rules_of(_numbers(inputs, "params", names, STANDARD, "standard"))
    found = derive_standard.margin(
        tuple(_market(inputs, place, name) for place, name in enumerate(("ETH", "BTC"))),
        rules,
        number(inputs, "cash", ZERO),
        number(inputs, "stable_price", ONE),
    )
    return _standard_answer(found)


@kind("perp_standard_margin")
def perpetual(inputs: Inputs) -> Answer:
    """Derive v2 standard manager: one perpetual position."""
    _only(inputs, "derive")
    size = number(inputs, "perp_position")
    price = number(inputs, "perp_price")
    profit = size * (price - first(inputs, "entry_price", "last_entry"))
    # Funding is owed by longs as the market's index rises; the account holds the index it settled.
    funding = size * (
        number(inputs, "account_funding_index", ZERO) - number(inputs, "global_funding_index", ZERO)
    )
    market = derive_standard.Market(
        "perpetual market",
        number(inputs, "spot", price),
        number(inputs, "spot_confidence", ONE),
        perps=size,
        perp_price=price,
        perp_confidence=number(inputs, "perp_confidence", ONE),
        perp_profit=profit + funding,
    )
    names = (*derive_rules.NEEDED, *derive_rules.OPTIONAL)
    rules = derive_rules.standard_rules_of(_numbers(inputs, "", names, STANDARD, "standard"))
    found = derive_standard.margin(
        (market,),
        rules,
        number(inputs, "cash", ZERO),
        number(inputs, "stable_price", ONE),
    )
    return _standard_answer(found, unrealised_pnl=profit, unsettled_funding=funding)


def _standard_answer(found: derive_standard.Margin, **more: Fraction) -> Answer:
    return Answer(
        {
            "initial_margin": found.initial,
            "maintenance_margin": found.maintenance,
            "mark_to_market": found.mark_to_market,
            "portfolio_mtm": found.mark_to_market,
            **more,
        },
        found.tree,
    )


def _market(inputs: Inputs, place: int, name: str) -> derive_standard.Market:
    """One underlying of a standard account; its inputs end in its name in lower case."""
    low = name.lower()
    confidences = inputs.raw("spot_perp_confidences") or []
    pair = confidences[place] if place < len(confidences) else (ONE, ONE)
    sure = [plain_number(one, "spot_perp_confidences") for one in pair]
    holdings: dict[Fraction, list[Inputs]] = {}
    for row in inputs.rows("options"):
        if row.text("underlying", low) == low:
            holdings.setdefault(number(row, "sec_to_expiry"), []).append(row)
    return derive_standard.Market(
        name,
        number(inputs, f"{low}_spot", ZERO),
        sure[0],
        base=number(inputs, f"base_{low}", ZERO),
        perps=number(inputs, f"perps_{low}", ZERO),
        perp_price=number(inputs, f"perp_price_{low}", ZERO),
        perp_confidence=sure[1],
        perp_profit=number(inputs, f"unrealised_perp_pnl_{low}", ZERO)
        + number(inputs, f"unrealised_funding_{low}", ZERO),
        expiries=tuple(_expiry(seconds, rows) for seconds, rows in holdings.items()),
    )


def _expiry(seconds: Fraction, rows: list[Inputs]) -> derive_standard.Expiry:
    forwards = {number(row, "forward") for row in rows}
    if len(forwards) != 1:
        shown = ", ".join(str(float(one)) for one in sorted(forwards))
        raise CaseError(f"options that expire in {seconds} s have several forwards: {shown}")
    return derive_standard.Expiry(
        seconds,
        forwards.pop(),
        tuple(
            derive_rules.OptionLeg(
                row.flag("is_call"),
                number(row, "strike"),
                number(row, "amount"),
                number(row, "vol"),
                number(row, "vol_confidence", ONE),
            )
            for row in rows
        ),
        min(number(row, "forward_confidence", ONE) for row in rows),
    )


def _numbers(
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


def _only(inputs: Inputs, beginning: str) -> None:
    if not inputs.venue.startswith(beginning):
        raise CaseError(
            f"{inputs.case.kind}: no rule for venue {inputs.case.venue!r}; there is one for Derive"
        )


def first(inputs: Inputs, *names: str) -> Fraction:
    """The first of several names that is given."""
    for name in names:
        if inputs.given(word(inputs, name)):
            return number(inputs, name)
    raise inputs.missing(*(word(inputs, name) for name in names))


def number(inputs: Inputs, name: str, otherwise: Fraction | None = None) -> Fraction:
    return inputs.number(word(inputs, name), otherwise)


def word(inputs: Inputs, name: str) -> str:
    """The table's canonical word for a name, so that a row added for another kind does no harm."""
    return canonical(name, inputs.case.kind)
