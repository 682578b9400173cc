"""Ratios: ours and the venues', one into the other, and each at its liquidation value exactly where
headroom is zero.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.account import Account
from solvent.venues.numbers import InputError
from solvent.venues.preset import Ratio, Version
from solvent.venues.presets import catalogue
from solvent.venues.questions.ratios import (
    FORMULAS,
    Figures,
    buffer,
    coverage,
    headroom,
    liquidation_value,
    translate,
    trigger_equity,
    venue_ratio,
)

F = Fraction
amounts = st.fractions(min_value=F(1, 1000), max_value=10**9, max_denominator=10**6)
keys = st.sampled_from(sorted(FORMULAS))


@st.composite
def accounts(draw: st.DrawFn) -> Figures:
    """Any account that holds something: equity on either side of the requirement."""
    return Figures(
        equity=draw(amounts),
        maintenance=draw(amounts),
        closing_fee=draw(st.one_of(st.just(F(0)), amounts)),
        initial=draw(amounts),
        notional=draw(amounts),
        debt=draw(amounts),
    )


def ratio_of(key: str, held: Figures) -> Ratio:
    """A venue that shows this formula, its rule written as the venue would write it: a lender
    names the ratio of assets to debt, everybody else acts where headroom is gone.
    """
    at = {
        "requirement_over_equity": F(1),
        "equity_over_requirement": F(1),
        "headroom_over_equity": F(0),
        "headroom": F(0),
        "health_factor": F(1),
        "assets_over_debt": 1 + held.requirement / (held.debt or 1),
        "debt_over_assets": held.debt / (held.debt + held.requirement),
    }.get(key, F(0))
    return Ratio("ratio", key, at, FORMULAS[key].rises)


@given(accounts(), keys)
def test_at_its_liquidation_value_headroom_is_zero_and_the_other_way_round(
    account: Figures, key: str
) -> None:
    ratio = ratio_of(key, account)

    assert trigger_equity(ratio, account) == account.requirement
    at_the_edge = replace(account, equity=account.requirement)
    shown = venue_ratio(ratio, at_the_edge)
    assert headroom(at_the_edge) == 0
    assert shown.value == shown.liquidates_at == liquidation_value(ratio, account)
    assert shown.to_go == 0


@given(accounts(), keys)
def test_a_ratio_moves_towards_liquidation_as_equity_falls(account: Figures, key: str) -> None:
    ratio = ratio_of(key, account)
    shown, poorer = (
        venue_ratio(ratio, one)
        for one in (account, replace(account, equity=account.equity * F(999, 1000)))
    )

    assert shown.to_go is not None
    assert poorer.to_go is not None
    assert poorer.to_go < shown.to_go
    assert (shown.to_go > 0) == (headroom(account) > 0)


@given(accounts(), keys, keys)
def test_translation_is_the_other_venues_ratio_and_comes_back(
    account: Figures, first: str, second: str
) -> None:
    source, target = ratio_of(first, account), ratio_of(second, account)
    value = venue_ratio(source, account).value
    assert value is not None

    there = translate(value, source, target, account)
    assert there == venue_ratio(target, account).value
    assert there is not None
    assert translate(there, target, source, account) == value


@given(accounts(), accounts(), keys, keys)
def test_translation_between_two_venues_requirements_keeps_the_equity(
    here: Figures, other: Figures, first: str, second: str
) -> None:
    source, target = ratio_of(first, here), ratio_of(second, other)
    value = venue_ratio(source, here).value
    assert value is not None

    there = translate(value, source, target, here, other)
    assert there == venue_ratio(target, replace(other, equity=here.equity)).value


# --------------------------------------------------------------------------- the presets' own ratios


def versions() -> list[Version]:
    """Every version of every venue that shows a ratio and lists a contract with a table."""
    return [
        version
        for name in catalogue.names()
        for version in catalogue.venue(name).versions
        if version.rules is not None
        and version.rules.ratio is not None
        and any(one.table in version.tables for one in version.instruments.values())
    ]


VERSIONS = versions()


def at_the_edge(version: Version) -> Account:
    """An account of the version, cross where it has that, with exactly no headroom at its mark."""
    listed = next(one for one in version.instruments.values() if one.table in version.tables)
    price = F(50_000)
    position = {"symbol": listed.symbol, "side": "short", "contracts": 10, "entry": price}
    modes = version.rules.modes if version.rules else ("cross",)
    mode = "cross" if "cross" in modes else "isolated"
    account = Account(version, wallet=0, positions=[position], mode=mode)
    trigger = version.rules.ratio.liquidates_at if version.rules and version.rules.ratio else F(1)
    multiple = trigger if trigger > 1 else F(1)

    def short(wallet: Fraction) -> Fraction:
        found = account.with_(wallet=wallet).evaluate()
        return found.equity - multiple * found.requirement

    wallet, step = F(0), F(1, 10**12)
    for _ in range(5):  # a closing fee at bankruptcy makes it affine and not one for one
        left = short(wallet)
        if left == 0:
            break
        wallet -= left * step / (short(wallet + step) - left)
    assert short(wallet) == 0
    return account.with_(wallet=wallet)


def test_there_are_venues_that_show_ratios() -> None:
    assert {"binance-usdm", "bybit", "okx", "hyperliquid"} <= {one.venue for one in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda one: one.label)
def test_a_venues_ratio_is_at_its_liquidation_value_exactly_without_headroom(
    version: Version,
) -> None:
    account = at_the_edge(version)
    shown = account.ratio()

    assert shown.value == shown.liquidates_at
    for more, sign in ((F(1, 10**9), 1), (F(-1, 10**9), -1)):
        wallet = next(iter(account.wallet.values())) + more
        to_go = account.with_(wallet=wallet).ratio().to_go
        assert to_go is not None
        assert to_go * sign > 0


@pytest.mark.parametrize("version", VERSIONS, ids=lambda one: one.label)
def test_translations_between_all_venues_come_back(version: Version) -> None:
    account = at_the_edge(version)
    rich = account.with_(wallet=2 * next(iter(account.wallet.values()))).evaluate()
    held = Figures(
        rich.equity, rich.maintenance, rich.closing_fees, rich.initial or F(1), rich.notional
    )
    assert version.rules is not None
    source = version.rules.ratio
    assert source is not None
    value = venue_ratio(source, held).value
    assert value is not None
    for other in VERSIONS:
        target = other.rules.ratio if other.rules else None
        assert target is not None
        there = translate(value, source, target, held)
        assert there is not None
        assert translate(there, target, source, held) == value
        edge = replace(held, equity=held.requirement)
        at = venue_ratio(source, edge).value
        assert at is not None
        assert translate(at, source, target, held) == venue_ratio(target, edge).value


# The venues' own words, by hand: one account, equity 2,500, maintenance 250, notional 50,000.
HELD = Figures(F(2500), F(250), F(25), initial=F(500), notional=F(50_000))
BARE = replace(HELD, closing_fee=F(0))
LOAN = Figures(equity=F(5_000), maintenance=F(3_000), debt=F(10_000))


@pytest.mark.parametrize(
    ("key", "account", "value", "at_liquidation"),
    [
        ("requirement_over_equity", BARE, F("0.1"), F(1)),  # Binance: 10 %, of 100 %
        ("equity_over_requirement", HELD, F(100, 11), F(1)),  # OKX: 909 %, of 100 %
        ("equity_over_notional", HELD, F("0.05"), F("0.0055")),  # OKX before: MMR + fee rate
        ("notional_over_equity", BARE, F(20), F(200)),  # leverage now, and at 0.5 %
        ("initial_over_equity", BARE, F("0.2"), F(2)),  # Bybit IM rate
        ("equity_over_initial", BARE, F(5), F("0.5")),
        ("headroom", HELD, F(2225), F(0)),  # dYdX v4
        ("headroom_over_equity", BARE, F("0.9"), F(0)),  # Drift health 90 %
        ("health_factor", LOAN, F("1.2"), F(1)),  # 15,000 at 80 % against 10,000
        ("assets_over_debt", LOAN, F("1.5"), F("1.3")),  # 15,000 over 10,000
        ("debt_over_assets", LOAN, F(2, 3), F(10, 13)),
    ],
)
def test_each_formula_by_hand(
    key: str, account: Figures, value: Fraction, at_liquidation: Fraction
) -> None:
    shown = venue_ratio(ratio_of(key, account), account)

    assert (shown.value, shown.liquidates_at) == (value, at_liquidation)


def test_every_formula_has_a_case_by_hand() -> None:
    (mark,) = (one for one in test_each_formula_by_hand.pytestmark if one.name == "parametrize")
    assert {case[0] for case in mark.args[1]} == set(FORMULAS)


def test_a_multiple_of_the_maintenance_moves_the_trigger() -> None:
    uni = Ratio("uniMMR", "equity_over_requirement", F("1.05"), rises=False, warns_at=F("1.2"))

    shown = venue_ratio(uni, BARE)
    assert (shown.value, shown.trigger_equity, shown.warns_at) == (F(10), F("262.5"), F("1.2"))


def test_ours() -> None:
    assert (headroom(HELD), coverage(HELD), buffer(BARE)) == (F(2225), F(100, 11), F("0.9"))
    assert coverage(Figures(F(5), F(0))) is None
    assert buffer(Figures(F(0), F(5))) is None


@pytest.mark.parametrize("equity", [F(0), F(-1)])
def test_no_ratio_over_an_equity_that_is_not_positive(equity: Fraction) -> None:
    ratio = ratio_of("requirement_over_equity", BARE)

    shown = venue_ratio(ratio, replace(BARE, equity=equity))
    assert (shown.value, shown.to_go, shown.trigger_equity) == (None, None, F(250))


def test_nothing_held_has_no_ratio() -> None:
    empty = Figures(F(100), F(0))
    for key in set(FORMULAS) - {"requirement_over_equity", "headroom", "headroom_over_equity"}:
        value = venue_ratio(Ratio("x", key, F(1), FORMULAS[key].rises), empty).value
        assert value in (None, 0), key
    shown = venue_ratio(Ratio("x", "notional_over_equity", F(1), rises=True), empty)
    assert (shown.value, shown.liquidates_at, shown.to_go) == (0, None, None)


@pytest.mark.parametrize("key", sorted(FORMULAS))
def test_a_value_no_equity_gives_is_not_translated(key: str) -> None:
    """A ratio of nothing held cannot be turned into an equity, except a difference."""
    nothing = Figures(F(100), F(0))
    source = Ratio("x", key, F(1), FORMULAS[key].rises)
    target = Ratio("y", "headroom", F(0), rises=False)

    assert (translate(F("0.5"), source, target, nothing) is None) == (key != "headroom")


def test_a_wrong_key_or_direction_is_refused() -> None:
    with pytest.raises(InputError, match="no formula 'mm_over_equity'; one of requirement_over"):
        venue_ratio(Ratio("x", "mm_over_equity", F(1), rises=True), BARE)
    with pytest.raises(
        InputError, match="falls towards liquidation, but the preset says rises = t"
    ):
        venue_ratio(Ratio("x", "equity_over_requirement", F(1), rises=True), BARE)
