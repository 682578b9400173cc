"""Derive v2's second portfolio manager: regular, far and skew scenarios over one account.

Options are valued with discounted Black-76 (an estimate, rounded once per option and scenario), all
else is exact. Margins are *net*, as the venue states them: what the account is worth less what it
must hold; negative is a shortfall. Rule: derivexyz/v2-core, `PMRMLib_2.sol` and `PMRM_2.sol`; the
numbers are dated presets (`derive-v2-pm2`). Beside the first manager (`derive_portfolio`): a least
volatility, scenarios that tilt the smile, discounts on both signs of an expiry's value, several
collaterals, and contingencies that no factor multiplies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.options import naked_shorts
from solvent.margin.scenario import confidence_charge
from solvent.prices import Scenario, option_value
from solvent.venues.numbers import round_to
from solvent.venues.portfolio.derive_pm2_rules import Rules, Skew
from solvent.venues.portfolio.derive_portfolio import Expiry
from solvent.venues.result import Told, money_text

UNIT = Fraction(1, 10**12)
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Holding:
    """Collateral: amount and price in quote money. risk_cancelling: it moves with the underlying.

    Haircuts are shares of its value; `initial_haircut` comes on top of `maintenance_haircut`.
    """

    name: str
    amount: Fraction
    price: Fraction
    maintenance_haircut: Fraction
    initial_haircut: Fraction
    risk_cancelling: bool = False
    confidence: Fraction = ONE


@dataclass(frozen=True, slots=True)
class Book:
    """A portfolio-margined account. perp_profit: unrealised profit and funding of the perpetual."""

    spot: Fraction
    cash: Fraction = ZERO
    perps: Fraction = ZERO
    perp_price: Fraction = ZERO
    perp_profit: Fraction = ZERO
    spot_confidence: Fraction = ONE
    perp_confidence: Fraction = ONE
    stable_price: Fraction = ONE
    collateral: tuple[Holding, ...] = ()
    expiries: tuple[Expiry, ...] = ()

    def worth(self, holding: Holding) -> Fraction:
        """Value of a holding in units of the stable coin."""
        return holding.amount * holding.price / self.stable_price

    @property
    def confidence(self) -> Fraction:
        """The lower of the spot feed's and, with a perpetual, the perpetual feed's."""
        return min(self.spot_confidence, self.perp_confidence if self.perps else ONE)


@dataclass(frozen=True, slots=True, repr=False)
class Margin(Told):
    """Net margins and their parts, in quote money; contingencies are negative.

    span: least change of value over the scenarios and the basis contingency; changes: per scenario,
    in the order of the rules. worst: the scenario that decides, or "basis contingency". missing:
    tables whose scenarios are not counted, their share not being public; where there are any, what
    the account must hold is a lower bound, and the net margins are upper ones.
    """

    initial: Fraction
    maintenance: Fraction
    mark_to_market: Fraction
    span: Fraction
    basis_contingency: Fraction
    maintenance_contingency: Fraction
    initial_contingency: Fraction
    changes: tuple[Fraction, ...]
    worst: str
    tree: Term
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = [f"net maintenance margin {money_text(self.maintenance)} USD"]
        told.append(f"net initial margin {money_text(self.initial)} USD")
        told.append(f"worst scenario {self.worst}")
        if self.missing:
            told.append(f"the requirement is a lower bound without {', '.join(self.missing)}")
        return "; ".join(told)

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def margin(book: Book, rules: Rules) -> Margin:
    """Both net margins of an account.

    >>> from solvent.venues.portfolio.derive_pm2_rules import second_rules
    >>> long_perp = Book(Fraction(3000), perps=Fraction(1), perp_price=Fraction(2500))
    >>> answer = margin(long_perp, second_rules("derive-v2-pm2@tests"))
    >>> answer.span, answer.maintenance, answer.initial
    (Fraction(-450, 1), Fraction(-405, 1), Fraction(-510, 1))
    """
    now = [_worth(one, one.variable + one.fixed, None) for one in book.expiries]
    every: tuple[Scenario | Skew, ...] = (*rules.scenarios, *rules.skews)
    by_expiry = [
        [_change(one, mark, scenario, rules) for scenario in every]
        for one, mark in zip(book.expiries, now, strict=True)
    ]
    moving = book.perps * book.perp_price + sum(
        (book.worth(one) for one in book.collateral if one.risk_cancelling), ZERO
    )
    changes = tuple(
        sum((row[at] for row in by_expiry), ZERO) + moving * scenario.move * scenario.counted
        for at, scenario in enumerate(every)
    )
    basis = sum(
        (_basis(one, mark, rules) for one, mark in zip(book.expiries, now, strict=True)), ZERO
    )
    place = min(range(len(changes)), key=changes.__getitem__, default=None)
    if place is not None and changes[place] >= basis:
        place = None
    span = basis if place is None else changes[place]
    worst = "basis contingency" if place is None else every[place].name

    held, more = _contingencies(book, rules)
    maintained, on_top = _sum(held), _sum(more)
    factor = rules.im_factor
    factor += max(ZERO, rules.peg_loss_threshold - book.stable_price) * rules.peg_loss_factor
    mark = book.cash + book.perp_profit + sum(now, ZERO)
    mark += sum((book.worth(one) for one in book.collateral), ZERO)
    initial = span * factor + maintained + on_top + mark
    maintenance = span * rules.mm_factor + maintained + mark

    legs: tuple[Term, ...] = ()
    if place is not None:
        legs = _attribution(book, by_expiry, place, every[place])
    bound = ["the requirement is a lower bound"] if rules.missing else []
    lacking = [Term("not public, not counted", "; ".join(rules.missing))] if rules.missing else []
    tree = Term(
        "net maintenance margin",
        maintenance,
        "USD",
        "portfolio value + worst scenario x factor + contingencies",
        "; ".join(["negative: shortfall", *bound]),
        (
            Term("portfolio value", mark, "USD", "cash + collateral + perpetual profit + options"),
            Term("worst scenario", span, "USD", "least change of value", worst, legs),
            Term("basis contingency", basis, "USD", "per expiry, share of a basis move"),
            Term("factor", rules.mm_factor),
            *held,
            Term(
                "net initial margin",
                initial,
                "USD",
                "the same with the initial factor, and contingencies on top",
                terms=(Term("factor", factor, "", "initial factor + depeg x factor"), *more),
            ),
            *lacking,
        ),
    )
    return Margin(
        initial, maintenance, mark, span, basis, maintained, on_top, changes, worst, tree,
        rules.missing,
    )  # fmt: skip


def _sum(terms: Sequence[Term]) -> Fraction:
    return sum((term.value for term in terms if isinstance(term.value, Fraction)), ZERO)


def _worth(expiry: Expiry, forward: Fraction, vols: Sequence[float] | None) -> Fraction:
    """Discounted value of an expiry's options at a forward; their own volatilities unless others
    are given.
    """
    years = float(expiry.years)
    value = ZERO
    for place, one in enumerate(expiry.options):
        vol = float(one.vol) if vols is None else vols[place]
        unit = option_value(one.is_call, float(forward), float(one.strike), vol, years)
        value += one.size * round_to(Fraction(unit), UNIT, "nearest")
    return value * _discount(expiry)


def _discount(expiry: Expiry) -> Fraction:
    return round_to(Fraction(math.exp(-float(expiry.rate * expiry.years))), UNIT, "nearest")


def _change(expiry: Expiry, mark: Fraction, scenario: Scenario | Skew, rules: Rules) -> Fraction:
    """Change of an expiry's value: shocked, discounted by its sign, less its mark."""
    if isinstance(scenario, Skew):
        vols = [
            rules.skewed(
                one.vol, one.strike, expiry.variable + expiry.fixed, expiry.years, scenario
            )
            for one in expiry.options
        ]
        shocked = _worth(expiry, expiry.variable + expiry.fixed, vols)
    else:
        vols = [rules.vol.shocked(one.vol, expiry.years, scenario.vol) for one in expiry.options]
        shocked = _worth(expiry, expiry.variable * (1 + scenario.move) + expiry.fixed, vols)
    change = (shocked * _static_discount(expiry, shocked >= 0, rules) - mark) * scenario.counted
    return -abs(change) if isinstance(scenario, Skew) else change


def _static_discount(expiry: Expiry, positive: bool, rules: Rules) -> Fraction:
    """What a positive value counts for, and by how much a negative one is grown (at most to what it
    would be undiscounted).
    """
    rate = max(expiry.rate, ZERO)
    if positive:
        drift = rate * rules.long_rate_mult + rules.long_rate_add
        decay = Fraction(math.exp(-float(expiry.years * drift)))
        return round_to(rules.long_discount * decay, UNIT, "nearest")
    drift = rate * rules.short_rate_mult + rules.short_rate_add
    growth = rules.short_discount * Fraction(math.exp(float(expiry.years * drift)))
    return round_to(min(1 / _discount(expiry), growth), UNIT, "nearest")


def _basis(expiry: Expiry, mark: Fraction, rules: Rules) -> Fraction:
    share = rules.basis_add + rules.basis_mult * expiry.years
    moved = [
        _worth(expiry, expiry.variable * at + expiry.fixed, None) - mark
        for at in (rules.basis_up, rules.basis_down)
    ]
    return min(*moved, ZERO) * share


def _contingencies(book: Book, rules: Rules) -> tuple[list[Term], list[Term]]:
    """Charges of both margins, and those on top in the initial margin; amounts are negative."""
    perp = abs(book.perps) * book.spot
    naked = sum(
        (
            Fraction(naked_shorts([(o.is_call, o.strike, o.size) for o in one.options]))
            for one in book.expiries
        ),
        ZERO,
    )
    shorts = naked * book.spot
    cut = sum((book.worth(one) * one.maintenance_haircut for one in book.collateral), ZERO)
    more_cut = sum((book.worth(one) * one.initial_haircut for one in book.collateral), ZERO)
    unsure = [(book.confidence, perp)]
    for one in book.expiries:
        sure = min(book.confidence, one.confidence, *(o.confidence for o in one.options))
        unsure.append((sure, sum((abs(o.size) for o in one.options), ZERO) * book.spot))
    for held in book.collateral:
        unsure.append((min(held.confidence, book.spot_confidence), book.worth(held)))
    oracle = sum(
        (
            Fraction(confidence_charge(sure, rules.conf_threshold, rules.conf_margin, amount, 1))
            for sure, amount in unsure
        ),
        ZERO,
    )
    return (
        [
            Term("perpetual contingency", -perp * rules.mm_perp, "USD", "-|size| x rate x spot"),
            Term("option contingency", -shorts * rules.mm_option, "USD", "-naked x rate x spot"),
            Term("collateral haircut", -cut, "USD", "-value x haircut"),
        ],
        [
            Term("perpetual contingency", -perp * rules.im_perp, "USD", "-|size| x rate x spot"),
            Term("option contingency", -shorts * rules.im_option, "USD", "-naked x rate x spot"),
            Term("collateral haircut", -more_cut, "USD", "-value x haircut"),
            Term("oracle contingency", -oracle, "USD", "feeds below the confidence limit"),
        ],
    )


def _attribution(
    book: Book, by_expiry: Sequence[Sequence[Fraction]], place: int, scenario: Scenario | Skew
) -> tuple[Term, ...]:
    """Each part's change in the worst scenario."""
    terms = [
        Term(f"options, {float(one.seconds) / 86_400:.4g} days", row[place], "USD")
        for one, row in zip(book.expiries, by_expiry, strict=True)
    ]
    move = scenario.move * scenario.counted
    if book.perps:
        terms.append(Term("perpetual", book.perps * book.perp_price * move, "USD"))
    terms += [
        Term(one.name, book.worth(one) * move, "USD")
        for one in book.collateral
        if one.risk_cancelling
    ]
    return tuple(terms)
