"""How Sphinx builds the pages: ``python -m sphinx -W docs out/docs``."""

import json
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from sphinx.ext.napoleon.docstring import GoogleDocstring

from rvsjax import __version__

sys.path.insert(0, str(Path(__file__).parents[1]))  # for docs.gallery

project = "rvsjax"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
extensions += ["docs.gallery"]
myst_enable_extensions = ["dollarmath"]  # MathJax comes with the reader's browser
exclude_patterns = ["certificates"]
source_suffix = {".md": "markdown", ".ipynb": "markdown"}
html_theme = "furo"
html_title = f"rvsjax {version}"
html_copy_source = False
default_role = "code"  # in docstrings, `name` is code
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
myst_heading_anchors = 3  # links such as api.md#symbols


def setup(app: Any) -> None:
    """Adapt what is shown of the repository and of its classes."""
    app.connect("source-read", _show_notebook)
    app.connect("source-read", _stay_inside)
    app.connect("autodoc-skip-member", _is_bare_field)
    app.connect("autodoc-process-docstring", _lay_out_arguments)


def _show_notebook(app: Any, page: str, source: list[str]) -> None:
    """Turn the cells of a notebook into Markdown, with what they printed."""
    if str(app.env.doc2path(page)).endswith(".ipynb"):
        source[0] = "\n\n".join(map(_cell, json.loads(source[0])["cells"]))


def _cell(cell: dict[str, Any]) -> str:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return text
    printed = "".join(line for out in cell["outputs"] for line in out.get("text", []))
    shown = f"\n\n```text\n{printed.rstrip()}\n```" if printed else ""
    return f"```python\n{text}\n```{shown}"


def _stay_inside(app: Any, page: str, source: list[str]) -> None:
    """Take off the links that leave this folder: only the repository has their ends."""

    def kept(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link[2]))
        return link[1] if target.startswith("..") else link[0]

    source[0] = re.sub(r"\[([^]]*)\]\((\.\./[^)]*)\)", kept, source[0])


def _is_bare_field(app: Any, what: str, name: str, member: Any, *of: Any) -> Any:
    """Leave out fields of named tuples: the signature has them already."""
    bare = (getattr(member, "__doc__", None) or "").startswith("Alias for field")
    return True if bare else None


def _lay_out_arguments(app: Any, what: str, name: str, *rest: Any) -> None:
    """Make a list of `Args:`, of functions alone: elsewhere a colon is a colon."""
    lines = rest[-1]
    if what == "function":
        lines[:] = GoogleDocstring(lines).lines()
