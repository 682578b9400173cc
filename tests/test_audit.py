"""Every sentence of the audit comes from a corruption planted in the tables."""

from __future__ import annotations

import pytest
from tests.test_golden import USD, Market, of, single

from solvent.engine import CommandKind, EventKind
from solvent.engine.audit import money_residue
from solvent.ledger.tables import Header


def venue() -> tuple[Market, int, int, int]:
    """One healthy holder, one in liquidation whose order nobody has filled, and a counterparty."""
    market = Market()
    i = market.linear(single("0.005"))
    market.engine.list_instrument(*spot())
    market.price((i, 5_000_000), (1, 500_000))
    trader, calm, other = (
        market.account(2_500 * USD),
        market.account(50_000 * USD),
        market.account(10**6 * USD),
    )
    market.trade(trader, other, i, 1000, 5_000_000)
    market.trade(calm, other, i, 1000, 5_000_000)
    market.do(CommandKind.DEPOSIT_COLLATERAL, account=calm, instrument=1, a=1_000_000)
    assert of(market.price((i, 4_760_000)), EventKind.LIQUIDATION_ORDERED)
    return market, trader, calm, i


def spot():
    from solvent.contracts import Listing
    from solvent.margin import Margin, tiered

    listing = Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000")
    return listing, Margin(tiered([(None, "0.1")]))


def test_a_sound_state_passes_and_is_counted() -> None:
    market, *_ = venue()
    audit = market.engine.audit()
    assert audit.ok
    assert audit.failures == ()
    assert audit.accounts == 12 + 3
    assert audit.positions == 4  # three derivative slots and a balance
    before = market.engine.digest()
    market.engine.audit()
    assert market.engine.digest() == before


def failures(market: Market) -> tuple[str, ...]:
    audit = market.engine.audit()
    assert audit.ok == (not audit.failures)
    return audit.failures


@pytest.mark.parametrize("units", [1, -1, 10**15])
def test_money_that_appears(units: int) -> None:
    market, _, _calm, _ = venue()
    market.engine.tables.accounts["wallet"][market.system(market.btc, "outside")] += units
    assert failures(market) == (f"MONEY-1: asset 1 is off by {units} units",)
    assert money_residue(market.engine.tables, market.btc) == units
    assert money_residue(market.engine.tables, market.usd) == 0


def test_a_spot_balance_that_appears() -> None:
    market, _, _calm, _ = venue()
    tables = market.engine.tables
    slots = [n for n in range(4) if tables.positions["instrument"][n] == 1]
    tables.positions["lots"][slots[0]] += 5
    assert failures(market) == ("MONEY-1: asset 1 is off by 5 units",)


def test_a_cost_that_changes() -> None:
    market, _, _calm, _i = venue()
    tables = market.engine.tables
    tables.positions["cost"][0] += 9
    assert failures(market) == ("MONEY-1: asset 0 is off by -9 units",)


def test_lots_that_appear_and_open_lots_that_do_not_count() -> None:
    market, _, _calm, i = venue()
    tables = market.engine.tables
    tables.instruments["open_lots"][i] += 1
    assert failures(market) == ("POS-1: open lots of instrument 0 are 4000, recorded 4001",)
    tables.positions["lots"][1] -= 1  # the counterparty: one lot of short more
    found = failures(market)
    assert "POS-1: lots of instrument 0 sum to -1, not 0" in found
    assert not any("open lots" in sentence for sentence in found)


def test_a_negative_fund() -> None:
    market, *_ = venue()
    tables = market.engine.tables
    fund = market.system(market.usd, "fund")
    tables.accounts["wallet"][fund] -= 3
    tables.accounts["wallet"][market.system(market.usd, "outside")] += 3
    assert failures(market) == (f"LIQ-7: fund account {fund} is at -3",)


def test_lists_that_disagree() -> None:
    market, trader, calm, _ = venue()
    header = market.engine.tables.header
    header[Header.ACTIVE] += 1
    assert failures(market) == ("LIQ-4: 1 accounts are active, the list says 2",)
    header[Header.ACTIVE] -= 1
    header[Header.IDLE] += 1
    assert failures(market) == ("LIQ-10: 0 accounts wait to be planned, recorded 1",)
    header[Header.IDLE] -= 1
    market.engine.tables.accounts["stage"][calm] = 1
    assert failures(market) == ("LIQ-4: an account's stage and the active list disagree",)
    market.engine.tables.accounts["stage"][calm] = 0
    market.engine.tables.accounts["stage"][trader] = 0
    assert failures(market) == ("LIQ-4: an account's stage and the active list disagree",)


def test_a_level_that_is_not_the_recorded_one() -> None:
    market, _trader, calm, _i = venue()
    tables = market.engine.tables
    tables.accounts["level"][calm] = 2
    assert failures(market) == (
        f"INDEX-1: 1 accounts are at another level than recorded, first account {calm}: "
        "0, recorded 2",
    )
    tables.header[Header.SNAPSHOT_OPEN] = 1  # prices are still coming: nobody knows yet
    assert failures(market) == ()
    tables.header[Header.SNAPSHOT_OPEN] = 0
    tables.header[Header.DIRTY] = 1
    assert failures(market) == ()


def test_the_audit_does_not_count_as_evaluations() -> None:
    market, *_ = venue()
    before = int(market.engine.tables.header[Header.EVALUATIONS])
    market.engine.audit()
    assert market.engine.tables.header[Header.EVALUATIONS] == before
