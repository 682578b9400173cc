"""The canonical words of money that moves or counts: funding, interest, collateral."""

from __future__ import annotations

from solvent.venues.cases.words import FUNDING, VALUES, Word

MONEY_WORDS: tuple[Word, ...] = (
    # ---- funding and interest
    Word("rate", "funding rate of one payment", ("funding_rate", "last_funding_rate"), FUNDING),
    Word(
        "share",
        "share of the interval the position was held",
        ("time_in_ratio", "time_fraction"),
        FUNDING,
    ),
    Word(
        "held_hours",
        "hours of the interval it was held, in place of the share",
        ("hours", "elapsed_hours"),
        FUNDING,
    ),
    Word(
        "open",
        "when the position was opened (ISO 8601)",
        ("open_date", "opened", "open_time", "opened_at"),
        FUNDING,
    ),
    Word(
        "close",
        "when it was closed (ISO 8601)",
        ("close_date", "closed", "close_time", "closed_at"),
        FUNDING,
    ),
    Word(
        "stamps",
        "funding payments: t (hours from the first day's midnight, or ISO 8601), mark, rate",
        ("payments", "fundings"),
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
    Word("damper", "premium within which nothing is paid", ("dampener", "dead_zone"), FUNDING),
    Word(
        "clamp",
        "widest correction of the premium towards the interest rate",
        ("clamp_rate",),
        FUNDING,
    ),
    Word("cap", "largest rate either way", ("rate_cap", "funding_cap"), FUNDING),
    Word("max_cap", "largest rate", ("maximum_cap", "upper_cap"), FUNDING),
    Word("min_cap", "smallest rate", ("minimum_cap", "lower_cap"), FUNDING),
    Word("impact_bid", "price at which the impact notional sells", ("impact_bid_price",), FUNDING),
    Word("impact_ask", "price at which the impact notional buys", ("impact_ask_price",), FUNDING),
    Word("samples", "premium samples of the interval, oldest first", ("premiums",), FUNDING),
    Word(
        "borrowed",
        "amount owed",
        ("borrow", "principal", "amount", "borrowed_amount", "loan"),
        ("borrow_interest",),
    ),
    Word(
        "rate",
        "interest rate of the venue's own period: a day (Binance), four hours (Kraken)",
        ("interest_rate",),
        ("borrow_interest",),
    ),
    Word("hours", "how long it is owed", ("hours_held",), ("borrow_interest",)),
    Word("daily_rate", "interest rate of a day", ("rate_per_day",), ("borrow_interest",)),
    Word("rate_per_4h", "interest rate of four hours", ("rate_4h",), ("borrow_interest",)),
    Word("hourly_rate", "interest rate of an hour", ("rate_per_hour",), ("borrow_interest",)),
    # ---- collateral
    Word(
        "amount",
        "amount of the asset; negative: owed",
        ("quantity", "qty", "balance", "size", "equity", "eq"),
        VALUES,
    ),
    Word(
        "price",
        "price of the asset in the account's money; 1 when not given",
        ("index_price", "asset_index_price", "index", "mark", "price_usd", "usd_px", "px"),
        VALUES,
    ),
    Word(
        "value",
        "value of the asset before its weight",
        ("notional", "notional_value", "usd_value", "eq_usd"),
        VALUES,
    ),
    Word("asset", "name of the asset", ("ccy", "coin", "currency"), VALUES),
    Word(
        "margin_asset",
        "in place of the amount: held in the margin account; the next three are added to it",
        ("margin_balance",),
        VALUES,
    ),
    Word("margin_loan", "owed in the margin account", ("loan", "debt", "borrowed"), VALUES),
    Word(
        "futures_asset",
        "wallet of the futures account",
        ("futures_balance", "futures_wallet"),
        VALUES,
    ),
    Word(
        "futures_pnl",
        "unrealised profit of the futures account",
        ("futures_unrealized_pnl", "futures_unreal_pn_l", "futures_upnl", "upnl"),
        VALUES,
    ),
    Word(
        "weight",
        "share of the value that counts; 1 - haircut",
        ("collateral_rate", "collateral_ratio", "discount", "discount_rate", "collateral_weight"),
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
