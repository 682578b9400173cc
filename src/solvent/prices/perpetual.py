"""Fair price of a perpetual: linear, inverse and quanto contracts with constant parameters.

A long pays, per year and unit, `kappa * (f - x) + iota * x`: anchoring intensity times premium, and
an interest factor. Entering costs nothing, so gains less funding are worth nothing under the
pricing measure of the settlement money: `E[df] = (kappa * (f - x) + iota * x) dt`. Solved forward
without a bubble,

    f = integral over u > 0 of (kappa - iota) * exp(-kappa * u) * E[x(u)]
      = (kappa - iota) / kappa * E[x(T)],   T exponential with mean 1 / kappa,

and with `E[x(u)] = x * exp(mu * u)`

    f = x * (kappa - iota) / (kappa - mu),  for kappa > mu.

Only `mu`, the carry, depends on the contract. Quote and base money earn `r_a` and `r_b`:

    linear   mu = r_a - r_b
    quanto   mu = r_a - r_b + rho * sigma_x * sigma_y: a fixed amount of a third asset y (priced in
             the same quote) per point, so that the measure is y's, which tilts the drift of x
    inverse  a short of the linear contract on 1/x, whose carry is r_b - r_a: f and x change places.
             No volatility enters, since 1/x grows at r_b - r_a under the coin's measure.

Paid every `interval` (years), the same steps give the same formula: with `g = exp(mu * interval)`,
`mu` becomes `(g - 1) / interval` where the premium is that at the start of the period, and
`(1 - 1 / g) / interval` where it is that at the payment. Linear and inverse contracts need no
model: long the contract and short `f / x` of spot (discounted by the base money's interest over a
period) earns nothing on any path.

Source: Ackerer, Hugonnier and Jermann, "Perpetual Futures Pricing" (arXiv 2310.11771, NBER working
paper 32936): propositions 1, 2 (discrete), 3, 4 (continuous), 5 (quanto). Derived here as above;
the closed forms were compared with two implementations that cite them (QuantLib's test suite of
perpetual futures; an OCaml one), the paper's own text having been at hand only in part. The paper
writes iota of the inverse contract for the holder of 1/x: it is minus `interest` here, which is
what longs pay, as for the other kinds.

What it is not: a venue's rate. A rate with a clamp or cap is linear in the premium only outside the
clamp; inside it a premium is worth nothing and prices are only bounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

PerpetualKind = Literal["linear", "inverse", "quanto"]
PremiumAt = Literal["start", "end"]


class NoPerpetualPrice(ValueError):
    """Terms without a fair price; the sentence says which bound they break."""


@dataclass(frozen=True, slots=True)
class Perpetual:
    """Terms of a perpetual and of its market, per year.

    anchoring: kappa, share of the premium paid a year: 365 * 24 / 8 = 1095 where a rate of 8 hours
    is the whole premium, 365 where a day's is (FTX). interest: iota, share of spot that longs pay
    besides. quote_rate, base_rate: continuously compounded rates of the money the price is in and
    of the asset priced. kind: "quanto" needs vol (of the asset), settle_vol (of the asset it
    settles in) and their correlation; the other kinds do not depend on them. interval: years
    between payments, 0 for continuous funding. premium_at: which premium a payment is of, that at
    its interval's start or end.

    Raises NoPerpetualPrice for terms that are not finite, intensities not above zero, and kinds
    that are not known.
    """

    anchoring: float
    interest: float = 0.0
    quote_rate: float = 0.0
    base_rate: float = 0.0
    kind: PerpetualKind = "linear"
    vol: float = 0.0
    settle_vol: float = 0.0
    correlation: float = 0.0
    interval: float = 0.0
    premium_at: PremiumAt = "start"

    def __post_init__(self) -> None:
        numbers = (self.interest, self.quote_rate, self.base_rate, self.vol, self.settle_vol)
        if not all(map(math.isfinite, numbers)):
            raise NoPerpetualPrice(f"terms {numbers}: must be finite")
        if not (self.anchoring > 0.0 and math.isfinite(self.anchoring)):
            raise NoPerpetualPrice(
                f"anchoring {self.anchoring}: must be above zero; without it nothing ties the "
                "price to the spot"
            )
        if self.kind not in get_args(PerpetualKind):
            raise NoPerpetualPrice(f"kind {self.kind!r}: is none of linear, inverse, quanto")
        if self.premium_at not in get_args(PremiumAt):
            raise NoPerpetualPrice(f"premium_at {self.premium_at!r}: is neither start nor end")
        if not (self.vol >= 0.0 and self.settle_vol >= 0.0 and abs(self.correlation) <= 1.0):
            raise NoPerpetualPrice(
                f"volatilities {self.vol}, {self.settle_vol} and correlation {self.correlation}: "
                "must be at least zero, and between -1 and 1"
            )
        if not (self.interval >= 0.0 and math.isfinite(self.interval)):
            raise NoPerpetualPrice(f"interval {self.interval}: must be zero or more years")

    @property
    def inverse(self) -> bool:
        """Whether it settles in the asset priced."""
        return self.kind == "inverse"

    @property
    def tilt(self) -> float:
        """What settling in a third asset adds to the drift, per year; 0 but for a quanto."""
        return self.correlation * self.vol * self.settle_vol if self.kind == "quanto" else 0.0


def perpetual_price(spot: float, terms: Perpetual) -> float:
    """Fair price in the quote of `spot`. Raises NoPerpetualPrice where it is not finite and
    positive. Source: propositions 1 to 5 of the paper above.

    Money at 5 %, a coin that earns nothing, the whole premium paid every 8 hours:

    >>> round(perpetual_price(50_000.0, Perpetual(1095.0, quote_rate=0.05)), 4)
    50002.2832

    An inverse contract on the same coin, and one on another coin that settles in it (quanto):

    >>> round(perpetual_price(50_000.0, Perpetual(1095.0, quote_rate=0.05, kind="inverse")), 4)
    50002.2831
    >>> quanto = Perpetual(1095.0, quote_rate=0.05, kind="quanto", vol=0.8, settle_vol=0.6,
    ...                    correlation=0.7)
    >>> round(perpetual_price(2_000.0, quanto), 4)
    2000.7053
    """
    if not (spot > 0.0 and math.isfinite(spot)):
        raise NoPerpetualPrice(f"spot {spot}: must be above zero")
    carry, interest = _carry(terms), _facing(terms, terms.interest)
    if not terms.anchoring > carry:
        raise NoPerpetualPrice(
            f"anchoring {terms.anchoring}: not above the carry {carry}, so that the expected spot "
            "grows faster than the weight of its time falls and no price is finite"
        )
    if not terms.anchoring > interest:
        raise NoPerpetualPrice(
            f"interest {terms.interest}: not within the anchoring {terms.anchoring}, so that no "
            "price is positive"
        )
    _check_ringing(terms, carry)
    ratio = (terms.anchoring - interest) / (terms.anchoring - carry)
    return spot / ratio if terms.inverse else spot * ratio


def perpetual_basis(terms: Perpetual) -> float:
    """Fair premium over spot, as a share of it: price / spot - 1.

    >>> round(perpetual_basis(Perpetual(365.0, quote_rate=0.0365)), 8)
    0.00010001
    """
    return perpetual_price(1.0, terms) - 1.0


def fair_funding(terms: Perpetual) -> float:
    """Funding a long pays per year at the fair price, as a share of the notional at that price.

    It is the carry, whatever the anchoring and the interest factor are: a higher interest factor
    lowers the price until longs pay the same. It is also the interest factor with which the price
    is the spot (the paper's corollaries on perfect anchoring). Simple, not compounded: times the
    interval it is one payment.

    >>> round(fair_funding(Perpetual(1095.0, quote_rate=0.05, base_rate=0.02)), 9)
    0.03
    >>> perpetual_basis(Perpetual(1095.0, interest=0.05, quote_rate=0.05))
    0.0
    """
    return _facing(terms, _carry(terms))


def implied_carry(price: float, spot: float, terms: Perpetual) -> float:
    """The rate of the quote less that of the base, continuously compounded, at which a price seen
    beside a spot is fair. The two rates of `terms` are not read.

    Raises NoPerpetualPrice where no difference of rates gives the price.

    >>> round(implied_carry(50_002.2832, 50_000.0, Perpetual(1095.0)), 6)
    0.05
    """
    ratio = _ratio(price, spot, terms)
    carry = terms.anchoring - (terms.anchoring - _facing(terms, terms.interest)) / ratio
    growth = carry
    if terms.interval > 0.0:
        step = carry * terms.interval
        factor = 1.0 + step if terms.premium_at == "start" else 1.0 - step
        if not factor > 0.0:
            raise NoPerpetualPrice(
                f"price {price} beside spot {spot}: needs a carry of {carry} a year, which no "
                f"rates give over {terms.interval} years"
            )
        growth = math.log(factor) / terms.interval * (1.0 if terms.premium_at == "start" else -1.0)
    return _facing(terms, growth) - terms.tilt


def implied_interest(price: float, spot: float, terms: Perpetual) -> float:
    """The interest factor per year at which a price seen beside a spot is fair; that of `terms` is
    not read.

    >>> terms = Perpetual(1095.0, interest=0.1095, quote_rate=0.05)
    >>> round(implied_interest(perpetual_price(50_000.0, terms), 50_000.0, terms), 9)
    0.1095
    """
    ratio = _ratio(price, spot, terms)
    return _facing(terms, terms.anchoring - ratio * (terms.anchoring - _carry(terms)))


def _facing(terms: Perpetual, rate: float) -> float:
    """A rate that longs pay, for the holder of what the formula prices (inverse: 1/x)."""
    return -rate if terms.inverse else rate


def _carry(terms: Perpetual) -> float:
    """Simple growth per year of what the formula prices, under the settlement money's measure."""
    growth = _facing(terms, terms.quote_rate - terms.base_rate) + terms.tilt
    if terms.interval == 0.0:
        return growth
    if terms.premium_at == "start":
        return math.expm1(growth * terms.interval) / terms.interval
    return -math.expm1(-growth * terms.interval) / terms.interval


def _ratio(price: float, spot: float, terms: Perpetual) -> float:
    if not (price > 0.0 and spot > 0.0 and math.isfinite(price) and math.isfinite(spot)):
        raise NoPerpetualPrice(f"price {price} beside spot {spot}: both must be above zero")
    return spot / price if terms.inverse else price / spot


def _check_ringing(terms: Perpetual, carry: float) -> None:
    """Paid on the premium at the payment, more than the whole of it, the sum may not converge."""
    if terms.interval == 0.0 or terms.premium_at == "start":
        return
    step = terms.anchoring * terms.interval
    if (step - 1.0) >= 1.0 - carry * terms.interval:
        raise NoPerpetualPrice(
            f"anchoring {terms.anchoring}: {step} of the premium a payment overshoots; it must "
            f"stay below {2.0 - carry * terms.interval}"
        )
