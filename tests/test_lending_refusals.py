"""Lenders: bad input is one sentence; answers carry their figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from solvent.venues.lending import (
    aave,
    health,
    liquidation_price,
    loan,
)
from solvent.venues.numbers import InputError
from solvent.venues.presets.catalogue import version
from solvent.venues.presets.fields import PresetError

V37 = aave.terms_of(version("aave-v3@v3.7").parameters["liquidation"])
V33 = aave.terms_of(version("aave-v3@v3.3").parameters["liquidation"])
V30 = aave.terms_of(version("aave-v3@v3.0").parameters["liquidation"])


AAVE = {
    "collateral": {"WETH": "10"},
    "debt": {"USDC": "15000"},
    "prices": {"WETH": "1800", "USDC": "1"},
}


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"collateral": {"WETH": 10.0}}, "float"),
        ({"prices": {"WETH": 1800.5, "USDC": "1"}}, "float"),
        ({"prices": {"WETH": "1800"}}, "USDC"),
        ({"prices": {"WETH": "0", "USDC": "1"}}, "WETH"),
        ({"prices": {"WETH": "-3", "USDC": "1"}}, "WETH"),
        ({"collateral": {"WETHH": "10"}}, "WETH"),
        (
            {"collateral": {"GHO": "10"}, "prices": {"GHO": "1", "USDC": "1"}},
            "cannot be collateral",
        ),
        ({"collateral": {}}, "at least one"),
        ({"collateral": {"WETH": "-1"}}, "WETH"),
        ({"emod": "x"}, "emod"),
        ({"emode": "ETH-correlated"}, "ETH correlated"),
    ],
)
def test_bad_input_is_one_sentence(change, words):
    with pytest.raises(InputError, match=words) as caught:
        loan("aave-v3", **{**AAVE, **change})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_wrong_venues_are_told():
    with pytest.raises(PresetError, match="unknown"):
        loan("aave-v4", **AAVE)
    with pytest.raises(InputError, match="no lender"):
        loan("dydx-v4", **AAVE)
    with pytest.raises(InputError, match="llamma"):
        loan("crvusd", **AAVE)
    with pytest.raises(InputError, match="no asset of this loan"):
        loan("aave-v3", **AAVE).liquidation_price("WETTH")
    with pytest.raises(InputError, match="name the asset"):
        liquidation_price(
            "aave-v3",
            collateral={"WETH": "1", "WBTC": "1"},
            debt={"USDC": "1"},
            prices={"WETH": "1", "WBTC": "1", "USDC": "1"},
        )
    with pytest.raises(InputError, match="takes no 'repya'"):
        loan("aave-v3", **AAVE).liquidate(repya="1")
    with pytest.raises(InputError, match="negative"):
        loan("aave-v3", **AAVE).liquidate(repay="-1")
    with pytest.raises(InputError, match="different"):
        loan("aave-v3", **AAVE).frontier("WETH", "WETH")
    with pytest.raises(InputError, match="more than there is"):
        loan("aave-v3", **AAVE).after(debt={"USDC": "-15001"})


def test_dates_choose_the_version():
    old = loan("aave-v3", at=date(2024, 6, 1), **AAVE)
    assert old.version.name == "v3.0"
    assert loan("aave-v3", **AAVE).version.name == "v3.7"


def test_decimal_and_text_agree():
    text = loan("aave-v3", **AAVE)
    number = loan(
        "aave-v3",
        collateral={"WETH": Decimal(10)},
        debt={"USDC": 15_000},
        prices={"WETH": Fraction(1800), "USDC": Decimal("1.000")},
    )
    assert text.value == number.value


def test_explain_holds_every_figure():
    held = loan(
        "aave-v3",
        collateral={"WETH": "10", "WBTC": "0.5"},
        debt={"USDC": "15000", "DAI": "1000"},
        prices={"WETH": "1800", "WBTC": "60000", "USDC": "1", "DAI": "1.01"},
    )
    tree = held.explain()
    assert tree.value == held.value
    spare = tree.terms[0]
    assert spare.value == spare.terms[0].value - spare.terms[1].value == held.headroom
    assert sum(term.value for term in spare.terms[0].terms) == held.capacity
    assert sum(term.value for term in spare.terms[1].terms) == held.required
    for term, line in zip(spare.terms[0].terms, held.held, strict=True):
        amount, price, factor = (one.value for one in term.terms)
        assert amount * price * factor == line.counted
    words = str(tree)
    for part in ("liquidation threshold", "WBTC", "DAI", "aave-v3@v3.7", "loan to value"):
        assert part in words


def test_no_debt_has_no_ratio():
    held = loan("aave-v3", collateral={"WETH": "1"}, prices={"WETH": "2000"})
    assert held.value is None
    assert not held.liquidatable
    assert held.free_to_borrow == 1_610
    assert "nothing is owed" in str(
        health("aave-v3", collateral={"WETH": "1"}, prices={"WETH": "2000"})
    )


def test_spot_margin_rule_has_no_hidden_default():
    with pytest.raises(InputError, match="cross-99x"):
        loan(
            "binance-spot-margin",
            collateral={"BTC": "1"},
            debt={"USDT": "1"},
            prices={"BTC": "1", "USDT": "1"},
            market="cross-99x",
        )
