"""What is assumed about the invented accounts, each number with its ground.

Nobody publishes who holds what at which leverage. None of this is an estimate of a venue's
customers; it is a stated starting point that a reader can disagree with and change.
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_MARKET_ACCOUNTS = 1_000_000
"""So many accounts stand for the whole cited open interest; fewer for their share of it.

Assumption. A population of 100,000 is then a model of scale 1:10, and its forced orders meet a
tenth of the market's volume and depth: sizes of accounts do not depend on how many are drawn.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationRules:
    """Shapes of the population. Every default is an assumption; the comment gives its ground."""

    long_accounts: float = 0.62
    """Share of positions that are long. Retail accounts lean long; the sizes of shorts make up."""
    quiet_long: float = 0.5
    quiet_short: float = 0.7
    """Share of unhurried positions (hedges, basis trades, plain holders) on each side. Of those
    deleveraged on Hyperliquid on 10 October 2025 (shorts in profit) the median leverage was 0.196
    (arXiv 2602.15182): many shorts were barely levered."""
    quiet_leverage: float = 1.5
    quiet_sigma: float = 0.7
    """Lognormal median and sigma of the leverage of the unhurried."""
    eager_leverage: float = 10.0
    eager_sigma: float = 0.8
    """Of the others, at the median size. BitMEX reported volume-weighted means of 22-30 and 80 %
    below 47-54 on its bitcoin perpetual (May 2019, press); that venue was the extreme, so this lies
    below."""
    size_effect: float = 0.25
    """Leverage goes with size to the power of minus this: the large are more careful, and brackets
    make them. Together with the medians it was set so that an 11 % fall reaches about a tenth of
    the long open interest: press counted 14 % fewer contracts open after the day (560,000 to
    481,000 BTC, all venues, forced and voluntary together)."""
    size_sigma: float = 1.9
    """Lognormal sigma of the notional: the top 1 % of positions hold about half of it. The size
    itself follows from the open interest."""
    size_share_max: float = 0.01
    """Most that one position may be of its side, so that no single account decides a replay."""
    isolated: float = 0.4
    """Share of accounts whose (single) position is isolated: margin of its own, no recourse."""
    both: float = 0.2
    """Share of cross accounts with a position in a second instrument as well."""
    spare_median: float = 0.5
    spare_sigma: float = 1.0
    """Free funds of a cross account beyond its margin, as a multiple of it (lognormal)."""
    isolated_spare: float = 0.02
    """Margin an isolated position holds beyond the least, as a share of it."""
    collateral: float = 0.12
    """Share of cross accounts that hold part of their funds as spot BTC."""
    collateral_share: tuple[float, float] = (0.3, 0.95)
    """How much of their funds that is (uniform)."""
    resting: float = 0.25
    """Share of positions with resting orders: an add on its side, a take-profit on the other."""
    age_median_hours: float = 30.0
    age_sigma: float = 1.6
    """Lognormal age of a position before it is asked whether it could have lived."""
    cushion: float = 1.25
    """A living position has at least this many times its maintenance at every extreme since entry:
    at the margin-call level an owner adds funds or leaves (the engine's default call factor)."""
    spread_over_markets: float = 0.25
    """Accounts per instrument go with this power of its open interest: accounts are spread more
    evenly than money."""
