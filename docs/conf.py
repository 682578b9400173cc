"""Sphinx configuration. Of the package only the venues' presets are imported, which load neither
NumPy nor a compiler, so building compiles no kernel.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from venue_pages import write_pages

write_pages(Path(__file__).parent / "venues")

_package = Path(__file__).parent.parent / "src" / "solvent" / "__init__.py"
_version = re.search(r'__version__ = "([^"]+)"', _package.read_text(encoding="utf-8"))
assert _version is not None

project = "Solvent"
author = "The Solvent authors"
copyright = "The Solvent authors, Apache-2.0"
version = release = _version.group(1)

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"Solvent {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sphinx = False
