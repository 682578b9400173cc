"""Collateral efficiency of an account, and of a book in a venue's scenario model.

The amounts of `efficiency` taken from where they are. An account that fails its requirement, or
would in the stress asked for, is refused: no figure rewards it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.portfolio.efficiency import Efficiency, efficiency
from solvent.venues.portfolio.scenarios import scenario_margin, total
from solvent.venues.questions import answers
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.exhaustion import moved, violated
from solvent.venues.reading import share
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import DOLLARS, ZERO, Pool

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.portfolio.legs import Leg
    from solvent.venues.preset import Version


def efficiency_of(
    account: Account,
    symbol: str | None = None,
    *,
    yields: Mapping[str, Number] | None = None,
    expected_loss: Number = 0,
    stress: Number = 0,
) -> Efficiency:
    """How well an account's margin works, from its own bucket.

    notional: sum of the positions' absolute values. collateral value: wallet, profits and other
    assets at full worth; counted: after haircuts; requirement: what the venue liquidates at. There
    is no portfolio saving here: the legs of such an account are charged one by one. yields: a year,
    by asset, earned while it is posted (on a debt: its interest); the bucket's own money by its
    name. expected_loss: by liquidation a year. stress: a share by which all prices but dollars
    then may fall or rise together.

    Raises InputError for an account below its requirement, now or in the stress.

    >>> from solvent.venues import Account
    >>> account = Account("binance-usdm@2026-09", wallet="5000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="1", entry="50000")])
    >>> found = efficiency_of(account, yields={"USDT": "0.04"}, expected_loss="50")
    >>> found.turnover, found.utilisation, found.net_yield
    (Fraction(10, 1), Fraction(1, 25), Fraction(3, 100))
    """
    pool = funded(account, symbol)
    here = evaluate(pool)
    level = answers.trigger(pool.rules)
    factor = level if isinstance(level, Fraction) else Fraction(1)
    if violated(pool, here):
        raise InputError(
            f"efficiency: equity {float(here.equity):.2f} does not cover the requirement "
            f"{float(factor * here.requirement):.2f}; the account is liquidated, it has none"
        )
    by = share(stress, "stress")
    if by:
        _check_stress(pool, by)
    found = efficiency(
        notional=here.notional,
        value=here.realisable,
        counted=here.equity,
        requirement=factor * here.requirement,
        earned=None if yields is None else _earned(pool, yields),
        expected_loss=expected_loss,
    )
    return replace(found, preset=account.version.label)


def scenario_efficiency(
    venue: str | Version,
    legs: Sequence[Leg],
    *,
    index: Number,
    value: Number,
    counted: Number | None = None,
    earned: Number | None = None,
    expected_loss: Number = 0,
    **options: object,
) -> Efficiency:
    """The same for a book in a scenario model, where legs offset each other: the saving is against
    the sum of every leg's own requirement.

    value, counted: collateral before and after haircuts (default: none). notional: sum of forward
    times size. options: those of `scenario_margin`.

    >>> from solvent.venues.portfolio.legs import leg
    >>> book = [leg("C", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=30),
    ...         leg("F", "linear", size=1, forward=50_000)]
    >>> found = scenario_efficiency("deribit-pm@2024", book, index=50_000, value=20_000)
    >>> found.turnover, round(float(found.portfolio_saving), 3)
    (Fraction(5, 1), 0.448)
    """

    whole = scenario_margin(venue, legs, index=index, **options)  # type: ignore[arg-type]
    alone = [scenario_margin(venue, [one], index=index, **options) for one in legs]  # type: ignore[arg-type]
    found = efficiency(
        notional=sum((abs(one.size) * one.instrument.forward for one in legs), ZERO),
        value=value,
        counted=value if counted is None else counted,
        requirement=whole.maintenance,
        alone=total(alone),
        earned=earned,
        expected_loss=expected_loss,
    )
    return replace(found, preset=whole.version)


def _check_stress(pool: Pool, by: Fraction) -> None:
    for factor in (1 - by, 1 + by):
        prices = {name: mark * factor for name, mark in pool.marks().items()}
        prices |= {
            one.asset: one.price * factor for one in pool.balances if one.asset not in DOLLARS
        }
        if violated(moved(pool, prices)):
            raise InputError(
                f"efficiency: the account is liquidated when all prices move by "
                f"{float(factor - 1):+.1%}; add collateral or ask for a smaller stress"
            )


def _earned(pool: Pool, yields: Mapping[str, Number]) -> Fraction:
    """Money earned a year on the wallet and on every balance, debts included."""
    amounts = {one.asset: one.amount * one.price for one in pool.balances}
    amounts[pool.money] = amounts.get(pool.money, ZERO) + pool.wallet
    unknown = [name for name in yields if name not in amounts]
    if unknown:
        raise InputError(
            f"yields: the bucket holds no {unknown[0]}; there is {', '.join(sorted(amounts))}"
        )
    return sum(
        (amounts[name] * exact(one, f"yield of {name}") for name, one in yields.items()), ZERO
    )
