"""Watch: who is in danger.

The trigger index over the inequality `buffer = equity - requirement >= 0`: a price change touches
only the accounts whose trigger it crosses, and those are evaluated
exactly. Derived state: rebuilt on recovery, never part of a digest. What always holds: after a
judgement every account's recorded level is the one a full scan would give.
"""
