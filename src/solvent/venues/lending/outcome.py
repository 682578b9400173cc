"""What a liquidation would do: amounts in whole tokens, from the protocol's own integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.lending.loans import Loan

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One liquidation, in token amounts.

    allowed: whether the protocol would carry it out; refusal: why not, in one sentence. repaid:
    debt taken off the borrower by the liquidator or a pool. seized: collateral taken from the
    borrower, of which `to_liquidator` and `to_protocol` are parts (pools and auctions count as
    the protocol). surplus: collateral left for the borrower to claim outside the loan.
    bad_debt: debt that nobody's collateral stands for afterwards. moved_debt, moved_collateral:
    handed to other borrowers (Liquity's redistribution). left: the loan afterwards.
    """

    label: str
    allowed: bool
    refusal: str
    debt_asset: str
    collateral_asset: str
    repaid: Fraction
    seized: Fraction
    to_liquidator: Fraction = ZERO
    to_protocol: Fraction = ZERO
    surplus: Fraction = ZERO
    bad_debt: Fraction = ZERO
    moved_debt: Fraction = ZERO
    moved_collateral: Fraction = ZERO
    left: Loan | None = None
    notes: tuple[str, ...] = ()

    def explain(self) -> Term:
        """The liquidation line by line."""
        debt, held = self.debt_asset, self.collateral_asset
        lines = [
            Term("debt repaid", self.repaid, debt),
            Term("collateral seized", self.seized, held),
            Term("to the liquidator", self.to_liquidator, held),
            Term("to the protocol", self.to_protocol, held),
        ]
        for name, value, unit in (
            ("surplus for the borrower", self.surplus, held),
            ("debt of other borrowers", self.moved_debt, debt),
            ("collateral of other borrowers", self.moved_collateral, held),
            ("bad debt", self.bad_debt, debt),
        ):
            if value:
                lines.append(Term(name, value, unit))
        if self.left is not None:
            lines.append(Term("afterwards", terms=(self.left.explain(),)))
        return Term(
            "liquidation",
            "allowed" if self.allowed else "refused",
            note="; ".join((self.label, *filter(None, (self.refusal,)), *self.notes)),
            terms=tuple(lines),
        )
