"""The exact calculator: golden numbers, one-liners, the account's questions, explain trees."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

import solvent
from solvent.venues.account import Account
from solvent.venues.preset import Instrument, Ratio, Rules, Source, Table, TierRow, Version
from solvent.venues.questions.sizing import merge
from solvent.venues.solver.balances import counted_amount
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import Assumption, Balance, Leg, Order, Pool, one_row
from solvent.venues.solver.pieces import _sampled
from solvent.venues.solver.rows import tier_at
from solvent.venues.solver.solve import crossings

F = Fraction
RULES = Rules("s")
USD = F(1, 10**6)

# BTCUSDT of early 2021 (mission C2): bounds, rates, deductions.
ROWS = (
    ("50000", "0.004", "0"),
    ("250000", "0.005", "50"),
    ("1000000", "0.01", "1300"),
    ("10000000", "0.025", "16300"),
    (None, "0.05", "266300"),
)
LEVERS = (125, 100, 50, 20, 10)
BTC_TABLE = Table(
    "BTC",
    "deduction",
    "s",
    rows=tuple(
        TierRow(None if b is None else F(b), F(r), F(d), F(most))
        for (b, r, d), most in zip(ROWS, LEVERS, strict=True)
    ),
)
ENDED = replace(BTC_TABLE, name="ENDED", rows=BTC_TABLE.rows[:4])


def venue(rules: Rules = RULES, **more: object) -> Version:
    """A venue made here, so that these tests do not depend on shipped numbers."""
    linear = Instrument(
        "BTCUSDT", "linear", "BTC", "USDT", "USDT", F("0.1"), F("0.001"), "s", table="BTC",
        taker_fee=F("0.0005"), liquidation_fee=F("0.0125"), funding_interval_hours=F(8),
    )  # fmt: skip
    instruments = {
        "BTCUSDT": linear,
        "ETHUSDT": replace(linear, symbol="ETHUSDT", base="ETH", tick=F("0.01")),
        "SOLUSDT": replace(linear, symbol="SOLUSDT", base="SOL", table="ENDED"),
        "XBTUSDTM": replace(linear, symbol="XBTUSDTM", table="ENDED", lot=F(1), contract_size=F("0.001")),
        "BTC-C": replace(linear, symbol="BTC-C", kind="option"),
        "BTCUSD": replace(
            linear, symbol="BTCUSD", kind="inverse", quote="USD", settle="BTC", lot=F(1),
            contract_size=F(100), table="COIN",
        ),
    }  # fmt: skip
    coin = Table("COIN", "deduction", "s", rows=(TierRow(None, F("0.005")),))
    fields: dict[str, object] = {
        "sources": {"s": Source("s", "A page", date(2026, 1, 1), "venue")},
        "rules": rules,
        "tables": {"BTC": BTC_TABLE, "ENDED": ENDED, "COIN": coin},
        "instruments": instruments,
        **more,
    }
    return Version("made", "1", date(2026, 1, 1), "live", **fields)  # type: ignore[arg-type]


VENUE = venue()


def linear(side: int, size: str, entry: str, table: Table, **more: object) -> Leg:
    mark = F(more.pop("mark", entry))  # type: ignore[arg-type]
    symbol = str(more.pop("symbol", "BTCUSDT"))
    return Leg(symbol, "linear", side, F(size), F(entry), mark, table, tick=F("0.1"), **more)  # type: ignore[arg-type]


def inverse(side: int, size: str, entry: str, rate: str, **more: object) -> Leg:
    more.setdefault("tick", F("0.1"))
    return Leg("BTCUSD", "inverse", side, F(size), F(entry), F(entry), one_row(rate), **more)  # type: ignore[arg-type]


def down(pool: Pool, **how: object) -> Fraction | None:
    return crossings(pool, pool.legs[0].symbol, **how).down.exact  # type: ignore[arg-type]


def up(pool: Pool, **how: object) -> Fraction | None:
    return crossings(pool, pool.legs[0].symbol, **how).up.exact  # type: ignore[arg-type]


# -------------------------------------------------------------------------------- golden numbers


def test_mission_c4_linear_and_inverse() -> None:
    long = Pool(RULES, F(2500), (linear(1, "1", "50000", one_row("0.005")),))
    short = Pool(RULES, F(2500), (linear(-1, "1", "50000", one_row("0.005")),))
    assert down(long) == F(9_500_000, 199)  # 47,738.693467
    assert up(short) == F(52_500) / F("1.005")  # 52,238.805970
    coin_long = Pool(RULES, F("0.1"), (inverse(1, "100000", "50000", "0.005"),))
    coin_short = Pool(RULES, F("0.1"), (inverse(-1, "100000", "50000", "0.005"),))
    assert down(coin_long) == F(100_500) / F("2.1")  # 47,857.142857
    assert up(coin_short) == F(99_500) / F("1.9")  # 52,368.421053


def test_mission_c4_tiered_lands_in_the_tier_of_the_root() -> None:
    long = Pool(RULES, F(20_000), (linear(1, "10", "50000", BTC_TABLE),), unit=USD)
    short = Pool(RULES, F(20_000), (linear(-1, "10", "50000", BTC_TABLE),), unit=USD)
    for pool, price, text in (
        (long, down(long), "48353.535354"),
        (short, up(short), "51613.861386"),
    ):
        assert price is not None
        assert f"{float(price):.6f}" == text
        here = evaluate(pool, {"BTCUSDT": price})
        assert here.headroom == 0
        assert here.parts[0].rate == F("0.01")
    assert crossings(long, "BTCUSDT").down.safe_tick == F("48353.6")
    assert crossings(long, "BTCUSDT").down.violating_tick == F("48353.5")


def test_mission_a1_and_c6_bankruptcy() -> None:
    assert (
        down(Pool(RULES, F(2500), (linear(1, "1", "50000", BTC_TABLE),)), level="bankruptcy")
        == 47_500
    )
    long = Pool(RULES, F("0.1"), (inverse(1, "100000", "50000", "0.005"),))
    short = Pool(RULES, F("0.1"), (inverse(-1, "100000", "50000", "0.005"),))
    assert down(long, level="bankruptcy") == F(1_000_000, 21)
    assert up(short, level="bankruptcy") == F(1_000_000, 19)


def test_mission_c6_zero_price() -> None:
    """1 BTC long, oracle 49,400, 3 %, total net collateral 1,400: 48,000."""
    account = Account(VENUE, wallet="1400", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "49400", "mmr": "0.03"}])  # fmt: skip
    assert account.zero_price().exact == 48_000
    half = account.zero_price(size="0.5")
    assert half.exact == 48_000


@pytest.mark.parametrize("lever", [2, 5, 20, 100])
@pytest.mark.parametrize("rate", ["0.004", "0.005"])
def test_mission_g12_adverse_move(lever: int, rate: str) -> None:
    """(1/L - r) / (1 - r) for a long, (1/L - r) / (1 + r) for a short."""
    r = F(rate)
    for side in (1, -1):
        pool = Pool(RULES, F(50_000, lever), (linear(side, "1", "50000", one_row(rate)),))
        price = down(pool) if side > 0 else up(pool)
        assert price is not None
        move = side * (50_000 - price) / 50_000
        assert move == (F(1, lever) - r) / (1 - side * r)


def test_torchtrade_cross_counts_the_others_maintenance() -> None:
    pool = Pool(RULES, F(5), (linear(1, "1", "100", one_row("0.004")),), other_maintenance=F(4))
    price = down(pool)
    assert price == F(99) / F("0.996")
    assert f"{float(price):.1f}" == "99.4"
    assert f"{float(down(replace(pool, other_maintenance=F(0))) or 0):.2f}" == "95.38"


def test_binance_cross_example_and_its_hedged_formula() -> None:
    """venue_rules 0.3, both as the documents' numbers and as the general formula with two sides."""
    btc = linear(1, "109.488", "32481.98", one_row("0.025", "16300"), mark="31967.27")
    eth = linear(
        1, "3683.979", "1456.84", one_row("0.1", "135365"), mark="1335.18", symbol="ETHUSDT"
    )
    pool = Pool(RULES, F("1535443.01"), (btc, eth))
    assert f"{float(down(pool) or 0):.2f}" == "26316.89"
    wallet, both = F(120_000), F(250)
    long = linear(1, "40", "31000", one_row("0.025", "16300"), mark="32000")
    short = linear(-1, "25", "33000", one_row("0.02", "900"), mark="32000")
    pool = Pool(RULES, wallet, (long, short), other_profit=-both)
    top = wallet - both + 16_300 + 900 - long.size * long.entry + short.size * short.entry
    price = top / (long.size * F("0.025") + short.size * F("0.02") - long.size + short.size)
    assert down(pool) == price
    assert up(pool) is None


def test_bybit_inverse_cross_fee_at_the_bankruptcy_price() -> None:
    rules = Rules("s", maintenance="entry", initial="entry", closing_fee="bankruptcy")
    pool = Pool(rules, F("0.5"), (inverse(1, "10000", "8000", "0.005", taker_fee=F("0.00075")),))
    broke = F(10_000) * F("1.00075") / F("1.75")
    assert down(pool, level="bankruptcy") == broke
    held = (
        F("0.5") + F(10_000, 8_000) - F(10_000, 8_000) * F("0.005") - 10_000 * F("0.00075") / broke
    )
    assert down(pool) == 10_000 / held


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("extra", ["0", "0.03"])
def test_bybit_2026_inverse_formula_with_added_margin(side: int, extra: str) -> None:
    """Q (1 + s MMR) / (Q/EP + s Q/(EP L) + s extra/(1 + s f)), from the 2026 page."""
    fee, rate, lever, size, entry, more = (
        F("0.0006"),
        F("0.005"),
        10,
        F(100_000),
        F(50_000),
        F(extra),
    )
    rules = Rules("s", closing_fee="bankruptcy", initial_includes_close_fee=True)
    leg = inverse(side, "100000", "50000", "0.005", taker_fee=fee, leverage=F(lever))
    fee_price = entry * lever / (lever + side)
    pool = Pool(rules, size / (entry * lever) + fee * size / fee_price + more, (leg,))
    found = down(pool) if side > 0 else up(pool)
    bottom = size / entry + side * size / (entry * lever) + side * more / (1 + side * fee)
    assert found == size * (1 + side * rate) / bottom


@pytest.mark.parametrize("side", [1, -1])
def test_bybit_2024_keeps_the_fee_of_the_leverage_setting(side: int) -> None:
    """LP = EP - s (IM - MM)/q - s extra/q: the fee to close cancels and does not move."""
    rules = Rules("s", maintenance="entry", initial="entry", closing_fee="bankruptcy",
                  initial_includes_close_fee=True, fee_price="leverage")  # fmt: skip
    leg = linear(side, "2", "20000", one_row("0.005"), leverage=F(50), taker_fee=F("0.0006"))
    from solvent.venues.solver.initial_margin import initial_margin

    margin = initial_margin(leg, rules, (), leg.entry)
    assert margin == 800 + F("0.0006") * (40_000 - side * 800)
    pool = Pool(rules, margin + 100, (leg,))
    found = down(pool) if side > 0 else up(pool)
    assert found == 20_000 - side * (400 - 100) - side * 50


def test_fees_on_the_value_at_mark() -> None:
    """OKX, Gate: (EP - s margin/q) / (1 - s (MMR + f))."""
    rules = Rules("s", closing_fee="mark")
    for side in (1, -1):
        pool = Pool(rules, F(2), (linear(side, "1", "10", one_row("0.01"), taker_fee=F("0.0006")),))
        found = down(pool) if side > 0 else up(pool)
        assert found == (10 - side * 2) / (1 - side * F("0.0106"))


def test_entry_basis_and_slope_and_contract_tiers() -> None:
    bitmex = Pool(
        Rules("s", maintenance="entry"), F(10_000), (linear(1, "20", "1000", one_row("0.01")),)
    )
    assert down(bitmex) == 510
    slope = Table("t", "slope", "s", unit="size", base=F("0.02"), per_size=F("0.000005"),
                  initial_base=F("0.04"), initial_per_size=F("0.000005"))  # fmt: skip
    here = evaluate(Pool(RULES, F(1000), (linear(1, "25", "200", slope),)))
    assert (here.maintenance, here.initial) == (F("100.625"), F("200.625"))
    rows = (TierRow(F(2000), F("0.01")), TierRow(F(4000), F("0.015")), TierRow(None, F("0.02")))
    okx = Table("t", "flat", "s", unit="contracts", rows=rows)
    for contracts, rate in ((2000, "0.01"), (2001, "0.015"), (4001, "0.02")):
        leg = linear(1, str(F(contracts, 100)), "50000", okx, contract_size=F(1, 100))
        assert evaluate(Pool(RULES, F(0), (leg,))).maintenance == leg.size * 50_000 * F(rate)
    by_size = Table(
        "t",
        "deduction",
        "s",
        unit="size",
        rows=(TierRow(F(10), F("0.01")), TierRow(None, F("0.05"))),
    )
    leg = linear(1, "30", "100", by_size)
    assert (
        evaluate(Pool(RULES, F(0), (leg,))).maintenance == (10 * F("0.01") + 20 * F("0.05")) * 100
    )


def test_strict_and_non_strict_at_equality() -> None:
    leg = linear(1, "1", "100", one_row("0"))
    for strict, safe, acts in ((True, "90", "89.9"), (False, "90.1", "90")):
        found = crossings(Pool(Rules("s", strict=strict), F(10), (leg,), unit=USD), "BTCUSDT").down
        assert (found.exact, found.safe_tick, found.violating_tick) == (90, F(safe), F(acts))


def test_the_settlement_units_rounding_is_never_in_the_holders_favour() -> None:
    """A tick is worth 0.3 units and the wallet 33.5: at 88.9 the exact headroom is 0.2 units, which
    the engine's whole units do not hold (266 + 33 < 300); at 89.0 they do.
    """
    from solvent.venues.solver.curve import Curve
    from solvent.venues.solver.ticks import settled_breach

    leg = linear(1, "0.000003", "100", one_row("0"))
    pool = Pool(RULES, F("0.0000335"), (leg,))
    exact = crossings(pool, "BTCUSDT").down
    assert (exact.safe_tick, exact.violating_tick) == (F("88.9"), F("88.8"))
    settled = replace(pool, unit=USD)
    found = crossings(settled, "BTCUSDT").down
    assert found.exact == exact.exact
    assert (found.safe_tick, found.violating_tick) == (F("89"), F("88.8"))
    assert found.reason == "in units of 1/1000000 the engine's rounding acts 1 tick earlier"
    acts = settled_breach(Curve(settled, "BTCUSDT"), F("0.1"))
    assert acts is not None
    assert (acts(890), acts(889), acts(888)) == (False, True, True)


def test_several_ticks_of_rounding_are_ticks() -> None:
    """A tick is worth 0.03 units: the exact headroom of a tick is far below a whole unit."""
    leg = linear(1, "0.0000003", "100", one_row("0"))
    found = crossings(Pool(RULES, F("0.0000033"), (leg,), unit=USD), "BTCUSDT").down
    assert found.safe_tick is not None
    assert found.violating_tick is not None
    count = (found.safe_tick - found.violating_tick) / F("0.1") - 1
    assert count > 1
    assert found.reason.endswith(f"the engine's rounding acts {count} ticks earlier")


def test_a_breach_between_two_ticks_is_passed_over() -> None:
    """Above 100 the flat tier asks 1 more than the equity holds, but a tick higher is safe again."""
    rows = (TierRow(F(1000), F("0.01")), TierRow(F(2000), F("0.011")), TierRow(None, F("0.9")))
    leg = linear(1, "10", "100", Table("t", "flat", "s", rows=rows))
    pool = Pool(RULES, F("10.5"), (leg,))
    found = crossings(pool, "BTCUSDT").up
    assert (found.exact, found.how, found.violating_tick) == (200, "jump", F("200.1"))
    assert found.safe_tick == 200
    assert "it is also violated between two ticks, at 100" in found.reason
    assert crossings(replace(pool, wallet=F(12)), "BTCUSDT").up.reason == (
        "the requirement jumps over the equity at this tier edge"
    )


def test_a_touch_counts_where_equality_liquidates() -> None:
    """(p - 2)^2 / p is never negative, and zero at 2: venues that act at equality act there."""
    from solvent.venues.solver.pieces import Piece, _in_piece

    class Touching:
        strict = True

        def breached(self, headroom: Fraction) -> bool:
            return headroom < 0 or (headroom == 0 and not self.strict)

    piece, curve = Piece(F(1), F(-4), F(4), 1), Touching()
    way = {"up": False, "already": False, "jump": False, "past": None}
    assert _in_piece(curve, piece, F(5), F(1), **way) is None  # type: ignore[arg-type]
    curve.strict = False
    found = _in_piece(curve, piece, F(5), F(1), **way)  # type: ignore[arg-type]
    assert found is not None
    assert (found.near, found.how) == (2, "root")


def test_a_rate_that_grows_with_the_value_in_coin() -> None:
    """Deribit inverse: (base + per coin x value) x value; quadratic in 1/p, mostly irrational."""
    table = Table("t", "slope", "s", unit="notional", base=F("0.01"), per_size=F("0.00005"),
                  initial_base=F("0.02"), initial_per_size=F("0.00005"))  # fmt: skip
    leg = replace(inverse(1, "5000000", "50000", "0"), table=table, tick=F("0.5"))
    pool = Pool(RULES, F(10), (leg,))
    here = evaluate(pool)
    assert (here.maintenance, here.initial) == (F("1.5"), F("2.5"))
    found = crossings(pool, "BTCUSD").down
    assert found.exact is None
    assert found.how == "irrational"

    def room(price: Fraction) -> Fraction:
        coins = 5_000_000 / price
        return 10 + 100 - coins - coins * (F("0.01") + F("0.00005") * coins)

    assert found.safe_tick is not None
    assert room(found.safe_tick) >= 0 > room(found.safe_tick - F("0.5"))
    assert found.safe_tick - F("0.5") == found.violating_tick
    charged = replace(
        pool, legs=(replace(leg, taker_fee=F("0.0005")),), rules=Rules("s", closing_fee="mark")
    )
    fee = crossings(charged, "BTCUSD").down
    assert fee.safe_tick is not None
    assert fee.violating_tick is not None
    assert room(fee.safe_tick) - F("0.0005") * 5_000_000 / fee.safe_tick >= 0
    assert room(fee.violating_tick) - F("0.0005") * 5_000_000 / fee.violating_tick < 0
    assert evaluate(charged).requirement == F("1.55")
    rational = replace(pool, wallet=-100 + 105 * (1 + F("0.01") + F("0.00005") * 105))
    assert crossings(rational, "BTCUSD").down.exact == F(5_000_000, 105)


def test_other_levels_are_the_same_inequality() -> None:
    """Warned at 1.5 times the requirement, called at the initial margin."""
    leg = linear(1, "1", "50000", one_row("0.005"), leverage=F(20))
    pool = Pool(RULES, F(3000), (leg,))
    assert down(pool, level=F(3, 2)) == F(47_000) / (1 - F("0.0075"))
    assert down(pool, level="initial") == F(47_000) / F("0.95")
    slow = replace(pool, legs=(replace(leg, table=BTC_TABLE),))
    assert down(slow, level="initial") == F(47_000) / F("0.95")


def test_initial_tiers_by_size_count_the_worse_side() -> None:
    rows = (
        TierRow(F(10), F("0.01"), initial=F("0.02")),
        TierRow(None, F("0.02"), initial=F("0.04")),
    )
    leg = linear(1, "8", "100", Table("t", "flat", "s", unit="size", rows=rows))
    orders = (Order("BTCUSDT", 1, F(4), F(99)),)
    assert evaluate(Pool(RULES, F(0), (leg,))).initial == 800 * F("0.02")
    assert evaluate(Pool(RULES, F(0), (leg,), orders)).initial == 1200 * F("0.04")


def test_profit_that_does_not_count() -> None:
    """Venues that count losses only: the headroom bends at the entry price."""
    rules = replace(RULES, positive_profit_counts=False)
    pool = Pool(rules, F(1000), (linear(1, "1", "50000", one_row("0.01"), mark="60000"),))
    assert evaluate(pool).equity == 1000
    assert crossings(pool, "BTCUSDT").down.already is False
    assert down(pool) == F(49_000) / F("0.99")
    assert up(pool) == 100_000


def test_never_liquidated_says_why() -> None:
    short = Pool(RULES, F("2"), (inverse(-1, "100000", "50000", "0.005"),))  # 1x inverse short
    found = crossings(short, "BTCUSD").up
    assert found.exact is None
    assert found.reason == "no price above 50000 violates it"


def test_a_table_is_continuous_at_each_edge() -> None:
    from solvent.venues.presets import catalogue

    seen = 0
    for name in catalogue.names():
        for version in catalogue.venue(name).versions:
            for symbol, instrument in version.instruments.items():
                table = version.tables.get(instrument.table)
                if table is None or table.shape != "deduction" or table.unit != "notional":
                    continue
                leg = linear(1, "1", "1", table, symbol=symbol)
                for row in table.rows[:-1]:
                    assert row.up_to is not None
                    at, above = (
                        evaluate(Pool(RULES, F(0), (replace(leg, mark=row.up_to * f),))).maintenance
                        for f in (F(1), F(10**12 + 1, 10**12))
                    )
                    assert 0 <= above - at <= row.up_to / 10**12
                    seen += 1
    assert seen > 50


# ------------------------------------------------------------------------ several assets, orders


def test_collateral_weights_and_debts() -> None:
    steps = ((F(5_000_000), F(1)), (F(10_000_000), F("0.975")), (None, F("0.95")))
    assert counted_amount(steps, F(11_000_000)) == 10_825_000
    assert counted_amount(steps, F(-7)) == -7
    leg = linear(1, "1", "40000", one_row("0.01"))
    balances = (
        Balance("BTC", F(2), F(40_000), ((None, F("0.9")),), ("BTCUSDT",)),
        Balance("ETH", F(-3), F(2000), ((None, F("0.8")),), maintenance=F("0.05")),
    )
    pool = Pool(RULES, F(-60_000), (leg,), balances=balances)
    here = evaluate(pool)
    assert here.equity == -60_000 + 72_000 - 6_000
    assert here.realisable == -60_000 + 80_000 - 6_000
    assert here.maintenance == 400 + 300
    assert here.debt == 6_000
    # Collateral in BTC falls with BTCUSDT: 1 + 0.9 x 2 coins against what is owed.
    assert down(pool) == F(60_000 + 6_000 + 300 + 40_000) / F("2.79")
    assert down(pool, assumption="common_shock") == F(60_000 + 40_000) / (
        F("2.79") - F(6300, 40_000)
    )


def test_profit_in_the_collateral_asset_is_weighed_with_it() -> None:
    """Binance portfolio margin: min(A x price x rate, A x price), A with the coin's profit."""
    leg = replace(inverse(1, "40000", "40000", "0.01"), settle="BTC")
    balance = Balance("BTC", F("0.1"), F(40_000), ((None, F("0.5")),))
    pool = Pool(RULES, F(0), (leg,), balances=(balance,), money="USD")
    above = evaluate(pool, {"BTCUSD": F(50_000)})  # profit 0.2 BTC
    assert above.equity == F("0.3") * 40_000 / 2
    below = evaluate(pool, {"BTCUSD": F(32_000)})  # loss 0.25 BTC: a debt, in full
    assert below.equity == F("-0.15") * 40_000
    found = crossings(pool, "BTCUSD").down
    assert found.exact is not None
    assert evaluate(pool, {"BTCUSD": found.exact}).headroom == 0


def test_mixed_linear_and_inverse_legs_under_a_common_shock() -> None:
    """a p + b + c/p: exact where the root is rational, ticks alone where it is not."""
    coin = replace(inverse(-1, "90000", "45000", "0.005"), settle="BTC")
    long = linear(1, "1", "45000", one_row("0.01"))
    exact = absent = 0
    for wallet in range(1000, 9000, 250):
        pool = Pool(RULES, F(wallet), (long, coin), money="USDT",
                    balances=(Balance("BTC", F("0.02"), F(45_000), (), ("BTCUSDT",)),))  # fmt: skip
        found = crossings(pool, "BTCUSDT", "common_shock").up
        if found.exact is not None:
            exact += 1
        elif found.how == "irrational":
            absent += 1
            assert found.reason
        if found.safe_tick is None or found.violating_tick is None:
            continue
        from solvent.venues.solver.curve import Curve

        curve = Curve(pool, "BTCUSDT", Assumption("common_shock"))
        assert curve(found.safe_tick) >= 0 > curve(found.violating_tick)
    assert exact + absent > 10


def test_the_initial_rate_meets_its_cap_at_its_own_value() -> None:
    """50 % from 9,600 coins on: 14,700 of equity and value are 1.5 x 9,800."""
    table = Table("t", "slope", "s", unit="notional", base=F("0.01"), per_size=F("0.00005"),
                  cap=F(1, 2), initial_base=F("0.02"), initial_per_size=F("0.00005"))  # fmt: skip
    leg = replace(inverse(1, "1000000000", "200000", "0"), table=table)
    found = crossings(Pool(RULES, F(9700), (leg,)), "BTCUSD", level="initial").down
    assert found.exact == F(10**9, 9800)


def test_a_headroom_below_zero_between_two_prices_alone() -> None:
    """p + 4 / p (in parts of 100): a strict venue liquidates between the two roots above the mark."""
    short, long = inverse(-1, "40000", "100", "0.01"), linear(1, "1", "100", one_row("0.01"))
    pool = Pool(replace(RULES, strict=True), F(80), (long, short))
    found = crossings(pool, "BTCUSDT", "common_shock").up
    assert found.safe_tick == F("141.4")
    for price, safe in (("141.4", True), ("141.5", False), ("1000", True)):
        at = dict.fromkeys(("BTCUSDT", "BTCUSD"), F(price))
        assert (evaluate(pool, at).headroom >= 0) == safe


def test_sampling_stays_between_the_ends_of_the_piece() -> None:
    class Hill:
        """Above zero from 80 to 150."""

        def __call__(self, price: Fraction) -> Fraction:
            return (price - 80) * (150 - price)

        def breached(self, headroom: Fraction) -> bool:
            return headroom < 0

    for far, up, root in ((F(50), False, 80), (F(400), True, 150)):
        found = _sampled(Hill(), F(100), far, up, already=False)  # type: ignore[arg-type]
        assert found is not None
        assert abs(found.near - root) < F(1, 10**12)
    assert _sampled(Hill(), F(100), F(140), True, already=False) is None  # type: ignore[arg-type]


def test_a_curve_of_no_known_shape_is_sampled_on_the_side_asked_for() -> None:
    short, coin = linear(-1, "5", "100", one_row("0.01")), inverse(1, "40000", "100", "0.01")
    pool = Pool(replace(RULES, strict=True), F(80), (short, coin))
    found = crossings(pool, "BTCUSDT", "beta", {"BTCUSD": F(2)})
    for side, away in ((found.down, F("-0.1")), (found.up, F("0.1"))):
        assert side.safe_tick is not None
        assert (side.safe_tick - 100) * away > 0
        assert side.violating_tick == side.safe_tick + away
        for price, safe in ((side.safe_tick, True), (side.violating_tick, False)):
            at = {"BTCUSDT": price, "BTCUSD": 100 + 2 * (price - 100)}
            assert (evaluate(pool, at).headroom >= 0) == safe


def test_the_lowest_safe_price_may_be_one_tick() -> None:
    short = linear(-1, "1", "0.1", one_row("0.01"))
    found = crossings(Pool(RULES, F("0.1"), (short,)), "BTCUSDT").up
    assert (found.safe_tick, found.violating_tick) == (F("0.1"), F("0.2"))


def test_ticks_of_an_inverse_short_in_satoshi() -> None:
    short = inverse(-1, "100000", "50000", "0.005")
    exact = crossings(Pool(RULES, F("0.5"), (short,)), "BTCUSD").up
    settled = crossings(Pool(RULES, F("0.5"), (short,), unit=F(1, 10**8)), "BTCUSD").up
    assert exact.safe_tick is not None
    assert (settled.safe_tick, settled.violating_tick) == (exact.safe_tick, exact.violating_tick)


def test_beta_moves_the_others() -> None:
    btc = linear(1, "1", "50000", one_row("0.005"))
    eth = linear(1, "10", "2000", one_row("0.01"), symbol="ETHUSDT")
    pool = Pool(RULES, F(5000), (btc, eth))
    fixed, half, shock = (
        down(pool), down(pool, assumption="beta", betas={"ETHUSDT": F(1, 2)}),
        down(pool, assumption="common_shock"),
    )  # fmt: skip
    assert fixed is not None
    assert half is not None
    assert shock is not None
    assert fixed < half < shock
    assert half == down(pool, assumption="beta", betas={"ETHUSDT": F(1, 2)})
    moved = F(1, 2) * (half / 50_000 - 1)
    assert evaluate(pool, {"BTCUSDT": half, "ETHUSDT": 2000 * (1 + moved)}).headroom == 0


def test_a_beta_ends_where_another_price_would_reach_zero() -> None:
    btc = linear(1, "1", "60000", one_row("0.005"))
    eth = linear(1, "1", "3000", one_row("0.01"), symbol="ETHUSDT")
    pool = Pool(RULES, F(30_000), (btc, eth))
    found = crossings(pool, "BTCUSDT", "beta", {"ETHUSDT": F(3)})
    assert found.down.exact is None
    assert found.down.reason == (
        "not violated before another price reaches 0 under the assumption beta (at 40000)"
    )
    poorer = crossings(replace(pool, wallet=F(20_000)), "BTCUSDT", "beta", {"ETHUSDT": F(3)})
    assert poorer.down.exact is not None
    assert 40_000 < poorer.down.exact < 60_000
    against = crossings(replace(pool, wallet=F(10)), "BTCUSDT", "beta", {"ETHUSDT": F(-1)})
    assert against.up.exact is None
    tiered = (linear(1, "1", "75000", BTC_TABLE), pool.legs[1])  # a tier ends where the walk does
    edge = crossings(Pool(RULES, F(90_000), tiered), "BTCUSDT", "beta", {"ETHUSDT": F(3)}).down
    assert edge.reason.endswith("under the assumption beta (at 50000)")


def test_open_orders_count_on_their_worse_side() -> None:
    leg = linear(1, "2", "50000", BTC_TABLE, leverage=F(20))
    orders = (Order("BTCUSDT", 1, F(1), F(49_000)), Order("BTCUSDT", -1, F(3), F(51_000)))
    assert evaluate(Pool(RULES, F(9999), (leg,), orders)).initial == 3 * 50_000 / F(20)
    sells = (Order("BTCUSDT", -1, F(7), F(51_000)),)
    assert evaluate(Pool(RULES, F(9999), (leg,), sells)).initial == 5 * 50_000 / F(20)
    losing = (Order("BTCUSDT", 1, F(1), F(50_500)),)
    counted = replace(RULES, order_loss_counts=True)
    assert evaluate(Pool(counted, F(9999), (leg,), losing)).equity == 9999 - 500
    assert evaluate(Pool(RULES, F(9999), (leg,), losing)).equity == 9999
    assert evaluate(Pool(RULES, F(9999), (leg,), losing)).order_loss == 500
    closing = (Order("BTCUSDT", -1, F(1), F(49_500), reduce_only=True),)
    assert evaluate(Pool(counted, F(9999), (leg,), closing)).order_loss == 0


# ------------------------------------------------------------------------------------ one-liners


def test_one_liners_on_a_shipped_venue() -> None:
    given = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000"}
    found = solvent.liquidation_price("binance-usdm@2021", wallet="20000", **given)
    assert found.exact == F(4_787_000, 99)
    assert found.preset == "binance-usdm@2021"
    assert "48353.6" in str(found)
    assert solvent.maintenance_margin("binance-usdm@2021", **given).exact == 3700
    assert solvent.initial_margin("binance-usdm@2021", leverage="20", **given).exact == 25_000
    assert solvent.bankruptcy_price("binance-usdm@2021", wallet="20000", **given).exact == 48_000
    assert (
        solvent.max_size(
            "binance-usdm@2021", symbol="BTCUSDT", wallet="2500", leverage="20", price="50000"
        ).exact
        == 1
    )


def test_overrides_do_without_a_table() -> None:
    found = solvent.liquidation_price(
        VENUE, side="short", size="1", entry="50000", leverage="20", mmr="0.005", tick="0.5"
    )
    assert found.exact == F(52_500) / F("1.005")
    assert (found.safe_tick, found.violating_tick) == (F("52238.5"), F("52239"))
    deducted = solvent.liquidation_price(
        VENUE, symbol="BTCUSDT", side="long", size="109.488", entry="32481.98", wallet="1535443.01",
        mmr="0.025", maintenance_amount="16300",
    )  # fmt: skip
    assert f"{float(deducted.exact or 0):.2f}" == "18778.73"


def test_contracts_are_counted_in_their_size() -> None:
    given = {"symbol": "BTCUSD", "side": "short", "entry": "50000", "wallet": "0.005"}
    five = solvent.liquidation_price(VENUE, contracts="5", **given)
    assert five == solvent.liquidation_price(VENUE, size="500", **given)
    assert five.exact == 500 * (1 - F("0.005")) / (F(500, 50_000) - F("0.005"))


def test_display_rounds_as_the_venue_does() -> None:
    rules = Rules("s", liquidation_rounding=("up", "down"), display_step=F("0.05"))
    found = solvent.liquidation_price(
        venue(rules), symbol="BTCUSDT", side="long", size="0.1", entry="1198.45", leverage="4.2",
        mmr="0.005",
    )  # fmt: skip
    assert found.display.endswith(("0", "5"))
    assert F(found.display) >= (found.exact or 0) > F(found.display) - F("0.05")


def test_explain_names_every_term() -> None:
    account = Account(VENUE, wallet="9000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "30000", "mark": "30100"},
        {"symbol": "ETHUSDT", "side": "short", "size": "20", "entry": "2000", "mark": "2010"}],
        other_maintenance="12")  # fmt: skip
    tree = account.liquidation_price("BTCUSDT").explain()
    text = str(tree)
    for words in (
        "wallet = 9000", "profit ETHUSDT short = -200", "maintenance of other positions = 12",
        "deduction = 1300" if "1300" in text else "deduction = 50", "tier = ", "A page",
        "displayed = ", "safe tick", "all other prices stay", "made@1",
    ):  # fmt: skip
        assert words in text, (words, text)
    headroom = tree.find("headroom")
    assert headroom is not None
    assert headroom.value == 0
    equity, requirement = tree.find("equity"), tree.find("requirement")
    assert equity is not None
    assert requirement is not None
    assert equity.value == sum(term.value for term in equity.terms)  # type: ignore[misc]
    assert requirement.value == sum(term.value for term in requirement.terms)  # type: ignore[misc]
    assert tree.to_dict()["name"] == "liquidation price"


# ------------------------------------------------------------------------------------- the account


def long_account(**more: object) -> Account:
    given = {"wallet": "5000", "positions": [
        {"symbol": "BTCUSDT", "side": "long", "size": "1.5", "entry": "50000", "leverage": "20"}]}  # fmt: skip
    return Account(VENUE, **{**given, **more})  # type: ignore[arg-type]


def test_amounts_of_an_account() -> None:
    account = long_account()
    assert account.equity().exact == 5000
    assert account.maintenance_margin().exact == 325
    assert account.initial_margin().exact == 3750
    assert account.headroom().exact == 4675
    assert account.effective_leverage().exact == 15
    assert str(account.headroom()) == "headroom 4675 USDT (made@1)"


def test_margin_to_add_names_the_price_that_comes_first() -> None:
    """10 % of more than 40,000, 1 % of less: 42,900 is before the target of 39,000."""
    rows = (TierRow(F(40_000), F("0.01")), TierRow(None, F("0.1")))
    jumps = venue(tables={"BTC": Table("BTC", "flat", "s", rows=rows)})
    account = Account(jumps, wallet="10000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}])  # fmt: skip
    found = account.margin_to_add("39000")
    assert found.exact == 1390
    assert found.reason == "headroom is 0 at the target, but the liquidation price is then 42900.0"


def test_the_last_row_holds_what_is_beyond_its_bound() -> None:
    assert [tier_at(ENDED, F(amount)) for amount in (50_000, 50_001, 10**8)] == [0, 1, 3]


def test_margin_to_add_puts_the_price_at_the_target() -> None:
    account = long_account()
    for target in ("45000", "47000", "49000"):
        add = account.margin_to_add(target)
        assert add.exact is not None
        moved = account.with_(wallet=5000 + add.exact)
        assert moved.liquidation_price().exact == F(target)
    assert (account.margin_to_add("49900").exact or 0) < 0
    fee = venue(Rules("s", closing_fee="bankruptcy"))
    add = long_account().with_(preset=fee).margin_to_add("47000").exact
    assert add is not None
    assert long_account(wallet=5000 + add).with_(preset=fee).liquidation_price().exact == 47_000


@pytest.mark.parametrize("fees", [False, True])
def test_max_size_equals_a_grid(fees: bool) -> None:
    for wallet, lever, price in (
        ("2500", "20", "50000"),
        ("731.5", "33", "41234.5"),
        ("5000", "100", "50000"),
    ):
        account = Account(VENUE, wallet=wallet)
        found = account.max_size("BTCUSDT", "long", lever, price, fees=fees).exact
        best = F(0)
        size, worth = F("0.001"), F(price)
        while size * worth / F(lever) <= F(wallet):
            notional = size * worth
            row = next(r for r in BTC_TABLE.rows if r.up_to is None or notional <= r.up_to)
            cost = notional / F(lever) + (notional * F("0.0005") if fees else 0)
            if cost <= F(wallet) and (row.max_leverage or 0) >= F(lever):
                best = size
            size += F("0.001")
        assert found == best


def test_max_size_beside_a_position_and_orders() -> None:
    account = long_account(
        orders=[{"symbol": "BTCUSDT", "side": "buy", "size": "0.2", "price": "49000"}]
    )
    found = account.max_size("BTCUSDT", "long", "20", "50000").exact
    assert found == F("0.3")  # (5000 x 20 / 50000) - 1.5 - 0.2
    other = account.max_size("BTCUSDT", "short", "20", "50000").exact
    assert other == F("3.5")  # closes 1.5, then 2 short
    losing = [{"symbol": "BTCUSDT", "side": "buy", "size": "0.2", "price": "52500"}]
    dear = account.with_(orders=losing).max_size("BTCUSDT", "long", "20", "50000").exact
    assert dear == F("0.1")  # the order would lose 500: (4500 x 20 / 50000) - 1.7


def test_order_margin_is_the_difference() -> None:
    account = long_account()
    cost = account.order_margin(
        {"symbol": "BTCUSDT", "side": "buy", "size": "0.5", "price": "50100"}
    )
    assert (cost.initial, cost.loss, cost.cost) == (1250, 50, 1300)
    assert not cost.accepted
    assert cost.free_before == 1250
    reducing = account.order_margin(
        {"symbol": "BTCUSDT", "side": "sell", "size": "1", "price": "51000"}
    )
    assert (reducing.initial, reducing.accepted) == (0, True)
    elsewhere = account.order_margin(
        {"symbol": "ETHUSDT", "side": "sell", "size": "10", "price": "2000", "leverage": "10"}
    )
    assert (elsewhere.initial, elsewhere.loss, elsewhere.accepted) == (2000, 0, False)
    resting = account.with_(orders=[{"symbol": "ETHUSDT", "side": "buy", "size": 1, "price": 2000}])
    assert resting.initial_margin().exact == 3750 + 2000 / F(125)
    assert resting.liquidation_price().exact == account.liquidation_price().exact


def test_closing_part_and_all() -> None:
    account = long_account(positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1.5", "entry": "50000", "mark": "49000"}])  # fmt: skip
    part = account.closing(size="0.5")
    assert (part.realised, part.fee) == (-500, F("12.25"))
    assert part.after.equity == account.evaluate().equity - part.fee
    assert part.released == account.evaluate().maintenance - part.after.maintenance
    assert part.liquidation_price is not None
    assert (part.liquidation_price.exact or 0) < (account.liquidation_price().exact or 0)
    everything = account.closing()
    assert everything.after.parts == ()
    assert everything.headroom_after == 5000 - 1500 - F("36.75")


def test_cost_of_liquidation_against_leaving_a_tick_earlier() -> None:
    cost = long_account().liquidation_cost()
    assert cost.safe_tick - cost.violating_tick == F("0.1")
    equity = 5000 + F("1.5") * (cost.safe_tick - 50_000)
    assert cost.left_early == equity - F("1.5") * cost.safe_tick * F("0.0005")
    late = 5000 + F("1.5") * (cost.violating_tick - 50_000)
    assert cost.liquidation_fee == min(late, F("1.5") * cost.violating_tick * F("0.0125"))
    assert cost.liquidated == late - cost.liquidation_fee >= 0
    assert cost.cost > 0
    assert cost.cost_if_taken_over == cost.left_early
    slipped = long_account().liquidation_cost(slippage="0.001")
    assert slipped.left_early == cost.left_early - F("1.5") * cost.safe_tick * F("0.001")
    left = late - F("1.5") * cost.violating_tick * F("0.001")
    assert slipped.liquidation_fee == min(left, F("1.5") * cost.violating_tick * F("0.0125"))
    assert slipped.liquidated == left - slipped.liquidation_fee


@pytest.mark.parametrize(
    ("venue", "symbol", "does"),
    [
        ("bybit", "BTCUSDT", "taken_over"),
        ("kucoin", "XBTUSDTM", "taken_over"),
        ("deribit", "BTC_USDC-PERPETUAL", "rest_returned"),
        ("kraken-futures@2023", "PF_XBTUSD", "rest_returned"),
        ("binance-usdm", "BTCUSDT", "rest_returned"),
        ("gate", "BTC_USDT", "unknown"),
    ],
)
def test_what_a_liquidation_leaves_is_the_venues_or_the_users(
    venue: str, symbol: str, does: str
) -> None:
    account = Account(venue, mode="cross", wallet="3000", positions=[
        {"symbol": symbol, "side": "long", "size": "1", "entry": "50000"}])  # fmt: skip
    cost = account.liquidation_cost()

    assert cost.on_liquidation == does
    assert cost.kept == {"taken_over": 0, "unknown": None}.get(does, cost.liquidated)
    words = {"taken_over": "0 (the position is taken over;", "rest_returned": "(the rest is returned;",
             "unknown": "(0 if the position is taken over;"}  # fmt: skip
    if cost.liquidated is None and does != "taken_over":
        words[does] = "what its fee leaves (the preset has none;"
    assert words[does] in str(cost)


def test_funding_at_the_next_stamp() -> None:
    account = long_account(positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "ETHUSDT", "side": "short", "size": "10", "entry": "2000"}])  # fmt: skip
    paid = account.funding({"BTCUSDT": "0.0001", "ETHUSDT": "0.0002"})
    assert paid.by_symbol == {"BTCUSDT": -5, "ETHUSDT": 4}
    assert paid.total == -1
    assert paid.headroom_after == account.evaluate().headroom - 1
    assert paid.interval_hours["BTCUSDT"] == 8


def test_runway_is_headroom_over_carry() -> None:
    account = Account(VENUE, wallet="2500", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mmr": "0.005"}])  # fmt: skip
    found = account.runway("0.0001")
    assert found.exact == 150  # 2,250 over 15 a day
    assert [term.value for term in found.explain().terms] == [2250, 15]
    assert account.runway("-0.0001").exact is None
    assert account.runway({"BTCUSDT": "0.0003"}).exact == 50
    short = Account(VENUE, wallet="2500", positions=[
        {"symbol": "BTCUSDT", "side": "short", "size": "1", "entry": "50000", "mmr": "0.005"}])  # fmt: skip
    assert short.runway("0.0001").exact is None
    assert short.runway("-0.0001").exact == 150


def test_a_venue_that_names_only_its_multiple() -> None:
    """Binance portfolio margin: liquidated at 105 % of the maintenance margin."""
    account = Account("binance-pm", wallet="2000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mmr": "0.01"}])  # fmt: skip
    assert account.liquidation_price().exact == F(48_000) / (1 - F("0.0105"))


def price_of(account: Account) -> Fraction:
    exact = account.liquidation_price("BTCUSDT").exact
    assert exact is not None
    return exact


def test_sensitivities_of_a_linear_position_are_exact_differences() -> None:
    account = long_account()
    found = account.sensitivities()
    one = long_account(wallet=5001)
    assert found.to_wallet == price_of(one) - price_of(account)
    bigger, smaller = (
        price_of(long_account(positions=[
            {"symbol": "BTCUSDT", "side": "long", "size": F("1.5") + h, "entry": "50000"}]))
        for h in (F(1, 10**6), -F(1, 10**6))
    )  # fmt: skip
    slope = (bigger - smaller) / F(2, 10**6)
    assert abs(found.to_size - slope) < F(1, 10**4)
    assert found.to_funding == -found.to_wallet * 75_000


def test_sensitivities_of_an_inverse_position_and_of_collateral() -> None:
    account = Account(VENUE, wallet="0.1", positions=[
        {"symbol": "BTCUSD", "side": "long", "size": "100000", "entry": "50000"}])  # fmt: skip
    step = F(1, 10**9)
    near, far = (
        account.with_(wallet=F("0.1") + h).liquidation_price().exact or F(0) for h in (-step, step)
    )
    slope = (far - near) / (2 * step)
    assert abs(account.sensitivities().to_wallet / slope - 1) < F(1, 10**12)
    version = venue()
    held = Account(version, wallet="0", collateral={"ETH": {"amount": "2", "price": "2000", "weight": "0.9"}},
                   positions=[{"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}])  # fmt: skip
    found = held.sensitivities("BTCUSDT")
    cheaper, dearer = (
        held.with_(collateral={"ETH": {"amount": "2", "price": F(2000) + h, "weight": "0.9"}})
        for h in (F(-1, 100), F(1, 100))
    )
    slope = (price_of(dearer) - price_of(cheaper)) / F(2, 100)
    assert found.to_collateral["ETH"] == slope < 0


def test_isolated_positions_are_judged_one_by_one() -> None:
    account = Account(VENUE, mode="isolated", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "leverage": "20"},
        {"symbol": "BTCUSDT", "side": "short", "size": "1", "entry": "50000", "margin": "3000"},
        {"symbol": "ETHUSDT", "side": "long", "size": "5", "entry": "2000", "leverage": "10"}])  # fmt: skip
    assert account.liquidation_price("ETHUSDT").exact == F(9000) / F("4.98")
    assert account.bankruptcy_price("BTCUSDT", side="short").exact == 53_000
    with pytest.raises(solvent.InputError, match="give side"):
        account.liquidation_price("BTCUSDT")
    with pytest.raises(
        solvent.InputError, match="margin buckets: BTCUSDT long, BTCUSDT short, ETH"
    ):
        account.equity()


def test_a_hedged_account_can_die_both_ways() -> None:
    account = Account(VENUE, wallet="9000", mode="hedge", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "100", "entry": "50000"},
        {"symbol": "BTCUSDT", "side": "short", "size": "94", "entry": "50000"}],
        collateral={"USDC": "220000"})  # fmt: skip
    both = account.liquidation_prices()
    assert both.down.exact is not None
    assert both.up.exact is not None
    assert both.down.exact < 50_000 < both.up.exact


def test_a_cross_position_on_its_share_of_the_equity() -> None:
    """KuCoin: MV (1 - s AMR) / (1 - s MMR - s f) / q with AMR = margin / sum |MV|."""
    rules = Rules("s", closing_fee="mark", cross_split="value")
    account = Account(venue(rules), wallet="20000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "49000", "mark": "50000",
         "mmr": "0.004", "taker_fee": "0.0006"},
        {"symbol": "ETHUSDT", "side": "short", "size": "15", "entry": "2000", "mmr": "0.01"}])  # fmt: skip
    share = F(21_000, 80_000)
    assert account.liquidation_price("BTCUSDT").exact == 50_000 * (1 - share) / (1 - F("0.0046"))


def test_a_ratio_that_liquidates_at_a_multiple() -> None:
    rules = Rules("s", ratio=Ratio("uniMMR", "equity_over_requirement", F("1.05"), rises=False))
    account = long_account().with_(preset=venue(rules))
    price = account.liquidation_price().exact
    assert price is not None
    pool = account.pool()
    here = evaluate(pool, {"BTCUSDT": price})
    assert here.equity == F("1.05") * here.requirement
    assert account.ratio().name == "uniMMR"


def test_already_liquidatable_gives_the_way_back() -> None:
    account = long_account(wallet="100")
    both = account.liquidation_prices()
    assert both.down.exact is not None
    assert both.down.exact > 50_000
    assert both.down.safe_tick is not None
    assert evaluate(account.pool(), {"BTCUSDT": both.down.exact}).headroom == 0


def test_a_hedge_in_another_symbol_dies_on_its_net_side() -> None:
    """Short ETH against more BTC: when all move together the account is a long, though its high
    tiers would end it far above too.
    """
    rows = (TierRow(F(100_000), F("0.004")), TierRow(None, F("0.9")))
    steep = Table("BTC", "deduction", "s", rows=rows)
    account = Account(venue(tables={"BTC": steep}), wallet="9000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "ETHUSDT", "side": "short", "size": "5", "entry": "2000"}])  # fmt: skip
    alone = account.liquidation_price("ETHUSDT").exact
    both = account.liquidation_prices("ETHUSDT", "common_shock")
    assert alone is not None
    assert alone > 2000
    assert both.down.exact is not None
    assert both.up.exact is not None
    assert account.liquidation_price("ETHUSDT", "common_shock") == both.down


def test_a_position_that_no_preset_lists() -> None:
    """Venues without instruments of their own (portfolio margin) take any symbol with its rate."""
    bare = venue(instruments={}, tables={})
    account = Account(bare, collateral={"BTC": {"amount": "0.5", "price": "50000", "weight": "0.9"}},
                      positions=[{"symbol": "btcusdt", "size": "1", "entry": "50000", "mmr": "0.01"}])  # fmt: skip
    # 0.45 p + (p - 50000) = 0.01 p: the collateral falls with its own contract.
    assert account.liquidation_price().exact == 50_000 / F("1.44")
    add = account.margin_to_add("30000").exact
    assert add == 30_000 * F("0.01") - 30_000 * F("0.45") + 20_000
    assert account.with_(wallet=add).liquidation_price().exact == 30_000


def test_hit_probability_delegates_to_the_estimates() -> None:
    chance = long_account().hit_probability(0.6, 1)
    assert 0 < chance < 1
    assert long_account(wallet="90000").hit_probability(0.6, 1) == 0


def test_size_for_a_probability_is_the_last_lot_within_it() -> None:
    from solvent.venues.questions.estimates import hit_probability

    account = Account(VENUE, wallet="20000")
    for side in ("long", "short"):
        size = account.size_for_probability("BTCUSDT", side, "50000", 0.05, 0.6, 1).exact
        assert size is not None
        chances = []
        for more in (F(0), F(1, 1000)):
            held = account.with_(positions=[
                {"symbol": "BTCUSDT", "side": side, "size": size + more, "entry": "50000"}])  # fmt: skip
            chances.append(hit_probability(50_000, held.liquidation_price().exact, 0.6, 1))
        assert chances[0] <= 0.05 < chances[1]


def test_merging_fills() -> None:
    account = long_account()
    new = replace(account.positions[0], side=-1, size=F(2), entry=F(51_000))
    after, profit = merge(account.positions, new)
    assert profit == 1500
    assert [(one.side, one.size) for one in after] == [(-1, F("0.5"))]
    coins = Account(VENUE, wallet="1", positions=[
        {"symbol": "BTCUSD", "side": "long", "size": "10000", "entry": "50000"}]).positions  # fmt: skip
    bought, _ = merge(coins, replace(coins[0], size=F(30_000), entry=F(60_000)))
    assert (bought[0].size, bought[0].entry) == (
        40_000,
        40_000 / (F(10_000, 50_000) + F(30_000, 60_000)),
    )
    _, lost = merge(coins, replace(coins[0], side=-1, entry=F(40_000)))
    assert lost == F(10_000, 50_000) - F(10_000, 40_000)
    kept, none = merge(account.positions, new, netting=False)
    assert (len(kept), none) == (2, 0)


# ----------------------------------------------------------------------------------------- speed


def test_the_calculator_loads_nothing_heavy() -> None:
    """A fresh process: one question, and none of the heavy packages."""
    code = (
        "import sys, solvent\n"
        "assert 'solvent.venues' not in sys.modules\n"
        "a = solvent.liquidation_price('binance-usdm', symbol='BTCUSDT', side='long', size='10',"
        " entry='50000', wallet='20000')\n"
        "str(a), str(a.explain())\n"
        "print([m for m in ('numpy', 'numba', 'typer', 'rich', 'msgspec') if m in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "[]", ran.stderr
