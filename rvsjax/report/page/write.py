"""The page as HTML: templates filled, scripts and data packed, one file."""

import base64
import hashlib
import importlib.util
from importlib.resources import files
from pathlib import Path
from typing import Any

from rvsjax.report.page.content import content
from rvsjax.report.page.pack import packed
from rvsjax.results import Results
from rvsjax.store import Store

__all__ = ["MISSING", "is_possible", "make_page", "write_page"]

MISSING = "no report.html: it needs two packages, python -m pip install jinja2 plotly"

_TEMPLATES = files("rvsjax.report.page") / "template"
_SCRIPTS = ("start", "plot", "curves", "maps", "sparsity", "filter", "table", "boot")


def is_possible() -> bool:
    """Say whether the packages of the extra `report` are installed."""
    return all(importlib.util.find_spec(name) for name in ("jinja2", "plotly"))


def write_page(results: Results, planned: int | None = None) -> Path:
    """Write ``report.html`` into the folder of the results; return its path.

    `planned` is the number of runs that the sweep is to have, where it is not finished.
    """
    html = make_page(results, planned)
    Store(results.folder).write("report.html", html.encode("utf-8", "replace"))
    return results.folder / "report.html"


def make_page(results: Results, planned: int | None = None) -> str:
    """Return the page: the same for the same folder, wherever it lies.

    It loads nothing: the policy allows the two scripts in it, by their SHA-256, and no
    connection. Plotly is in it compressed, 1.9 MB in place of 4.8.
    """
    import jinja2
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    told = content(results, planned)
    script = "\n".join(_read(f"{name}.js") for name in _SCRIPTS)
    plotly = get_plotlyjs()
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(
        told.text,
        figures=told.figures,
        policy=_policy(script, plotly),
        style=Markup(_read("style.css")),
        script=Markup(script),
        plotly=packed(plotly),
        data=packed(told.figures),
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _policy(*scripts: str) -> str:
    """Return a content security policy that allows these scripts, and nothing else."""
    hashes = [hashlib.sha256(x.encode()).digest() for x in scripts]
    known = " ".join(f"'sha256-{base64.b64encode(x).decode()}'" for x in hashes)
    rules: dict[str, Any] = {
        "default-src": "'none'",
        "script-src": known,
        "style-src": "'unsafe-inline'",  # plotly sets styles of what it draws
        "img-src": "data:",  # heat maps are drawn as pictures
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())
