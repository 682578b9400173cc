"""The canonical words of a rule's numbers: rates, deductions, tables, fees, one tier."""

from __future__ import annotations

from solvent.venues.cases.words import PRICES, REQUIREMENTS, Word

RULE_WORDS: tuple[Word, ...] = (
    # ---- the rule's numbers
    Word("leverage", "chosen leverage", ("lev",)),
    Word(
        "max_leverage",
        "highest leverage of the instrument; 1/2 of its inverse is the "
        "maintenance rate at Hyperliquid",
        ("max_lev",),
    ),
    Word(
        "mmr",
        "maintenance margin rate",
        (
            "maintenance_rate",
            "maintenance_margin_rate",
            "maintenance_margin_percentage",
            "maint_margin_ratio",
            "mm_rate",
            "mm_ratio",
            "maint_rate",
            "maint_margin_rate",
            "maint_margin_percentage",
            "maint_margin_req",
            "keep_margin_rate",
            "mmr_rate",
            "mmr_b",
        ),
    ),
    Word("mmr", "maintenance margin rate", ("rate",), ("maintenance_margin",)),
    Word(
        "imr",
        "initial margin rate",
        ("initial_rate", "initial_margin_rate", "initial_margin_percentage", "im_rate"),
    ),
    Word("imr", "initial margin rate", ("rate",), ("initial_margin",)),
    Word(
        "maintenance_amount",
        "deduction that makes a tier's requirement continuous",
        (
            "mm_deduction",
            "maintenance_margin_deduction",
            "deduction",
            "cum",
            "cum_b",
            "mm_amount",
            "maint_amount",
            "maintenance_amt",
            "maintenance_margin_amount",
            "offset",
        ),
        (*PRICES, *REQUIREMENTS),
    ),
    Word("maintenance_margin", "the requirement itself, in settlement money", ("mm", "pos_maint")),
    Word(
        "maintenance_margin",
        "the requirement itself, in settlement money",
        ("maintenance_margin_requirement", "margin_requirement", "total_maintenance_margin"),
        PRICES,
    ),
    Word(
        "close_fee_reserve",
        "the reserved closing fee itself, in settlement money",
        ("pos_comm", "fee_to_close", "closing_fee"),
        PRICES,
    ),
    Word("initial_margin", "the initial margin itself, in settlement money", ("im",)),
    Word(
        "tiers",
        "a maintenance table, one row a tier",
        ("brackets", "risk_limits", "leverage_tiers", "position_tiers", "tier_table"),
    ),
    Word("tier", "number of the tier in the source's table; not used by the rule"),
    Word("base_rate", "slope form: rate of a position of no size", ("base",)),
    Word("rate_per_unit", "slope form: what one unit of size adds", ("per_unit", "slope")),
    Word(
        "taker",
        "taker fee rate",
        (
            "taker_fee",
            "taker_rate",
            "taker_fee_rate",
            "taker_fee_ratio",
            "close_fee_rate",
            "closing_fee_rate",
            "fee",
            "fee_rate",
        ),
        (*PRICES, *REQUIREMENTS, "liquidation_price_with_buffer"),
    ),
    Word("tick", "price step the venue prints on", ("tick_size", "price_tick")),
    Word("basis", "mark or entry: what the maintenance rate applies to", ("maintenance_basis",)),
    Word(
        "bankruptcy_price",
        "bankruptcy price the closing fee is taken at",
        ("bust_price", "bankrupt_price", "bp"),
    ),
    Word(
        "liquidation_price",
        "a liquidation price given by the venue",
        ("exchange_liquidation_price", "liq_price"),
        ("liquidation_price_with_buffer",),
    ),
    Word(
        "buffer", "share of the distance to entry kept free", ("liquidation_buffer", "buffer_ratio")
    ),
    # ---- one tier
    Word(
        "floor",
        "lower bound of the tier",
        (
            "floor_btc",
            "floor_usdt",
            "floor_usd",
            "min_notional",
            "notional_floor",
            "tier_floor",
            "floor_n",
        ),
        ("maintenance_amount",),
    ),
    Word("mmr", "maintenance margin rate", ("mmr_n",), ("maintenance_amount",)),
    Word("prev_mmr", "maintenance rate of the tier below", ("previous_mmr", "mmr_prev")),
    Word(
        "prev_amount",
        "deduction of the tier below",
        (
            "prev_cum",
            "previous_cum",
            "cum_prev",
            "prev_maintenance_amount",
            "prev_mm_deduction",
            "prev_deduction",
        ),
    ),
)
