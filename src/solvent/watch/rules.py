"""Places in the policy row: the rules of watching and liquidation as integers (text form:
`solvent.liquidation.Policy`).
"""

INCLUSIVE = 0
"""1: a level is violated at buffer <= 0 (OKX), 0: below 0 only (Binance, Hyperliquid, dYdX)."""
PROFIT_CAP = 1
"""Most unrealised profit that counts, in money units; -1: no cap."""
INTERVAL = 2
"""Nanoseconds between judgements; 0: every snapshot."""
CALL_PERIOD = 3
"""Nanoseconds an account has to answer a margin call."""
WITHDRAW_BAND = 4
"""Adverse move over 1e6 at which withdrawals are tested."""
METHOD = 5
"""0: full close, 1: partial close to the target."""
TARGET_NUM = 6
TARGET_DEN = 7
"""Liquidation ends at equity >= requirement * num / den."""
CLOSE_COST = 8
"""Assumed cost of closing, over 1e6 of notional (sizing)."""
FEE = 9
"""Liquidation fee over 1e6 of notional, paid to the fund out of what is left above the zero price.
"""
SURPLUS_TO_FUND = 10
"""1: what a forced fill brings beyond the zero price goes to the fund (BitMEX), 0: the customer
keeps it.
"""
DEADLINE = 11
"""Nanoseconds a forced order is valid."""
ADL = 12
"""0: none, 1: queue by profit x leverage, 2: pro rata."""
ADL_MARKET = 13
"""1: the MARKET account may be deleveraged too."""
SOCIALISE = 14
"""1: a deficit the fund cannot cover is shared by the holders of the instruments it arose in."""
FACTORS = 15
"""Numerator and denominator of each level warn .. backstop, for accounts margined by scenarios
(schedules have them in their rates)."""
INITIAL_NUM = 23
INITIAL_DEN = 24
"""Initial requirement of such an account, as a multiple of its maintenance."""
FACTOR_MAX = 25
"""The greatest of these factors, rounded up: the bound of the entries of risk arrays."""
POLICY_SIZE = 32
