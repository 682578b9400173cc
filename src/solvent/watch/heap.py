"""The ordered sets of the trigger index: two 4-ary indexed heaps per instrument over the slots'
trigger keys.

Side 0 (DOWN) trips when the price falls below the key, side 1 (UP) when it rises above it. Both are
kept as min-heaps, DOWN with negated keys.
A heap lives in a region of one pool (`entries`); regions grow only between frames.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.ledger.tables import NONE, Tables

DOWN = 0
UP = 1
ARITY = 4


@inline_kernel
def _place(s: Tables, side: int, at: int, place: int, key: int, slot: int) -> None:
    s.entries[at + place]["key"] = key
    s.entries[at + place]["slot"] = slot
    if side == DOWN:
        s.keys[slot]["down_at"] = place
    else:
        s.keys[slot]["up_at"] = place


@inline_kernel
def _rise(s: Tables, side: int, at: int, place: int, key: int, slot: int) -> int:
    while place > 0:
        parent = (place - 1) // ARITY
        if s.entries[at + parent]["key"] <= key:
            break
        _place(s, side, at, place, s.entries[at + parent]["key"], s.entries[at + parent]["slot"])
        place = parent
    return place


@inline_kernel
def _sink(s: Tables, side: int, at: int, size: int, place: int, key: int) -> int:
    while True:
        child = place * ARITY + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + ARITY, size)):
            if s.entries[at + other]["key"] < s.entries[at + best]["key"]:
                best = other
        if s.entries[at + best]["key"] >= key:
            break
        _place(s, side, at, place, s.entries[at + best]["key"], s.entries[at + best]["slot"])
        place = best
    return place


@kernel
def heap_set(s: Tables, instrument: int, side: int, slot: int, key: int) -> None:
    """Insert the slot with `key`, or move it there."""
    heap = s.heaps[instrument * 2 + side]
    at = heap["at"]
    place = s.keys[slot]["down_at"] if side == DOWN else s.keys[slot]["up_at"]
    if place == NONE:
        place = heap["size"]
        heap["size"] = place + 1
        place = _rise(s, side, at, place, key, slot)
    else:
        place = _rise(s, side, at, place, key, slot)
        place = _sink(s, side, at, heap["size"], place, key)
    _place(s, side, at, place, key, slot)


@kernel
def heap_remove(s: Tables, instrument: int, side: int, slot: int) -> None:
    """Take the slot out of the heap, if it is in it."""
    place = s.keys[slot]["down_at"] if side == DOWN else s.keys[slot]["up_at"]
    if place == NONE:
        return
    heap = s.heaps[instrument * 2 + side]
    at = heap["at"]
    last = heap["size"] - 1
    heap["size"] = last
    if side == DOWN:
        s.keys[slot]["down_at"] = NONE
    else:
        s.keys[slot]["up_at"] = NONE
    if place != last:
        key = s.entries[at + last]["key"]
        moved = s.entries[at + last]["slot"]
        place = _rise(s, side, at, place, key, moved)
        place = _sink(s, side, at, last, place, key)
        _place(s, side, at, place, key, moved)
