"""A venue's rules in words: when it liquidates, and every switch of a version."""

from __future__ import annotations

from solvent.venues.preset import Rules
from solvent.venues.presets.fields import shown

_ROUNDING = {
    "up": "up",
    "down": "down",
    "nearest": "to the nearest",
    "half_up": "to the nearest, ties away from zero",
    "none": "not rounded",
}


def requirement_words(rules: Rules) -> str:
    """When the venue liquidates, in one line of words and symbols.

    >>> from solvent.venues.presets.catalogue import version
    >>> requirement_words(version("bybit@2024").rules)
    'equity < maintenance on the value at entry + taker fee x value at the bankruptcy price'
    """
    sign = "<" if rules.strict else "<="
    fee = {
        "none": "",
        "mark": " + taker fee x value at mark",
        "entry": " + taker fee x value at entry",
        "bankruptcy": " + taker fee x value at the bankruptcy price",
    }[rules.closing_fee]
    return f"equity {sign} maintenance on the value at {rules.maintenance}{fee}"


def requirement_formula(rules: Rules) -> str:
    """The same in symbols: E is equity, M the maintenance schedule, N the value, f the taker fee.

    >>> from solvent.venues.presets.catalogue import version
    >>> requirement_formula(version("bybit@2024").rules)
    'E(P) < M(N₀) + f N(P_b)'
    """
    sign = "<" if rules.strict else "≤"
    value = "N(P)" if rules.maintenance == "mark" else "N₀"
    fee = {
        "none": "",
        "mark": " + f N(P)",
        "entry": " + f N₀",
        "bankruptcy": " + f N(P_b)",
    }[rules.closing_fee]
    return f"E(P) {sign} M({value}){fee}"


def level_words(rules: Rules) -> str:
    """When a lender liquidates: its own ratio against its threshold.

    >>> from solvent.venues.presets.catalogue import version
    >>> level_words(version("aave-v3").rules)
    'health factor < 1'
    """
    ratio = rules.ratio
    if ratio is None:
        return requirement_words(rules)
    sign = ">" if ratio.rises else "<"
    return f"{ratio.name} {sign}{'' if rules.strict else '='} {shown(ratio.liquidates_at)}"


def rule_lines(rules: Rules, *, priced: bool = True) -> list[tuple[str, str]]:
    """The switches of a version as (name, words); `priced`: of a venue whose positions have
    liquidation prices (lenders have ratios).
    """
    lines = [
        ("liquidated when", requirement_words(rules)),
        ("initial margin", _initial(rules) + _fee_in_initial(rules)),
        (
            "margin modes",
            ", ".join(rules.modes) + ("" if rules.both_sides else "; one position a symbol"),
        ),
        ("liquidation price", _rounded(rules.liquidation_rounding, rules)),
        ("bankruptcy price", _rounded(rules.bankruptcy_rounding, rules)),
        ("on liquidation", _liquidated(rules)),
    ]
    if not priced:
        lines = [("liquidated when", level_words(rules))]
    if rules.closing_fee == "bankruptcy":
        price = {
            "equity": "where equity just pays it (moves with added margin)",
            "leverage": "of the leverage setting",
            "leverage-higher": "of the leverage setting, the higher of both sides'",
        }[rules.fee_price]
        lines.append(("bankruptcy price of the fee", price))
    if rules.cross_split == "value":
        lines.append(("cross margin", "each position on its share of the equity, by value"))
    if rules.cross_maintenance is not None:
        lines.append(("cross maintenance", f"on the value at {rules.cross_maintenance}"))
    if rules.cross_closing_fee is not None:
        lines.append(("cross closing fee", f"on the value at {rules.cross_closing_fee}"))
    if not rules.positive_profit_counts:
        lines.append(("unrealised profit", "does not count as equity"))
    if rules.order_loss_counts:
        lines.append(("resting orders", "equity is less what they would lose if filled now"))
    if rules.ratio is not None:
        ratio = rules.ratio
        way = "rises" if ratio.rises else "falls"
        formula = ratio.formula.replace("_", " ")
        named = ratio.name if formula == ratio.name else f"{ratio.name}: {formula}"
        words = f"{named}, {way} to {shown(ratio.liquidates_at)}"
        if ratio.warns_at is not None:
            words += f", warns at {shown(ratio.warns_at)}"
        lines.append(("the venue's own ratio", words))
    return lines


def _initial(rules: Rules) -> str:
    apart = rules.isolated_initial
    if apart is None or apart == rules.initial:
        return f"on the value at {rules.initial}"
    return f"on the value at {rules.initial}; isolated, at {apart}"


def _liquidated(rules: Rules) -> str:
    words = {
        "taken_over": "taken over at the bankruptcy price; what is left is the venue's",
        "rest_returned": "sold for the user; what is left after the fee is the user's",
        "unknown": "not known whether it is taken over or the rest returned",
    }[rules.on_liquidation]
    read = rules.on_liquidation_source
    return f"{words} (source: {read})" if read else words


def _fee_in_initial(rules: Rules) -> str:
    return (
        ", and the fee to close at the bankruptcy price" if rules.initial_includes_close_fee else ""
    )


def _rounded(ways: tuple[str, str], rules: Rules) -> str:
    step = "the tick" if rules.display_step is None else shown(rules.display_step)
    if ways[0] == ways[1]:
        return f"printed on {step}, {_ROUNDING[ways[0]]}"
    return f"printed on {step}, long {_ROUNDING[ways[0]]}, short {_ROUNDING[ways[1]]}"
