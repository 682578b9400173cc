"""The ordered sets against a sorted list, over random insertions, moves and removals."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

from solvent.engine.memory import Limits, allocate, with_heaps, with_positions
from solvent.ledger.tables import NONE, Header, Tables
from solvent.watch.heap import ARITY, DOWN, UP, heap_remove, heap_set

SLOTS = 200
INSTRUMENTS = 3


def tables_with_room() -> Tables:
    tables = with_positions(allocate(Limits()), SLOTS)
    tables.header[Header.INSTRUMENTS] = INSTRUMENTS
    return with_heaps(tables, np.full(INSTRUMENTS, SLOTS, np.int64))


def check(tables: Tables, instrument: int, side: int, model: dict[int, int]) -> None:
    """The heap's order holds, its content is the model's, and every slot knows its place."""
    heap = tables.heaps[instrument * 2 + side]
    at, size = int(heap["at"]), int(heap["size"])
    entries = [(int(e["key"]), int(e["slot"])) for e in tables.entries[at : at + size]]
    assert sorted((key, slot) for slot, key in model.items()) == sorted(entries)
    for place in range(1, size):
        assert entries[(place - 1) // ARITY][0] <= entries[place][0]
    places = tables.keys["down_at" if side == DOWN else "up_at"]
    for place, (_, slot) in enumerate(entries):
        assert places[slot] == place
    if size:
        assert entries[0][0] == min(model.values())


@pytest.mark.parametrize("side", [DOWN, UP])
@pytest.mark.parametrize("seed", range(4))
def test_random_inserts_moves_and_removals(side: int, seed: int) -> None:
    rng, tables = Random(seed), tables_with_room()
    owner = {slot: rng.randrange(INSTRUMENTS) for slot in range(SLOTS)}
    models: list[dict[int, int]] = [{} for _ in range(INSTRUMENTS)]
    for step in range(1_500):
        slot = rng.randrange(SLOTS)
        instrument = owner[slot]
        model = models[instrument]
        # Waves: mostly inserting, then mostly removing, down to empty and up again.
        if rng.random() < (0.8 if step // 300 % 2 == 0 else 0.25):
            key = rng.choice((rng.randint(-9, 9), rng.randint(-(1 << 60), 1 << 60)))
            heap_set(tables, instrument, side, slot, key)
            model[slot] = key
        else:
            heap_remove(tables, instrument, side, slot)
            model.pop(slot, None)
        if step % 10 == 0:
            check(tables, instrument, side, model)
    for instrument, model in enumerate(models):
        check(tables, instrument, side, model)
        drained = []
        while model:
            heap = tables.heaps[instrument * 2 + side]
            top = tables.entries[heap["at"]]
            drained.append(int(top["key"]))
            slot = int(top["slot"])
            heap_remove(tables, instrument, side, slot)
            assert tables.keys[slot]["down_at" if side == DOWN else "up_at"] == NONE
            del model[slot]
            check(tables, instrument, side, model)
        assert drained == sorted(drained)


def test_the_two_sides_and_instruments_do_not_touch_each_other() -> None:
    tables = tables_with_room()
    models: dict[tuple[int, int], dict[int, int]] = {
        (i, side): {} for i in range(INSTRUMENTS) for side in (DOWN, UP)
    }
    for slot in range(SLOTS):
        for side in (DOWN, UP):
            heap_set(tables, slot % INSTRUMENTS, side, slot, (slot * 37 + side * 11) % 101)
            models[slot % INSTRUMENTS, side][slot] = (slot * 37 + side * 11) % 101
    for (instrument, side), model in models.items():
        check(tables, instrument, side, model)


def test_removing_what_is_not_there_changes_nothing() -> None:
    tables = tables_with_room()
    heap_set(tables, 0, UP, 3, 5)
    heap_remove(tables, 0, UP, 4)
    heap_remove(tables, 0, DOWN, 3)
    check(tables, 0, UP, {3: 5})


def test_regions_grow_without_losing_an_entry() -> None:
    tables = with_positions(allocate(Limits()), SLOTS)
    tables.header[Header.INSTRUMENTS] = INSTRUMENTS
    tables = with_heaps(tables, np.ones(INSTRUMENTS, np.int64))
    assert tables.heaps["capacity"][: 2 * INSTRUMENTS].tolist() == [16] * 2 * INSTRUMENTS
    models: list[dict[int, int]] = [{} for _ in range(INSTRUMENTS)]
    for slot in range(SLOTS):
        i = slot % INSTRUMENTS
        tables.instruments["slots"][i] += 1
        tables = with_heaps(tables, np.zeros(INSTRUMENTS, np.int64))
        heap_set(tables, i, DOWN, slot, -slot * 7 % 50)
        heap_set(tables, i, UP, slot, slot * 7 % 50)
        models[i][slot] = slot * 7 % 50
    for i, model in enumerate(models):
        check(tables, i, UP, model)
        check(tables, i, DOWN, {slot: -slot * 7 % 50 for slot in model})
    used = tables.heaps[: 2 * INSTRUMENTS]
    ends = sorted((int(h["at"]), int(h["at"] + h["capacity"])) for h in used)
    assert all(a_end <= b for (_, a_end), (b, _) in itertools.pairwise(ends))
    assert (used["size"] <= used["capacity"]).all()
