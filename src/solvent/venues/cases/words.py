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
    Word(
        "symbol",
        "the instrument; positions of one symbol move with one price",
        ("instrument", "inst_id", "coin"),
    ),
    Word(
        "side",
        "long, short, buy or sell, 1 or -1; both/net: the sign of the size",
        ("position_side", "pos_side", "hold_side", "direction", "side1_both", "is_long"),
    ),
    Word("is_short", "true: short, false: long; in place of a side"),
    Word(
        "size",
        "quantity in units of the base asset (signed where there is no side)",
        (
            "qty",
            "quantity",
            "position_size",
            "position_amt",
            "base_size",
            "szi",
            "position1_both",
            "q",
        ),
    ),
    Word(
        "size",
        "quantity in units of the base asset",
        ("amount", "position_amount", "position_qty", "position_quantity", "holding_amount"),
        (*PRICES, *REQUIREMENTS, *FUNDING, "unrealized_pnl"),
    ),
    Word(
        "contracts",
        "quantity in contracts",
        (
            "num_contracts",
            "n_contracts",
            "contract_count",
            "contract_quantity",
            "contract_qty",
            "pos",
            "current_qty",
            "vol",
            "lots",
        ),
    ),
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
            "entry_px",
            "avg_open_price",
            "open_price_avg",
            "holding_price",
            "ep",
            "ep1_both",
            "hp",
        ),
    ),
    Word(
        "mark",
        "price the position is valued at",
        ("mark_price", "current_price", "market_price", "mark_px", "mp"),
    ),
    Word("mark", "price the position is valued at", ("price",), ("liquidation_check",)),
    Word("index", "index price", ("index_price", "underlying_price", "idx_px")),
    Word(
        "entry_value",
        "value of the position at its entry price, in settlement money",
        ("position_value", "position_cost", "pos_cost", "cost", "value", "open_value"),
        (*PRICES, *REQUIREMENTS, "liquidation_price_with_buffer", "unrealized_pnl"),
    ),
    Word(
        "mark_value",
        "value of the position at the mark, in settlement money",
        (
            "notional",
            "position_value_at_mark",
            "market_value",
            "notional_value",
            "position_notional",
            "mv",
        ),
        (*PRICES, *REQUIREMENTS, *FUNDING, "unrealized_pnl"),
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
            "pos_margin",
            "position_balance",
            "assigned_pos_balance",
            "isolated_wallet_balance",
            "cross_wallet_balance",
            "account_balance",
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
    Word("margin_used", "Hyperliquid: the equity of an isolated position at the mark", (), PRICES),
    Word(
        "raw_usd",
        "Hyperliquid: money left once the positions are paid for, negative for a long",
        (),
        PRICES,
    ),
    Word(
        "equity_rate",
        "equity over the sum of absolute position values (KuCoin's AMR), in place of the equity",
        ("amr", "asset_margin_rate", "asset_margin_ratio"),
        PRICES,
    ),
    Word(
        "extra_margin",
        "margin added beside the initial margin",
        ("extra_margin_added", "added_margin", "extra"),
    ),
    Word("order_margin", "margin held by resting orders", ("orders", "order_margin_btc")),
    Word(
        "unrealized_pnl",
        "unrealised profit of the position at the mark",
        ("upnl", "upl", "unrealised_pnl", "unrealized_profit", "un_realized_profit"),
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
            "upnl_ex_1",
            "upnl_1",
            "upnl1",
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
            "mm_ex_1",
            "tmm_1",
            "tmm1",
            "tmm",
        ),
    ),
    Word(
        "total_mark_value",
        "sum of the absolute values of all the account's positions at their marks",
        ("total_position_value", "sum_abs_mark_value", "total_abs_mark_value", "total_notional"),
        PRICES,
    ),
    # ---- spot margin
    Word(
        "held",
        "amount of the asset a spot margin position holds",
        ("assets", "total_assets", "position_assets", "asset_amount"),
        PRICES,
    ),
    Word(
        "debt",
        "amount owed, either sign",
        ("liability", "liabilities", "liab", "borrowed", "borrow", "loan", "margin_loan"),
        (*PRICES, "maintenance_margin"),
    ),
    Word(
        "debt_interest",
        "interest owed on it",
        ("interest", "accrued_interest"),
        (*PRICES, "maintenance_margin"),
    ),
    Word(
        "margin_level",
        "assets over debt at which the venue liquidates",
        ("liquidation_margin_level",),
        PRICES,
    ),
)
