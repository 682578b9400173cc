"""The formulas of a version in plain text, so that a page needs no script to show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solvent.venues.preset import Table, Venue, Version
from solvent.venues.presets.rule_wording import level_words, requirement_formula

LEGEND = (
    "with equity E, the maintenance schedule M of the table below, the position's value N (N₀ at "
    "entry), the taker fee f and the bankruptcy price P_b."
)

REQUIRED = "Required, with S or U the price of the underlying:"

# By the rule that a lender's preset names; sums are over the assets of the loan.
LENDERS = {
    "aave": "health factor = Σ (collateral × price × threshold) / Σ (debt × price)",
    "compound": "counted collateral over debt = Σ (collateral × price × liquidate factor) / "
    "(debt × price)",
    "morpho": "health factor = collateral × price × LLTV / debt",
    "euler": "health score = Σ (collateral value × liquidation LTV) / debt value",
    "maker": "collateral ratio = collateral × price / (debt × rate)",
    "liquity": "collateral ratio = collateral × price / debt",
    "spot_margin": "margin level = assets / debt, both at market prices",
}
BANDS = (
    "health + 1 = (x_down × (1 − liquidation discount) + worth of the collateral above the bands) "
    "/ debt"
)
STANDARD = """\
option initial     = max(max spot req × S − otm, min spot req × S) + mark
call maintenance   = mm call spot × S + mark
put maintenance    = max(mm put spot × S, mm put mtm × mark) + mark
put initial        ≥ mm offset scale × put maintenance
per expiry, the smaller of   Σ own margins of the short options
                       and   largest loss at settlement + charge for unpaired calls
perpetual          = mm perp × S × size,  im perp × S × size"""
MANAGER = """\
net margin = value of the account − factor × (worst scenario loss + contingencies)
             less confidence and peg charges"""
SECOND_MANAGER = """\
net margin = value of the account − factor × worst scenario loss − contingencies − haircuts
             factor of the initial margin + depeg × factor of the peg, confidence charges on top"""
ADD_ONS = {
    "net_short": "net short options × rate × price",
    "offsetting": "offsetting futures × rate × price",
    "linear_size": "sum of |futures| × rate × price",
    "roll": "sum over expiries of |net delta| × max(exp(annual × years) − 1, least) × price",
    "liquidity": "|delta| × min(per unit × excess over the threshold, most) × price",
}


def formulas(owner: Venue, version: Version) -> list[str]:
    """What the venue liquidates at or requires, in paragraphs; nothing where there is no rule."""
    found = lender(owner, version)
    if not found and version.rules is not None:
        found = [
            "Liquidated at the first price P where",
            block(requirement_formula(version.rules)),
            LEGEND,
        ]
    options, book = short_options(version), scenarios(version)
    if options:
        found += [REQUIRED, block(options)]
    if book:
        found += ["For a book of positions:", block(book)]
    return found


def lender(owner: Venue, version: Version) -> list[str]:
    """The ratio of a lender or of a margin level, and where it liquidates."""
    group = _group(version, "lender")
    rule = str(group.get("rule", ""))
    told = BANDS if owner.name == "crvusd" else LENDERS.get(rule, "")
    by_price = rule == "spot_margin" and group.get("convention") != "assets over debt"
    if not told or by_price:
        return []
    words = [block(told)]
    if version.rules is not None and version.rules.ratio is not None:
        words.append(f"Liquidated where {level_words(version.rules)}.")
    return words


def short_options(version: Version) -> str:
    """Margin of one short option, by the preset's switches; U: price of the underlying."""
    if _group(version, "standard"):
        return STANDARD
    group = _group(version, "short")
    if not group:
        return ""
    low = "low × U"
    if group.get("low_with_mark"):
        low = "low × (U + mark, puts)"
    initial = f"max({low}, high × U − out of the money) × factor + premium"
    held = "rate × U"
    if group.get("mark_holds"):
        held = f"max(rate × U, rate of mark × mark{_for(group['mark_holds'])})"
    fee = " + liquidation fee × U" if group.get("liquidation_fee") else ""
    lines = [f"initial     = ({initial}) × size"]
    lines.append(f"maintenance = ({held} × factor + mark{fee}) × size")
    if group.get("floor_holds"):
        scale = f"{group.get('floor_scale') or 1} × maintenance{_for(group['floor_holds'])}"
        lines.append(f"initial     ≥ {scale}")
    if group.get("quoted") == "coin":
        lines.append("in coins: U = 1, out of the money over the index")
    return "\n".join(lines)


def scenarios(version: Version) -> str:
    """Margin of a book in scenarios; or of an account whose requirement is only a ratio."""
    if _group(version, "skew"):
        return SECOND_MANAGER
    if _group(version, "portfolio"):
        return MANAGER
    ratio = _group(version, "ratio")
    if ratio:
        return (
            f"{ratio.get('name')} = adjusted equity / maintenance margin, "
            f"liquidated at {float(ratio['liquidates']):g}"
        )
    if not _group(version, "scan"):
        return ""
    added = [words for group, words in ADD_ONS.items() if _group(version, group)]
    given = _group(version, "given")
    added += [str(one) for one in given.get("added", ())]
    total = "max(0, largest loss over the scenarios)" + (" + add-ons" if added else "")
    if _group(version, "minimum"):
        total = f"max({total}, minimum charge)"
    total = " + ".join([total, *(str(one) for one in given.get("added_last", ()))])
    factor = _group(version, "factor")
    if "maintenance" in factor:
        lines = [f"initial     = {total}"]
        lines.append(f"maintenance = {float(factor['maintenance']):g} × initial")
    else:
        lines = [f"maintenance = {total}"]
        if factor.get("initial") is not None:
            lines.append(f"initial     = {float(factor['initial']):g} × maintenance")
    lines += [f"{'add-ons     =' if at == 0 else '             '} {one}"
              + (" +" if at + 1 < len(added) else "") for at, one in enumerate(added)]  # fmt: skip
    return "\n".join(lines)


def schedule(table: Table) -> str:
    """A maintenance schedule: the requirement of a value N, or of a size q."""
    of = "N" if table.unit == "notional" else "q"
    return {
        "deduction": "M(N) = mᵢ N − dᵢ,   dᵢ = dᵢ₋₁ + bᵢ₋₁ (mᵢ − mᵢ₋₁)",
        "flat": "M(N) = mᵢ N",
        "slope": f"M(N) = min(m + s {of}, c) N",
        "sqrt": "M(N) = min(max(m, o + s √q), c) N",
    }[table.shape]


def block(formula: str) -> str:
    """A formula on lines of its own."""
    return f"```text\n{formula}\n```"


def _for(holds: object) -> str:
    return " (puts)" if holds == "put" else ""


def _group(version: Version, name: str) -> Mapping[str, Any]:
    group = version.parameters.get(name)
    return group if isinstance(group, Mapping) else {}
