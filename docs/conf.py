"""How Sphinx builds the pages: ``python -m sphinx -W docs out/docs``."""

import re
from typing import Any

from rvsjax import __version__

project = "rvsjax"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["certificates"]
html_theme = "furo"
html_title = f"rvsjax {version}"
html_copy_source = False
default_role = "code"  # in docstrings, `name` is code
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
myst_heading_anchors = 3  # links such as guide.md#results


def setup(app: Any) -> None:
    """Take off the links that leave this folder: only the repository has their ends."""
    app.connect("source-read", _stay_inside)


def _stay_inside(app: Any, page: str, source: list[str]) -> None:
    source[0] = re.sub(r"\[([^]]*)\]\(\.\./[^)]*\)", r"\1", source[0])
