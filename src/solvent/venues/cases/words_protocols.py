"""The canonical words of on-chain engines in their own integers, and of results."""

from __future__ import annotations

from collections.abc import Mapping

from solvent.venues.cases.words import Word

DYDX = ("bankruptcy_price", "fillable_price", "liquidation_check")

PROTOCOL_WORDS: tuple[Word, ...] = (
    # ---- dYdX v4, in quantums
    Word(
        "quote_balance",
        "quote balance of the subaccount, quote quantums",
        ("quote_balance_quantums", "quote_quantums"),
        DYDX,
    ),
    Word("perpetual_id", "number of the perpetual", ("id",), DYDX),
    Word("base_quantums", "signed size, base quantums", (), DYDX),
    Word("oracle_price", "oracle price in USD", ("oracle_price_usd", "oracle")),
    Word("base_resolution", "power of ten of a base quantum", ("base_atomic_resolution",), DYDX),
    Word("quote_resolution", "power of ten of a quote quantum", ("quote_atomic_resolution",), DYDX),
    Word("imf_ppm", "initial margin fraction, millionths", ("initial_margin_ppm",)),
    Word("custom_imf_ppm", "initial margin fraction of a chosen leverage, millionths", ()),
    Word("maintenance_fraction_ppm", "maintenance as a share of initial margin, millionths", ()),
    Word("markets", "the perpetuals the positions are in", ("perpetuals",), DYDX),
    Word(
        "delta",
        "signed change of size, base quantums",
        ("delta_base_quantums", "delta_quantums"),
        DYDX,
    ),
    Word("adjustment_ppm", "bankruptcy adjustment, millionths", ("bankruptcy_adjustment_ppm",)),
    Word(
        "spread_ppm",
        "spread to maintenance ratio, millionths",
        ("spread_to_maintenance_margin_ratio_ppm",),
    ),
    Word(
        "notional",
        "absolute value of the position, quote quantums",
        ("position_notional_quote_quantums", "position_notional", "quote_quantums"),
        ("open_interest_scaled_initial_margin",),
    ),
    Word(
        "open_interest",
        "open interest of the market, quote quantums",
        ("open_interest_notional_quote_quantums", "open_interest_notional"),
    ),
    Word(
        "oi_lower",
        "open interest from which the fraction rises",
        ("oi_lower_cap", "open_interest_lower_cap"),
    ),
    Word(
        "oi_upper",
        "open interest at which it is 100 %; 0: never rises",
        ("oi_upper_cap", "open_interest_upper_cap"),
    ),
    # ---- Drift v2, in its precisions
    Word("base_amount", "signed size, 1e-9 base", ("base_asset_amount",)),
    Word("quote_amount", "signed quote amount, 1e-6 USD", ("quote_asset_amount",)),
    Word(
        "worst_base_amount",
        "size at which resting orders leave the position, 1e-9 base",
        ("worst_case_base_asset_amount",),
    ),
    Word("open_bids", "size of the resting buy orders, 1e-9 base"),
    Word("open_asks", "size of the resting sell orders, 1e-9 base; its sign does not matter"),
    Word("open_orders", "number of resting orders", ("num_open_orders",)),
    Word("ratio_initial", "initial margin ratio, 1e-4", ("margin_ratio_initial",)),
    Word("ratio_maintenance", "maintenance margin ratio, 1e-4", ("margin_ratio_maintenance",)),
    Word("high_leverage_mode", "whether the user is in high leverage mode"),
    Word(
        "high_leverage_ratio_initial",
        "initial margin ratio of that mode, 1e-4",
        ("high_leverage_margin_ratio_initial",),
    ),
    Word(
        "high_leverage_ratio_maintenance",
        "maintenance margin ratio of that mode, 1e-4",
        ("high_leverage_margin_ratio_maintenance",),
    ),
    Word(
        "unrealized_funding",
        "unsettled funding of the position, 1e-6 USD; received is positive",
        (),
        ("perp_initial_margin_requirement",),
    ),
    Word(
        "custom_ratio",
        "margin ratio the user chose, 1e-4",
        ("user_custom_margin_ratio", "max_margin_ratio"),
    ),
    Word("imf_factor", "size factor, 1e-6", ("unrealized_pnl_imf_factor", "imf")),
    Word(
        "pnl_imf_factor",
        "size factor of unrealised profit, 1e-6",
        ("unrealized_pnl_imf_factor", "upnl_imf_factor"),
        ("perp_initial_margin_requirement",),
    ),
    Word(
        "pnl_weight_initial",
        "weight of unrealised profit in initial margin, 1e-4",
        ("unrealized_pnl_initial_asset_weight", "upnl_initial_asset_weight"),
    ),
    Word(
        "pnl_weight_maintenance",
        "weight of unrealised profit in maintenance, 1e-4",
        ("unrealized_pnl_maintenance_asset_weight", "upnl_maintenance_asset_weight"),
    ),
    Word(
        "pnl_cap",
        "most unrealised profit that counts for initial margin, USD",
        ("positive_upnl_cap_initial_usd",),
    ),
    Word(
        "pnl",
        "unrealised profit, 1e-6 USD",
        ("unrealized_pnl_quote", "unrealized_pnl"),
        ("unrealised_pnl_asset_weight",),
    ),
    Word(
        "base_weight",
        "weight before any discount, 1e-4",
        ("initial_asset_weight", "unrealized_pnl_initial_asset_weight"),
        ("unrealised_pnl_asset_weight",),
    ),
    Word("margin_type", "initial, fill or maintenance", ("margin_requirement_type",)),
    Word(
        "max_imbalance",
        "net unsettled profit from which the weight falls, 1e-6 USD",
        ("unrealized_pnl_max_imbalance",),
    ),
    Word(
        "net_unsettled_pnl",
        "net unsettled profit of the market's users, 1e-6 USD",
        ("net_user_pnl",),
    ),
    Word("size", "size of the balance, 1e-9", ("size_1e9",), ("size_based_collateral_weight",)),
    Word(
        "asset_weight",
        "weight of an asset before any discount, 1e-4",
        ("base_initial_asset_weight", "initial_asset_weight", "base_asset_weight"),
        ("size_based_collateral_weight", "scaled_initial_asset_weight_by_total_deposits"),
    ),
    Word(
        "liability_weight",
        "weight of a liability before any premium, 1e-4",
        ("base_initial_liability_weight", "initial_liability_weight", "base_liability_weight"),
        ("size_based_collateral_weight",),
    ),
    Word(
        "maintenance_asset_weight",
        "weight of an asset in maintenance before any discount, 1e-4",
        ("base_maintenance_asset_weight",),
        ("size_based_collateral_weight",),
    ),
    Word(
        "maintenance_liability_weight",
        "weight of a liability in maintenance before any premium, 1e-4",
        ("base_maintenance_liability_weight",),
        ("size_based_collateral_weight",),
    ),
    Word(
        "scale_start",
        "value of all deposits from which the weight falls, USD",
        ("scale_start_usd", "scale_initial_asset_weight_start_usd"),
    ),
    Word(
        "deposits",
        "all deposits of the asset, in tokens",
        ("total_deposits_tokens", "total_deposits"),
    ),
    # ---- GMX v2
    Word("collateral_amount", "collateral, in tokens"),
    Word("collateral_usd", "value of the collateral at its lower price, USD"),
    Word("collateral_token", "symbol of the collateral token; not a stable coin: the index token"),
    Word("collateral_price", "lower price of the collateral token", ("collateral_price_min",)),
    Word(
        "size_usd", "size of the position at entry, USD", ("size_in_usd",), ("liquidation_check",)
    ),
    Word("size_tokens", "size of the position in index tokens", ("size_in_tokens",)),
    Word("price_min", "lower price of the index token", ("index_price_min",)),
    Word("price_max", "upper price of the index token", ("index_price_max",)),
    Word(
        "min_collateral_factor",
        "share of the size that must remain",
        ("min_collateral_factor_for_liquidation",),
    ),
    Word("min_collateral_usd", "least collateral of a position, USD"),
    Word(
        "price_impact",
        "price impact of closing, USD; only a negative one counts",
        ("price_impact_usd",),
    ),
    Word(
        "max_impact_factor",
        "largest negative impact as a share of the size",
        ("max_position_impact_factor_for_liquidations",),
    ),
    Word("position_fee", "fee of closing, USD", ("position_fee_usd", "closing_fee_usd")),
    Word("borrowing_fee", "borrowing fee owed, USD", ("borrowing_fee_usd",)),
    Word("funding_fee", "funding fee owed, USD", ("funding_fee_usd",), ("liquidation_check",)),
)

RESULTS: Mapping[str, tuple[str, ...]] = {
    "liquidation_price": (
        "liq_price",
        "liq_px",
        "liquidation_px",
        "estimated_liquidation_price",
        "est_liq_price",
        "lp",
    ),
    "liquidation_price_down": ("liquidation_price_below", "lower_liquidation_price"),
    "liquidation_price_up": ("liquidation_price_above", "upper_liquidation_price"),
    "bankruptcy_price": ("bust_price", "bankrupt_price", "bp"),
    "buffered_price": ("liquidation_price_with_buffer",),
    "maintenance_margin": ("mm", "maint_margin", "position_mm", "pos_maint"),
    "initial_margin": ("im", "position_im", "pos_init"),
    "maintenance_amount": ("cum", "mm_deduction", "maint_amount", "maint_amt"),
    "close_fee_reserve": ("fee_to_close", "closing_fee_reserve", "occ_closing_fee", "pos_comm"),
    "unrealized_pnl": ("upnl", "upl", "un_realized_profit", "pnl"),
    "funding_rate": ("funding_rate_8h",),
    "funding_fee": ("funding_payment",),
    "interest": ("borrow_interest", "interest_owed"),
    "collateral_value": ("adjusted_equity", "adj_eq", "discounted_equity", "equity"),
    "otm": ("otm_amount", "otm_moneyness"),
    "order_cost": ("cost",),
    "bankruptcy_quote": ("bankruptcy_quote_quantums",),
    "fillable_price": ("fillable_price_quote_quantums_per_base_quantum",),
    "initial_margin_quote": ("initial_margin_quote_quantums",),
    "maintenance_margin_quote": ("maintenance_margin_quote_quantums",),
    "initial_margin_ppm": ("adjusted_initial_margin_ppm", "effective_imf_ppm"),
    "margin_requirement": ("margin_requirement_quote",),
    "asset_weight": ("initial_asset_weight",),
    "liability_weight": ("initial_liability_weight",),
    "liquidatable": ("is_liquidatable",),
    "perp_maintenance_margin": ("perp_margin",),
    "option_maintenance_margin": ("option_margin",),
    "oracle_contingency": ("oracle_conts",),
    "depeg_contingency": ("depeg_ims",),
    "forward_contingency": ("basis_contingency",),
}
"""What a rule answers -> what sources call it in `expected`."""
