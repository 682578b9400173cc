"""Books: whole accounts whose prices move together, and sizes that keep a liquidation unlikely.

`moves` is how prices move, `surface` the headroom over them, `chance` how likely a liquidation then
is, `sizing` how large a book may be (scaled, or with the most expected return), `trades` what comes
to that book, `trial` whether a book fits, `search` the looking for one. Chances are estimates in
floats; the accounts, their requirements and the verdict on each path's worst point are exact. What
it is not: a forecast; the model is the caller's.
"""
