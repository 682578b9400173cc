"""The invented accounts of a rehearsal: arrays, drawn from a seed by stated rules.

Nobody publishes who holds what at which leverage, so every shape here is an assumption and says so;
`assumptions` is the place to change one. What always holds: per instrument long lots equal
short lots exactly; own funds cover the initial margin at the entry; every position could have lived
through the hourly prices since its entry; sizes add up to the stated share of a cited open
interest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solvent.lab.assumptions import WHOLE_MARKET_ACCOUNTS, PopulationRules
from solvent.lab.entries import Drawn, History, draw_entries, held, tier_columns
from solvent.lab.listings import COIN_EXPONENT, COLLATERAL, SETTLE_EXPONENT, Market
from solvent.market.bars import Floats, Ints

Flags = npt.NDArray[np.bool_]

MONEY = 10**SETTLE_EXPONENT


@dataclass(slots=True, kw_only=True)
class Positions:
    """Positions of all instruments, parallel columns. Money in smallest units of the asset."""

    owner: Ints  # customer number, from 0
    market: Ints  # place in the list of markets
    lots: Ints  # signed
    entry: Ints  # ticks
    leverage: Ints  # the setting: at least entry notional / margin
    isolated: Flags
    funds: Ints  # what the owner put behind it: margin and spare
    buys: Ints  # resting orders, lots
    sells: Ints

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The drawn accounts. `coins`: spot collateral per customer, 1e-8 BTC; `cash`: its wallet."""

    seed: int
    customers: int
    ratio: float
    positions: Positions
    cash: Ints
    coins: Ints
    start: Ints  # mark per market at the start, ticks
    coin_start: int = 0  # mark of the spot collateral, ticks; 0: there is none
    notes: list[tuple[str, str, str]] = field(default_factory=list)  # (name, value, note)


def draw_population(
    markets: list[Market],
    histories: list[History],
    *,
    start: list[int],
    accounts: int,
    seed: int,
    coin_start: int = 0,
    rules: PopulationRules | None = None,
) -> Population:
    """`accounts` customers over `markets`, each with one position or two.

    start: mark per market, ticks. coin_start: mark of the spot collateral, in ticks of
    `listings.COLLATERAL`; 0: nobody holds any. The same arguments give the same population. Raises
    `ValueError` for fewer than 100 accounts (shares would be noise and sides could be empty).
    """
    if accounts < 100:
        raise ValueError(f"{accounts} accounts; a population needs at least 100")
    rules = rules or PopulationRules()
    random = np.random.default_rng([seed, 0x50_4F_50])
    ratio = accounts / WHOLE_MARKET_ACCOUNTS
    owner, market, isolated = _who_holds_what(random, markets, accounts, rules)
    long = random.random(len(owner)) < rules.long_accounts
    quiet = random.random(len(owner)) < np.where(long, rules.quiet_long, rules.quiet_short)
    wish = np.where(
        quiet,
        _lognormal(random, len(owner), rules.quiet_leverage, rules.quiet_sigma),
        _lognormal(random, len(owner), rules.eager_leverage, rules.eager_sigma),
    )
    size = _lognormal(random, len(owner), 1.0, rules.size_sigma)
    wish = wish * size**-rules.size_effect
    spare = np.where(
        isolated,
        rules.isolated_spare,
        _lognormal(random, len(owner), rules.spare_median, rules.spare_sigma),
    )
    lots = np.zeros(len(owner), dtype=np.int64)
    entry, funds, leverage = (np.zeros(len(owner), dtype=np.int64) for _ in range(3))
    drawn: list[Drawn] = []
    for place, one in enumerate(markets):
        mine = np.flatnonzero(market == place)
        lots[mine] = _sizes(one, start[place], long[mine], size[mine], ratio, rules)
        found, levers, own = _fund(
            random, one, histories[place], start[place], lots[mine], wish[mine], spare[mine], rules
        )
        drawn.append(found)
        entry[mine], leverage[mine], funds[mine] = found.entry, levers, own
    positions = Positions(
        owner=owner,
        market=market,
        lots=lots,
        entry=entry,
        leverage=leverage,
        isolated=isolated,
        funds=funds,
        buys=np.zeros(len(owner), dtype=np.int64),
        sells=np.zeros(len(owner), dtype=np.int64),
    )
    _rest_orders(random, markets, start, positions, spare, rules)
    cash, coins = _split_funds(random, positions, accounts, coin_start, rules)
    population = Population(
        seed=seed,
        customers=accounts,
        ratio=ratio,
        positions=positions,
        cash=cash,
        coins=coins,
        start=np.array(start, dtype=np.int64),
        coin_start=coin_start,
    )
    population.notes.extend(_notes(population, markets, histories, drawn))
    return population


def _lognormal(random: np.random.Generator, count: int, median: float, sigma: float) -> Floats:
    return median * np.exp(sigma * random.standard_normal(count))


def _who_holds_what(
    random: np.random.Generator, markets: list[Market], accounts: int, rules: PopulationRules
) -> tuple[Ints, Ints, Flags]:
    """(customer, market, isolated) per position; a first one for all, a second for some."""
    weights = np.array([m.open_interest**rules.spread_over_markets for m in markets])
    edges = np.cumsum(weights / weights.sum())
    first = np.searchsorted(edges, random.random(accounts), side="right").astype(np.int64)
    first = np.minimum(first, len(markets) - 1)
    isolated = random.random(accounts) < rules.isolated
    second_too = ~isolated & (random.random(accounts) < rules.both)
    owner = np.arange(accounts, dtype=np.int64)
    if len(markets) == 1:
        return owner, first, isolated
    step = random.integers(1, len(markets), accounts)
    more = np.flatnonzero(second_too)
    second = (first[more] + step[more]) % len(markets)
    return (
        np.concatenate((owner, more)),
        np.concatenate((first, second)),
        np.concatenate((isolated, np.zeros(len(more), dtype=np.bool_))),
    )


def _lot_price(market: Market, ticks: int) -> float:
    """Settlement units per lot at a price of `ticks`."""
    price: float = ticks * market.unit / MONEY
    return price


def _sizes(
    market: Market, start: int, long: Flags, size: Floats, ratio: float, rules: PopulationRules
) -> Ints:
    """Signed lots: each side adds up to the same number, `ratio` of the cited open interest."""
    side_lots = int(market.open_interest * ratio / _lot_price(market, start))
    lots = np.zeros(len(size), dtype=np.int64)
    for chosen, sign in ((long, 1), (~long, -1)):
        at = np.flatnonzero(chosen)
        if not len(at) or side_lots < len(at):
            raise ValueError(
                f"{market.symbol}: {len(at)} positions a side for {side_lots} lots; "
                f"draw more accounts or use a smaller lot"
            )
        lots[at] = sign * _shared_out(side_lots, size[at], rules.size_share_max)
    return lots


def _shared_out(total: int, weight: Floats, share_max: float) -> Ints:
    """`total` lots by weight, each at least 1 and at most about `share_max`, adding up exactly."""
    limit = max(share_max, 2.0 / len(weight)) * total
    share = weight * (total / weight.sum())
    for _ in range(20):  # what the limit cuts off goes to the others, in proportion
        over = share > limit
        excess = float((share[over] - limit).sum())
        if excess <= total * 1e-9:
            break
        share[over] = limit
        share[~over] *= 1.0 + excess / float(share[~over].sum())
    lots: Ints = np.maximum(np.floor(share).astype(np.int64), 1)
    missing = total - int(lots.sum())
    largest = np.argsort(-lots, kind="stable")
    if missing >= 0:  # rounding left some over: one lot each to the largest
        whole, rest = divmod(missing, len(lots))
        lots += whole
        lots[largest[:rest]] += 1
        return lots
    for at in largest:  # the least lot of the many was more than their share
        cut = min(-missing, int(lots[at]) - 1)
        lots[at] -= cut
        missing += cut
        if missing == 0:
            break
    return lots


def _fund(
    random: np.random.Generator,
    market: Market,
    history: History,
    start: int,
    lots: Ints,
    wish: Floats,
    spare: Floats,
    rules: PopulationRules,
) -> tuple[Drawn, Ints, Ints]:
    """(entries, leverage settings, funds in money units) of one market's positions."""
    per_lot = market.unit
    initial = tier_columns(market, initial=True)
    notional = np.abs(lots) * _lot_price(market, start)
    # The wish, or the venue's limit for this size; 5 % above it, because the price will move.
    rate = np.maximum(1.0 / wish, held(notional, initial) / notional * 1.05)
    found = draw_entries(
        random,
        market,
        history,
        start=start,
        lots=lots,
        margin_rate=rate * (1.0 + spare),
        age_median_hours=rules.age_median_hours,
        age_sigma=rules.age_sigma,
        cushion=rules.cushion,
    )
    cost = np.abs(lots) * found.entry.astype(np.float64) * per_lot
    at_entry = held(cost / MONEY, initial) / (cost / MONEY) * 1.05
    funds = np.ceil(cost * np.maximum(rate, at_entry) * (1.0 + spare)).astype(np.int64)
    # Rounded up: notional over the setting must not ask for more than the funds.
    leverage = np.ceil(1.0 / np.maximum(rate, at_entry)).astype(np.int64)
    return found, leverage, funds


def _rest_orders(
    random: np.random.Generator,
    markets: list[Market],
    start: list[int],
    positions: Positions,
    spare: Floats,
    rules: PopulationRules,
) -> None:
    """Resting orders for some: an add on the position's side and a take-profit on the other.

    Only where the account's funds carry the worst side of all its positions at the start.
    """
    lucky = random.random(len(positions)) < rules.resting
    adds = random.random(len(positions))
    slack = np.zeros(len(positions))
    for place, market in enumerate(markets):
        mine = np.flatnonzero(positions.market == place)
        lots, lever = positions.lots[mine], positions.leverage[mine]
        size = np.abs(lots)
        price = _lot_price(market, start[place])
        profit = lots * (start[place] - positions.entry[mine]) * (market.unit / MONEY)
        more = np.floor(size * np.minimum(adds[mine], spare[mine])).astype(np.int64)
        more[~lucky[mine]] = 0
        worst = (size + more) * price
        need = np.maximum(held(worst, tier_columns(market, initial=True)), worst / lever)
        slack[mine] = positions.funds[mine] / MONEY + profit - 1.02 * need
        positions.buys[mine] = np.where(lots > 0, more, np.where(lucky[mine], size, 0))
        positions.sells[mine] = np.where(lots > 0, np.where(lucky[mine], size, 0), more)
    cross = ~positions.isolated
    together = np.bincount(positions.owner[cross], weights=slack[cross], minlength=1)
    worst_slack = slack.copy()
    worst_slack[cross] = together[positions.owner[cross]]
    positions.buys[worst_slack < 0] = 0
    positions.sells[worst_slack < 0] = 0


def _split_funds(
    random: np.random.Generator,
    positions: Positions,
    accounts: int,
    coin_start: int,
    rules: PopulationRules,
) -> tuple[Ints, Ints]:
    """(cash, coins) per customer: some cross accounts hold a part of their funds as spot BTC."""
    cross = np.flatnonzero(~positions.isolated)
    # Added as integers: a sum of floats would depend on the order of the rows.
    cash = np.zeros(accounts, dtype=np.int64)
    np.add.at(cash, positions.owner[cross], positions.funds[cross])
    coins = np.zeros(accounts, dtype=np.int64)
    drawn = random.random(accounts)
    low, high = rules.collateral_share
    share = low + (high - low) * random.random(accounts)
    if coin_start == 0:
        return cash, coins
    coin_price = coin_start * float(COLLATERAL.tick)
    chosen = np.flatnonzero((drawn < rules.collateral) & (cash > 0))
    pledged = np.floor(cash[chosen] * share[chosen]).astype(np.int64)
    # The haircut is put on top, so that what counts is what the margin asked for.
    value = pledged / MONEY / (1.0 - _COLLATERAL_TOP_RATE)
    coins[chosen] = np.ceil(value / coin_price * 10**COIN_EXPONENT).astype(np.int64)
    cash[chosen] -= pledged
    return cash, coins


_COLLATERAL_TOP_RATE = 0.1  # the highest haircut of `listings.COLLATERAL_HAIRCUT`


def _notes(
    population: Population, markets: list[Market], histories: list[History], drawn: list[Drawn]
) -> list[tuple[str, str, str]]:
    """What a reader must know about the draw: (name, value, note)."""
    positions = population.positions
    isolated = int(positions.isolated.sum())
    rows = [
        (
            "accounts",
            f"{population.customers:,}",
            f"{len(positions):,} positions, {isolated:,} of them isolated (a margin account of"
            f" their own); {int((population.coins > 0).sum()):,} accounts hold spot BTC",
        ),
        (
            "scale of the model",
            f"{population.ratio:g}",
            f"{WHOLE_MARKET_ACCOUNTS:,} accounts stand for the whole open interest; volume and"
            " depth are scaled alike",
        ),
    ]
    for place, (market, history, found) in enumerate(zip(markets, histories, drawn, strict=True)):
        mine = positions.market == place
        longs = positions.lots[mine & (positions.lots > 0)]
        value = float(longs.sum()) * _lot_price(market, int(population.start[place]))
        rows.append(
            (
                f"{market.symbol} open interest",
                f"{value / 1e6:,.1f} million",
                f"{value / market.open_interest:.6f} of the cited {market.open_interest / 1e6:,.0f}"
                f" million: {market.open_interest_source}",
            )
        )
        rows.append(
            (
                f"{market.symbol} entries",
                f"{found.redrawn:,} redrawn",
                f"{history.note}; a position that could not have lived until now was drawn again,"
                f" {found.opened_now:,} of {int(mine.sum()):,} ended at the start price",
            )
        )
    return rows
