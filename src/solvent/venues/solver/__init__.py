"""The solver: one margin bucket in exact rationals, and the prices at which it is liquidated.

`model` says what is held, `evaluate` what it is worth and what it must hold, `solve` where the two
meet. It calls the engine's own formulas in money units so fine that nothing is rounded
(docs/decisions/0005-calculator.md). What it is not: it knows no venue by name and remembers
nothing. What always holds: a price found is exact or bracketed by two ticks, the condition false on
one and true on the other.
"""
