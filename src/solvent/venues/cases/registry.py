"""What a kind of case is: a rule, asked with inputs in the canonical vocabulary.

A kind is a function from `Inputs` to an `Answer`, registered under the kind's name with `@kind`.
Where one kind has different rules by contract (an option's maintenance margin is not a
perpetual's), each is registered with the contract families it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from solvent.margin.explain import Term
from solvent.venues.cases.aliases import OF_VENUE, canonical, rank, snake, spellings
from solvent.venues.cases.read import Case, CaseError, number
from solvent.venues.cases.venue_rules import OTHER_NAMES, family

LEGS = ("long", "short")
OWN_MONEY = ("entry_value", "mark_value")
DOLLARS = ("usd", "usdt", "usdc")
COINS = ("btc", "xbt", "eth")

Result = Fraction | int | float | bool | str | None | list[Any]


class Refusal(ValueError):
    """The venue would refuse the question itself; a case expects it as `{"error": true}`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says: results by canonical name, and the tree they came from.

    A result is an exact number, a truth value, a text, a list, or None where there is no number
    (no price liquidates). A float is an estimate (an option's model price) and is compared as the
    exact value it holds.
    """

    results: Mapping[str, Result]
    explain: Term


Solver = Callable[["Inputs"], Answer]


@dataclass(frozen=True, slots=True)
class Kind:
    """One registered rule. contracts: the families it serves; empty for every other one but those
    of `never`.
    """

    name: str
    solve: Solver
    contracts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


KINDS: dict[str, list[Kind]] = {}


def kind(
    name: str, *, contracts: tuple[str, ...] = (), never: tuple[str, ...] = ()
) -> Callable[[Solver], Solver]:
    """Register a function as the rule of a kind of case.

    contracts: words of `contract_type` the rule is for ("option", "spot"); the first registered
    wins. Without, it is the rule of every contract no other one is for; never: but of these.
    """

    def register(solve: Solver) -> Solver:
        KINDS.setdefault(name, []).append(Kind(name, solve, contracts, never))
        return solve

    return register


def rule_of(case: Case) -> Kind | None:
    """The rule that answers a case; None for an unknown kind."""
    name, general = case.contract_type.lower(), None
    for rule in KINDS.get(case.kind, ()):
        if any(family in name for family in rule.contracts):
            return rule
        if not rule.contracts and not any(family in name for family in rule.never):
            general = rule
    return general


@dataclass(slots=True)
class Inputs:
    """The inputs of a case under their canonical names, whatever their source calls them.

    Every access is by canonical name (docs/cases.md lists them) and marks the input as used. A
    name the case gives as `null` counts as not given. `number` and `text` raise CaseError, naming
    the input and its spellings, where it is missing.
    """

    case: Case
    values: Mapping[str, Any]
    where: str = ""
    used: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    beside: Inputs | None = None
    shared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if value is None:
                self.used.add(self._path(name))
                continue
            word = self._word(name)
            if word in self.names:
                self._both(word, *self._nearest(self.names[word], name))
                continue
            self.names[word] = name

    def _word(self, name: str) -> str:
        """The canonical name. A value in dollars of an inverse position is its size, a size in
        dollars of a linear or in coins of an inverse one its value; a position that is a number is
        a size.
        """
        own = OF_VENUE.get((self.venue, snake(name)))
        word = own or canonical(name, self.case.kind)
        if word == "position" and not isinstance(self.values[name], dict):
            return "size"
        unit, inverse = name.lower().rpartition("_")[2], family(self.case) == "inverse"
        if word in OWN_MONEY and inverse and unit in DOLLARS:
            return "size"
        other = COINS if inverse else DOLLARS
        return "mark_value" if word == "size" and unit in other else word

    def _nearest(self, *names: str) -> tuple[str, str]:
        """Two spellings of one word, the one the table of words has further to the front first:
        Binance's isolated wallet before its isolated margin, which has the profit in it.
        """
        first, second = sorted(names, key=lambda name: rank(name, self.case.kind))
        return first, second

    @property
    def venue(self) -> str:
        """The case's venue, in lower case with underscores, without a version."""
        return OTHER_NAMES.get(self.case.venue_name, self.case.venue_name)

    def given(self, name: str) -> bool:
        """Whether the case gives the input (null counts as not given)."""
        return name in self.names or self._shares(name)

    def raw(self, name: str) -> Any:
        """The value as it stands in the file; None when not given."""
        if name not in self.names:
            return self.beside.raw(name) if self.beside and self._shares(name) else None
        self.used.add(self._path(self.names[name]))
        return self.values[self.names[name]]

    def everything(self, name: str) -> Any:
        """The value as it stands in the file, all that is nested in it counted as used."""
        value = self.raw(name)
        if value is not None:
            self.used.update(_unread(value, self.spelled(name), self.used))
        return value

    def maybe(self, name: str) -> Fraction | None:
        """The number, or None when it is not given."""
        value = self.raw(name)
        return None if value is None else number(value, self.spelled(name))

    def number(self, name: str, default: Fraction | int | None = None) -> Fraction:
        """The number; `default` when it is not given, CaseError when there is no default."""
        value = self.maybe(name)
        if value is not None:
            return value
        if default is None:
            raise self.missing(name)
        return Fraction(default)

    def whole(self, name: str, default: int | None = None) -> int:
        """The number as an integer of its unit; CaseError when it has a fraction."""
        value = self.number(name, default)
        if value.denominator != 1:
            raise CaseError(f"{self.spelled(name)}: {value} is not a whole number of its unit")
        return int(value)

    def text(self, name: str, default: str | None = None) -> str:
        """The text in lower case without surrounding blanks."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if value is None:
            raise self.missing(name)
        if not isinstance(value, str):
            raise CaseError(f"{self.spelled(name)}: {value!r} is not text")
        return value.strip().lower()

    def flag(self, name: str, default: bool | None = None) -> bool:
        """The truth value."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if value is None:
            raise self.missing(name)
        if not isinstance(value, bool):
            raise CaseError(f"{self.spelled(name)}: {value!r} is not true or false")
        return value

    def rows(self, name: str) -> tuple[Inputs, ...]:
        """A list of objects, each as inputs of its own; empty when not given."""
        value = self.raw(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise CaseError(f"{self.spelled(name)}: is not a list")
        return tuple(
            self._nested(row, f"{self.names[name]}[{place}]") for place, row in enumerate(value)
        )

    def part(self, name: str) -> Inputs | None:
        """A nested object as inputs of its own; None when not given. The legs `long` and `short`
        of a hedged symbol have that side.
        """
        value = self.raw(name)
        if name in LEGS and isinstance(value, dict):
            value = {"side": name, **value}
        return None if value is None else self._nested(value, self.names[name])

    def missing(self, *names: str) -> CaseError:
        """The error for inputs that are needed: what is missing and how it may be spelled."""
        words = " or ".join(spellings(name, self.case.kind) for name in names)
        place = f"{self.where.rstrip('.')}: " if self.where else ""
        return CaseError(f"{place}{self.case.kind} at {self.case.venue} needs {words}")

    def with_shared(self, outer: Inputs, names: tuple[str, ...]) -> Inputs:
        """The same inputs, which take what they lack of `names` from those around them."""
        self.beside, self.shared = outer, names
        return self

    def spelled(self, name: str) -> str:
        """An input as the file spells it, with its place."""
        if name not in self.names and self.beside is not None:
            return self.beside.spelled(name)
        return self._path(self.names.get(name, name))

    def unused(self) -> list[str]:
        """Names the rule did not look at, as the file spells them; in the file's order."""
        return list(_unread(self.values, "", self.used))

    def note(self, sentence: str) -> None:
        """Remember something about the inputs that a failure should mention."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _nested(self, value: object, place: str) -> Inputs:
        path = self._path(place)
        if not isinstance(value, dict):
            raise CaseError(f"{path}: is not an object of names and values")
        return Inputs(self.case, value, f"{path}.", self.used, self.notes)

    def _both(self, word: str, first: str, second: str) -> None:
        self.names[word] = first
        self.used.add(self._path(second))
        if self.values[first] != self.values[second]:
            self.note(
                f"{first} {self.values[first]} and {second} {self.values[second]} are both the "
                f"{word}; {first} used"
            )

    def _shares(self, name: str) -> bool:
        return self.beside is not None and name in self.shared and self.beside.given(name)

    def _path(self, name: str) -> str:
        return self.where + name


def _unread(value: object, path: str, used: set[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            here = f"{path}.{name}" if path else name
            if here not in used:
                yield here
            else:
                yield from _unread(item, here, used)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for place, item in enumerate(value):
            yield from _unread(item, f"{path}[{place}]", used)
