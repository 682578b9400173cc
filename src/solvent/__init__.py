"""Solvent: an exact margin and liquidation engine for crypto derivatives.

Everything that decides is an integer state machine; everything that estimates lives outside it
and enters as a published number. Importing this package loads neither NumPy nor Numba.
"""

__version__ = "0.1.0"
