"""Shows a finished replay: tables in the terminal and one HTML file.

It is not a place where anything is computed for anyone else: it reads a `ReplayResult` and changes
nothing. What always holds: the page is one file without addresses of any host, every text from
outside is escaped, the same result gives the same bytes, and money in tables is exact.
"""

from solvent.report.page import render_report, write_report
from solvent.report.tables import print_result

__all__ = ["print_result", "render_report", "write_report"]
