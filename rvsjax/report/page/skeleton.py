"""One HTML file with its scripts and data, which makes no request."""

import base64
import hashlib
import importlib.util
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from rvsjax.report.page.pack import packed

__all__ = ["Content", "is_possible", "missing", "render"]

_TEMPLATES = files("rvsjax.report.page") / "template"


class Content(NamedTuple):
    """The words of a page, and the data of its figures."""

    text: dict[str, Any]
    figures: dict[str, Any]


def is_possible() -> bool:
    """Say whether the packages of the extra `report` are installed."""
    return all(importlib.util.find_spec(name) for name in ("jinja2", "plotly"))


def missing(name: str) -> str:
    """Say why there is no page of that name, and how to get it."""
    return f"no {name}: it needs two packages, python -m pip install jinja2 plotly"


def render(template: str, scripts: Sequence[str], told: Content) -> str:
    """Return a page: a template that extends ``base.html``, and scripts in order.

    It loads nothing: the policy allows the two scripts in it, by their SHA-256, and no
    connection. Plotly is in it compressed, 1.9 MB in place of 4.8.
    """
    import jinja2
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    script = "\n".join(_read(f"{name}.js") for name in scripts)
    plotly = get_plotlyjs()
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template).render(
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
