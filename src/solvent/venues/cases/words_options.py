"""The canonical words of options: single positions, orders, and Derive v2's two managers."""

from __future__ import annotations

from solvent.venues.cases.words import Word

OPTIONS = ("maintenance_margin", "initial_margin")
OPTION_ORDERS = ("otm_amount", "premium", "order_cost")
STANDARD = "options_standard_margin"
PORTFOLIO = "options_portfolio_margin"
PERPETUAL = "perp_standard_margin"
DERIVE = (STANDARD, PERPETUAL, PORTFOLIO)
BOOKS = (STANDARD, PORTFOLIO)


def _market(name: str) -> tuple[Word, ...]:
    """Words of one market of a standard account; any other underlying has the same, in its name."""
    upper = name.upper()
    return (
        Word(
            f"{name}_spot",
            f"spot price of {upper}; `NAME_spot` for any other underlying",
            (f"{name}_spot_price", f"spot_{name}", f"spot_price_{name}"),
            (STANDARD,),
        ),
        Word(
            f"base_{name}",
            f"{upper} held as collateral",
            (f"w_{name}", f"w{name}", f"{name}_base"),
            (STANDARD,),
        ),
        Word(
            f"perps_{name}",
            f"signed perpetual position in {upper}",
            (f"perp_{name}", f"{name}_perps", f"perp_position_{name}"),
            (STANDARD,),
        ),
        Word(
            f"perp_price_{name}",
            f"perpetual price of {upper}",
            (f"{name}_perp_price",),
            (STANDARD,),
        ),
        Word(
            f"last_entry_{name}",
            "price at which the perpetual was last settled, in place of its profit",
            (f"entry_price_{name}", f"{name}_entry_price"),
            (STANDARD,),
        ),
        Word(
            f"account_funding_index_{name}",
            "funding index the account last settled at",
            (f"account_{name}_funding_index",),
            (STANDARD,),
        ),
        Word(
            f"global_funding_index_{name}",
            "funding index of the market",
            (f"{name}_global_funding_index",),
            (STANDARD,),
        ),
        Word(
            f"unrealised_perp_pnl_{name}",
            "unsettled profit of the perpetual, USD",
            (f"unrealized_perp_pnl_{name}",),
            (STANDARD,),
        ),
        Word(
            f"unrealised_funding_{name}",
            "unsettled funding of the perpetual, USD",
            (f"unrealized_funding_{name}",),
            (STANDARD,),
        ),
    )


OPTION_WORDS: tuple[Word, ...] = (
    # ---- one position, one order
    Word("right", "call or put", ("option_type", "is_call"), (*OPTIONS, *OPTION_ORDERS)),
    Word("strike", "strike price", ("strike_price",), (*OPTIONS, *OPTION_ORDERS)),
    Word(
        "index",
        "price of the underlying",
        ("underlying", "underlying_price", "index_price", "spot"),
        OPTIONS,
    ),
    Word(
        "index",
        "price of the underlying",
        ("underlying", "underlying_price", "index_price", "spot", "spot_price"),
        OPTION_ORDERS,
    ),
    Word(
        "order_price",
        "price of the order for one unit of the underlying",
        ("price", "option_price", "premium_price", "limit_price"),
        OPTION_ORDERS,
    ),
    Word(
        "size",
        "quantity of options or, of futures, in units of the base asset",
        ("contracts", "amount", "order_size", "order_quantity", "order_qty"),
        OPTION_ORDERS,
    ),
    Word(
        "fee_rate",
        "fee rate on the index; of futures, on the value",
        ("taker_fee", "taker", "taker_rate", "taker_fee_rate", "fee"),
        OPTION_ORDERS,
    ),
    Word("fee_cap", "most the fee takes of the price", ("max_fee_rate", "cap"), OPTION_ORDERS),
    Word(
        "mark",
        "mark price of the option, in the money it is quoted in",
        ("mark_price", "option_mark", "mark_price_of_option", "option_price"),
        OPTIONS,
    ),
    Word(
        "entry",
        "average price at which it was sold",
        ("entry_price", "avg_price", "order_price", "average_price"),
        OPTIONS,
    ),
    Word(
        "high",
        "initial rate before the out-of-the-money amount",
        ("im_high", "max_im_factor", "r2"),
        OPTIONS,
    ),
    Word("low", "least initial rate", ("im_low", "min_im_factor", "r1"), OPTIONS),
    Word("mmr", "maintenance rate", ("mm_factor", "k", "r3", "mm_rate"), OPTIONS),
    Word(
        "liquidation_fee",
        "fee rate of a liquidation",
        ("liquidation_fee_rate", "liq_fee", "liq_fee_rate"),
        OPTIONS,
    ),
    Word("tier_factor", "the venue's factor of the position tier", (), OPTIONS),
    # ---- Derive v2: an account of its managers; amounts in whole units, net margins
    Word("cash", "cash of the account, USD", ("cash_balance", "usdc_balance"), DERIVE),
    Word("stable_price", "price of the stable coin", ("usdc_value", "usdc_price"), DERIVE),
    Word("options", "options held", ("option_positions",), BOOKS),
    Word("underlying", "name of an option's underlying", ("asset", "currency"), BOOKS),
    Word(
        "sec_to_expiry",
        "seconds to expiry",
        ("seconds_to_expiry", "time_to_expiry_sec", "expiry_seconds"),
        BOOKS,
    ),
    Word("strike", "strike price", ("strike_price",), BOOKS),
    Word("is_call", "call or put", ("option_type", "type", "right"), BOOKS),
    Word("amount", "signed quantity of an option", ("size", "contracts", "quantity"), BOOKS),
    Word("vol", "volatility of an option, annual", ("volatility", "iv", "implied_vol"), BOOKS),
    Word("vol_confidence", "confidence of its feed", ("vol_conf",), BOOKS),
    Word("forward", "forward price of an option's expiry", ("forward_price",), (STANDARD,)),
    Word("forward_confidence", "confidence of the forward's feed", ("forward_conf",), BOOKS),
    Word("spot", "spot price", ("spot_price", "index_price"), (PORTFOLIO, PERPETUAL)),
    Word("spot_confidence", "confidence of the spot feed", ("spot_conf",), (PORTFOLIO, PERPETUAL)),
    Word(
        "spot_perp_confidences",
        "[spot, perpetual] confidences of each market, ETH and BTC first",
        (),
        (STANDARD,),
    ),
    *_market("eth"),
    *_market("btc"),
    Word("expiry_feeds", "feeds by expiry", ("feeds",), (PORTFOLIO,)),
    Word("forward_variable", "part of the forward that moves with spot", (), (PORTFOLIO,)),
    Word("forward_fixed", "part of the forward already settled", (), (PORTFOLIO,)),
    Word("rate", "interest rate to expiry", ("interest_rate",), (PORTFOLIO,)),
    Word("rate_confidence", "confidence of the rate's feed", ("rate_conf",), (PORTFOLIO,)),
    Word("base", "units of the underlying held as collateral", ("base_position",), (PORTFOLIO,)),
    Word("perps", "signed perpetual position", ("perp_position", "perp"), (PORTFOLIO,)),
    Word("perp_position", "signed perpetual position", ("perps", "position", "size"), (PERPETUAL,)),
    Word("perp_price", "price of the perpetual", ("mark_price", "mark"), (PORTFOLIO, PERPETUAL)),
    Word("perp_confidence", "confidence of its feed", ("perp_conf",), (PORTFOLIO, PERPETUAL)),
    Word("entry_price", "price it was last settled at", ("last_entry", "entry"), (PERPETUAL,)),
    Word("account_funding_index", "funding index the account last settled at", (), (PERPETUAL,)),
    Word("global_funding_index", "funding index of the market", (), (PERPETUAL,)),
    Word(
        "unrealised_perp_pnl",
        "unsettled profit of the perpetual, USD",
        ("unrealized_perp_pnl",),
        (PORTFOLIO,),
    ),
    Word(
        "unrealised_funding",
        "unsettled funding of the perpetual, USD",
        ("unrealized_funding",),
        (PORTFOLIO,),
    ),
    Word("params", "the manager's numbers; the preset's where they are left out", (), BOOKS),
)
