"""Cases of on-chain engines: what a rule must ask for, refuse or count instead of guessing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from solvent.venues.cases import Case, run_case
from solvent.venues.cases.run import Outcome

BTC = {
    "perpetual_id": 0,
    "oracle_price_usd": "50000",
    "base_atomic_resolution": -8,
    "imf_ppm": 200_000,
    "maintenance_fraction_ppm": 500_000,
}
LONG = [{"perpetual_id": 0, "base_quantums": 10_000_000}]
SHORT_CALL = {
    "underlying": "ETH",
    "sec_to_expiry": 500_400,
    "strike": 1500,
    "is_call": True,
    "amount": -1,
    "vol": "1.0478844940849863",
    "forward": "1500.833279310994",
}
WEIGHTS = {
    "size_1e9": 10**14,
    "base_initial_asset_weight": 1500,
    "base_maintenance_asset_weight": 7500,
    "base_initial_liability_weight": 15_000,
    "base_maintenance_liability_weight": 12_500,
}
POOL = {"collateral_amount": 10, "size_usd": 200_000, "is_long": True, "entry_price": 5000}


def answered(venue: str, kind: str, inputs: dict[str, Any], **expected: Any) -> Outcome:
    return run_case(Case("asked", venue, kind, inputs, expected))


def passes(venue: str, kind: str, inputs: dict[str, Any], **expected: Any) -> None:
    found = answered(venue, kind, inputs, **expected)
    assert found.status == "passed", found.lines()


def not_run(venue: str, kind: str, inputs: dict[str, Any], **expected: Any) -> str:
    found = answered(venue, kind, inputs, **(expected or {"liquidatable": True}))
    assert found.status == "not run", found.lines()
    return found.reason


# ---- dYdX v4


@pytest.mark.parametrize(
    ("quote", "positions", "liquidated"),
    [(-1, [], False), (-4000, LONG, False), (-4500, LONG, False), (-4501, LONG, True)],
)
def test_a_subaccount_is_liquidated_below_a_positive_maintenance_only(
    quote: int, positions: list[dict[str, int]], liquidated: bool
) -> None:
    inputs = {"quote_balance_quantums": quote * 10**6, "positions": positions, "markets": [BTC]}
    passes("dydx_v4", "liquidation_check", inputs, liquidatable=liquidated)


def test_the_only_position_need_not_be_named() -> None:
    inputs = {"quote_balance_quantums": -5000 * 10**6, "positions": LONG, "markets": [BTC]}
    passes("dydx_v4", "bankruptcy_price", inputs, bankruptcy_quote_quantums=5000 * 10**6)
    for name in ("bankruptcy_price", "bankruptcy_price_usd"):
        passes("dydx_v4", "bankruptcy_price", inputs, **{name: 50_000})


def test_the_tree_of_a_fillable_price_has_its_parts() -> None:
    inputs = {"quote_balance": -4_501_000_000, "positions": LONG, "markets": [BTC]}
    tree = answered("dydx_v4", "fillable_price", inputs, fillable_price_usd=49_999).explain
    assert tree is not None
    parts = {term.name: term.value for term in tree.terms}
    assert tree.value == 49_999
    assert (parts["bankruptcy rating"], parts["spread"]) == (Fraction(1, 500), Fraction(1, 10))


def test_a_slice_of_a_position_that_is_not_held_is_refused() -> None:
    markets = [BTC, {**BTC, "perpetual_id": 1}]
    inputs = {"quote_balance": -5000, "perpetual_id": 1, "positions": LONG, "markets": markets}
    found = answered("dydx_v4", "bankruptcy_price", inputs, bankruptcy_quote_quantums=0)
    assert "does not close part of a position of 0 base quantums in perpetual 1" in found.reason


def test_a_fraction_is_asked_without_a_position_and_maintenance_never_scales() -> None:
    inputs = {
        "initial_margin_ppm": 200_000,
        "open_interest_notional_quote_quantums": 1_234_567,
        "oi_lower_cap": 1_000_000,
        "oi_upper_cap": 2_000_000,
    }
    kind = "open_interest_scaled_initial_margin"
    passes("dydx_v4", kind, inputs, adjusted_initial_margin_ppm=387_653)
    held = {**inputs, "position_notional_quote_quantums": 9, "maintenance_fraction_ppm": 500_001}
    passes("dydx_v4", kind, held, maintenance_margin_quote_quantums=2)
    found = answered("dydx_v4", kind, inputs, initial_margin_quote_quantums=1)
    assert found.status == "not run"
    assert "amounts need notional" in "".join(found.lines())
    over = {**held, "maintenance_fraction_ppm": 1_000_001}
    passes("dydx_v4", kind, over, error=True)


# ---- Drift v2


@pytest.mark.parametrize(
    ("factor", "initial", "fill", "maintenance"),
    [(0, 1500, 4500, 7500), (100_000, 337, 337, 337)],
)
def test_weights_of_a_balance_follow_the_margin_type(
    factor: int, initial: int, fill: int, maintenance: int
) -> None:
    inputs = {**WEIGHTS, "imf_factor": factor}
    kind = "size_based_collateral_weight"
    every = {
        "initial_asset_weight": initial,
        "fill_asset_weight": fill,
        "maintenance_asset_weight": maintenance,
    }
    passes("drift_v2", kind, inputs, **every)
    for name, weight in (("initial", initial), ("fill", fill), ("maintenance", maintenance)):
        passes("drift_v2", kind, {**inputs, "margin_type": name}, asset_weight=weight)
    passes("drift_v2", kind, {**inputs, "margin_type": "fill"}, **every)


def test_a_maintenance_liability_has_its_own_weight() -> None:
    inputs = {**WEIGHTS, "size_1e9": 10**12, "imf_factor": 100_000, "margin_type": "maintenance"}
    inputs["base_maintenance_liability_weight"] = 0
    kind = "size_based_collateral_weight"
    passes("drift_v2", kind, inputs, liability_weight=31_622, initial_liability_weight=43_622)
    del inputs["base_maintenance_liability_weight"], inputs["base_maintenance_asset_weight"]
    assert "maintenance" in not_run("drift_v2", kind, inputs, liability_weight=31_622)


@pytest.mark.parametrize(("size", "ratio"), [(90_000, 775), (159_000, 995), (160_000, 101)])
def test_high_leverage_gives_way_to_the_ordinary_ratio(size: int, ratio: int) -> None:
    """Three quarters of the way the ratio has three quarters of the room, cut; where the size alone
    gives just the ordinary ratio the mode's own holds once more, as in the program.
    """
    inputs = {
        "base_asset_amount": size * 10**9,
        "oracle_price_usd": 1,
        "margin_ratio_initial": 1000,
        "high_leverage_margin_ratio_initial": 101,
        "imf_factor": 50,
        "high_leverage_mode": True,
    }
    passes("drift_v2", "perp_initial_margin_requirement", inputs, margin_ratio=ratio)


def test_profit_is_spelled_both_ways() -> None:
    inputs = {
        "base_asset_amount": -1_000_000_000,
        "quote_asset_amount": 30_000_000,
        "oracle_price_usd": 20,
        "margin_ratio_initial": 1000,
    }
    kind = "perp_initial_margin_requirement"
    passes("drift_v2", kind, inputs, unrealized_pnl=10_000_000, unrealised_pnl=10_000_000)
    passes("drift_v2", kind, inputs, weighted_unrealized_pnl_initial=10_000_000)


def test_resting_orders_widen_the_position_on_their_worse_side() -> None:
    inputs = {
        "base_asset_amount": -1_000_000_000,
        "quote_asset_amount": 20_000_000,
        "oracle_price_usd": 20,
        "margin_ratio_initial": 1000,
        "open_bids": 9_000_000_000,
        "open_asks": -6_000_000_000,
        "open_orders": 2,
    }
    kind = "perp_initial_margin_requirement"
    passes("drift_v2", kind, inputs, margin_requirement=8 * 20 * 100_000 + 20_000)
    inputs["open_bids"] = 7_000_000_000
    passes("drift_v2", kind, inputs, margin_requirement=7 * 20 * 100_000 + 20_000)


# ---- GMX v2


def test_a_collateral_nobody_prices_is_asked_for() -> None:
    inputs = {**POOL, "price_min": 4000, "price_max": 4000}
    assert "collateral_price" in not_run("gmx_v2", "liquidation_check", inputs)
    passes("gmx_v2", "liquidation_check", {**inputs, "collateral_token": "WNT"}, liquidatable=True)
    worth = {**inputs, "collateral_usd": 42_001}
    passes("gmx_v2", "liquidation_check", worth, remaining_collateral_usd=2001, liquidatable=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price_min": 4010, "price_max": 4000}, "price_min"),
        ({"entry_price": 0}, "entry"),
        ({"price_min": 0, "price_max": 0}, "price_min"),
        ({"size_usd": -1}, "size_usd"),
        ({"collateral_amount": -1}, "collateral_amount"),
    ],
)
def test_a_pool_position_that_cannot_be(change: dict[str, Any], words: str) -> None:
    inputs = {**POOL, "price_min": 4000, "price_max": 4000, "collateral_token": "WNT", **change}
    assert words in not_run("gmx_v2", "liquidation_check", inputs)


@pytest.mark.parametrize(
    ("venue", "equity", "held", "liquidated"),
    [
        ("perp_v2", 5, "6.25", True),
        ("drift_v2", 101, 101, False),
        ("binance", 101, 101, True),
        ("hyperliquid", 100, 101, True),
        ("synthetix_v3_perps", 100, 101, True),
        ("dydx_v4", -5, 0, False),
    ],
)
def test_an_account_in_sums_is_compared_as_its_venue_does(
    venue: str, equity: int, held: int | str, liquidated: bool
) -> None:
    inputs = {"account_value": equity, "maintenance_margin_requirement": held}
    passes(venue, "liquidation_check", inputs, liquidatable=liquidated)


# ---- Derive v2

STANDARD = ("derive_v2_standard_manager", "options_standard_margin")
PORTFOLIO = ("derive_v2_pmrm", "options_portfolio_margin")


def test_an_option_of_no_named_underlying_is_not_counted_twice() -> None:
    nameless = {name: value for name, value in SHORT_CALL.items() if name != "underlying"}
    one = {"eth_spot": 1500, "options": [SHORT_CALL]}
    first = answered(*STANDARD, one, maintenance_margin=0).checks[0].got
    assert (
        answered(*STANDARD, {**one, "options": [nameless]}, maintenance_margin=0).checks[0].got
        == first
    )
    both = {**one, "options": [nameless], "btc_spot": 28_000}
    assert "underlying" in not_run(*STANDARD, both, maintenance_margin=0)


def test_an_underlying_of_any_name_is_a_market_of_its_own() -> None:
    sol = {**SHORT_CALL, "underlying": "SOL"}
    first = (
        answered(*STANDARD, {"eth_spot": 1500, "options": [SHORT_CALL]}, maintenance_margin=0)
        .checks[0]
        .got
    )
    found = answered(*STANDARD, {"sol_spot": 1500, "options": [sol]}, maintenance_margin=0)
    assert found.checks[0].got == first
    reason = not_run(*STANDARD, {"eth_spot": 1500, "options": [sol]}, maintenance_margin=0)
    assert "sol_spot" in reason


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"eth_spot": 1500, "btc_spot": 28_000}, "needs options"),
        ({"options": [SHORT_CALL]}, "eth_spot"),
        ({"base_btc": 1}, "btc_spot"),
        ({"perps_eth": 1, "eth_spot": 1500}, "perp_price_eth"),
        ({"eth_spot": 1500, "base_eth": 1, "stable_price": 0}, "stable_price"),
        ({"eth_spot": -1500, "base_eth": 1}, "eth_spot"),
        ({"eth_spot": 1500, "options": [{**SHORT_CALL, "vol": "-0.5"}]}, "vol"),
        ({"eth_spot": 1500, "options": [{**SHORT_CALL, "strike": -1}]}, "strike"),
        ({"eth_spot": 1500, "options": [{**SHORT_CALL, "sec_to_expiry": -1}]}, "sec_to_expiry"),
        ({"eth_spot": 1500, "options": [{**SHORT_CALL, "forward": 0}]}, "forward"),
        ({"eth_spot": 1500, "base_eth": 1, "spot_perp_confidences": 3}, "spot_perp_confidences"),
        ({"eth_spot": 1500, "base_eth": 1, "spot_perp_confidences": [1]}, "spot_perp_confidences"),
        ({"eth_spot": 1500, "base_eth": 1, "spot_perp_confidences": [[2, 1]]}, "confidence"),
        ({"eth_spot": 1500, "base_eth": -1}, "base_eth"),
    ],
)
def test_a_standard_account_that_cannot_be_priced(inputs: dict[str, Any], words: str) -> None:
    assert words in not_run(*STANDARD, inputs, maintenance_margin=0)


def test_a_perpetual_of_a_standard_account_is_settled_like_one_alone() -> None:
    """derivexyz/v2-core, StandardManager test-cases.json, Test17, in the words of that file."""
    inputs = {
        "Perps_ETH": 1,
        "LastEntryETH": 1535,
        "AccountETHFundingIndex": 10,
        "ETHGlobalFundingIndex": 0,
        "ETHSpotPrice": 1500,
        "PerpPriceETH": 1505,
        "USDCValue": 1,
    }
    passes(
        *STANDARD,
        inputs,
        maintenance_margin="-381/4",
        initial_margin="-4713/40",
        mark_to_market=-20,
        perp_margin="-301/4",
        unrealized_pnl=-30,
        unsettled_funding=10,
    )


def test_parts_of_a_standard_margin_are_results() -> None:
    """The same file, Test16 and Test20: what a depeg and an unsure feed take, each by its name."""
    depeg = {"eth_spot": 1500, "options": [SHORT_CALL], "stable_price": "0.3"}
    passes(*STANDARD, depeg, depeg_contingency=-1224, oracle_contingency=0, base_margin=0)
    unsure = {"eth_spot": 1500, "base_eth": 1, "spot_perp_confidences": [["0.15", 1]]}
    passes(*STANDARD, unsure, oracle_contingency=-510, base_margin=150, option_margin=0)


@pytest.mark.parametrize("venue", ["derive_v2_pmrm_2", "derive_v2_pmrm2", "derive_v2_pmrm_2_1"])
def test_the_second_portfolio_manager_is_not_answered_with_the_first(venue: str) -> None:
    reason = not_run(venue, PORTFOLIO[1], {"spot": 1500, "perps": 1}, maintenance_margin=0)
    assert "derive_v2_pmrm" in reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"perps": 1}, "perp_price"),
        ({"spot": 0}, "spot"),
        ({"stable_price": 0}, "stable_price"),
        ({"base": -1}, "base"),
        ({"spot_confidence": 2}, "spot_confidence"),
        ({"options": [{**SHORT_CALL, "vol": "-1"}]}, "vol"),
    ],
)
def test_a_portfolio_that_cannot_be_priced(change: dict[str, Any], words: str) -> None:
    feed = {"sec_to_expiry": 500_400, "forward_variable": 1500, "rate": 0}
    inputs = {"spot": 1500, "cash": 1, "expiry_feeds": [feed], **change}
    assert words in not_run(*PORTFOLIO, inputs, maintenance_margin=0)


def test_rights_are_written_in_many_ways() -> None:
    plain = {"eth_spot": 1500, "options": [SHORT_CALL]}
    first = answered(*STANDARD, plain, maintenance_margin=0).checks[0].got
    assert isinstance(first, Fraction)
    for right in (1, "call", "C"):
        leg = {name: value for name, value in SHORT_CALL.items() if name != "is_call"}
        found = answered(
            *STANDARD, {**plain, "options": [{**leg, "option_type": right}]}, maintenance_margin=0
        )
        assert found.checks[0].got == first
