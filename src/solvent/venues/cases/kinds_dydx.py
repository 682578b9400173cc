"""dYdX v4: bankruptcy price of a slice, fillable price, liquidation, initial margin that scales.

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
from solvent.venues.cases.aliases import spellings
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, Refusal, Result, kind

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
class Subaccount:
    """What a subaccount is worth, what is held for it, and its positions by perpetual."""

    equity: int
    held: int
    markets: dict[int, Market]
    sizes: dict[int, int]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """A subaccount and the slice asked about."""

    equity: int
    held: int
    market: Market
    quantums: int
    delta: int
    terms: tuple[Term, ...]


def subaccount_check(inputs: Inputs) -> Answer:
    """Whether a subaccount is liquidated: its maintenance is positive and above its equity."""
    found = _subaccount(inputs)
    below = found.held > 0 and found.held > found.equity
    return Answer(
        {
            "liquidatable": below,
            "net_collateral": found.equity,
            "equity": found.equity,
            "maintenance_margin": found.held,
            "requirement": found.held,
            "headroom": found.equity - found.held,
        },
        Term("liquidated" if below else "safe", None, "", "equity < maintenance", "", found.terms),
    )


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
    """Initial margin of a position whose fraction rises with the market's open interest; its
    maintenance, which never does. Without a position the fraction alone.
    """
    base, share = inputs.whole("imf_ppm"), inputs.whole("maintenance_fraction_ppm", 0)
    open_interest = inputs.whole("open_interest", 0)
    lower, upper = inputs.whole("oi_lower", 0), inputs.whole("oi_upper", 0)
    if not 0 <= base <= PPM or not 0 <= share <= PPM or lower > upper:
        raise Refusal(
            f"a base fraction of {base} ppm, a maintenance fraction of {share} ppm and caps "
            f"{lower} and {upper}: a fraction is at most {PPM} and the lower cap at most the upper"
        )
    fraction = scaled_fraction(base, open_interest, lower, upper)
    chosen = inputs.whole("custom_imf_ppm", 0)
    results: dict[str, Result] = {"initial_margin_ppm": fraction, "imf_ppm": fraction}
    rate = Term(
        "initial margin fraction",
        fraction,
        "ppm",
        "base + (1 - base) * (open interest - lower) / (upper - lower)",
        "rounded down",
    )
    if not inputs.given("notional"):
        inputs.note(f"amounts need {spellings('notional', inputs.case.kind)}")
        return Answer(results, rate)
    notional = abs(inputs.whole("notional"))
    margin = initial_quote(notional, fraction, chosen)
    results["initial_margin_quote"] = margin
    terms = [Term("notional", notional, "quote quantums"), rate]
    if inputs.given("maintenance_fraction_ppm"):
        held = maintenance_quote(notional, base, share)
        results["maintenance_margin_quote"] = held
        terms.append(Term("maintenance margin", held, "quote quantums", "of the base fraction"))
    formula = "ceil(notional * fraction)"
    return Answer(
        results, Term("initial margin", margin, "quote quantums", formula, terms=tuple(terms))
    )


def _subaccount(inputs: Inputs) -> Subaccount:
    markets = {market.number: market for market in map(_market, inputs.rows("markets"))}
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
    total = (
        Term("equity", equity, "quote quantums", "quote balance + values"),
        Term("maintenance", held, "quote quantums"),
        *terms,
    )
    return Subaccount(equity, held, markets, sizes, total)


def _account(inputs: Inputs) -> Account:
    """The subaccount and the slice asked about: of the position named, or of its only one."""
    found = _subaccount(inputs)
    if not found.markets:
        raise inputs.missing("markets")
    only = next(iter(found.sizes)) if len(found.sizes) == 1 else None
    number = inputs.whole("perpetual_id", only)
    size = found.sizes.get(number, 0)
    delta = inputs.whole("delta", -size)
    if size == 0 or delta * size >= 0 or abs(delta) > abs(size):
        raise Refusal(
            f"a change of {delta} does not close part of a position of {size} base quantums in "
            f"perpetual {number}"
        )
    if found.held <= 0:
        raise Refusal("nothing is held for the account; such a price does not exist")
    market = found.markets[number]
    return Account(found.equity, found.held, market, size, delta, found.terms)


def _market(row: Inputs) -> Market:
    quote = row.whole("quote_resolution", QUOTE_RESOLUTION)
    step = row.whole("base_resolution") - quote
    if abs(step) > RESOLUTION_MAX:
        raise CaseError(f"{row.where}base_resolution: 10 to the {step} is not a step of a quantum")
    unit = Fraction(10) ** step
    price = row.number("oracle_price")
    if price < 0:
        raise CaseError(f"{row.spelled('oracle_price')}: {price} is below 0")
    return Market(
        row.whole("perpetual_id"),
        price * unit,
        _fraction(row, "imf_ppm"),
        _fraction(row, "maintenance_fraction_ppm"),
        1 / unit,
    )


def _fraction(row: Inputs, name: str) -> int:
    """A share in millionths, of 0 to 100 %."""
    value = row.whole(name)
    if not 0 <= value <= PPM:
        raise CaseError(f"{row.spelled(name)}: {value} ppm is not within 0 and {PPM}")
    return value
