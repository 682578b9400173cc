"""Lab: what if. Invented populations, paths inside recorded bars, and the replay of both.

Everything here estimates and may use floats; every number that reaches an account leaves this room
as a command of whole units, and the engine alone decides what it does. What it is not: a model of a
venue's customers or of prices. What always holds: the same files, options and seed give the same
commands, and with them the same events and digest.
"""
