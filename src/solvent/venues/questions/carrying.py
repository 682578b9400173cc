"""Funding of an account: what the next stamp pays or costs, and how long the money lasts.

Payments go to the money their contract settles in, so that collateral of less than full weight is
used up at its weight; the headroom after them is that of the changed bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.questions.arguments import checked, funded
from solvent.venues.questions.buckets import paid
from solvent.venues.questions.funding import received
from solvent.venues.questions.funding_rules import rule_of
from solvent.venues.questions.result_trees import Payment, funding_tree
from solvent.venues.questions.runway import carry_per_day
from solvent.venues.result import Answer, Told, money_text
from solvent.venues.solver.evaluate import Evaluation, evaluate
from solvent.venues.solver.model import ZERO, Pool

if TYPE_CHECKING:
    from solvent.venues.account import Account

Rates = Mapping[str, Number] | Number


@dataclass(frozen=True, slots=True, repr=False)
class Funding(Told):
    """The next funding payment, in the bucket's money: by symbol (positive: received), in sum, and
    the headroom after.
    """

    by_symbol: Mapping[str, Fraction]
    total: Fraction
    headroom_after: Fraction
    interval_hours: Mapping[str, Fraction | None]
    money: str = ""
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        word = "received" if self.total > 0 else "paid"
        return (
            f"funding at the next stamp {money_text(abs(self.total))} {self.money} {word}, "
            f"headroom after it {money_text(self.headroom_after)} ({self.preset})"
        )


def funding(
    account: Account, rates: Rates, symbol: str | None = None, side: object = None
) -> Funding:
    """One stamp at these rates (one for all, or by symbol; missing symbols pay nothing), of the
    bucket of a symbol, or of all where they count in one money.
    """
    pools = [account.pool(symbol, side)] if symbol else list(account.pools().values())
    monies = list(dict.fromkeys(pool.money for pool in pools))
    if len(monies) > 1:
        raise InputError(
            f"symbol is missing; positions settle in {' and '.join(monies)}, whose payments do not "
            "add up"
        )
    found: dict[str, Fraction] = {}
    hours: dict[str, Fraction | None] = {}
    payments: list[Payment] = []
    after: list[Evaluation] = []
    for pool in pools:
        here = evaluate(checked(account, pool))
        changed = pool
        for part in here.parts:
            name = part.leg.symbol
            rate = _rate(rates, name)
            cash = received(part.leg.side, part.notional, rate)
            payments.append(Payment(part, here, rate, cash))
            changed = paid(changed, part.leg.settle, cash)
            found[name] = found.get(name, ZERO) + cash * here.settle_price(part.leg)
            hours[name] = _interval(account, name)
        after.append(evaluate(changed))
    total, headroom = sum(found.values(), ZERO), sum((one.headroom for one in after), ZERO)
    version, money = account.version, monies[0] if monies else ""

    def tree() -> Term:
        return funding_tree(total, payments, after, version, money)

    return Funding(found, total, headroom, hours, money, version.label, tree)


def _rate(rates: Rates, symbol: str) -> Fraction:
    return exact(rates.get(symbol, 0) if isinstance(rates, Mapping) else rates, f"rate of {symbol}")


def _interval(account: Account, symbol: str) -> Fraction | None:
    """Hours of a rate: the contract's interval, or where funding accrues those it is a rate of."""
    instrument = account.version.instruments.get(symbol)
    if instrument is None or instrument.funding_interval_hours is not None:
        return instrument.funding_interval_hours if instrument else None
    try:
        rule = rule_of(account.version, symbol)
    except InputError:
        return None
    return rule.spread_hours if rule.paid == "continuously" else None


def runway(account: Account, rates: Rates, symbol: str | None, side: object = None) -> Answer:
    """Days until funding at these rates has used the headroom up, prices standing still:
    headroom / carry per day, the carry being what a day's payments take off the headroom.
    """
    pool = funded(account, symbol, side)
    here = evaluate(pool)
    daily: dict[str, Fraction] = {}
    for part in here.parts:
        hours = _interval(account, part.leg.symbol)
        if hours is None:
            label = account.version.label
            raise InputError(f"{part.leg.symbol}: {label} gives no funding interval")
        carry = carry_per_day(part.notional, _rate(rates, part.leg.symbol), hours)
        asset = part.leg.settle
        daily[asset] = daily.get(asset, ZERO) + part.leg.side * carry
    label = account.version.label
    days = _days(here, daily)
    if days is None:
        return Answer("runway", None, "", "days", label, reason="funding is not paid on balance")

    def tree() -> Term:
        money = here.pool.money
        carry = here.headroom / days if days else ZERO
        terms = (
            Term("headroom", here.headroom, money),
            Term("carry per day", carry, money, "notional x rate x 24 / interval"),
        )
        return Term("runway", days, "days", "headroom / carry per day", label, terms)

    return Answer("runway", days, figure_text(days), "days", label, _tree=tree)


def _days(here: Evaluation, daily: Mapping[str, Fraction]) -> Fraction | None:
    """When the headroom is gone: it falls along a line between the days on which a balance comes
    to zero or to a bound of its weights.
    """
    if here.headroom < 0:
        return ZERO
    turns = {ZERO}
    for part in here.balances:
        spent = daily.get(part.balance.asset, ZERO)
        bounds = [ZERO, *(bound for bound, _ in part.balance.rows if bound is not None)]
        turns |= {(part.amount - bound) / spent for bound in bounds if spent}
    days = sorted(day for day in turns if day >= 0)
    for number, day in enumerate(days):
        left = evaluate(_after(here.pool, daily, day)).headroom
        last = number + 1 == len(days)
        until = day + 1 if last else days[number + 1]
        slope = (evaluate(_after(here.pool, daily, until)).headroom - left) / (until - day)
        if slope < 0 and (last or left + slope * (until - day) <= 0):
            return day - left / slope
    return None


def _after(pool: Pool, daily: Mapping[str, Fraction], days: Fraction) -> Pool:
    """The bucket once that many days are paid."""
    for asset, spent in daily.items():
        pool = paid(pool, asset, -spent * days)
    return pool
