"""The same position on several venues: what each would liquidate it at, and what it would cost.

Base size, entry and money are the same everywhere; symbol, tiers, fees and rounding are each
venue's. A venue that would not take the position has a sentence in place of figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from solvent.margin.explain import Term, figure_text
from solvent.venues.ccxt.matching import needed
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Version
from solvent.venues.questions.liquidation_costs import LiquidationCost
from solvent.venues.reading import symbol_of, version_of
from solvent.venues.result import Answer, Told, percent
from solvent.venues.shortcuts import account as one_position

# Overrides that belong to one venue's table: they cannot be compared across venues.
OWN = ("mmr", "maintenance_amount", "taker_fee", "kind", "contract_size", "tick")


@dataclass(frozen=True, slots=True, repr=False)
class Row(Told):
    """One venue. `problem`: why there are no figures. distance: to the liquidation price as a share
    of the mark. liquidatable: whether the venue would liquidate it already. cost: what leaving one
    tick before the liquidation price keeps, and what being liquidated does; None where nothing
    liquidates it. fee_held: the closing fee held beside the maintenance margin; None where there is
    none.
    """

    preset: str
    symbol: str = ""
    liquidation_price: Answer | None = None
    bankruptcy_price: Answer | None = None
    maintenance: Answer | None = None
    fee_held: Answer | None = None
    distance: Fraction | None = None
    liquidatable: bool = False
    cost: LiquidationCost | None = None
    problem: str = ""

    def __str__(self) -> str:
        if self.problem or self.liquidation_price is None:
            return self.problem if self.preset in self.problem else f"{self.preset}: {self.problem}"
        price = self.liquidation_price
        told = [f"no {price.name}"]
        if price.display:
            told = [f"{price.name} {price.display} {price.unit}"]
        if self.liquidatable:
            told.append("liquidated already")
        elif self.distance is not None:
            told.append(f"{percent(self.distance)} away")
        if self.maintenance is not None:
            told.append(
                f"{self.maintenance.name} {self.maintenance.display} {self.maintenance.unit}"
            )
        return f"{self.symbol}: {', '.join(told)} ({self.preset})"

    def explain(self) -> Term:
        """The tree of its liquidation price."""
        price = self.liquidation_price
        return Term(str(self)) if price is None else price.explain()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        if self.problem:
            return {"preset": self.preset, "problem": self.problem}
        prices = (self.liquidation_price, self.bankruptcy_price)
        answers = (*prices, self.maintenance, self.fee_held)
        return {
            "preset": self.preset,
            "symbol": self.symbol,
            **{one.name.replace(" ", "_"): one.to_dict() for one in answers if one is not None},
            "distance": None if self.distance is None else figure_text(self.distance),
            "liquidatable": self.liquidatable,
            "exit_fee": None if self.cost is None else figure_text(self.cost.exit_fee),
            "liquidation_fee": (
                None
                if self.cost is None or self.cost.liquidation_fee is None
                else figure_text(self.cost.liquidation_fee)
            ),
        }


def compare(presets: Sequence[str | Version], given: Mapping[str, Any]) -> tuple[Row, ...]:
    """A row per venue, in the order asked for.

    given: the arguments of a one-liner (symbol, side, size, entry, wallet or leverage, mark, mode)
    as the first venue that lists the symbol knows it; contracts are turned into base units there.
    Raises InputError where no venue lists the symbol, or for overrides of one venue's table.

    >>> rows = compare(["binance-usdm@2021", "hyperliquid"], dict(symbol="BTCUSDT", side="long",
    ...     size="10", entry="50000", wallet="20000"))
    >>> [(one.symbol, one.liquidation_price.safe_tick is None) for one in rows]
    [('BTCUSDT', False), ('BTC', False)]
    """
    if not presets:
        raise InputError("compare: name at least one venue")
    for name in OWN:
        if given.get(name) is not None:
            raise InputError(f"compare: {name} overrides one venue's table; leave it out")
    versions = [version_of(one) for one in presets]
    like, size = _like(versions, given)
    rows = []
    for version in versions:
        try:
            symbol = like.symbol if like in version.instruments.values() else ""
            symbol = symbol or needed(version, like).symbol
            rows.append(_row(version, symbol, {**given, "size": size, "contracts": None}))
        except InputError as error:
            rows.append(Row(version.label, problem=str(error)))
    return tuple(rows)


def _like(versions: Sequence[Version], given: Mapping[str, Any]) -> tuple[Instrument, Any]:
    """The contract meant and the size in its units, by the first venue that lists the symbol."""
    first: InputError | None = None
    for version in versions:
        try:
            like = symbol_of(version, given.get("symbol"))
        except InputError as error:
            first = first or error
            continue
        if given.get("contracts") is None:
            return like, given.get("size")
        return like, one_position(version, **given).positions[0].size
    raise first or InputError("compare: name at least one venue")


def _row(version: Version, symbol: str, given: Mapping[str, Any]) -> Row:
    account = one_position(version, **{**given, "symbol": symbol})
    price = account.liquidation_price()
    mark = account.positions[0].mark
    distance = None if price.at is None else abs(mark - price.at) / mark
    due = account.evaluate(symbol).liquidatable
    fee = account.closing_fee_held()
    avoidable = not due and price.safe_tick and price.violating_tick
    return Row(
        version.label,
        symbol,
        price,
        account.bankruptcy_price(),
        account.maintenance_margin(),
        fee if fee.exact else None,
        distance,
        due,
        account.liquidation_cost() if avoidable else None,
    )
