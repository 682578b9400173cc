"""Feeds: recorded files in, checked bars out.

A file is read as text, checked as a whole (columns, times, gaps, scale, every bar against itself)
and only then handed on, in whole ticks and lots. It is not a place for models: nothing is filled
in, smoothed or repaired. What always holds: a `FeedFault` names file, row, value and what to do,
and is raised before anything is replayed.
"""

from solvent.feeds.bars import read_bars
from solvent.feeds.fault import FeedFault
from solvent.feeds.shipped import SHIPPED, shipped_bars, shipped_path

__all__ = ["SHIPPED", "FeedFault", "read_bars", "shipped_bars", "shipped_path"]
