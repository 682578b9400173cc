"""Writes black76_reference.csv: Black-76 values of QuantLib and vollib for fixed inputs.

Run in an environment of its own that has QuantLib and vollib; neither is needed by the tests, which
read the table. Theta and rho are not QuantLib's own (those are of a spot model): they follow from its
gamma and value by the equation of Black-76. Usage: python black76_reference.py > black76_reference.csv
"""

import math
import random
import sys
from importlib.metadata import version

COLUMNS = (
    "right,forward,strike,vol,years,rate,quantlib_value,quantlib_delta,quantlib_gamma,"
    "quantlib_vega,quantlib_theta,quantlib_rho,vollib_value,vollib_implied"
)


def main() -> None:
    import QuantLib
    from vollib.black import black
    from vollib.black.implied_volatility import implied_volatility

    print(f"# QuantLib {version('QuantLib')}, vollib {version('vollib')}; inputs: seed 76")
    print(COLUMNS)
    source = random.Random(76)
    fixed = [("call", 50_000.0, 55_000.0, 0.6, 30 / 365, 0.0)]
    for _ in range(79):
        forward = round(10 ** source.uniform(-1, 5), 4)
        fixed.append(
            (
                source.choice(("call", "put")),
                forward,
                round(forward * math.exp(source.uniform(-0.7, 0.7)), 4),
                round(source.uniform(0.1, 2.5), 4),
                round(source.uniform(1 / 365, 2.0), 6),
                source.choice((0.0, 0.0, 0.03)),
            )
        )
    for right, forward, strike, vol, years, rate in fixed:
        kind = QuantLib.Option.Call if right == "call" else QuantLib.Option.Put
        discount = math.exp(-rate * years)
        model = QuantLib.BlackCalculator(
            QuantLib.PlainVanillaPayoff(kind, strike), forward, vol * math.sqrt(years), discount
        )
        flag = right[0]
        value = black(flag, forward, strike, years, rate, vol)
        row = (
            forward, strike, vol, years, rate, model.value(), model.deltaForward(),
            model.gammaForward(), model.vega(years),
            -0.5 * vol * vol * forward * forward * model.gammaForward() + rate * model.value(),
            -years * model.value(), value,
            implied_volatility(value, forward, strike, rate, years, flag),
        )  # fmt: skip
        print(right, *(repr(float(number)) for number in row), sep=",")


if __name__ == "__main__":
    sys.exit(main())
