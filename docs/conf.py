"""Sphinx configuration. Nothing here imports the package, so building compiles no kernel."""

import re
from pathlib import Path

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
html_show_sphinx = False
