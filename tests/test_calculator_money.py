"""What counts as money: cross shares, collateral in dollars, full closes, bankruptcy, netting."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.test_calculator import RULES, VENUE, venue

from solvent.margin.explain import Term
from solvent.venues.account import Account
from solvent.venues.preset import Rules
from solvent.venues.solver.evaluate import evaluate

F = Fraction
LONG = {"symbol": "BTCUSDT", "side": "long", "size": "2", "entry": "50000"}
BITCOIN = {"BTC": {"amount": 1, "price": 50000, "weight": "0.9"}}


def terms(tree: Term) -> dict[str, Term]:
    """Every term of a tree by its name, the first of each."""
    found = {tree.name: tree}
    for term in tree.terms:
        for name, one in terms(term).items():
            found.setdefault(name, one)
    return found


# ------------------------------------------------------------------------------------------- KuCoin


def kucoin() -> Account:
    return Account("kucoin", wallet="1000", positions=[
        {"symbol": "XBTUSDTM", "side": "long", "contracts": "10", "entry": "62000", "mmr": "0.005"},
        {"symbol": "ETHUSDTM", "side": "short", "contracts": "100", "entry": "3800", "mmr": "0.01"},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("symbol", "s", "value", "size", "mmr", "printed"),
    [
        ("XBTUSDTM", 1, F(620), F("0.01"), F("0.005"), 48_243.01),
        ("ETHUSDTM", -1, F(3800), F(1), F("0.01"), 4_610.85),
    ],
)
def test_kucoin_cross_is_the_articles_formula(
    symbol: str, s: int, value: Fraction, size: Fraction, mmr: Fraction, printed: float
) -> None:
    """LP = MV (1 - s AMR) / (1 - s MMR - s f) / q, with the fee of the shipped preset."""
    share = F(1000) / (620 + 3800)
    expected = value * (1 - s * share) / (1 - s * mmr - s * F("0.0006")) / size
    assert kucoin().liquidation_price(symbol).exact == expected
    assert round(float(expected), 2) == printed
    swapped = kucoin().liquidation_price(symbol)
    tree = terms(swapped.explain())
    assert "wallet" not in tree
    held = tree["share of equity"].value
    assert held == value * share  # no unrealised profit at the marks


def test_money_added_to_a_shared_account_counts_in_its_share() -> None:
    account = kucoin()
    add = account.margin_to_add("45000", "XBTUSDTM").exact
    assert add is not None
    assert account.with_(wallet=1000 + add).liquidation_price("XBTUSDTM").exact == 45_000
    at = account.liquidation_price("XBTUSDTM").exact
    more = account.with_(wallet="1001").liquidation_price("XBTUSDTM").exact
    assert at is not None
    assert more is not None
    assert account.sensitivities("XBTUSDTM").to_wallet == more - at  # affine in the wallet


def test_kucoin_isolated_keeps_entry_and_the_reserved_fee() -> None:
    one = {"symbol": "XBTUSDTM", "side": "long", "contracts": "10", "entry": "62000",
           "mmr": "0.005", "leverage": "10"}  # fmt: skip
    alone = Account("kucoin", positions=[one], mode="isolated")
    assert alone.liquidation_price().exact == 62_000 * (1 - F("0.1") + F("0.005"))


def test_rules_of_cross_positions_alone() -> None:
    rules = Rules("s", maintenance="entry", cross_maintenance="mark", cross_closing_fee="mark")
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mark": "40000",
           "mmr": "0.01", "margin": "15000"}  # fmt: skip
    alone = Account(venue(rules), positions=[one], mode="isolated")
    assert alone.maintenance_margin().exact == 500
    crossed = Account(venue(rules), positions=[{**one, "margin": None}], wallet="15000")
    assert crossed.maintenance_margin().exact == 40_000 * F("0.01")
    assert crossed.closing_fee_held().exact == 40_000 * F("0.0005")


def test_initial_margin_of_isolated_positions_has_its_own_basis() -> None:
    rules = Rules("s", isolated_initial="entry")
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mark": "60000",
           "leverage": "10"}  # fmt: skip
    alone = Account(venue(rules), positions=[one], mode="isolated")
    assert alone.initial_margin().exact == 5000
    assert Account(venue(rules), positions=[one], wallet="9").initial_margin().exact == 6000


# ------------------------------------------------------------------------------------------- closes


def test_a_full_close_keeps_the_rest_of_the_bucket() -> None:
    account = Account(VENUE, wallet="1000", collateral=BITCOIN, positions=[LONG])
    closed = account.closing()
    assert closed.fee == 50
    assert closed.headroom_after == 1000 - 50 + 45_000
    assert closed.released == account.maintenance_margin().exact
    others = Account(VENUE, wallet="20000", positions=[{**LONG, "size": "1"}],
                     other_profit="-5000", other_maintenance="1000")  # fmt: skip
    assert others.closing().headroom_after == 20_000 - 25 - 5000 - 1000


def test_a_full_close_of_a_coin_leg_beside_collateral() -> None:
    """The profit joins the coin's balance and is weighed there."""
    one = {"symbol": "BTCUSD", "side": "long", "size": "100000", "entry": "50000", "mark": "62500"}
    bitcoin = {"BTC": {"amount": 1, "price": 62500, "weight": "0.9"}}
    account = Account(VENUE, wallet="1000", collateral=bitcoin, positions=[one])
    closed = account.closing()
    coins = 1 + closed.realised - closed.fee
    assert closed.realised == F("0.4")
    assert closed.headroom_after == 1000 + coins * 62_500 * F("0.9")


def test_the_size_after_a_coin_leg_is_closed_counts_its_coins() -> None:
    one = {"symbol": "BTCUSD", "side": "long", "size": "100000", "entry": "50000", "mark": "62500"}
    bitcoin = {"BTC": {"amount": 1, "price": 62500, "weight": "0.5"}}
    account = Account(VENUE, wallet="0", collateral=bitcoin, positions=[one])
    found = account.max_size("BTCUSD", "short", "10", "62500")
    # 1.4 BTC count 43,750 USDT: at 10x 437,500 USD short beside the 100,000 that close
    assert found.exact == 537_500


# --------------------------------------------------------------------------------------- collateral


@pytest.mark.parametrize("given", ["1000", ("1000", "1"), {"amount": "1000", "weight": 1}])
def test_dollars_given_as_collateral_count_like_the_wallet(given: object) -> None:
    named = Account(VENUE, collateral={"USDT": given, **BITCOIN}, positions=[LONG])
    usual = Account(VENUE, wallet="1000", collateral=BITCOIN, positions=[LONG])
    assert named.equity().exact == usual.equity().exact == 46_000
    assert named.liquidation_price() == usual.liquidation_price()
    alone = Account(VENUE, collateral={"USDT": given}, positions=[{**LONG, "size": "0.1"}])
    assert alone.equity().exact == 1000
    assert alone.liquidation_price().exact == (4000 / F("0.1")) / (1 - F("0.004"))


def test_the_accounts_own_money_with_a_weight_is_weighed() -> None:
    given = {"USDT": {"amount": "1000", "weight": "0.8"}}
    assert Account(VENUE, collateral=given, positions=[LONG]).equity().exact == 800


def test_the_bankruptcy_tree_counts_collateral_as_the_price_does() -> None:
    account = Account(VENUE, wallet="1000", collateral=BITCOIN, positions=[LONG])
    found = account.bankruptcy_price()
    assert found.exact == 33_000
    tree = terms(found.explain())
    assert tree["equity"].value == 0
    assert tree["collateral BTC"].value == 33_000
    assert sum(term.value or 0 for term in tree["equity"].terms) == 0
    weighed = terms(account.liquidation_price().explain())
    price = account.liquidation_price().exact
    assert price is not None
    assert weighed["collateral BTC"].value == price * F("0.9")


# ------------------------------------------------------------------------------------------ netting


def test_an_order_that_only_closes_is_always_covered() -> None:
    account = Account(VENUE, wallet="4000", positions=[{**LONG, "size": "1", "leverage": "10"}])
    found = account.max_size("BTCUSDT", "short", "10")
    assert found.exact == F("1.8")  # one closes the long, 4,000 at 10x open 0.8
    tree = terms(found.explain())
    assert tree["of it closing the other side"].value == 1
    assert tree["equity after"].value == tree["initial margin after"].value == 4000
    assert tree["initial margin with one lot more"].value == 4005
    broke = account.with_(wallet="100", other_profit="-5000")
    assert broke.max_size("BTCUSDT", "short", "10").exact == 1
    assert account.with_(mode="hedge").max_size("BTCUSDT", "short", "10").exact == 0


def test_the_sum_that_fails_is_in_the_tree() -> None:
    account = Account(VENUE, wallet="4000", positions=[{**LONG, "size": "1", "leverage": "10"}])
    none = account.max_size("BTCUSDT", "long", "10")
    assert none.exact == 0
    tree = terms(none.explain())
    assert tree["equity with one lot more"].value == 4000
    assert tree["initial margin with one lot more"].value == 5005
    rich = Account(VENUE, wallet="1e9").max_size("SOLUSDT", "long", "20", "50000")
    assert rich.exact == 200
    assert "over 10000000, the end of the last tier" in terms(rich.explain())["one lot more"].note


def test_the_tiers_limit_counts_what_is_held() -> None:
    one = {"symbol": "SOLUSDT", "side": "long", "size": "150", "entry": "50000"}
    account = Account(VENUE, wallet="1e9", positions=[one])
    assert account.max_size("SOLUSDT", "long", "5").exact == 50


def test_opening_in_one_of_two_wallets_leaves_the_other() -> None:
    account = Account(VENUE, wallet={"USDT": "5000", "BTC": "1"})
    assert account.max_size("BTCUSDT", "long", "10", "50000").exact == 1
    assert account.max_size("BTCUSD", "long", "10", "50000").exact == 500_000


# -------------------------------------------------------------------------------------- assumptions


def test_the_nearer_side_and_the_assumption_are_said() -> None:
    account = Account(venue(RULES), wallet="20000", positions=[
        {**LONG, "size": "1"},
        {"symbol": "ETHUSDT", "side": "short", "size": "50", "entry": "2000"}])  # fmt: skip
    shocked = account.liquidation_price("BTCUSDT", assumption="common_shock")
    assert shocked.exact is not None
    assert shocked.exact > 50_000  # the shorts lose more than the long gains
    assert "all prices move by the same factor" in str(shocked)
    moved = account.liquidation_price("BTCUSDT", "beta", {"ETHUSDT": "1.2"})
    assert "the other prices move by their betas" in str(moved)
    fixed = account.liquidation_price("BTCUSDT")
    assert fixed.exact is not None
    assert fixed.exact < 50_000
    assert "prices" not in str(fixed)
    assert evaluate(account.pool(), {"BTCUSDT": fixed.exact}).headroom == 0
