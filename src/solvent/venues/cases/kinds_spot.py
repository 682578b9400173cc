"""Spot margin: the price at which a position of borrowed coins is liquidated."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.positions import side_of
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.rulebook import ratio_of, strict_of
from solvent.venues.preset import Version
from solvent.venues.presets import catalogue
from solvent.venues.presets.fields import PresetError

HELD = ("held", "contracts", "size")


@kind("liquidation_price", contracts=("spot",))
def spot_liquidation_price(inputs: Inputs) -> Answer:
    """A long holds the base asset and owes quote, a short holds quote and owes the base asset; it
    is liquidated once the assets are worth no more than the debt times its multiple.

    Source: OKX help, isolated margin mode: debt and interest x (1 + MMR) x (1 + fee) over assets
    (long), the inverse (short). Binance: a level of assets over debt.
    """
    version = _version(inputs)
    long = side_of(inputs) > 0
    owed = abs(inputs.number("debt")) + abs(inputs.number("debt_interest", 0))
    level = inputs.maybe("margin_level")
    if level is None:
        rate = inputs.maybe("mmr")
        if rate is None:
            raise inputs.missing("mmr", "margin_level")
        level = (1 + rate) * (1 + inputs.number("taker", 0))
    start = inputs.number("mark", 1)
    base, quote = start, Fraction(1)
    amount = next((inputs.maybe(name) for name in HELD if inputs.given(name)), None)
    if amount is None:
        raise inputs.missing("held")
    held = Line("held", abs(amount), base if long else quote, Fraction(1), "weight")
    debt = Line("debt", owed, quote if long else base, level, "multiple")
    bucket = Loan(version, (held,), (debt,), ratio_of(version), strict=strict_of(version))
    found = bucket.liquidation_price("held" if long else "debt")
    return Answer({"liquidation_price": found.exact}, found.explain())


def loan_maintenance(inputs: Inputs) -> tuple[Fraction, Term]:
    """Maintenance margin of borrowed coins: `(debt + interest) * rate`, in the coin owed; at OKX in
    the coin held, where the mark is given.

    Sources: Binance, unified maintenance margin: loan * MMR. OKX help, isolated margin mode: long
    divided by the mark, short times the mark.
    """
    owed = abs(inputs.number("debt")) + abs(inputs.number("debt_interest", 0))
    rate = inputs.number("mmr")
    terms = [Term("debt and interest", owed), Term("rate", rate)]
    needed = owed * rate
    mark = inputs.maybe("mark")
    if mark is not None:
        if mark <= 0:
            raise CaseError(f"mark: {mark} must be above 0")
        terms.append(Term("mark", mark))
        at_okx = inputs.venue.startswith("okx")
        needed = needed / mark if at_okx and side_of(inputs) > 0 else needed * mark
    return needed, Term("maintenance margin", needed, "", "debt * rate", terms=tuple(terms))


def _version(inputs: Inputs) -> Version:
    name = f"{inputs.venue.replace('_', '-')}-spot-margin"
    try:
        return catalogue.version(name)
    except PresetError:
        known = [one for one in catalogue.names() if one.endswith("-spot-margin")]
        raise CaseError(
            f"liquidation_price of spot margin: no rules for venue {inputs.case.venue!r}; there "
            f"are {', '.join(known)}"
        ) from None
