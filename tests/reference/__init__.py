"""The naive reference: docs/semantics.md as fractions and a full scan.

It shares the row layouts and the kinds of commands and events with the product, and nothing else:
no
formula, no table, no index. After every command everything that was touched is evaluated from
nothing. Where it and the engine differ, docs/semantics.md decides which of the two is wrong.

Open questions are listed in QUESTIONS with the reading chosen here.
"""

from tests.reference.machine import COMMAND_FIELDS, EVENT_FIELDS, Reference, Refused
from tests.reference.terms import (
    FOREVER,
    Account,
    Instrument,
    Margin,
    Order,
    Policy,
    RiskArray,
    Schedule,
    Slot,
)

QUESTIONS: tuple[str, ...] = (
    "2 SETTLE: each slot is paid value(lots, price) - cost, the remainder goes to ROUNDING, orders"
    " and leverage of the slot vanish, `b` counts MARKET's slot, the mark becomes the final price.",
    "2 the fee of a fill under two settlement assets: wallet and FEES of the account's asset.",
    "4 checked fills: a pure reduction is not tested (EXIT-1); a flip is.",
    "4 LEVERAGE is tested only when it becomes tighter; RESERVE when buys or sells grow.",
    "4 withdrawals: the wallet itself must not become negative, whatever `free` says.",
    "4 the profit cap holds in the initial test too.",
    "4 no level factor on haircuts; no closing fee in the initial requirement.",
    "4 slope and sqrt: the rate is rounded over the scale at factor 1, then multiplied.",
    "5 PRICE_ACCEPTED is documented as an event and not emitted.",
    "5 the first interval (time // interval = 0) counts as judged.",
    "5 per changed account LEVEL_CHANGED, MARGIN_CALLED or _CURED, LIQUIDATION_STARTED; then all"
    " planning; then the levels of accounts whose liquidation ended and of their parents.",
    "5 MARGIN_CALL_LAPSED: by TIMER only, before its judgement, strictly after the deadline, with"
    " the amount missing now; nothing follows from it.",
    "6 DEFICIT_UNALLOCATED ends the liquidation; such an account is liquidated again only when it"
    " holds derivative lots, or after a deposit that lifts its wallet to 0.",
    "6 a forced fill is limited by the lots held as well; what is left of an order whose owner"
    " closed the lots himself waits for its deadline or for ORDER_CLOSED.",
    "6 a counterparty that ADL would push below bankruptcy is left out whole, not in part.",
    "6 events of a spot order carry the cash as quote; LIQUIDATION_ENDED carries equity before the"
    " surplus is paid; after it an isolated child is swept to its parent.",
    "6 SOCIALISE judges its account and every holder, and plans its account only.",
    "6 a share that would take the index beyond its bound is refused: what then?",
)
"""What the text does not say yet, section first, with the reading chosen here."""

__all__ = [
    "COMMAND_FIELDS",
    "EVENT_FIELDS",
    "FOREVER",
    "QUESTIONS",
    "Account",
    "Instrument",
    "Margin",
    "Order",
    "Policy",
    "Reference",
    "Refused",
    "RiskArray",
    "Schedule",
    "Slot",
]
