"""Questions: what is asked of an account beyond its liquidation price.

What if an order is added, a part closed, margin moved; how long funding can be paid; what it costs
to be liquidated; how likely it is; how one venue's ratio reads on another. Exact, but for what is
named an estimate. What it is not: a place for rules; those are presets.
"""
