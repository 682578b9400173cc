"""Answers of an account: amounts, prices on both sides, ratios; with rounding and explain trees."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Rounding, text
from solvent.venues.preset import Rules
from solvent.venues.result import OTHERS, Answer, Both, shown, smallest_unit
from solvent.venues.solver import explaining, explaining_initial
from solvent.venues.solver.curve import Curve, Level
from solvent.venues.solver.evaluate import Evaluation, evaluate
from solvent.venues.solver.model import Assumption, Leg, Pool
from solvent.venues.solver.pieces import Side
from solvent.venues.solver.solve import (
    Crossing,
    constant_fees,
    crossing,
    fee_prices,
    with_fees_reserved,
)

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.questions.ratios import Shown


def trigger(rules: Rules) -> Level:
    """The level at which the venue acts: its requirement, or the multiple its ratio names
    (uniMMR 1.05).
    """
    ratio = rules.ratio
    if ratio is not None and ratio.formula == "equity_over_requirement":
        if ratio.liquidates_at != 1:
            return ratio.liquidates_at
    return "liquidation"


def amount(account: Account, name: str, found: Evaluation) -> Answer:
    """Equity, maintenance margin, closing fee held, initial margin or headroom of a bucket."""
    money = found.pool.money
    label = account.version.label
    terms: dict[str, tuple[Fraction | None, Rounding]] = {
        "equity": (found.equity, "down"),
        "maintenance margin": (found.printed_maintenance, "up"),
        "closing fee held": (found.fee_held, "up"),
        "initial margin": (found.initial, "up"),
        "headroom": (found.headroom, "down"),
    }
    exact, rounding = terms[name]
    if exact is None:
        reason = f"{label} publishes no initial rate for a position here; give leverage"
        return Answer(name, None, "", money, label, reason=reason)

    def tree() -> Term:
        if name == "equity":
            return explaining.equity_term(found, money)
        if name == "maintenance margin":
            return explaining.maintenance_margin_term(found, account.version, money)
        if name == "closing fee held":
            return explaining.fee_held_term(found, money)
        if name == "headroom":
            return explaining.headroom_term(found, account.version, money)
        return explaining_initial.initial_term(found, account.version, money)

    step = smallest_unit("BTC")
    if exact.denominator % 2 and exact.denominator % 5:
        step = smallest_unit(money)
    reason = "" if name in ("equity", "initial margin") else beyond_table(found.pool, found.prices)
    if name == "initial margin":
        reason = explaining_initial.assumed_leverages(found)
    display = _trimmed(shown(exact, step, rounding))
    return Answer(name, exact, display, money, label, reason=reason, _tree=tree)


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def leverage(account: Account, found: Evaluation) -> Answer:
    """Effective leverage: notional over equity."""
    label = account.version.label
    if found.equity <= 0:
        return Answer("effective leverage", None, "", "x", label, reason="equity is not positive")
    exact = found.notional / found.equity
    money = found.pool.money

    def tree() -> Term:
        return Term(
            "effective leverage",
            exact,
            "x",
            "notional / equity",
            terms=(
                Term("notional", found.notional, money),
                explaining.equity_term(found, money),
            ),
        )

    rounded = _trimmed(shown(exact, Fraction(1, 10**4), "half_up"))
    return Answer("effective leverage", exact, rounded, "x", label, _tree=tree)


def ratio(account: Account, found: Evaluation) -> Shown:
    """The venue's own ratio. Raises InputError where the preset names none."""
    from solvent.venues.questions.ratios import Figures, venue_ratio

    shown_ratio = found.pool.rules.ratio
    if shown_ratio is None:
        raise InputError(f"{account.version.label} shows no ratio of its own")
    figures = Figures(
        found.equity,
        found.maintenance,
        found.closing_fees,
        found.initial or Fraction(0),
        found.notional,
        found.debt,
    )
    return venue_ratio(shown_ratio, figures, account.version.label)


# ------------------------------------------------------------------------------------------ prices


def both(
    account: Account,
    name: str,
    symbol: str | None,
    assumption: str,
    betas: Mapping[str, Fraction],
    side: object,
) -> Both:
    """A price below and above the mark."""
    wanted = account.symbol(symbol)
    pool = account.judged(wanted, side)
    down, up = (
        price(account, name, pool, wanted, way, assumption, betas) for way in ("down", "up")
    )
    return Both(wanted, down, up)


def losing(
    account: Account,
    name: str,
    symbol: str | None,
    assumption: str,
    betas: Mapping[str, Fraction],
    side: object,
) -> Answer:
    """The price on the losing side of the net position (the other one, if only that exists); where
    other prices move too, the one nearer to the mark.
    """
    wanted = account.symbol(symbol)
    return losing_in(account, name, account.judged(wanted, side), wanted, assumption, betas)


def losing_in(
    account: Account,
    name: str,
    pool: Pool,
    symbol: str,
    assumption: str = "fixed",
    betas: Mapping[str, Fraction] | None = None,
) -> Answer:
    """`losing` of a bucket."""
    way = losing_side(pool, symbol)
    found = price(account, name, pool, symbol, way, assumption, betas)
    if found.display and assumption == "fixed":
        return found
    back: Side = "up" if way == "down" else "down"
    other = price(account, name, pool, symbol, back, assumption, betas)
    if found.display and other.display:
        mark = pool.marks()[symbol]
        return min(found, other, key=lambda answer: _times(answer, mark))
    return other if other.display else found


def _times(answer: Answer, mark: Fraction) -> Fraction:
    """By what factor the mark has to move."""
    at = answer.exact or answer.safe_tick or mark
    return max(at / mark, mark / at)


def losing_side(pool: Pool, symbol: str) -> Side:
    """Down for a net long, up for a net short."""
    net = sum(leg.side * leg.size * leg.multiplier for leg in pool.legs if leg.symbol == symbol)
    return "down" if net >= 0 else "up"


def price(
    account: Account,
    name: str,
    pool: Pool,
    symbol: str,
    way: Side,
    assumption: str = "fixed",
    betas: Mapping[str, Fraction] | None = None,
) -> Answer:
    """One liquidation or bankruptcy price of a bucket."""
    level = "bankruptcy" if name == "bankruptcy price" else trigger(pool.rules)
    if assumption not in OTHERS:
        raise InputError(f"assumption: {assumption!r} is none of {', '.join(OTHERS)}")
    judged_pool = with_fees_reserved(pool) if level == "bankruptcy" else pool
    curve = Curve(
        judged_pool,
        symbol,
        Assumption(assumption, betas or {}),
        level,
        constant_fees(judged_pool, level),
    )
    found = crossing(curve, way)
    leg = next(one for one in pool.legs if one.symbol == symbol)
    label = account.version.label
    unit = (
        account.version.instruments[symbol].quote if symbol in account.version.instruments else ""
    )
    display = _display(found, leg, pool.rules, name, way)
    beyond = ""
    if level != "bankruptcy" and found.price is not None:
        beyond = beyond_table(pool, curve.prices(found.price))

    def tree() -> Term:
        return _price_tree(account, name, pool, curve, found, display, unit)

    return Answer(
        name,
        found.exact,
        display,
        unit,
        label,
        found.safe_tick,
        found.violating_tick,
        "; ".join(part for part in (found.reason, beyond) if part),
        assumption,
        tree,
    )


def beyond_table(pool: Pool, prices: Mapping[str, Fraction]) -> str:
    """A sentence where a position is worth more than the printed table reaches, else nothing: the
    last rate is used, and the venue's own there may be higher.
    """
    if pool.rules.maintenance != "mark":
        return ""
    for leg in pool.legs:
        rows = leg.table.rows
        last = rows[-1].up_to if rows and leg.table.unit == "notional" else None
        if last is not None and abs(leg.value(prices.get(leg.symbol, leg.mark))) > last:
            return (
                f"{leg.symbol} is worth more there than {figure_text(last)}, the end of the "
                "printed table, whose last rate is used"
            )
    return ""


def _display(found: Crossing, leg: Leg, rules: Rules, name: str, way: Side) -> str:
    if found.exact is None:
        return "" if found.safe_tick is None else text(found.safe_tick)
    rounding = rules.liquidation_rounding
    if name == "bankruptcy price":
        rounding = rules.bankruptcy_rounding
    step = rules.display_step or leg.tick
    return shown(found.exact, step, rounding[0] if way == "down" else rounding[1])


def _price_tree(
    account: Account,
    name: str,
    pool: Pool,
    curve: Curve,
    found: Crossing,
    display: str,
    unit: str,
) -> Term:
    at = found.price if found.price is not None else curve.start
    fees = fee_prices(pool) if pool.rules.fee_stands else {}
    here = evaluate(pool, curve.prices(at), fees)
    terms = []
    if found.price is None:
        note = f"at the mark {figure_text(curve.start)}: {found.reason}"
    else:
        note = OTHERS[curve.assumption.name] if len(pool.symbols()) > 1 else ""
    if name == "bankruptcy price":
        terms.append(explaining.equity_term(here, pool.money, full=True))
        formula = "equity = 0"
        if pool.rules.closing_fee == "bankruptcy":
            formula = "equity = closing fee there"
    else:
        terms.append(explaining.headroom_term(here, account.version, pool.money))
        formula = "equity = requirement"
        if isinstance(curve.level, Fraction):
            formula = f"equity = {figure_text(curve.level)} x requirement"
    if found.how == "jump":
        formula = "first price beyond a tier edge at which equity < requirement"
    if found.safe_tick is not None:
        terms.append(Term("safe tick", found.safe_tick, unit, note="the condition is false here"))
    if found.violating_tick is not None:
        terms.append(
            Term("violating tick", found.violating_tick, unit, note=found.reason or "true here")
        )
    if display:
        rules = pool.rules
        pair = rules.bankruptcy_rounding if "bankr" in name else rules.liquidation_rounding
        how = pair[0] if found.side == "down" else pair[1]
        terms.append(
            Term("displayed", display, unit, note=f"rounded {how}" if how != "none" else "")
        )
    notes = [part for part in (note, account.version.label) if part]
    return Term(name, found.exact, unit, formula, "; ".join(notes), tuple(terms))
