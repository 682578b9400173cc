"""Choices of the command line.

They are spelled out here and not taken from the rooms, which would load NumPy for `--help`; a test
compares them.
"""

from enum import StrEnum


class Order(StrEnum):
    """Which extreme of a bar comes first."""

    NEARER = "nearer"
    FARTHER = "farther"


class Mark(StrEnum):
    """How the mark is made."""

    LAST = "last"
    SMOOTHED = "smoothed"


class Impact(StrEnum):
    """Which impact slope."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Switch(StrEnum):
    """Off or on."""

    OFF = "off"
    ON = "on"


class PolicyName(StrEnum):
    """Which waterfall; both: side by side."""

    BOTH = "both"
    FULL = "full-close"
    PARTIAL = "partial"
