"""Equality, hash and repr of plain data, written once instead of generated for every class.

A question starts Python, and making a frozen dataclass costs two milliseconds on a slow machine,
most of it for these methods: with forty classes, a quarter of the time until an answer.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, cast


@cache
def _compared(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(cast(Any, kind)) if one.compare)


@cache
def _shown(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(cast(Any, kind)) if one.repr)


class Plain:
    """Base of a dataclass made with `repr=False, eq=False`: by its fields, as generated ones are.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True, repr=False, eq=False)
    ... class Pair(Plain):
    ...     one: int
    ...     other: int
    >>> Pair(1, 2), Pair(1, 2) == Pair(1, 2), Pair(1, 2) == Pair(2, 1)
    (Pair(one=1, other=2), True, False)
    >>> len({Pair(1, 2), Pair(1, 2)})
    1
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        kind: type = self.__class__
        names = _compared(kind)
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __hash__(self) -> int:
        kind: type = self.__class__
        return hash(tuple(getattr(self, name) for name in _compared(kind)))

    def __repr__(self) -> str:
        kind: type = self.__class__
        shown = (f"{name}={getattr(self, name)!r}" for name in _shown(kind))
        return f"{self.__class__.__qualname__}({', '.join(shown)})"
