"""Run the log of a world on the engine and say what came out. Also a program: see `main`."""

from __future__ import annotations

import hashlib
import json
import sys
from random import Random
from typing import Any

import numpy as np
from tests.scenario_worlds import ScenarioWorld
from tests.worlds import World, product_margin, product_policy, to_engine, to_rows


def log_of(
    seed: int, steps: int, features: set[str] | None = None, kind: type[World] = World
) -> tuple[World, list[tuple[Any, ...]]]:
    """A world before its first step, and the log it then goes through."""
    world = kind(seed, features)
    log = [world.step() for _ in range(steps)]
    return world, log


def run(world: World, log: list[tuple[Any, ...]], cuts: Random | None = None, restore_at: int = -1):
    """Apply the log cut into frames at random places (None: one row a frame).

    `restore_at`: before that entry the engine is replaced by one restored from its checkpoint.
    Returns (engine, events of all frames in one table).
    """
    from solvent.engine import Engine

    engine, events, at = to_engine(world), [], 0
    while at < len(log):
        if at == restore_at:
            digest = engine.digest()
            engine = Engine.restore(engine.checkpoint())
            assert engine.digest() == digest
        kind = log[at][0]
        if kind == "margin":
            _, i, margin = log[at]
            events.append(engine.change_margin(i, product_margin(margin, world.contracts[i])))
            at += 1
            continue
        if kind == "policy":
            events.append(engine.set_policy(product_policy(log[at][1])))
            at += 1
            continue
        end = at + (1 if cuts is None else cuts.choice((1, 2, 3, 7, 50, 10_000)))
        rows = []
        while at < min(end, len(log)) and log[at][0] == "apply" and (not rows or at != restore_at):
            rows.append(log[at][1])
            at += 1
        table, start = to_rows(rows), 0
        until_orders = bool(cuts and cuts.random() < 0.3)
        while start < len(table):
            applied = engine.apply(table, start=start, until_orders=until_orders)
            assert applied.consumed > start
            start = applied.consumed
            events.append(applied.events.copy())
    return engine, np.concatenate([part for part in events if len(part)])


def fingerprint(engine: Any, events: Any) -> tuple[str, str]:
    """State digest and hash of all events."""
    digest = engine.digest()
    return (
        digest if isinstance(digest, str) else digest.hex(),
        hashlib.sha256(np.ascontiguousarray(events).tobytes()).hexdigest(),
    )


def main() -> None:
    """`python -m tests.replay_log SEED STEPS [CUTS]`: one JSON line of fingerprints. A negative
    SEED is a world with scenario accounts.
    """
    seed, steps = int(sys.argv[1]), int(sys.argv[2])
    kind = ScenarioWorld if seed < 0 else World
    cuts = Random(int(sys.argv[3])) if len(sys.argv) > 3 else None
    with np.errstate(all="raise"):
        world, log = log_of(abs(seed), steps, kind=kind)
        print(json.dumps(fingerprint(*run(world, log, cuts))))


if __name__ == "__main__":
    main()
