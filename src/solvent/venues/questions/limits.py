"""What a venue's tiers allow: the end of the last tier, and the largest leverage of each."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Table, Version
from solvent.venues.reading import Position, table_of
from solvent.venues.solver.model import Order
from solvent.venues.solver.rows import tier_at


def check_size(version: Version, found: Position) -> None:
    """Refuse a size over the last tier and a leverage above what the tier allows."""
    instrument, table = found.instrument, table_of(version, found)
    notional = found.size * instrument.multiplier * found.entry
    if instrument.kind == "inverse":
        notional = found.size * instrument.multiplier / found.entry
    amounts = {
        "notional": notional,
        "size": found.size,
        "contracts": found.size / instrument.contract_size,
    }
    amount, words = amounts[table.unit], _amount_words(table, instrument)
    if not table.rows:
        return check_leverage(version, found, instrument.max_leverage, "")
    last = table.rows[-1].up_to
    if last is not None and amount > last:
        hint = ""
        if instrument.contract_size != 1 and found.size * instrument.contract_size < found.size:
            hint = f"; if you mean {figure_text(found.size)} contracts, give contracts"
        raise InputError(
            f"{found.symbol}: size {figure_text(found.size)} is {figure_text(amount)} {words}, "
            f"over {figure_text(last)}, the end of the last tier of {version.label}; use a "
            f"smaller size{hint}"
        )
    number = tier_at(table, amount)
    row = table.rows[number]
    most = row.max_leverage if row.max_leverage is not None else instrument.max_leverage
    where = f" at {figure_text(amount)} {words} (tier {number + 1} of {len(table.rows)})"
    return check_leverage(version, found, most, where)


def check_leverage(version: Version, found: Position, most: Fraction | None, where: str) -> None:
    """Refuse a leverage above `most`."""
    if found.leverage is not None and most is not None and found.leverage > most:
        raise InputError(
            f"{found.symbol}: leverage {figure_text(found.leverage)} is above "
            f"{figure_text(most)}, the most {version.label} allows{where}; lower the leverage or "
            "the size"
        )


def check_order(
    version: Version, order: Order, held: tuple[Position, ...], before: tuple[Order, ...]
) -> None:
    """Refuse an order over the tiers' limits, and a leverage other than the symbol's: positions and
    orders of one symbol share one setting on every venue here.
    """
    own = [one for one in held if one.symbol == order.symbol]
    listed = version.instruments.get(order.symbol)
    if listed is not None and not any(one.table for one in own):
        check_size(
            version,
            Position(listed, order.side, order.size, order.price, order.price, order.leverage),
        )
    if order.leverage is None:
        return
    beside = [one.leverage for one in own] or [one.leverage for one in before
                                               if one.symbol == order.symbol]  # fmt: skip
    if beside and order.leverage not in beside:
        what = "position" if own else "order"
        has = "no leverage" if beside[0] is None else f"leverage {figure_text(beside[0])}"
        raise InputError(
            f"{order.symbol}: an order has leverage {figure_text(order.leverage)} beside the "
            f"{what} with {has}; a symbol has one leverage: give the same for both"
        )


def _amount_words(table: Table, instrument: Instrument) -> str:
    if table.unit == "notional":
        return f"{instrument.settle} of notional"
    return "contracts" if table.unit == "contracts" else instrument.base
