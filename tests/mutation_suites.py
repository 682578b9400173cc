"""Which quick tests a mutation run asks, for `mutation.py`: data only.

`ROOMS` are the exact rooms of the engine, `CALCULATOR` the areas of the calculator. Each has parts:
a file, a folder or a pattern below src/solvent, and its quick tests, most likely killers first. A
source file among the tests stands for the examples in its docstrings.
"""

from __future__ import annotations

Suites = dict[str, dict[str, list[str]]]  # area -> part of it -> tests


def tests(*names: str) -> list[str]:
    """Test files by their short names."""
    return [f"tests/test_{name}.py" for name in names]


# ---------------------------------------------------------------------------------- the exact rooms

DIFFERENTIAL = "tests/test_differential.py::test_engine_equals_reference_after_every_command"
SEEDS = [f"{DIFFERENTIAL}[{seed}]" for seed in range(8)]
GOLDEN, REFUSALS, BOUNDARIES, REPORTED, POLICY, PRICES = tests(
    "golden", "refusals", "boundaries", "reported", "policy_and_stages", "margin_prices"
)
STORED = tests("checkpoint", "engine_memory", "audit")
ROOMS: Suites = {
    "units": {"units.py": tests("units", "contracts", "margin")},
    "contracts": {"contracts": [*tests("contracts"), GOLDEN, REFUSALS]},
    "margin": {"margin": [*tests("margin"), PRICES, POLICY, GOLDEN, BOUNDARIES]},
    "ledger": {"ledger": [*SEEDS, REFUSALS, GOLDEN, BOUNDARIES, *STORED]},
    "watch": {"watch": [*tests("heap"), *SEEDS, GOLDEN, REPORTED, BOUNDARIES]},
    "liquidation": {"liquidation": [POLICY, *SEEDS, GOLDEN, BOUNDARIES, REPORTED]},
    "engine": {"engine": [*SEEDS, REFUSALS, GOLDEN, REPORTED, BOUNDARIES, POLICY, *STORED]},
}

# ----------------------------------------------------------------------------------- the calculator

ACCOUNTS = tests("calculator", "calculator_defects", "calculator_money", "calculator_accounts")
DRAWN = ["tests/test_calculator_reference.py::test_funding_and_closes_of_random_accounts"]
CASES = "tests/test_cases.py"
EVERY_CASE = [
    f"{CASES}::{name}"
    for name in (
        "test_our_own_cases_pass",
        "test_cases_worked_out_from_the_venues_formulas_pass",
        "test_the_unit_tests_of_on_chain_engines_pass",
        "test_every_case_of_the_centralised_venues_passes",
        "test_the_named_kinds_of_the_on_chain_engines_pass",
    )
]
KINDS = [*EVERY_CASE, *tests("cases_shapes", "cases_on_chain", "options_cases", "cases_rules")]
DERIVE = tests("options_derive", "options_derive_pm2", "options_cases", "cases_on_chain")
SCENARIOS = tests("portfolio_deribit", "portfolio", "portfolio_venues", "portfolio_efficiency")
ARRAYS = tests("prices_arrays", "portfolio_deribit", "portfolio", "options_derive")


def _files(folder: str, asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Files of one folder, several to a key; the examples of each come first."""
    return {
        f"{folder}/{file}.py": [f"src/solvent/{folder}/{file}.py", *names]
        for files, names in asked.items()
        for file in files.split()
    }


QUESTIONS = {
    "answers arguments buckets carrying danger holdings limits sizing what_if zero_prices": [
        *ACCOUNTS, *DRAWN, *tests("calculator_mistakes", "sensitivities", "questions"),
    ],
    "estimates first_passage watch_list": tests("estimates", "sensitivities"),
    "exhaustion": [*tests("exhaustion"), *DRAWN],
    "funding funding_asked": [*tests("funding"), *EVERY_CASE],
    "funding_rules": [*tests("funding", "cases_protocols", "cases_shapes"), *EVERY_CASE],
    "interest": [*tests("cases_protocols"), *EVERY_CASE],
    "ratios ratio_formulas": tests("ratios", "lending", "calc"),
    "runway": tests("runway", "calculator", "calc"),
}  # fmt: skip
PORTFOLIO = {
    "derive_pm2 derive_pm2_rules derive_portfolio derive_rules derive_standard": DERIVE,
    "options": [*tests("options", "options_cases", "calc_books"), *EVERY_CASE],
    "add_ons efficiency efficiency_of legs scenario_tables scenarios unified": [
        *SCENARIOS, *tests("calc_books"),
    ],
}  # fmt: skip
REQUIREMENTS = {
    "options": [*tests("options"), *DERIVE],
    "scenario": [*tests("risk_arrays"), *ARRAYS],
    "weights pool": [*tests("cases_protocols", "cases_on_chain"), *EVERY_CASE],
    "fillable open_interest": [*tests("cases_protocols", "onchain_presets"), *EVERY_CASE],
    "lending": tests("lending", "lending_edges", "lending_rules"),
    "one_position": [PRICES, *tests("boundaries")],
}
PRICED = {
    "black76 implied": tests("prices", "prices_chain"),
    "perpetual": tests("prices_perpetual"),
    "scenarios": ARRAYS,
    "risk_arrays": [*tests("risk_arrays"), *ARRAYS],
}
CALCULATOR: Suites = {
    "solver": {"venues/solver/*.py": ["src/solvent/venues/solver", *ACCOUNTS, *DRAWN, *EVERY_CASE]},
    "questions": _files("venues/questions", QUESTIONS),
    "portfolio": _files("venues/portfolio", PORTFOLIO),
    "cases": {"venues/cases/kinds_*.py": KINDS},
    "requirements": _files("margin", REQUIREMENTS),
    "prices": _files("prices", PRICED),
}
SUITES: dict[str, Suites] = {"rooms": ROOMS, "calculator": CALCULATOR}

# Never asked: they are not quick.
SLOW = [
    f"{GOLDEN}::test_profit_over_both_sides_sums_to_zero_over_many_fills",
    "tests/test_engine_memory.py::test_a_frame_longer_than_a_chunk_and_read_only",
]
