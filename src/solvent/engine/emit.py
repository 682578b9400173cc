"""Writing events: the caller has made sure that there is room (`EVENT_ROOM` per command, more per
judged account).
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.engine.events import EventKind
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables

SEQ = int(Header.SEQ)
TIME = int(Header.TIME)
WRITTEN = 0
"""Place in the cursor array: events written."""
REFUSED = int(EventKind.REFUSED)

FIELDS = ("a", "b", "c", "d", "e", "f", "g", "h")


@kernel
def emit(
    s: Tables,
    events: Records,
    cursor: Integers,
    kind: int,
    account: int,
    instrument: int,
    leg: int,
    a: int,
    b: int,
    c: int,
    d: int,
) -> int:
    """Append an event of the current command and return its row; fields e..h are 0 until set."""
    place = cursor[WRITTEN]
    cursor[WRITTEN] = place + 1
    row = events[place]
    row["seq"] = s.header[SEQ]
    row["time"] = s.header[TIME]
    row["kind"] = kind
    row["account"] = account
    row["other"] = NONE
    row["instrument"] = instrument
    row["leg"] = leg
    row["a"] = a
    row["b"] = b
    row["c"] = c
    row["d"] = d
    row["e"] = 0
    row["f"] = 0
    row["g"] = 0
    row["h"] = 0
    return place


@kernel
def refuse(
    s: Tables,
    events: Records,
    cursor: Integers,
    command: Records,
    refusal: int,
    value: int,
    limit: int,
) -> None:
    """Record that the command was refused, with the offending value and the limit."""
    place = emit(
        s,
        events,
        cursor,
        REFUSED,
        command["account"],
        command["instrument"],
        command["leg"],
        refusal,
        value,
        limit,
        command["kind"],
    )
    events[place]["other"] = command["other"]
