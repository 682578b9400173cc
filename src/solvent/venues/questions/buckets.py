"""From an account's positions to margin buckets: what one liquidation decides on.

Isolated: every position alone, with its own margin. Cross: one bucket per settlement asset, or one
for everything where other assets are collateral. Venues that judge a cross position on its share of
the equity (`cross_split`) get a bucket per position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Ratio, Rules, Version
from solvent.venues.questions.holdings import Holding, is_cash
from solvent.venues.reading import Position, leg_of, side_of
from solvent.venues.result import DOLLARS, smallest_unit
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.initial_margin import initial_margin
from solvent.venues.solver.model import ZERO, Balance, Leg, Order, Pool

PLAIN = Rules("given", liquidation_rounding=("none", "none"), bankruptcy_rounding=("none", "none"))


def rules_of(version: Version) -> Rules:
    """The version's rules. One that gives only the multiple at which its ratio liquidates
    (`parameters.ratio`: Binance portfolio margin) is judged on that multiple, others on equity
    below the requirement.
    """
    if version.rules is not None:
        return version.rules
    multiple = judged_on_ratio(version)
    group = version.parameters.get("ratio")
    if multiple is None or not isinstance(group, Mapping):
        return PLAIN
    ratio = Ratio(
        str(group.get("name", "ratio")),
        "equity_over_requirement",
        multiple,
        rises=False,
        warns_at=group.get("warns"),
    )
    return replace(PLAIN, ratio=ratio, strict=False)


def judged_on_ratio(version: Version) -> Fraction | None:
    """The multiple of the requirement at which a version without rules liquidates, if any."""
    group = version.parameters.get("ratio")
    multiple = group.get("liquidates") if isinstance(group, Mapping) else None
    return Fraction(multiple) if isinstance(multiple, Fraction | int) else None


def cross_rules(rules: Rules) -> Rules:
    """The rules of cross positions, where the venue has other ones than in isolated margin.

    >>> cross_rules(Rules("x", maintenance="entry", cross_maintenance="mark")).maintenance
    'mark'
    """
    return replace(
        rules,
        maintenance=rules.cross_maintenance or rules.maintenance,
        closing_fee=rules.cross_closing_fee or rules.closing_fee,
    )


def isolated(
    version: Version, position: Position, orders: tuple[Order, ...], wallet: Fraction | None
) -> Pool:
    """The bucket of an isolated position: its own margin; where none is given, what the leverage
    asks for at entry; and without a leverage `wallet`, if it is the only position.
    """
    money = position.instrument.settle
    leg = leg_of(version, position, money)
    rules = rules_of(version)
    rules = replace(rules, initial=rules.isolated_initial or rules.initial)
    margin, note = position.margin, "as given"
    if margin is None and leg.leverage is not None:
        margin = initial_margin(leg, rules, (), leg.entry)
        note = f"what leverage {figure_text(leg.leverage)} asks for at entry"
    elif margin is None:
        margin, note = wallet, "the wallet: no margin and no leverage is given"
    if margin is None:
        raise InputError(
            f"{leg.symbol}: an isolated position needs margin or leverage (wallet counts where it "
            "is the only position)"
        )
    own = tuple(order for order in orders if order.symbol == leg.symbol)
    return Pool(
        rules,
        margin,
        (leg,),
        own,
        money=money,
        unit=smallest_unit(money),
        wallet_name="margin",
        wallet_note=note,
    )


def cross(
    version: Version,
    positions: tuple[Position, ...],
    orders: tuple[Order, ...],
    wallet: Mapping[str, Fraction],
    holdings: tuple[Holding, ...],
    other_profit: Fraction,
    other_maintenance: Fraction,
    *,
    hedge: bool = False,
) -> dict[str, Pool]:
    """Buckets by their money. With collateral in other assets: one bucket, in dollars.

    hedge: orders open on their own side and do not net.
    """
    rules = cross_rules(rules_of(version))
    positions = (*positions, *slots(version, positions, orders, hedge=hedge))
    settles = list(dict.fromkeys(one.instrument.settle for one in positions))
    if holdings:
        money = pooled_money(settles, wallet)
        pool = _pooled(rules, version, positions, orders, wallet, holdings, money)
        return {
            money: replace(pool, other_profit=other_profit, other_maintenance=other_maintenance)
        }
    if len(settles) > 1 and (other_profit or other_maintenance):
        raise InputError(
            f"other_profit, other_maintenance: positions settle in {' and '.join(settles)}, and "
            "the sums would count in each; give the other positions, or an account for each"
        )
    pools: dict[str, Pool] = {}
    for money in settles or ([next(iter(wallet))] if wallet else [""]):
        pools[money] = Pool(
            rules,
            _wallet_of(wallet, money, settles),
            tuple(leg_of(version, p, money) for p in positions if p.instrument.settle == money),
            tuple(o for o in orders if _settles(version, positions, o.symbol) in (money, None)),
            money=money,
            unit=smallest_unit(money),
            other_profit=other_profit,
            other_maintenance=other_maintenance,
        )
    return pools


def slots(
    version: Version,
    positions: tuple[Position, ...],
    orders: tuple[Order, ...],
    *,
    hedge: bool = False,
) -> list[Position]:
    """Empty positions where only orders rest: their initial margin needs a place. In hedge mode
    that is a place on the order's own side. Where no position names the mark, the orders' average
    price stands for it.
    """
    found: dict[tuple[str, int], Position] = {}
    held = {(one.symbol, one.side if hedge else 0): one for one in positions}
    beside = {one.symbol: one for one in positions}
    for order in orders:
        place = (order.symbol, order.side if hedge else 0)
        if place in held or order.reduce_only:
            continue
        other = beside.get(order.symbol)
        if other is not None:
            empty = replace(other, side=order.side, size=ZERO, entry=other.mark, margin=None)
        else:
            instrument = version.instruments[order.symbol]
            at = _average(instrument, [one for one in orders if one.symbol == order.symbol])
            empty = Position(instrument, order.side, ZERO, at, at, order.leverage, marked=False)
            beside[order.symbol] = empty
        found.setdefault(place, empty)
    return list(found.values())


def _average(instrument: Instrument, orders: list[Order]) -> Fraction:
    """The price at which the orders' sizes have the value they have at their own prices."""
    size = sum((one.size for one in orders), ZERO)
    if instrument.kind == "inverse":
        return size / sum((one.size / one.price for one in orders), ZERO)
    return sum((one.size * one.price for one in orders), ZERO) / size


def _pooled(
    rules: Rules,
    version: Version,
    positions: tuple[Position, ...],
    orders: tuple[Order, ...],
    wallet: Mapping[str, Fraction],
    holdings: tuple[Holding, ...],
    money: str,
) -> Pool:
    legs = tuple(leg_of(version, one, money) for one in positions)
    cash = [h for h in holdings if h.asset == money and is_cash(h)]
    return Pool(
        rules,
        wallet.get(money, ZERO) + wallet.get("", ZERO) + sum((h.amount for h in cash), ZERO),
        legs,
        orders,
        tuple(
            Balance(
                h.asset, h.amount, h.price, h.rows, _followed(positions, h.asset), h.maintenance
            )
            for h in holdings
            if h not in cash
        ),
        money=money,
        unit=smallest_unit(money),
    )


def _followed(positions: tuple[Position, ...], asset: str) -> tuple[str, ...]:
    """Contracts on an asset: those settled in it first, then by name, whatever the order given."""
    on = {one.symbol: one.instrument for one in positions if one.instrument.base == asset}
    return tuple(sorted(on, key=lambda symbol: (on[symbol].settle != asset, symbol)))


def pooled_money(settles: Iterable[str], wallet: Mapping[str, Fraction]) -> str:
    """What a bucket with collateral counts in: the first dollar of wallet or positions, or USD."""
    for name in [*wallet, *settles]:
        if name and name in DOLLARS:
            return name
    return "USD"


def _wallet_of(wallet: Mapping[str, Fraction], money: str, settles: list[str]) -> Fraction:
    if "" in wallet:
        if len(settles) > 1:
            raise InputError(
                f"wallet: positions settle in {' and '.join(settles)}; give an amount for each, "
                f'wallet={{"{settles[0]}": ..., "{settles[1]}": ...}}'
            )
        return wallet[""]
    return wallet.get(money, ZERO)


def _settles(version: Version, positions: tuple[Position, ...], symbol: str) -> str | None:
    for one in positions:
        if one.symbol == symbol:
            return one.instrument.settle
    found = version.instruments.get(symbol)
    return found.settle if found else None


def judged(pool: Pool, symbol: str) -> Pool:
    """What decides on a symbol of a cross bucket: its share where the venue splits, else all."""
    if pool.rules.cross_split == "value" and len(pool.legs) > 1:
        return split_by_value(pool, symbol)
    return pool


def split_by_value(pool: Pool, symbol: str) -> Pool:
    """The bucket of one cross position where the venue judges it on its share of the equity:
    margin x |value| / sum |value|, at the marks (KuCoin: AMR, its "asset margin ratio").
    """
    found = evaluate(pool)
    chosen = [part for part in found.parts if part.leg.symbol == symbol]
    share = sum((part.notional for part in chosen), ZERO) / found.notional
    own = found.equity * share - sum((part.profit for part in chosen), ZERO)
    legs = tuple(part.leg for part in chosen)
    orders = tuple(order for order in pool.orders if order.symbol == symbol)
    return replace(
        Pool(pool.rules, own, legs, orders, money=pool.money, unit=pool.unit),
        wallet_name="share of equity",
        wallet_note="of the bucket at the marks, less the profit below",
    )


def paid(pool: Pool, asset: str, cash: Fraction) -> Pool:
    """The bucket with `cash` of an asset more: in that asset's balance, else in the wallet."""
    if asset in ("", pool.money) or all(one.asset != asset for one in pool.balances):
        return replace(pool, wallet=pool.wallet + cash)
    balances = tuple(
        replace(one, amount=one.amount + cash) if one.asset == asset else one
        for one in pool.balances
    )
    return replace(pool, balances=balances)


def chosen(pool: Pool, symbol: str, side: object = None) -> Leg:
    """The leg of a symbol; with legs on both sides, the one named by `side`."""
    legs = [leg for leg in pool.legs if leg.symbol == symbol and leg.size]
    if side is not None:
        legs = [leg for leg in legs if leg.side == side_of(side)]
    if len(legs) != 1:
        what = "no such position" if not legs else "positions on both sides; give side"
        raise InputError(f"{symbol}: {what}")
    return legs[0]
