"""Measurements: each goal of the design against a named baseline, in one process.

`python -m bench` runs every row, `python -m bench NAME` one of them. Ratios are what is claimed;
absolute times are medians on the machine that the results name. Nothing here asserts on time, and
every baseline is first checked to give the same answer.
"""
