"""Options outside portfolio margin: what an account's options must hold, position by position.

A preset's `parameters.short` is turned into the switches of `solvent.margin.options`; the answer
names the preset version and explains every figure. Inputs are text, int, Decimal or Fraction.
Coin-quoted presets (`quoted = "coin"`) take marks in coins and answer in coins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

from solvent.margin import options
from solvent.margin.explain import Term, figure_text
from solvent.margin.options import Holds, PremiumBasis, ShortRules
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version
from solvent.venues.result import Told

NEEDED = ("high", "low", "rate")


@dataclass(frozen=True, slots=True)
class Position:
    """An option held. size: signed, in units of the underlying. index: its price; mark, entry: in
    coins where the venue quotes coins. underlying: which one ("BTC").
    """

    is_call: bool
    strike: Fraction
    size: Fraction
    index: Fraction
    mark: Fraction
    entry: Fraction | None = None
    underlying: str = "BTC"

    @property
    def name(self) -> str:
        """Signed size, underlying, strike and right: "-1 BTC 55000 call"."""
        right = "call" if self.is_call else "put"
        return f"{float(self.size):+.10g} {self.underlying} {float(self.strike):.10g} {right}"


@dataclass(frozen=True, slots=True, repr=False)
class OptionMargin(Told):
    """Requirements in `currency` ("coin" or "quote"), exact; version: of the preset."""

    initial: Fraction
    maintenance: Fraction
    currency: str
    version: str
    tree: Term

    def __str__(self) -> str:
        told = f"maintenance margin {figure_text(self.maintenance)} {self.currency}, "
        return f"{told}initial margin {figure_text(self.initial)} {self.currency} ({self.version})"

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def position(
    right: str,
    *,
    strike: Number,
    size: Number,
    index: Number,
    mark: Number,
    entry: Number | None = None,
    underlying: str = "BTC",
) -> Position:
    """A position from what people type. Raises InputError: what, the value, what to do.

    >>> position("Call", strike="55000", size=-1, index="50000", mark="0.03").name
    '-1 BTC 55000 call'
    """
    word = right.strip().lower()
    if word not in ("call", "put", "c", "p"):
        raise InputError(f'right {right!r} is neither "call" nor "put"')
    made = Position(
        word in ("call", "c"),
        exact(strike, "strike"),
        exact(size, "size"),
        exact(index, "index"),
        exact(mark, "mark"),
        None if entry is None else exact(entry, "entry"),
        underlying.strip().upper(),
    )
    for what, value in (("strike", made.strike), ("index", made.index)):
        if value <= 0:
            raise InputError(f"{what} {float(value):.10g}: must be above zero")
    if made.mark < 0:
        raise InputError(f"mark {float(made.mark):.10g}: an option is never worth less than zero")
    return made


def short_rules(version: Version, underlying: str, rates: Mapping[str, Number]) -> ShortRules:
    """The switches of a preset for one underlying; `rates` replace or fill its numbers.

    Raises InputError where the venue publishes a needed number nowhere and `rates` lacks it.
    """
    group = _group(version, "short")
    own = group.get("by_underlying", {})
    numbers = {**group, **(own.get(underlying, {}) if isinstance(own, Mapping) else {})}
    numbers |= {name: exact(value, name) for name, value in rates.items()}
    for name in NEEDED:
        if numbers.get(name) is None:
            raise InputError(
                f"{version.label} does not publish {name!r} of short options on {underlying}; "
                f'give it, for example rates={{"{name}": "0.1"}}'
            )
    return ShortRules(
        high=Fraction(numbers["high"]),
        low=Fraction(numbers["low"]),
        rate=Fraction(numbers["rate"]),
        rate_of_mark=Fraction(numbers.get("rate_of_mark") or 0),
        mark_holds=_word(numbers.get("mark_holds"), get_args(Holds)),
        floor_holds=_word(numbers.get("floor_holds"), get_args(Holds)),
        floor_scale=Fraction(numbers.get("floor_scale") or 1),
        low_with_mark=bool(numbers.get("low_with_mark", False)),
        liquidation_fee=Fraction(numbers.get("liquidation_fee") or 0),
        basis=_word(numbers.get("basis"), get_args(PremiumBasis)),
    )


def option_margin(
    venue: str | Version,
    positions: Sequence[Position],
    *,
    factor: Number = 1,
    rates: Mapping[str, Number] | None = None,
) -> OptionMargin:
    """Initial and maintenance margin of options, each on its own; long options need nothing.

    factor: the venue's factor of the position tier (OKX). rates: numbers the venue does not publish
    (Gate), or others instead of its own.

    >>> short = position("call", strike="55000", size="-1", index="50000", mark="0.03270261")
    >>> answer = option_margin("deribit-options", [short])
    >>> float(answer.initial), float(answer.maintenance), answer.currency
    (0.13270261, 0.10770261, 'coin')
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    coin = _group(version, "short").get("quoted") == "coin"
    unit = "coin" if coin else "quote"
    tier = exact(factor, "factor")
    terms, totals = [], [Fraction(0), Fraction(0)]
    for one in positions:
        if one.size >= 0:
            terms.append(Term(one.name, Fraction(0), unit, note="long: the premium is paid"))
            continue
        rules = short_rules(version, one.underlying, rates or {})
        seen = (
            options.in_coins(one.is_call, one.strike, one.index, one.mark)
            if coin
            else options.Option(one.is_call, one.strike, one.index, one.mark)
        )
        initial = Fraction(options.initial(rules, seen, tier, one.entry)) * -one.size
        held = Fraction(options.maintenance(rules, seen, tier)) * -one.size
        totals[0] += initial
        totals[1] += held
        terms.append(_explained(one, rules, seen, (initial, held), tier, unit))
    explain = Term(
        "maintenance margin",
        totals[1],
        unit,
        "sum over short options",
        version.label,
        (*terms, Term("initial margin", totals[0], unit, "sum over short options")),
    )
    return OptionMargin(totals[0], totals[1], unit, version.label, explain)


def sell_order_margin(
    venue: str | Version,
    order: Position,
    price: Number,
    *,
    factor: Number = 1,
    rates: Mapping[str, Number] | None = None,
) -> OptionMargin:
    """What an order to sell needs: the position's initial margin less the premium it brings.

    `order.size` is negative; price is the order's. Bybit adds the fee; OKX never asks less than a
    share of the underlying. Raises InputError where the venue's rule is not known.

    >>> sold = position("call", strike="48000", size="-0.3", index="42000", mark="3400")
    >>> float(sell_order_margin("bybit-options", sold, "3500").initial)
    1263.78
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    form = version.parameters.get("order")
    if not isinstance(form, Mapping):
        raise InputError(f"{version.label} has no rule for the margin of an order to sell")
    if order.size >= 0:
        raise InputError(f"size {float(order.size):.10g}: an order to sell has a negative size")
    paid = exact(price, "price")
    size = -order.size
    entered = Position(
        order.is_call, order.strike, order.size, order.index, order.mark, paid, order.underlying
    )
    whole = option_margin(version, [entered], factor=factor, rates=rates)
    premium = Fraction(options.premium(paid, size, 1))
    if form["form"] == "premium offsets":
        fee = Fraction(
            options.option_fee(form["fee_rate"], order.index, form["fee_cap"], paid, size)
        )
        need, formula = whole.initial + fee - premium, "position initial margin + fee - premium"
        parts = (whole.tree, Term("fee", fee), Term("premium", premium))
    else:
        base = Fraction(1) if whole.currency == "coin" else order.index
        least = form["least"] * base * size
        need = max(whole.initial - premium, least)
        formula = "max(position initial margin - premium, least)"
        parts = (whole.tree, Term("premium", premium), Term("least", least))
    explain = Term("order margin", need, whole.currency, formula, version.label, parts)
    return OptionMargin(need, Fraction(0), whole.currency, version.label, explain)


def _explained(
    one: Position,
    rules: ShortRules,
    seen: options.Option,
    held: tuple[Fraction, Fraction],
    tier: Fraction,
    unit: str,
) -> Term:
    under, mark = Fraction(seen.underlying), Fraction(seen.mark)
    size = Term("size", -one.size, one.underlying)
    scaled = Term("factor", tier, note="of the position tier")
    asked = [
        Term("maintenance rate", rules.rate),
        Term("underlying", under, unit, note="coins count as 1" if unit == "coin" else ""),
        Term("mark", mark, unit),
        scaled,
        size,
    ]
    rate = "maintenance rate x underlying"
    if options.holds(rules.mark_holds, one.is_call):
        rate = f"max({rate}, rate of mark x mark)"
        asked.insert(1, Term("rate of mark", rules.rate_of_mark))
    fee = ""
    if rules.liquidation_fee:
        fee = " + liquidation fee x underlying"
        asked.insert(1, Term("liquidation fee", rules.liquidation_fee))
    formula = f"({rate} x factor + mark{fee}) x size"
    maintenance = Term("maintenance", held[1], unit, formula, terms=tuple(asked))
    initial = _initial_term(one, rules, seen, held, unit, (scaled, size))
    return Term(one.name, held[1], unit, terms=(initial, maintenance))


def _initial_term(
    one: Position,
    rules: ShortRules,
    seen: options.Option,
    held: tuple[Fraction, Fraction],
    unit: str,
    shared: tuple[Term, ...],
) -> Term:
    """The initial margin, with every number of its formula."""
    paid, premium = Fraction(seen.mark), "mark"
    if rules.basis == "higher of mark and entry" and one.entry is not None:
        paid, premium = max(paid, one.entry), "the higher of mark and entry"
    of_mark = rules.low_with_mark and not one.is_call
    low = "low rate x (underlying + mark)" if of_mark else "low rate x underlying"
    formula = f"(max({low}, high rate x underlying - out of the money) x factor + premium) x size"
    terms = [
        Term("low rate", rules.low),
        Term("high rate", rules.high),
        Term("underlying", Fraction(seen.underlying), unit),
        Term(
            "out of the money",
            Fraction(options.otm_amount(seen.is_call, seen.underlying, seen.strike)),
            unit,
            note="over the index" if unit == "coin" else "",
        ),
        Term("premium", paid, unit, note=premium),
        *shared,
    ]
    if of_mark:
        terms.insert(3, Term("mark", Fraction(seen.mark), unit))
    if options.holds(rules.floor_holds, one.is_call):
        formula = f"max({formula}, maintenance x floor scale)"
        terms.append(Term("maintenance", held[1], unit))
        terms.append(Term("floor scale", rules.floor_scale))
    return Term("initial", held[0], unit, formula, terms=tuple(terms))


def _group(version: Version, name: str) -> Mapping[str, Any]:
    group = version.parameters.get(name)
    if not isinstance(group, Mapping):
        raise InputError(f"{version.label} has no parameters.{name}; it is not a venue of options")
    return group


def _word(value: object, known: tuple[str, ...]) -> Any:
    """One of the known words; the first where the preset says nothing."""
    if value is None:
        return known[0]
    if value not in known:
        raise InputError(f"preset: {value!r} is none of {', '.join(known)}")
    return value
