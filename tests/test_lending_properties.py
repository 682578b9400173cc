"""Lenders: what holds for every loan, drawn at random over all protocols."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solvent.margin.lending import WAD
from solvent.venues.lending import Loan, aave, aave_call, euler, liquity, loan, maker, morpho
from solvent.venues.preset import Ratio
from solvent.venues.presets.catalogue import version
from solvent.venues.questions.ratios import translate, venue_ratio

OURS = Ratio("coverage", "equity_over_requirement", Fraction(1), rises=False)

amounts = st.integers(1, 10**9).map(lambda units: Fraction(units, 10**4))
prices = st.integers(1, 10**9).map(lambda units: Fraction(units, 10**4))

# Venue, market, collaterals, debt, options.
LENDERS = [
    ("aave-v3@v3.0", "", ("WETH", "WBTC"), "USDC"),
    ("aave-v3@v3.7", "", ("WETH", "WBTC"), "USDC"),
    ("compound-v3", "", ("WETH", "WBTC"), "USDC"),
    ("morpho-blue", "wstETH/USDC", ("wstETH",), "USDC"),
    ("euler-v2", "Prime", ("WETH", "wstETH"), "USDC"),
    ("maker", "ETH-A", ("ETH",), "DAI"),
    ("liquity-v1", "", ("ETH",), "LUSD"),
    ("liquity-v2", "", ("WETH",), "BOLD"),
    ("okx-spot-margin", "BTC-USDT", ("BTC",), "USDT"),
    ("binance-spot-margin", "cross-3x", ("BTC", "ETH"), "USDT"),
]


@st.composite
def loans(draw, lenders=LENDERS) -> Loan:
    """A loan whose ratio lies between about a third and three times its liquidation value."""
    venue, market, held, owed = draw(st.sampled_from(lenders))
    collateral = {asset: draw(amounts) for asset in held}
    marks = {asset: draw(prices) for asset in (*held, owed)}
    if venue.startswith(("maker", "liquity")):
        marks[owed] = Fraction(1)
    worth = sum(collateral[asset] * marks[asset] for asset in held)
    share = Fraction(draw(st.integers(20, 150)), 100)
    debt = {owed: Fraction(int(worth * share / marks[owed] * 10**6), 10**6)}
    assume(debt[owed] > 0)
    if venue.startswith("okx"):
        assume(debt[owed] < 100_000)
    return loan(venue, collateral=collateral, debt=debt, prices=marks, market=market)


@given(loans())
def test_ratio_stands_at_its_value_at_the_liquidation_price(held):
    for line in held.held:
        found = held.liquidation_price(line.asset)
        if found.exact is None:
            continue
        there = held.at({line.asset: found.exact})
        assert there.headroom == 0
        assert there.value == there.shown.liquidates_at == held.ratio.liquidates_at
        assert there.liquidatable is (not held.strict)
        assert 0 <= found.displayed - found.exact < held.tick  # the safe side


@given(loans())
def test_a_rising_debt_price_crosses_upwards(held):
    if held.version.venue in ("maker", "liquity-v1", "liquity-v2"):
        return  # the debt counts at par
    found = held.liquidation_price(held.owed[0].asset)
    assert found.direction == "up"
    assert 0 <= found.exact - found.displayed < held.tick
    there = held.at({held.owed[0].asset: found.exact})
    assert (there.headroom, there.value) == (0, held.ratio.liquidates_at)


@given(loans())
def test_ticks_bracket_the_protocols_own_test(held):
    test = held.check or (lambda one: one.liquidatable)
    for line in held.held:
        found = held.liquidation_price(line.asset)
        if found.safe is None:
            continue
        assert not test(held.at({line.asset: found.safe}))
        if found.breached is None:
            assert found.safe == held.tick
            continue
        assert found.safe - found.breached == held.tick
        assert test(held.at({line.asset: found.breached}))


@given(loans(), st.integers(1, 10**6))
def test_adding_collateral_or_repaying_never_hurts(held, units):
    more = Fraction(units, 10**4)
    for line in held.held:
        richer = held.after(collateral={line.asset: more})
        assert richer.headroom > held.headroom
        if not held.liquidatable:
            assert not richer.liquidatable
    owed = held.owed[0]
    poorer = held.after(debt={owed.asset: -min(more, owed.amount / 2)})
    assert poorer.headroom > held.headroom
    if held.ratio.formula != "equity_over_requirement":
        assert poorer.value > held.value


@given(loans())
def test_translation_to_our_coverage_and_back(held):
    shown, ours = venue_ratio(held.ratio, held.standing), held.coverage
    assert shown.value is not None
    if held.standing.requirement:
        assert translate(shown.value, held.ratio, OURS, held.standing) == ours
        at_end = translate(held.ratio.liquidates_at, held.ratio, OURS, held.standing)
        assert at_end == 1


@given(loans())
def test_common_fall_ends_at_zero_headroom(held):
    fall = held.common_fall()
    assert fall is not None
    there = held.at({line.asset: line.price * (1 - fall) for line in held.held})
    assert there.headroom == 0
    assert (fall < 0) == (held.headroom < 0)


@given(loans([one for one in LENDERS if len(one[2]) == 2]))
def test_frontier_lies_at_zero_headroom(held):
    first, second = (line.asset for line in held.held)
    points = held.frontier(first, second, 5)
    assert len(points) == 5
    for x, y in points:
        assert held.at({first: x, second: y}).headroom == 0
    assert points[0][0] == 0
    assert points[-1][1] == 0


@given(loans(), st.integers(101, 300))
def test_amounts_to_a_target_are_exact_and_least(held, percent):
    goal = held.ratio.liquidates_at * Fraction(percent, 100)
    if held.ratio.rises:
        goal = held.ratio.liquidates_at / Fraction(percent, 100)
    asset = held.held[0].asset
    added, repaid = held.add_for(goal, asset), held.repay_for(goal)
    if added == 0:
        assert held.value >= goal
    elif added is not None:
        assert held.after(collateral={asset: added}).value == goal
    if repaid:
        assert repaid < held.owed[0].amount
        assert held.after(debt={held.owed[0].asset: -repaid}).value == goal


@given(loans())
def test_order_of_lines_changes_nothing(held):
    turned = replace(held, held=held.held[::-1], owed=held.owed[::-1])
    assert turned.value == held.value
    asset = held.held[0].asset
    assert turned.liquidation_price(asset) == held.liquidation_price(asset)
    assert turned.coverage == held.coverage


@given(loans())
def test_explained_terms_sum_to_what_is_answered(held):
    tree = held.explain()
    capacity, required = tree.terms[0].terms
    assert sum(term.value for term in capacity.terms) == capacity.value == held.capacity
    assert sum(term.value for term in required.terms) == required.value == held.required
    assert tree.terms[0].value == held.headroom


# ------------------------------------------------------------------------------------ liquidations


@given(loans(LENDERS[:2]))
def test_aave_liquidation_bounds(held):
    done = held.liquidate()
    owed = held.owed[0]
    seized = next(line for line in held.held if line.asset == done.collateral_asset)
    bonus = held.facts["bonus"][seized.asset]
    assert done.repaid <= owed.amount
    assert done.seized <= seized.amount
    assert done.to_liquidator + done.to_protocol == done.seized
    fee = done.seized * (bonus - 1) / bonus / 10 + tiny(2, seized.decimals)
    assert 0 <= done.to_protocol <= fee
    # The contract's prices have 8 decimals, cut; the values here are taken at those.
    worth = done.seized * cut(seized.price, 8)
    slack = tiny(2, seized.decimals) * seized.price + tiny(2, owed.decimals) * owed.price * bonus
    assert worth <= done.repaid * cut(owed.price, 8) * bonus + slack
    health = aave.on_chain_health(held)
    if health > 95 * 10**16 and (
        held.version.name == "v3.0"
        or min(seized.value, owed.value) > 2_001 + tiny(1, 6) * owed.price
    ):
        assert done.repaid <= owed.amount / 2 + tiny(1, 6) + tiny(1, 8) / owed.price


@given(
    st.integers(1, 10**24),
    st.integers(1, 10**12),
    st.integers(1, 10**13),
    st.integers(1, 10**13),
    st.integers(10_001, 12_000),
    st.integers(0, 3_000),
)
def test_aave_v37_rounds_for_the_protocol(held, debt, price, debt_price, bonus, fee):
    def moved(terms):
        return aave_call.liquidation_amounts(
            terms,
            collateral_price=price,
            collateral_unit=10**18,
            debt_price=debt_price,
            debt_unit=10**6,
            collateral_balance=held,
            reserve_debt=debt,
            total_debt_value=debt * debt_price // 10**6,
            health=9 * 10**17,
            debt_to_cover=debt,
            bonus=bonus,
            protocol_fee=fee,
        )

    group = version("aave-v3@v3.7").parameters["liquidation"]
    new = moved(aave.terms_of(group))
    exact_seized = Fraction(debt_price * new.repaid * 10**18 * bonus, price * 10**6 * 10_000)
    if new.seized < held:
        assert exact_seized - 3 < new.seized <= exact_seized
    extra = Fraction(new.seized * (bonus - 10_000), bonus)
    assert extra * fee / 10_000 <= new.protocol_fee < extra * fee / 10_000 + 2
    if new.seized == held and new.repaid < debt:
        value = price * held * 10**6 // (debt_price * 10**18)
        assert new.repaid * bonus >= value * 10_000  # up


@given(
    st.integers(1, 10**24),
    st.integers(10**30, 10**42),
    st.sampled_from((385, 625, 770, 860, 915, 945, 965, 980)),
    st.integers(10**6, 10**24),
)
def test_morpho_rounds_against_the_liquidator(amount, price, lltv, total):
    factor = morpho.incentive_factor(lltv * 10**15, 3 * 10**17, 115 * 10**16)
    assert WAD < factor <= 115 * 10**16
    shares = total * 10**6
    taken = morpho.seize(amount, price, factor, total, shares)
    worth = Fraction(amount * price, 10**36)
    assert taken.repaid * factor >= worth * WAD
    part = min(taken.shares, shares)
    paid = morpho.repay(part, price, factor, total, shares)
    assert Fraction(paid.seized * price, 10**36) * WAD <= paid.repaid * factor


@given(
    st.integers(1, 10**24),
    st.integers(1, 10**24),
    st.integers(0, 10**24),
    st.integers(10**15, 10**24),
)
def test_liquity_splits_lose_nothing(debt, collateral, pool, price):
    splits = [liquity.split_v1(debt, collateral, pool)]
    splits.append(
        liquity.split_v2(
            debt, collateral, price, pool, pool_penalty=5 * 10**16, moved_penalty=10**17
        )
    )
    taken = liquity.split_recovery(debt, collateral, price, pool, 2 * WAD, 11 * 10**17)
    if taken is not None:
        splits.append(taken)
    for split in splits:
        assert split.offset_debt + split.moved_debt == debt
        parts = (split.pool_collateral, split.gas, split.moved_collateral, split.surplus)
        assert sum(parts) == collateral
        assert min(parts) >= 0
        assert split.offset_debt <= pool
    two = splits[1]
    assert two.pool_collateral * price <= two.offset_debt * 105 * 10**16
    assert two.moved_collateral * price <= two.moved_debt * 11 * 10**17


@given(
    st.integers(1, 10**24),
    st.integers(1, 10**24),
    st.integers(10**27, 2 * 10**27),
    st.integers(1, 10**30),
    st.integers(0, 10**22),
    st.integers(0, 10**24),
)
def test_maker_bark_bounds(ink, art, rate, spot, dust, room):
    taken = maker.bark(
        ink=ink,
        art=art,
        rate_=rate,
        spot=spot,
        dust=dust * 10**27,
        chop=113 * 10**16,
        hole_all=room * 10**27 * 2,
        hole=room * 10**27,
    )
    if taken.refused:
        return
    assert ink * spot < art * rate
    assert 0 < taken.dart <= art
    assert taken.lot * art <= ink * taken.dart < (taken.lot + 1) * art
    assert taken.tab * WAD <= taken.due * 113 * 10**16 < (taken.tab + 1) * WAD
    left = (art - taken.dart) * rate
    assert left == 0 or left >= dust * 10**27
    if taken.dart < art:
        assert taken.tab <= room * 10**27


@given(
    st.integers(1, 10**26),
    st.integers(1, 10**26),
    st.integers(1, 10**26),
    st.integers(1, 10_000),
    st.integers(0, 2_000),
)
def test_euler_discount_bounds(debt_value, debt, collateral_value, ltv, discount):
    counted = collateral_value * ltv // 10_000
    collateral = collateral_value * 3 + 1
    found = euler.check_liquidation(
        counted=counted,
        debt=debt,
        debt_value=debt_value,
        collateral=collateral,
        collateral_value=collateral_value,
        max_discount=discount,
    )
    if counted > debt_value:
        assert found == euler.Limits(0, 0, 0, 0)
        return
    assert WAD - discount * WAD // 10_000 <= found.discount_factor <= WAD
    assert found.max_repay <= debt
    assert found.max_yield <= collateral
    if found.discount_factor > WAD - discount * WAD // 10_000:
        assert found.discount_factor == found.health


@pytest.mark.parametrize(("venue", "market", "held", "owed"), LENDERS)
def test_equality_is_safe_or_not_as_the_venue_says(venue, market, held, owed):
    at = {**dict.fromkeys(held, "1000"), owed: "1"}
    one = loan(
        venue, collateral=dict.fromkeys(held, "1"), debt={owed: "100"}, prices=at, market=market
    )
    found = one.liquidation_price(held[0])
    if found.exact is None:
        found = one.after(debt={owed: 1000}).liquidation_price(held[0])
        one = one.after(debt={owed: 1000})
    edge = one.at({held[0]: found.exact})
    assert edge.liquidatable is (not one.strict)
    expected = {"euler-v2": False, "okx-spot-margin": False, "binance-spot-margin": False}
    assert one.strict is expected.get(venue, True)


def cut(value: Fraction, decimals: int) -> Fraction:
    """Cut at so many decimals."""
    return Fraction(value.numerator * 10**decimals // value.denominator, 10**decimals)


def tiny(units: int, decimals: int = 18) -> Fraction:
    """So many smallest units."""
    return Fraction(units, 10**decimals)
