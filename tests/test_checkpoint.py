"""Checkpoints: the state as bytes, refused when damaged, continued as if nothing had happened."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from random import Random

import msgspec
import numpy as np
import pytest
from tests.test_golden import QUIET, USD, Market, of, single
from tests.worlds import World, to_engine

from solvent.contracts import Listing
from solvent.engine import CheckpointError, CommandKind, Engine, EventKind, Frame, Limits
from solvent.engine.digest import FORMAT, RULES, Stored, from_bytes, live_slots
from solvent.engine.restoring import Configuration, pack, unpack
from solvent.ledger.tables import Header
from solvent.liquidation import Policy
from solvent.margin import Margin, flat, slope, sqrt_premium, tiered

C, E = CommandKind, EventKind


def sealed(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest() + payload


def resumed(market: Market, **fields: Limits) -> Market:
    """The same market over an engine restored from its checkpoint."""
    twin = object.__new__(Market)
    twin.__dict__.update(market.__dict__)
    twin.engine = Engine.restore(market.engine.checkpoint(), **fields)
    assert twin.engine.digest() == market.engine.digest()
    assert twin.engine.checkpoint() == market.engine.checkpoint()
    return twin


def holders(policy: Policy = QUIET) -> tuple[Market, int, int, int]:
    market = Market(policy)
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    trader, other = market.account(2_500 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1000, 5_000_000)
    return market, i, trader, other


# ----------------------------------------------------------------------------------- bad bytes


def test_every_damaged_or_truncated_checkpoint_is_refused() -> None:
    market, *_ = holders()
    data = market.engine.checkpoint()
    rng = Random(1)
    for cut in (0, 1, 31, 32, 33, len(data) // 2, len(data) - 1):
        with pytest.raises(CheckpointError, match="damaged or cut short"):
            Engine.restore(data[:cut])
    for _ in range(200):
        place = rng.randrange(len(data))
        broken = bytearray(data)
        broken[place] ^= 1 << rng.randrange(8)
        with pytest.raises(CheckpointError, match="damaged or cut short"):
            Engine.restore(bytes(broken))
    with pytest.raises(CheckpointError):
        Engine.restore(data + b"\0")
    Engine.restore(data)


@pytest.mark.parametrize("fields", [{"format": FORMAT + 1}, {"rules": "solvent-rules-0"}])
def test_another_format_or_other_rules_are_refused(fields) -> None:
    market, *_ = holders()
    stored = msgspec.structs.replace(from_bytes(market.engine.checkpoint()), **fields)
    with pytest.raises(CheckpointError) as error:
        Engine.restore(sealed(msgspec.msgpack.encode(stored)))
    assert f"format {stored.format} under {stored.rules}" in str(error.value)
    assert f"reads format {FORMAT} under {RULES}" in str(error.value)


@pytest.mark.parametrize(
    "payload", [b"junk", msgspec.msgpack.encode({"format": FORMAT + 1, "rules": RULES})]
)
def test_bytes_that_are_no_checkpoint_are_refused(payload: bytes) -> None:
    with pytest.raises(CheckpointError):
        Engine.restore(sealed(payload))


def test_a_state_that_is_not_the_one_of_its_digest_is_refused() -> None:
    market, _i, trader, _ = holders()
    stored = from_bytes(market.engine.checkpoint())
    shape, data = stored.arrays["accounts"]
    accounts = np.frombuffer(data, market.engine.tables.accounts.dtype).copy()
    accounts["wallet"][trader] += 1
    stored.arrays["accounts"] = (shape, accounts.tobytes())
    with pytest.raises(CheckpointError, match=f"the checkpoint says {stored.digest}"):
        Engine.restore(sealed(msgspec.msgpack.encode(stored)))
    assert isinstance(stored, Stored)


def test_limits_smaller_than_the_checkpoint_are_refused() -> None:
    market, *_ = holders()
    data = market.engine.checkpoint()
    for limits in (Limits(accounts=13), Limits(positions=1)):
        with pytest.raises(CheckpointError, match="holds 14 accounts and 2 slots; the limits are"):
            Engine.restore(data, limits)
    assert Engine.restore(data, Limits(accounts=14, positions=2)).digest() == market.engine.digest()


def test_the_limit_of_accounts_holds_after_a_restore() -> None:
    market = Market()
    market.engine = Engine(QUIET, Limits(accounts=7))
    market.usd = market.engine.add_asset("USD", 6)
    market.account(0)
    assert market.do(C.OPEN_ACCOUNT)[0]["kind"] == E.REFUSED
    twin = resumed(market, limits=Limits(accounts=7))
    assert twin.do(C.OPEN_ACCOUNT)[0]["kind"] == E.REFUSED


# ----------------------------------------------------------------------------- the configuration


def test_listings_margins_and_policy_come_back() -> None:
    configuration = Configuration(
        ["USD", "BTC"],
        [Listing("X", "linear", "BTC", "USD", tick="0.1", lot="0.001", expiry_ns=9)],
        [
            Margin(
                tiered([("50000", "1/300"), (None, "0.01")]),
                flat([(None, "0.02")], entry_based=True),
                closing_fee="0.0005",
            ),
            Margin(slope("0.01", "1/7", cap="0.3"), initial_factor=(3, 2)),
            Margin(sqrt_premium("0.01", "0.002", offset="0.003")),
        ],
        Policy(profit_cap=5, interval_ns=7),
    )
    assert unpack(pack(configuration)) == configuration
    with pytest.raises(TypeError, match="cannot store complex"):
        pack(replace_margin(configuration, 1j))


def replace_margin(configuration: Configuration, value: object) -> Configuration:
    broken = replace(configuration.margins[0], closing_fee=value)
    return msgspec.structs.replace(configuration, margins=[broken])


def test_the_control_plane_goes_on_after_a_restore() -> None:
    market, i, _trader, _ = holders()
    twin = resumed(market)
    assert twin.engine.names == market.engine.names
    assert twin.engine.policy == market.engine.policy
    for m in (market, twin):
        m.engine.change_margin(i, single("0.01"))
        m.linear(single("0.02"), symbol="ETH-PERP")
        m.engine.add_asset("EUR", 2)
        m.engine.set_policy(replace(QUIET, warn=(2, 1)))
    assert market.engine.digest() == twin.engine.digest()


# ------------------------------------------------------------------------------- where it resumes


def test_restored_in_the_middle_of_a_snapshot() -> None:
    market, i, _trader, _ = holders()
    j = market.linear(single("0.005"), symbol="ETH-PERP")
    market.price((j, 300_000))
    assert not of(market.do(C.PRICE, instrument=i, a=4_700_000, b=0), E.LEVEL_CHANGED)
    twin = resumed(market)
    assert twin.engine.tables.header[Header.SNAPSHOT_OPEN] == 1
    refused = twin.do(C.TIMER)
    assert refused == market.do(C.TIMER)
    assert refused[0]["kind"] == E.REFUSED
    last = market.do(C.PRICE, instrument=j, a=300_001, b=1)
    assert twin.do(C.PRICE, instrument=j, a=300_001, b=1) == last
    assert of(last, E.LEVEL_CHANGED)
    assert twin.engine.digest() == market.engine.digest()


def test_restored_between_two_judgements_of_an_interval() -> None:
    market, i, _trader, _ = holders(replace(QUIET, interval_ns=60))
    market.time = 61
    assert not of(market.price((i, 4_990_000)), E.LEVEL_CHANGED)
    market.time = 70
    assert not of(market.price((i, 4_700_000)), E.LEVEL_CHANGED)  # judged at 61, not yet again
    twin = resumed(market)
    assert twin.engine.audit().ok
    for time, ticks, judged in ((119, 4_700_001, False), (120, 4_700_002, True)):
        market.time = twin.time = time
        events = market.price((i, ticks))
        assert twin.price((i, ticks)) == events
        assert bool(of(events, E.LEVEL_CHANGED)) == judged
        assert twin.engine.digest() == market.engine.digest()


def test_restored_with_an_order_outstanding() -> None:
    market, i, trader, _ = holders()
    order = of(market.price((i, 4_760_000)), E.LIQUIDATION_ORDERED)[0]
    fill = {"account": trader, "instrument": i, "id": order["d"], "b": 4_759_000}
    market.do(C.ORDER_FILL, a=400, c=1, **fill)
    twin = resumed(market)
    for a, c in ((1, 1), (601, 2), (600, 2)):  # a duplicate, too much, the rest
        assert twin.do(C.ORDER_FILL, a=a, c=c, **fill) == market.do(C.ORDER_FILL, a=a, c=c, **fill)
        assert twin.engine.digest() == market.engine.digest()
    assert twin.wallet(trader) == market.wallet(trader)
    assert not of(twin.do(C.TIMER), E.ORDER_EXPIRED)


def test_restored_with_an_order_that_expires() -> None:
    market, i, _trader, _ = holders()
    market.price((i, 4_760_000))
    twin = resumed(market)
    market.time = twin.time = QUIET.order_deadline_ns + 1
    events = market.do(C.TIMER)
    assert twin.do(C.TIMER) == events
    assert of(events, E.ORDER_EXPIRED)
    assert of(events, E.LIQUIDATION_ORDERED)
    assert twin.engine.digest() == market.engine.digest()


def test_restored_with_requests_to_fund_and_counterparties() -> None:
    market, i, _trader, _other = holders()
    events = market.price((i, 4_700_000))
    assert of(events, E.FUND_REQUESTED)
    seen = []
    for _ in range(6):
        twin = resumed(market)
        rows = market.engine.answers(market.time)
        assert (twin.engine.answers(market.time) == rows).all()
        if len(rows) == 0:
            break
        events = market.engine.apply(rows).events
        assert (twin.engine.apply(rows).events == events).all()
        assert twin.engine.digest() == market.engine.digest()
        seen += events["kind"].tolist()
    assert E.DELEVERAGED in seen
    assert E.LIQUIDATION_ENDED in seen


@pytest.mark.parametrize("seed", range(4))
def test_restored_anywhere_in_a_random_world(seed: int) -> None:
    """At random points; the restored engine gives the same events and digest."""
    world = World(seed + 40)
    engine = to_engine(world)
    rng = Random(seed)
    twin = engine
    for step in range(220):
        entry = world.step()
        if entry[0] != "apply":
            continue  # a change of rules is tested above
        row = entry[1]
        frame = Frame()
        frame.add(CommandKind(row["kind"]), **{k: v for k, v in row.items() if k != "kind"})
        events = engine.apply(frame.array()).events
        if twin is not engine:
            assert (twin.apply(frame.array()).events == events).all(), step
        if rng.random() < 0.1:
            assert twin.digest() == engine.digest()
            twin = Engine.restore(engine.checkpoint())
    assert twin.digest() == engine.digest()
    assert twin.audit() == engine.audit()


def test_an_empty_engine_comes_back() -> None:
    engine = Engine()
    twin = Engine.restore(engine.checkpoint())
    assert twin.digest() == engine.digest()
    assert len(live_slots(twin.tables)) == 0
    assert twin.audit().ok
