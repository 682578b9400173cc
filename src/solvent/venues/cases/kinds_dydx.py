"""dYdX v4: bankruptcy price of a slice, fillable price, initial margin scaled by open interest.

Everything is an integer of the protocol: quote quantums (1e-6 USD), base quantums (10 to the
market's resolution), fractions in millionths. Notionals are cut towards zero, requirements round
up. Source: dydxprotocol/v4-chain, clob and perpetuals modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.fillable import bankruptcy_rating, fillable_price
from solvent.margin.open_interest import (
    PPM,
    initial_quote,
    maintenance_quote,
    scaled_fraction,
)
from solvent.margin.zero import zero_quote
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, Refusal, kind

ADJUSTMENT = 1_000_000
SPREAD = 100_000
QUOTE_RESOLUTION = -6
RESOLUTION_MAX = 40


@dataclass(frozen=True, slots=True)
class Market:
    """One perpetual: quote quantums per base quantum, and its margin fractions in ppm."""

    number: int
    price: Fraction
    base: int
    maintenance: int
    usd: Fraction

    def value(self, quantums: int) -> int:
        """Signed notional in quote quantums, cut towards zero."""
        whole = abs(quantums) * self.price.numerator // self.price.denominator
        return whole if quantums >= 0 else -whole

    def held(self, quantums: int) -> int:
        """Maintenance margin in quote quantums."""
        return maintenance_quote(abs(self.value(quantums)), self.base, self.maintenance)


@dataclass(frozen=True, slots=True)
class Account:
    """A subaccount and the slice asked about."""

    equity: int
    held: int
    market: Market
    quantums: int
    delta: int
    terms: tuple[Term, ...]


def slice_price(inputs: Inputs) -> Answer:
    """Quote quantums at which closing a slice leaves the account's equity over maintenance
    unchanged: `-dNNV - floor(TNC * |dMMR| / TMMR)`; positive when the slice is sold. Our zero
    price.
    """
    account = _account(inputs)
    left = account.quantums + account.delta
    slice_value = account.market.value(account.quantums) - account.market.value(left)
    released = account.market.held(account.quantums) - account.market.held(left)
    quote = zero_quote(slice_value, account.equity, released, account.held)
    per_quantum = Fraction(quote, -account.delta)
    return Answer(
        {
            "bankruptcy_quote": quote,
            "bankruptcy_price_usd": per_quantum * account.market.usd,
            "bankruptcy_price": per_quantum * account.market.usd,
            "net_collateral": account.equity,
            "maintenance_margin": account.held,
        },
        Term(
            "zero quote of the slice",
            quote,
            "quote quantums",
            "value of the slice - floor(equity * released / maintenance)",
            terms=(
                Term("value of the slice", slice_value, "quote quantums"),
                Term("released maintenance", released, "quote quantums"),
                *account.terms,
            ),
        ),
    )


@kind("fillable_price")
def fillable(inputs: Inputs) -> Answer:
    """The worst price a liquidation of the position is willing to take, exact: `(PNNV - ABR * SMMR
    * PMMR) / PS`.
    """
    account = _account(inputs)
    adjustment = inputs.whole("adjustment_ppm", ADJUSTMENT)
    spread = inputs.whole("spread_ppm", SPREAD)
    market, size = account.market, account.quantums
    value, needed = market.value(size), market.held(size)
    price = fillable_price(value, needed, size, account.equity, account.held, adjustment, spread)
    rating = bankruptcy_rating(account.equity, account.held, adjustment)
    return Answer(
        {
            "fillable_price": price,
            "fillable_price_usd": price * market.usd,
            "net_collateral": account.equity,
            "maintenance_margin": account.held,
        },
        Term(
            "fillable price",
            price * market.usd,
            "USD",
            "(value - rating * spread * maintenance of the position) / size",
            terms=(
                Term("bankruptcy rating", rating, "", "adjustment * (1 - equity / maintenance)"),
                Term("spread", Fraction(spread, PPM)),
                Term("value of the position", value, "quote quantums"),
                Term("maintenance of the position", needed, "quote quantums"),
                *account.terms,
            ),
        ),
    )


@kind("open_interest_scaled_initial_margin")
def scaled_initial_margin(inputs: Inputs) -> Answer:
    """Initial margin of a position whose fraction rises with the market's open interest."""
    base = inputs.whole("imf_ppm")
    open_interest = inputs.whole("open_interest", 0)
    lower, upper = inputs.whole("oi_lower", 0), inputs.whole("oi_upper", 0)
    if base > PPM or base < 0 or lower > upper:
        raise Refusal(
            f"a base fraction of {base} ppm with caps {lower} and {upper}: the fraction is at most "
            f"{PPM} and the lower cap at most the upper"
        )
    fraction = scaled_fraction(base, open_interest, lower, upper)
    notional = abs(inputs.whole("notional"))
    margin = initial_quote(notional, fraction, inputs.whole("custom_imf_ppm", 0))
    return Answer(
        {
            "initial_margin_quote": margin,
            "initial_margin_ppm": fraction,
            "imf_ppm": fraction,
        },
        Term(
            "initial margin",
            margin,
            "quote quantums",
            "ceil(notional * fraction)",
            terms=(
                Term("notional", notional, "quote quantums"),
                Term(
                    "initial margin fraction",
                    fraction,
                    "ppm",
                    "base + (1 - base) * (open interest - lower) / (upper - lower)",
                    "rounded down",
                ),
            ),
        ),
    )


def _account(inputs: Inputs) -> Account:
    markets = {market.number: market for market in map(_market, inputs.rows("markets"))}
    if not markets:
        raise inputs.missing("markets")
    equity = inputs.whole("quote_balance")
    held = 0
    sizes: dict[int, int] = {}
    terms = [Term("quote balance", equity, "quote quantums")]
    for row in inputs.rows("positions"):
        number, quantums = row.whole("perpetual_id"), row.whole("base_quantums")
        if number not in markets:
            raise CaseError(f"{row.where}perpetual_id: no market {number} among the inputs")
        if number in sizes:
            raise CaseError(f"{row.where}perpetual_id: two positions in perpetual {number}")
        sizes[number] = quantums
        market = markets[number]
        equity += market.value(quantums)
        held += market.held(quantums)
        terms.append(
            Term(
                f"position in perpetual {number}",
                quantums,
                "base quantums",
                terms=(
                    Term("value", market.value(quantums), "quote quantums"),
                    Term("maintenance", market.held(quantums), "quote quantums"),
                ),
            )
        )
    number = inputs.whole("perpetual_id")
    size = sizes.get(number, 0)
    delta = inputs.whole("delta", -size)
    if size == 0 or delta * size >= 0 or abs(delta) > abs(size):
        raise Refusal(
            f"a change of {delta} does not close part of a position of {size} base quantums in "
            f"perpetual {number}"
        )
    if held <= 0:
        raise Refusal("nothing is held for the account; such a price does not exist")
    total = (
        Term("equity", equity, "quote quantums", "quote balance + values"),
        Term("maintenance", held, "quote quantums"),
        *terms,
    )
    return Account(equity, held, markets[number], size, delta, total)


def _market(row: Inputs) -> Market:
    quote = row.whole("quote_resolution", QUOTE_RESOLUTION)
    step = row.whole("base_resolution") - quote
    if abs(step) > RESOLUTION_MAX:
        raise CaseError(f"{row.where}base_resolution: 10 to the {step} is not a step of a quantum")
    unit = Fraction(10) ** step
    return Market(
        row.whole("perpetual_id"),
        row.number("oracle_price") * unit,
        row.whole("imf_ppm"),
        row.whole("maintenance_fraction_ppm"),
        1 / unit,
    )
