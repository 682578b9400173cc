"""Options and portfolio margin: scenario tables of presets over a book, worst row and attribution.

`options` is the standard margin of short options, `scenarios` the loss over a venue's table of
price and volatility moves with `add_ons` on top, `derive_*` the three managers of Derive, `unified`
Binance's ratio over all of an account, `efficiency` what collateral earns its place. What it is
not: it prices nothing itself (`solvent.prices`) and holds no formula of a requirement
(`solvent.margin`).
"""
