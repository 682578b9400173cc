"""Collateral efficiency, the cheapest mix, and Binance's unified ratio."""

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvent.venues import Account, efficiency_of, scenario_efficiency
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.efficiency import Choice, cheapest_mix, efficiency
from solvent.venues.portfolio.legs import leg
from solvent.venues.portfolio.scenarios import scenario_margin, total
from solvent.venues.portfolio.unified import asset, unified

F = Fraction


def test_measures_of_a_hand_portfolio() -> None:
    """Long future, short call: together less than the sum of both."""
    legs = [
        leg("C", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("F", "linear", size=1, forward=50_000),
    ]
    together = scenario_margin("deribit-pm@2024", legs, index=50_000).maintenance
    alone = total([scenario_margin("deribit-pm@2024", [one], index=50_000) for one in legs])
    found = efficiency(
        notional=100_000, value=20_000, counted=18_000, requirement=together, alone=alone
    )
    assert found.portfolio_saving == 1 - together / alone
    assert found.portfolio_saving is not None
    assert found.portfolio_saving > F(4, 10)
    assert found.turnover == 5
    assert found.utilisation + found.idle == 1
    assert found.utilisation == together / 18_000
    assert found.haircut_cost == F(1, 10)
    assert "portfolio saving" in str(found.explain())


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"requirement": 10_000}, "fails its requirement"),
        ({"counted": 0}, "collateral above zero"),
        ({"counted": 20_000}, "a haircut never adds"),
        ({"alone": 0}, "above zero"),
    ],
)
def test_no_praise_for_an_account_that_fails(numbers: dict[str, int], words: str) -> None:
    good = {"notional": 50_000, "value": 10_000, "counted": 9_000, "requirement": 5_000}
    with pytest.raises(InputError, match=words):
        efficiency(**{**good, **numbers})  # type: ignore[arg-type]


def test_a_full_account_has_no_idle_share() -> None:
    found = efficiency(notional=1, value=10, counted=10, requirement=10)
    assert (found.idle, found.haircut_cost, found.portfolio_saving) == (0, 0, None)


def test_the_tree_has_the_same_numbers() -> None:
    found = efficiency(notional=50_000, value=10_000, counted=9_000, requirement=3_000, alone=4_000,
                       earned=300, expected_loss=50)  # fmt: skip
    assert [term.value for term in found.explain().terms] == [
        5, F(1, 3), F(2, 3), F(1, 10), F(1, 4), F(1, 40),
    ]  # fmt: skip
    assert found.idle == F(2, 3)


def held(**more: object) -> Account:
    """1 BTC long; 4,000 USDT and 0.2 BTC at a weight of 0.95."""
    given: dict[str, Any] = {
        "wallet": {"USDT": "4000"},
        "positions": [
            {"symbol": "BTC-USDT-SWAP", "side": "long", "size": "1", "entry": "49000", "mark": "50000"}
        ],
        "collateral": {"BTC": {"amount": "0.2", "price": "50000", "weight": "0.95"}},
    }  # fmt: skip
    return Account("okx@2025-07", **{**given, **more})


def test_an_account_measures_its_own_amounts() -> None:
    account = held()
    here = account.evaluate()
    found = efficiency_of(account)
    assert found.turnover == F(50_000) / (4_000 + 10_000 + 1_000)
    assert found.haircut_cost == 1 - F(4_000 + 9_500 + 1_000) / 15_000
    assert found.utilisation == here.requirement / (4_000 + 9_500 + 1_000)
    assert (
        found.utilisation
        == efficiency(
            notional=50_000, value=15_000, counted=14_500, requirement=here.requirement
        ).utilisation
    )
    assert found.portfolio_saving is None
    assert found.net_yield is None


def test_collateral_earns_while_it_is_posted() -> None:
    yields = {"USDT": "0.04", "BTC": "0.01"}
    found = efficiency_of(held(), yields=yields, expected_loss="110")
    assert found.net_yield == (F(4_000) * F("0.04") + 10_000 * F("0.01") - 110) / 15_000
    assert "net yield" in str(found.explain())
    own = held(collateral={"USDT": {"amount": "1000", "price": "1", "weight": "0.9"}})
    assert efficiency_of(own, yields={"USDT": "0.1"}).net_yield == F("0.1") * 5_000 / 6_000
    debt = held(collateral={"BTC": {"amount": "-0.02", "price": "50000", "weight": "1"}})
    assert efficiency_of(debt, yields={"BTC": "0.1"}).net_yield == F(-100) / 4_000
    with pytest.raises(InputError, match="holds no SOL"):
        efficiency_of(held(), yields={"SOL": "0.1"})


def test_an_account_that_fails_is_not_praised() -> None:
    poor = held(wallet={"USDT": "-14200"})
    with pytest.raises(InputError, match="does not cover the requirement"):
        efficiency_of(poor)
    account = held()
    falls = account.liquidation_price(assumption="common_shock").exact
    assert falls is not None
    just = 1 - falls / 50_000
    efficiency_of(account, stress=just - F(1, 1000))
    with pytest.raises(InputError, match="liquidated when all prices move by -"):
        efficiency_of(account, stress=just + F(1, 1000))
    with pytest.raises(InputError, match="not a share"):
        efficiency_of(account, stress="20")
    short = Account("binance-usdm@2026-09", wallet="5000", positions=[
        {"symbol": "BTCUSDT", "side": "short", "size": "1", "entry": "50000"}])  # fmt: skip
    with pytest.raises(InputError, match=r"move by \+20"):
        efficiency_of(short, stress="0.2")
    with pytest.raises(InputError, match="wallet is missing"):
        efficiency_of(Account("binance-usdm@2026-09", positions=short.positions))


def test_the_ratio_that_a_venue_liquidates_at_is_the_requirement() -> None:
    account = Account("binance-pm", wallet="5000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mmr": "0.01"}])  # fmt: skip
    assert efficiency_of(account).utilisation == F("1.05") * 500 / 5_000


def test_a_scenario_book_saves_against_its_legs() -> None:
    legs = [
        leg("C", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("F", "linear", size=1, forward=50_000),
    ]
    found = scenario_efficiency("deribit-pm", legs, index=50_000, value=20_000, counted=18_000)
    together = scenario_margin("deribit-pm", legs, index=50_000).maintenance
    alone = total([scenario_margin("deribit-pm", [one], index=50_000) for one in legs])
    assert found.portfolio_saving == 1 - together / alone
    assert found.turnover == 5
    assert found.utilisation == together / 18_000
    with pytest.raises(InputError, match="fails its requirement"):
        scenario_efficiency("deribit-pm", legs, index=50_000, value=1_000)


CHOICES = st.lists(
    st.builds(
        Choice,
        name=st.sampled_from(["a", "b", "c"]),
        available=st.integers(0, 6).map(F),
        weight=st.sampled_from([F(1, 2), F(1)]),
        cost=st.integers(-2, 5).map(lambda n: F(n, 100)),
    ),
    min_size=3,
    max_size=3,
    unique_by=lambda one: one.name,
)


@settings(max_examples=50)
@given(choices=CHOICES, need=st.integers(1, 12))
def test_the_mix_is_that_of_brute_force(choices: list[Choice], need: int) -> None:
    """Whole amounts and weights of 1/2 and 1: corners lie on a grid of halves."""
    best = None
    steps = [[F(at, 2) for at in range(int(one.available) * 2 + 1)] for one in choices]
    for amounts in product(*steps):
        counted = sum(a * one.weight for a, one in zip(amounts, choices, strict=True))
        if counted >= need:
            cost = sum(a * one.cost for a, one in zip(amounts, choices, strict=True))
            best = cost if best is None else min(best, cost)
    if best is None:
        with pytest.raises(InputError, match="no mix counts"):
            cheapest_mix(choices, need)
        return
    found = cheapest_mix(choices, need)
    assert found.cost == best
    assert found.counted >= need
    assert all(0 <= found.posted[one.name] <= one.available for one in choices)


def test_no_asset_above_its_share() -> None:
    coin = Choice("BTC", F(1_000), F(9, 10), F(0))
    cash = Choice("USDC", F(1_000), F(1), F(5, 100))
    free = cheapest_mix([coin, cash], 90)
    assert free.posted == {"BTC": F(100), "USDC": F(0)}
    capped = cheapest_mix([coin, cash], 90, largest_share="0.5")
    assert capped.posted == {"BTC": F(50), "USDC": F(45)}
    with pytest.raises(InputError, match=r"no asset may be more than 0\.4"):
        cheapest_mix([coin, cash], 90, largest_share="0.4")


def test_too_many_assets() -> None:
    with pytest.raises(InputError, match="give 1 to 8"):
        cheapest_mix([], 1)
    with pytest.raises(InputError, match="give 1 to 8"):
        cheapest_mix([Choice(str(n), F(1), F(1), F(0)) for n in range(9)], 1)


# ---- Binance portfolio margin
def test_a_negative_balance_is_not_cut() -> None:
    found = unified(
        "binance-pm",
        [asset("BTC", 1, 40_000, "0.95"), asset("ETH", -2, 3_000, "0.9")],
        {"X": 1_000},
    )
    assert found.equity == 38_000 - 6_000


@pytest.mark.parametrize(
    ("equity", "later", "first"),
    [
        (3_000, "free", "free"),
        (2_000, "free", "warned"),
        (1_510, "free", "warned"),
        (1_500, "warned", "reduce only"),
        (1_201, "warned", "reduce only"),
        (1_200, "reduce only", "liquidated"),
        (1_051, "reduce only", "liquidated"),
        (1_050, "liquidated", "liquidated"),
        (-1, "liquidated", "liquidated"),
    ],
)
def test_states_by_date(equity: int, later: str, first: str) -> None:
    assets, needs = [asset("USDT", equity, 1)], {"BTCUSDT": 1_000}
    assert unified("binance-pm", assets, needs).state == later
    assert unified("binance-pm@2022", assets, needs).state == first


def test_the_stop_rule_is_dated() -> None:
    assets = [asset("USDT", 1, 1)]
    assert unified("binance-pm", assets, {"X": 1}).stops_when_recovered
    assert not unified("binance-pm@2022", assets, {"X": 1}).stops_when_recovered


def test_loans_are_held_by_leverage() -> None:
    """ETH loan of 15 at 3x: 10 % of 15 ETH is 1.5 ETH (the venue's example)."""
    eth = asset("ETH", 5, 3_000, "0.95", loan=15)
    for leverage, rate in ((3, F(1, 10)), (5, F(8, 100)), (10, F(5, 100))):
        found = unified("binance-pm", [eth], {}, leverage=leverage)
        assert found.maintenance == 15 * 3_000 * rate
    with pytest.raises(InputError, match="lends at 3, 5 or 10"):
        unified("binance-pm", [eth], {}, leverage=4)


def test_open_orders_that_would_lose_lower_the_equity() -> None:
    found = unified("binance-pm", [asset("USDT", 1_100, 1)], {"X": 1_000}, open_loss=50)
    assert (found.ratio, found.state) == (F(105, 100), "liquidated")


def test_negative_equity_is_liquidated_even_without_a_requirement() -> None:
    assert unified("binance-pm", [asset("USDT", -30, 1)], {}).state == "liquidated"
    assert unified("binance-pm", [asset("USDT", 0, 1)], {}).state == "free"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"rate": "1.2"}, "outside 0 to 1"),
        ({"loan": -1}, "an amount owed"),
        ({"price": 0.5}, "float"),
    ],
)
def test_mistakes_in_an_asset(numbers: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        asset("ETH", **{"amount": 1, "price": 1, **numbers})  # type: ignore[arg-type]
