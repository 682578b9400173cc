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
    Schedule,
    Slot,
)

QUESTIONS: tuple[str, ...] = (
    "4 haircut: is it multiplied by the level factor? Read: no, the same at warn..backstop.",
    "4 inclusive: an account with nothing has every buffer 0. Read: literally, so it has level 5.",
    "4 closing fee in the initial requirement? Read: no, the initial schedule alone.",
    "4 slope and sqrt at a level: round before or after the factor? Read: after, over scale * den.",
    "4 a negative spot balance (debt in a second asset): haircut on |value|? Read: yes, once.",
    "4 an idle account (no positions) with such a debt may withdraw its whole wallet: as written it"
    " may, which leaves a deficit nobody asked for. Read: as written.",
    "4 withdraw band: are conversion prices of profit in a second asset moved? Read: only the price"
    " of the slot itself; a slot with resting orders only moves down.",
    "2 the fee of a fill under two settlement assets: read: wallet and FEES of the account's asset.",
    "2 SETTLE: resting orders, leverage and forced orders of the slot vanish; the rounding of the"
    " closing costs goes to ROUNDING; `b` counts MARKET's slot; the mark becomes the final price.",
    "5 snapshot: PRICE rows act on the marks at once, so a fill between two rows of one snapshot is"
    " judged at half a snapshot. Read: literally.",
    "5 order of events: per changed account LEVEL_CHANGED, MARGIN_CALLED or _CURED,"
    " LIQUIDATION_STARTED; then all planning. After a command on several accounts (fill, funding,"
    " socialised loss) the same, worst first.",
    "5 change_margin and set_policy: are the accounts judged at once? Read: yes, all of them.",
    "5 MARGIN_CALL_LAPSED: looked at by TIMER only, strictly after the deadline; nothing follows.",
    "6.2 target: `equity` is realisable, the trigger is not. Long 1 at 100 with 10 of collateral at"
    " 50 % haircut: level 3 by the haircut, restored by the target: it starts and ends at every"
    " judgement. Read: as written; it starts only when judged (level changed or touched).",
    "6.3 how much collateral is sold, and in which order? Read: every balance, all of it.",
    "6.3 a negative balance of a second asset is a deficit that nothing buys back. Read: ignored.",
    "6.4 may the fund grant a part while positions are open? Read: then it counts as refused,"
    " and the part is kept by the account.",
    "6.4 taken_over: rules 2 (restored) and PARTIAL do not apply any more? Read: they do not.",
    "6.4 surplus at the end: read: the whole wallet, at outcome CLOSED.",
    "6.5 'helps' for the choice of the slot: judged for closing all of it? Read: yes.",
    "6 n_x for an inverse short: |value(x)| of positive lots, as for the price of a fill? Read: yes.",
    "6 zero quote under two settlement assets: currencies of z and of the slice differ. Read: both"
    " converted to the account's asset, floor.",
    "6 R = 0 (no quote): no fee, quote 0 in the event. Read so.",
    "6 ADL queue: profit = value - cost - accrued; leverage = notional / equity of the account; only"
    " profitable slots of accounts not in liquidation; equity > 0; ties by account, leg.",
    "6 ADL_DONE follows always, also when everything was closed.",
    "6 ADL with adl_market: MARKET comes last.",
    "6 pro rata: fraction of lots; when the cap of one bites its share goes to the market.",
    "6 notional liquidated for the split: at fill price, ADL at mark; the wallet's asset.",
    "6 split: an instrument without open interest is left out before the proportion is taken.",
    "6 an isolated child whose liquidation ends CLOSED is swept to its parent.",
    "6 fund answers: worst first, each in full or not at all while positions are open; a later,"
    " smaller request may be granted after a refused one.",
    "6 while in liquidation: are fills, withdrawals and reserves of the account refused? Read: no.",
    "6 TIMER: an order expires when time > deadline; ORDER_CLOSED is reported as ORDER_EXPIRED; both"
    " lead to planning at once.",
)
"""What the text leaves open, section first, with the reading chosen here."""

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
    "Schedule",
    "Slot",
]
