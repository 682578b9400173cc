"""The canonical words of accounts and positions: what is held, what is required, what is paid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One canonical input. kinds: the kinds the row is for; empty: every kind."""

    name: str
    meaning: str
    aliases: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


FUNDING = ("funding_fee", "funding_rate", "funding_rate_8h")
PRICES = ("liquidation_price", "bankruptcy_price", "liquidation_check")
VALUES = ("collateral_value",)
REQUIREMENTS = ("maintenance_margin", "initial_margin", "position_balance", "close_fee_reserve")

ACCOUNT_WORDS: tuple[Word, ...] = (
    # ---- the position
    Word("symbol", "the instrument; positions of one symbol move with one price", ("instrument",)),
    Word(
        "side",
        "long, short, buy or sell; both/net: the sign of the size",
        ("position_side", "direction", "is_long"),
    ),
    Word("is_short", "true: short, false: long; in place of a side"),
    Word(
        "size",
        "quantity in units of the base asset (signed where there is no side)",
        ("qty", "quantity", "position_size", "position_amt", "base_size", "q"),
    ),
    Word(
        "size",
        "quantity in units of the base asset",
        ("amount", "position_amount", "position_qty"),
        (*PRICES, *REQUIREMENTS, *FUNDING, "unrealized_pnl"),
    ),
    Word("contracts", "quantity in contracts", ("num_contracts", "n_contracts", "contract_count")),
    Word(
        "contract_size",
        "one contract: base units (linear), quote units (inverse); 1 when not given",
        (
            "contract_size_usd",
            "multiplier",
            "contract_value",
            "contract_value_usd",
            "contract_multiplier",
            "face_value",
            "face",
            "ct_val",
            "quanto_multiplier",
        ),
    ),
    Word(
        "entry",
        "average entry price",
        (
            "entry_price",
            "open_rate",
            "open_price",
            "avg_price",
            "average_entry",
            "average_entry_price",
            "avg_entry",
            "avg_entry_price",
            "avg_px",
        ),
    ),
    Word(
        "mark",
        "price the position is valued at",
        ("mark_price", "current_price", "market_price", "mark_px"),
    ),
    Word("mark", "price the position is valued at", ("price",), ("liquidation_check",)),
    Word("index", "index price", ("index_price", "underlying_price")),
    Word(
        "entry_value",
        "value of the position at its entry price, in settlement money",
        ("position_value", "position_cost", "pos_cost", "cost", "value"),
        (*PRICES, *REQUIREMENTS, "liquidation_price_with_buffer", "unrealized_pnl"),
    ),
    Word(
        "mark_value",
        "value of the position at the mark, in settlement money",
        ("notional", "position_value_at_mark", "notional_value", "position_notional", "mv"),
        (*PRICES, *REQUIREMENTS, "unrealized_pnl"),
    ),
    Word("position", "the position asked about, where its inputs are an object of their own"),
    Word("positions", "all positions of the account", ("legs",)),
    Word("other_positions", "the account's other positions", ("others",)),
    Word("long", "the long leg of a hedged symbol", ("long_position", "long_leg")),
    Word("short", "the short leg of a hedged symbol", ("short_position", "short_leg")),
    # ---- what is held
    Word(
        "wallet",
        "money behind the position without its unrealised profit: the isolated margin, or the "
        "account's wallet in cross",
        (
            "wallet_balance",
            "isolated_wallet",
            "isolated_margin",
            "balance",
            "balance_btc",
            "margin",
            "margin_btc",
            "position_margin",
            "collateral",
            "wb",
        ),
        PRICES,
    ),
    Word(
        "equity",
        "wallet plus unrealised profit at the mark, the whole account's",
        (
            "account_value",
            "margin_balance",
            "account_equity",
            "total_margin",
            "total_collateral",
            "net_collateral",
            "total_net_collateral",
        ),
        PRICES,
    ),
    Word(
        "equity_rate",
        "equity over the sum of absolute position values (KuCoin's AMR), in place of the equity",
        ("amr", "asset_margin_rate", "asset_margin_ratio"),
        PRICES,
    ),
    Word("extra_margin", "margin added beside the initial margin", ("added_margin", "extra")),
    Word("order_margin", "margin held by resting orders", ("orders", "order_margin_btc")),
    Word(
        "unrealized_pnl",
        "unrealised profit of the position at the mark",
        ("upnl", "unrealised_pnl", "unrealized_profit"),
        PRICES,
    ),
    Word(
        "other_positions_pnl",
        "unrealised profit of the account's other positions",
        (
            "other_positions_unrealized_pnl",
            "other_positions_upnl",
            "upnl_others",
            "unrealized_pnl_others",
            "others_unrealized_pnl",
        ),
    ),
    Word(
        "other_positions_maintenance",
        "maintenance margin of the account's other positions",
        (
            "other_positions_maintenance_margin",
            "other_maintenance_margin",
            "maintenance_margin_others",
            "others_maintenance_margin",
            "tmm_others",
            "mm_others",
            "maintenance_others",
        ),
    ),
    Word(
        "total_mark_value",
        "sum of the absolute values of all the account's positions at their marks",
        ("total_position_value", "sum_abs_mark_value", "total_notional"),
        PRICES,
    ),
    # ---- spot margin
    Word(
        "held",
        "amount of the asset a spot margin position holds",
        ("assets", "total_assets", "position_assets", "asset_amount"),
        PRICES,
    ),
    Word("debt", "amount owed", ("liability", "liabilities", "liab", "borrowed"), PRICES),
    Word("debt_interest", "interest owed on it", ("interest", "accrued_interest"), PRICES),
    Word(
        "margin_level",
        "assets over debt at which the venue liquidates",
        ("liquidation_margin_level",),
        PRICES,
    ),
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
        ),
    ),
    Word("mmr", "maintenance margin rate", ("rate",), ("maintenance_margin",)),
    Word("imr", "initial margin rate", ("initial_rate", "initial_margin_rate", "im_rate")),
    Word("imr", "initial margin rate", ("rate",), ("initial_margin",)),
    Word(
        "maintenance_amount",
        "deduction that makes a tier's requirement continuous",
        ("mm_deduction", "deduction", "cum", "mm_amount", "maint_amount", "offset"),
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
    Word("tiers", "a maintenance table, one row a tier", ("brackets", "risk_limits")),
    Word("tier", "number of the tier in the source's table; not used by the rule"),
    Word("base_rate", "slope form: rate of a position of no size", ("base",)),
    Word("rate_per_unit", "slope form: what one unit of size adds", ("per_unit", "slope")),
    Word(
        "taker",
        "taker fee rate",
        ("taker_fee", "taker_rate", "fee", "fee_rate"),
        (*PRICES, *REQUIREMENTS, "liquidation_price_with_buffer"),
    ),
    Word("tick", "price step the venue prints on", ("tick_size", "price_tick")),
    Word("basis", "mark or entry: what the maintenance rate applies to", ("maintenance_basis",)),
    Word("bankruptcy_price", "bankruptcy price the closing fee is taken at", ("bust_price", "bp")),
    Word(
        "liquidation_price",
        "a liquidation price given by the venue",
        ("exchange_liquidation_price",),
        ("liquidation_price_with_buffer",),
    ),
    Word("buffer", "share of the distance to entry kept free", ("liquidation_buffer",)),
    # ---- one tier
    Word(
        "floor",
        "lower bound of the tier",
        ("floor_btc", "floor_usdt", "floor_usd", "min_notional", "notional_floor", "tier_floor"),
        ("maintenance_amount",),
    ),
    Word("prev_mmr", "maintenance rate of the tier below", ("previous_mmr",)),
    Word(
        "prev_amount",
        "deduction of the tier below",
        ("prev_cum", "previous_cum", "prev_maintenance_amount"),
    ),
    # ---- funding and interest
    Word("rate", "funding rate of one payment", ("funding_rate",), FUNDING),
    Word("share", "share of the interval the position was held", ("time_in_ratio",), FUNDING),
    Word("open", "when the position was opened (ISO 8601)", ("open_date", "opened"), FUNDING),
    Word("close", "when it was closed (ISO 8601)", ("close_date", "closed"), FUNDING),
    Word(
        "stamps",
        "funding payments: t (hours from the first day's midnight, or ISO 8601), mark, rate",
        ("payments",),
        FUNDING,
    ),
    Word("t", "time of one payment", ("time", "timestamp"), FUNDING),
    Word(
        "premium",
        "premium rate of perpetual over index",
        ("premium_rate", "average_premium", "premium_index"),
        FUNDING,
    ),
    Word("interest", "interest rate of one interval", ("interest_rate",), FUNDING),
    Word("damper", "premium within which nothing is paid", ("dampener",), FUNDING),
    Word(
        "clamp",
        "widest correction of the premium towards the interest rate",
        ("clamp_rate",),
        FUNDING,
    ),
    Word("cap", "largest rate either way", ("rate_cap",), FUNDING),
    Word("impact_bid", "price at which the impact notional sells", ("impact_bid_price",), FUNDING),
    Word("impact_ask", "price at which the impact notional buys", ("impact_ask_price",), FUNDING),
    Word("samples", "premium samples of the interval, oldest first", ("premiums",), FUNDING),
    Word("borrowed", "amount owed", ("borrow", "principal"), ("borrow_interest",)),
    Word("hours", "how long it is owed", ("hours_held",), ("borrow_interest",)),
    Word("daily_rate", "interest rate of a day", ("rate_per_day",), ("borrow_interest",)),
    Word("rate_per_4h", "interest rate of four hours", ("rate_4h",), ("borrow_interest",)),
    Word("hourly_rate", "interest rate of an hour", ("rate_per_hour",), ("borrow_interest",)),
    # ---- collateral
    Word(
        "amount",
        "amount of the asset; negative: owed",
        ("quantity", "balance", "size", "equity"),
        VALUES,
    ),
    Word(
        "price",
        "price of the asset in the account's money; 1 when not given",
        ("index_price", "index", "mark", "price_usd"),
        VALUES,
    ),
    Word("value", "value of the asset before its weight", ("notional", "usd_value"), VALUES),
    Word(
        "weight",
        "share of the value that counts; 1 - haircut",
        ("collateral_rate", "discount", "collateral_weight"),
        VALUES,
    ),
    Word("haircut", "share of the value that does not count", (), VALUES),
    Word(
        "tiers",
        "rows of (amount up to, weight), each weight on its own slice",
        ("discount_tiers", "haircut_tiers"),
        VALUES,
    ),
    Word("assets", "the account's assets, one object each", ("collaterals", "balances"), VALUES),
)
