"""Presets: whose rules, as dated data, and the reading of it.

One TOML file per venue beside this code; `catalogue` finds, `load` reads, `check` refuses what
cannot be a rule, `difference` compares two texts, `wording` says them in words. What it is not: it
computes no margin. What always holds: every number is exact and names a source; a file is read when
it is asked for and no other is.
"""
