"""Import from ccxt: positions, balances and leverage tiers in its unified structures.

Accounts come back with tier tables refreshed and every number of the venue beside ours. What it is
not: a connection; ccxt itself is not imported. What always holds: a float of a payload is read as
the shortest decimal that prints it, and that is said.
"""

from solvent.venues.ccxt.imported import Imported, from_ccxt

__all__ = ["Imported", "from_ccxt"]
