"""Policy: a venue's waterfall as data. Integers only, so that the engine takes it as one row."""

from __future__ import annotations

from dataclasses import dataclass, fields

from solvent.units import MONEY_MAX, RATE_SCALE_MAX
from solvent.watch import rules

METHODS = {"full": 0, "partial": 1}
ADL_METHODS = {"none": 0, "queue": 1, "pro_rata": 2}
PPM = 1_000_000


class PolicyError(ValueError):
    """A policy that contradicts itself; the message names the field and the values."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of watching and of the liquidation waterfall, for one venue.

    Factors are (numerator, denominator) multiples of maintenance: levels `warn` >= `call` >= 1 >=
    `backstop`; liquidation ends at `target` >= 1.
    `*_ppm` are over 1e6 of notional. Times are nanoseconds. `profit_cap`: most unrealised profit
    that counts, money units, None: all of it.
    scenario_initial: initial margin of accounts margined by scenarios, a multiple >= 1 of their
    maintenance (the levels' factors apply to them as well).
    method: "full" or "partial" (of an account margined by scenarios: the leg and lots that release
    most, hedges last); adl: "queue", "pro_rata" or "none". surplus_to_fund: what forced
    fills bring beyond the zero price goes to the fund.
    """

    method: str = "partial"
    target: tuple[int, int] = (11, 10)
    close_cost_ppm: int = 500
    fee_ppm: int = 5_000
    surplus_to_fund: bool = False
    adl: str = "queue"
    adl_market: bool = False
    socialise: bool = True
    order_deadline_ns: int = 60_000_000_000
    warn: tuple[int, int] = (3, 2)
    call: tuple[int, int] = (5, 4)
    backstop: tuple[int, int] = (2, 3)
    inclusive: bool = False
    profit_cap: int | None = None
    interval_ns: int = 0
    call_period_ns: int = 3_600_000_000_000
    withdraw_band_ppm: int = 0
    scenario_initial: tuple[int, int] = (13, 10)

    def factors(self) -> tuple[tuple[int, int], ...]:
        """Factor of each level with a requirement, in level order; checked. Raises PolicyError when
        the order of the levels could flip.
        """
        factors = (self.warn, self.call, (1, 1), self.backstop)
        names = ("warn", "call", "liquidation", "backstop")
        for name, (num, den) in zip(names, factors, strict=True):
            if num <= 0 or den <= 0:
                raise PolicyError(f"{name} factor {num}/{den}: both parts must be greater than 0")
        for i in range(3):
            (a, b), (c, d) = factors[i], factors[i + 1]
            if a * d < c * b:
                raise PolicyError(
                    f"level {names[i]} ({a}/{b}) must not be below level {names[i + 1]} "
                    f"({c}/{d}): accounts would pass them in the wrong order"
                )
        return factors

    def _check_whole(self) -> None:
        for field in fields(self):
            given = getattr(self, field.name)
            numbers = given if isinstance(given, tuple) else (given,)
            if any(isinstance(number, float) for number in numbers):
                raise PolicyError(f"{field.name} is {given}; policies are whole numbers")

    def row(self) -> list[int]:
        """The policy as the engine's integers. Raises PolicyError."""
        self.factors()
        if self.method not in METHODS:
            raise PolicyError(f"method {self.method!r} is unknown; use one of {', '.join(METHODS)}")
        if self.adl not in ADL_METHODS:
            raise PolicyError(f"adl {self.adl!r} is unknown; use one of {', '.join(ADL_METHODS)}")
        num, den = self.target
        if den <= 0 or num < den or num > 1 << 20:
            raise PolicyError(
                f"target {num}/{den} must be at least 1: a liquidation that ends below "
                "maintenance starts again at once"
            )
        self._check_whole()
        over, under = self.scenario_initial
        if under <= 0 or over < under:
            raise PolicyError(
                f"scenario_initial {over}/{under} must be at least 1: initial margin is not below "
                "maintenance"
            )
        if self.profit_cap is not None and not 0 <= self.profit_cap <= MONEY_MAX:
            raise PolicyError(f"profit_cap is {self.profit_cap}; need 0 to {MONEY_MAX} units")
        for name in ("close_cost_ppm", "fee_ppm", "withdraw_band_ppm"):
            ppm = getattr(self, name)
            if not 0 <= ppm < PPM:
                raise PolicyError(f"{name} is {ppm}; it must be at least 0 and below {PPM}")
        for name in ("order_deadline_ns", "interval_ns", "call_period_ns"):
            if not 0 <= getattr(self, name) < 1 << 60:
                raise PolicyError(
                    f"{name} is {getattr(self, name)}; it must be between 0 and {(1 << 60) - 1} "
                    "nanoseconds"
                )
        row = [0] * rules.POLICY_SIZE
        row[rules.INCLUSIVE] = int(self.inclusive)
        row[rules.PROFIT_CAP] = -1 if self.profit_cap is None else self.profit_cap
        row[rules.INTERVAL] = self.interval_ns
        row[rules.CALL_PERIOD] = self.call_period_ns
        row[rules.WITHDRAW_BAND] = self.withdraw_band_ppm
        row[rules.METHOD] = METHODS[self.method]
        row[rules.TARGET_NUM], row[rules.TARGET_DEN] = num, den
        row[rules.CLOSE_COST] = self.close_cost_ppm
        row[rules.FEE] = self.fee_ppm
        row[rules.SURPLUS_TO_FUND] = int(self.surplus_to_fund)
        row[rules.DEADLINE] = self.order_deadline_ns
        row[rules.ADL] = ADL_METHODS[self.adl]
        row[rules.ADL_MARKET] = int(self.adl_market)
        row[rules.SOCIALISE] = int(self.socialise)
        factors = (*self.factors(), self.scenario_initial)
        row[rules.FACTORS : rules.INITIAL_DEN + 1] = [part for pair in factors for part in pair]
        row[rules.FACTOR_MAX] = max(-(-num // den) for num, den in factors)
        if max(row[rules.FACTORS : rules.INITIAL_DEN + 1]) > RATE_SCALE_MAX:
            raise PolicyError(f"level factors {factors}: parts are at most {RATE_SCALE_MAX}")
        return row
