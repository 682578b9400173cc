"""A loan in words: the tree of every figure its ratio was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text

if TYPE_CHECKING:
    from solvent.venues.lending.lines import Line
    from solvent.venues.lending.loans import Loan


def loan_term(loan: Loan) -> Term:
    """The venue's ratio with every figure it was made from."""
    shown = loan.shown
    at = "" if shown.liquidates_at is None else figure_text(shown.liquidates_at)
    words = f"liquidated {'above' if shown.rises else 'below'} {at}"
    if not loan.strict:
        words += " or at it"
    return Term(
        shown.name,
        shown.value,
        formula=shown.words,
        note=f"{loan.label}; {words}",
        terms=(
            Term(
                "headroom",
                loan.headroom,
                loan.money,
                "capacity - required",
                terms=(
                    Term(
                        "capacity",
                        loan.capacity,
                        loan.money,
                        "sum of collateral value x factor",
                        terms=tuple(_line_term(one, loan.money) for one in loan.held),
                    ),
                    Term(
                        "required",
                        loan.required,
                        loan.money,
                        "sum of debt x factor",
                        terms=tuple(_line_term(one, loan.money) for one in loan.owed),
                    ),
                ),
            ),
            Term("equity", loan.assets - loan.debt, loan.money, "collateral value - debt"),
            Term("loan to value", loan.loan_to_value, "", "debt / collateral value"),
        ),
    )


def _line_term(line: Line, money: str) -> Term:
    return Term(
        line.asset,
        line.counted,
        money,
        "amount x price x factor",
        line.note,
        (
            Term("amount", line.amount, line.asset),
            Term("price", line.price, money),
            Term(line.name, line.factor),
        ),
    )
