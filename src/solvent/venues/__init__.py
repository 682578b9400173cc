"""Venues: whose rules.

Dated presets of real venues (TOML with source and date) and the exact calculator over them. It asks
the same integer functions as the engine and holds no formula of a requirement itself. What it is
not: a state machine; nothing here remembers anything. What always holds: results are exact
rationals until they are printed, every result names the preset version it was computed with, and
neither NumPy nor Numba is imported.
"""
