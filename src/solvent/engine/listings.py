"""The control plane: assets, instruments, margin rules and policy, written into the tables after
they have been checked. All or nothing.
"""

from __future__ import annotations

import numpy as np

from solvent.contracts import SPOT, Contract, Listing, resolve
from solvent.engine.cash import new_account
from solvent.engine.memory import Limits, with_accounts, with_assets, with_instruments
from solvent.engine.publishing import ENTRY_MAX
from solvent.ledger.tables import CHARGE, INITIAL, LOWER, NONE, Header, MarginModel, Role, Tables
from solvent.liquidation import Policy
from solvent.margin import Margin, Schedule, WatchingForm, encode, tiered, watching_form
from solvent.margin import requirements as layout
from solvent.margin.watching import highest_rate
from solvent.watch.rules import FACTOR_MAX

SYSTEM_ROLES = (
    ("outside", Role.OUTSIDE),
    ("fund", Role.FUND),
    ("fees", Role.FEES),
    ("rounding", Role.ROUNDING),
    ("funding", Role.FUNDING),
    ("market", Role.MARKET),
)


class ControlError(ValueError):
    """A control-plane request that cannot be carried out; nothing was changed."""


def add_asset(tables: Tables, limits: Limits, exponent: int) -> Tables:
    """Write a new asset and its six system accounts; returns the tables (possibly grown). The
    asset's id is the former ASSETS.
    """
    asset = int(tables.header[Header.ASSETS])
    if asset >= limits.assets:
        raise ControlError(f"{asset} assets are listed already; the limit is {limits.assets}")
    if not 0 <= exponent <= 18:
        raise ControlError(f"an asset has 0 to 18 decimals, not {exponent}")
    accounts = int(tables.header[Header.ACCOUNTS])
    if accounts + len(SYSTEM_ROLES) > limits.accounts:
        raise ControlError(
            f"no room for the asset's {len(SYSTEM_ROLES)} system accounts; the limit is "
            f"{limits.accounts} accounts"
        )
    tables = with_accounts(
        with_assets(tables, asset + 1), accounts + len(SYSTEM_ROLES), limits.accounts
    )
    row = tables.assets[asset]
    for name, role in SYSTEM_ROLES:
        row[name] = new_account(tables, asset, NONE, int(role), int(MarginModel.SCHEDULES))
    row["exponent"] = exponent
    row["socialised"] = 0
    tables.header[Header.ASSETS] = asset + 1
    return tables


def encode_levels(
    contract: Contract, margin: Margin, policy: Policy, settle_exponent: int
) -> tuple[list[tuple[int, ...]], WatchingForm, tuple[int, int]]:
    """The five requirement rows of an instrument (warn, call, liquidation, backstop, initial), its
    watching form and its highest level rate.
    """
    fee = margin.fee()
    rows: list[tuple[int, ...]] = []
    factors = ((1, 1),) * 4 if contract.kind == SPOT else policy.factors()
    for name, factor in zip(("warn", "call", "maintenance", "backstop"), factors, strict=True):
        rows.append(
            encode(
                margin.maintenance,
                contract,
                settle_exponent=settle_exponent,
                factor=factor,
                closing_fee=fee,
                what=f"{contract.symbol} {name}",
            )
        )
    initial = margin.initial if margin.initial is not None else margin.maintenance
    factor = (
        (1, 1) if margin.initial is not None or contract.kind == SPOT else margin.initial_factor
    )
    rows.append(
        encode(
            initial,
            contract,
            settle_exponent=settle_exponent,
            factor=factor,
            what=f"{contract.symbol} initial",
        )
    )
    form = max(watching_form(row) for row in rows[:4])
    num, den = 0, 1
    for row in rows[:4]:
        if highest_rate(row) * den > num * row[layout.SCALE]:
            num, den = highest_rate(row), row[layout.SCALE]
    return rows, form, (num, den)


def list_instrument(
    tables: Tables,
    limits: Limits,
    listing: Listing,
    margin: Margin,
    policy: Policy,
    settle: int,
    base: int,
) -> Tables:
    """Write a new instrument; returns the tables (possibly grown). Its id is the former
    INSTRUMENTS. Raises before anything is written.
    """
    number = int(tables.header[Header.INSTRUMENTS])
    if number >= limits.instruments:
        raise ControlError(
            f"{listing.symbol}: {number} instruments are listed already; the limit is "
            f"{limits.instruments}"
        )
    exponent = int(tables.assets["exponent"][settle])
    contract = resolve(
        listing, settle_exponent=exponent, base_exponent=int(tables.assets["exponent"][base])
    )
    rows, form, highest = encode_levels(contract, margin, policy, exponent)
    if contract.kind == SPOT and tables.conversion[base, settle] != NONE:
        raise ControlError(f"{listing.symbol}: a spot instrument of this pair is listed already")
    tables = with_instruments(tables, number + 1)
    row = tables.instruments[number]
    row["kind"], row["k"], row["k_den"] = contract.kind, contract.k, contract.k_den
    row["settle"], row["base"] = settle, base
    row["price_min"], row["price_max"], row["lots_max"] = (
        contract.price_min,
        contract.price_max,
        contract.lots_max,
    )
    row["expiry"] = contract.expiry_ns if contract.expiry_ns is not None else 0
    tables.header[Header.INSTRUMENTS] = number + 1
    if contract.kind == SPOT:
        tables.conversion[base, settle] = number
    return write_levels(tables, number, rows, form, highest)


def write_levels(
    tables: Tables,
    number: int,
    rows: list[tuple[int, ...]],
    form: WatchingForm,
    highest: tuple[int, int],
) -> Tables:
    """Append requirement rows to the schedule array and point the instrument at them."""
    used = _schedules_used(tables)
    flat = [number for row in rows for number in row]
    schedules = tables.schedules
    if used + len(flat) > len(schedules):
        schedules = np.zeros(2 * (used + len(flat)), np.int64)
        schedules[:used] = tables.schedules[:used]
    at = used
    for level, row in zip((0, 1, 2, 3, INITIAL), rows, strict=True):
        schedules[at : at + len(row)] = row
        tables.schedule_of[number, level] = at
        at += len(row)
    tables.header[Header.SCHEDULES] = at
    entry = tables.instruments[number]
    entry["form"] = int(form)
    entry["rate_num"], entry["rate_den"] = highest
    return tables._replace(schedules=schedules)


def check_arrays(tables: Tables, policy: list[int]) -> None:
    """Refuse a policy under which a published or staged risk array would leave its bound."""
    for number in range(int(tables.header[Header.INSTRUMENTS])):
        arrays = np.abs([tables.risk[number], tables.staged[number]])
        largest = max(int(arrays[:, LOWER:].max()), int(arrays[:, CHARGE].max()))
        most = ENTRY_MAX // int(tables.instruments["lots_max"][number]) // policy[FACTOR_MAX]
        if largest > most:
            raise ControlError(
                f"instrument {number}: its risk array holds {largest} a lot; at these level "
                f"factors (up to {policy[FACTOR_MAX]}) at most {most} fits"
            )


def _schedules_used(tables: Tables) -> int:
    return int(tables.header[Header.SCHEDULES])


def no_haircut() -> Schedule:
    """A collateral schedule that counts a balance in full."""
    return tiered([(None, "0")])
