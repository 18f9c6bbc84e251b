"""How Sphinx builds the pages: ``python -m sphinx -W docs out/docs``."""

import re
from typing import Any

from sphinx.ext.napoleon.docstring import GoogleDocstring

from rvsjax import __version__

project = "rvsjax"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath"]  # MathJax comes with the reader's browser
exclude_patterns = ["certificates"]
html_theme = "furo"
html_title = f"rvsjax {version}"
html_copy_source = False
default_role = "code"  # in docstrings, `name` is code
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
myst_heading_anchors = 3  # links such as api.md#symbols


def setup(app: Any) -> None:
    """Adapt what is shown of the repository and of its classes."""
    app.connect("source-read", _stay_inside)
    app.connect("autodoc-skip-member", _is_bare_field)
    app.connect("autodoc-process-docstring", _lay_out_arguments)


def _stay_inside(app: Any, page: str, source: list[str]) -> None:
    """Take off the links that leave this folder: only the repository has their ends."""
    out = "../" * (page.count("/") + 1)
    source[0] = re.sub(rf"\[([^]]*)\]\({re.escape(out)}[^)]*\)", r"\1", source[0])


def _is_bare_field(app: Any, what: str, name: str, member: Any, *of: Any) -> Any:
    """Leave out fields of named tuples: the signature has them already."""
    bare = (getattr(member, "__doc__", None) or "").startswith("Alias for field")
    return True if bare else None


def _lay_out_arguments(app: Any, what: str, name: str, *rest: Any) -> None:
    """Make a list of `Args:`, of functions alone: elsewhere a colon is a colon."""
    lines = rest[-1]
    if what == "function":
        lines[:] = GoogleDocstring(lines).lines()
