"""Engine: command -> event; the only place that changes state.

Commands and events are rows of two tables; `apply` hands runs of rows to compiled kernels. No
clock, no I/O, no randomness, no float that can reach an event. What always
holds: the same commands give the same events and the same digest, on every machine and however they
are cut into frames; a refused command changes nothing.
"""

from solvent.engine.audit import Audit
from solvent.engine.commands import COMMAND, CommandKind, Frame, RiskRow
from solvent.engine.digest import CheckpointError
from solvent.engine.engine import Applied, Engine, InvariantBroken
from solvent.engine.events import EVENT, EventKind, Outcome
from solvent.engine.listings import ControlError
from solvent.engine.memory import Limits
from solvent.engine.refusals import Refusal
from solvent.engine.warming import warm

__all__ = [
    "COMMAND",
    "EVENT",
    "Applied",
    "Audit",
    "CheckpointError",
    "CommandKind",
    "ControlError",
    "Engine",
    "EventKind",
    "Frame",
    "InvariantBroken",
    "Limits",
    "Outcome",
    "Refusal",
    "RiskRow",
    "warm",
]
