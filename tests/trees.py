"""A checker of explain trees: every node's figure from its children, by the formula it prints.

A formula names children, or numbers, joined by `+ - x /`, with `|...|` for the absolute value, `%`,
and endings "at least" and "at most". A formula in words that name no child (the sum over positions)
stands for the sum of the children; one with an equals sign is a condition, whose `headroom` is 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from solvent.margin.explain import Term

F = Fraction
NEAR = F(1, 10**9)  # of formulas that print a cut number
TOKEN = re.compile(r"\d+(?:\.\d+)?…?|[-+x/()|%]|[^\W\d](?:[^\W\d]| (?!x )(?=[^\W\d]))*")
BOUND = re.compile(r", at (least|most) (.+)$")


def number(term: Term) -> Fraction | None:
    return F(term.value) if isinstance(term.value, Fraction | int) else None


def recomputed(term: Term) -> Fraction | None:
    """The figure of a term from its children and its formula; None for a leaf in words."""
    known = {one.name: value for one in term.terms if (value := number(one)) is not None}
    if " = " in term.formula:  # a condition that the figure meets, not a sum
        return None
    try:
        return formula_value(term.formula, known)
    except KeyError:
        if not known:
            return None
        return sum(known_values(term), F(0))


def known_values(term: Term) -> Iterator[Fraction]:
    for one in term.terms:
        value = number(one)
        if value is not None:
            yield value


def formula_value(formula: str, known: dict[str, Fraction]) -> Fraction:
    """The value of a formula; KeyError where it is words."""
    bound = BOUND.search(formula)
    if bound:
        value = formula_value(formula[: bound.start()], known)
        return (max if bound[1] == "least" else min)(value, formula_value(bound[2], known))
    words = formula
    names = sorted(known, key=len, reverse=True)
    code: list[str] = []
    while words := words.lstrip():
        name = next((one for one in names if re.match(rf"{re.escape(one)}(?!\w)", words)), None)
        if name is not None:
            code.append(f"known[{name!r}]")
            words = words[len(name) :]
            continue
        found = TOKEN.match(words)
        if found is None:
            raise KeyError(words)
        token, words = found[0], words[found.end() :]
        if token[0].isdigit():
            code.append(f"F('{token.rstrip('…')}')")
        elif token == "|":
            code.append(")" if "abs(" in code and code.count("abs(") > code.count(")") else "abs(")
        elif token == "%":
            code.append("/100")
        elif token in ("+", "-", "/", "(", ")"):
            code.append(token)
        elif token == "x":
            code.append("*")
        else:
            raise KeyError(token)
    if not code:
        raise KeyError(formula)
    return F(eval(" ".join(code), {"F": F, "known": known, "abs": abs}))


def wrong(term: Term, path: str = "") -> Iterator[str]:
    """A line for each node of a tree whose figure does not follow from its children."""
    here = f"{path} > {term.name}" if path else term.name
    value = number(term)
    made = recomputed(term) if term.terms or term.formula else None
    if value is not None and made is not None:
        slack = NEAR * max(abs(value), 1) if "…" in term.formula else F(0)
        if abs(made - value) > slack:
            yield f"{here}: {value} is not {made} [{term.formula}]"
    if term.formula == "equity = requirement" and value is not None:
        if known_headroom(term) != 0:
            yield f"{here}: headroom is {known_headroom(term)}"
    for one in term.terms:
        yield from wrong(one, here)


def known_headroom(term: Term) -> Fraction | None:
    found = term.find("headroom")
    return None if found is None else number(found)


def assert_adds_up(term: Term) -> None:
    bad = list(wrong(term))
    assert not bad, "\n".join([*bad, str(term)])
