"""All that a page says, as plain data: tables in, nothing of HTML out."""

from pathlib import Path
from typing import Any

import pandas as pd
import tomli

from rvsjax.errors import counted
from rvsjax.report.axes import axes_of
from rvsjax.report.measures import in_maps, run_measures
from rvsjax.report.page.answer import answer
from rvsjax.report.page.claims import claims_content
from rvsjax.report.page.curves import curves_content
from rvsjax.report.page.failures import failures_content
from rvsjax.report.page.maps import maps_content
from rvsjax.report.page.provenance import provenance_content
from rvsjax.report.page.skeleton import Content
from rvsjax.report.page.sparsity import sparsity_content
from rvsjax.report.page.table import table_content
from rvsjax.report.parameters import constant, method, varied
from rvsjax.report.words import short
from rvsjax.results.results import Results
from rvsjax.sweep.registry import find_statements
from rvsjax.sweep.store import DamagedFile, FolderError, Store
from rvsjax.sweep.store.untrusted import content as file_content

__all__ = ["page_content"]

_MOST_SOURCE = 64 * 1024  # characters of a sweep file
_EXECUTION = {"width": "block size", "kernel": "kernel", "quick": "quick"}


def page_content(results: Results, planned: int | None = None) -> Content:
    """Return the content of a page; `planned` is how many runs the sweep is to have."""
    runs, manifest = results.runs, results.manifest
    columns = results.columns("runs")
    parameters, measures = varied(runs, columns), run_measures(runs, columns)
    methods = method(runs, parameters)
    judged = claims_content(
        results.claims,
        runs,
        results.certificates,
        columns,
        find_statements(results.study),
    )
    source = _source(results.folder)
    supports = sparsity_content(runs, measures)
    figures = {
        "curves": curves_content(
            runs,
            results.curves if results.has("curves") else pd.DataFrame(),
            parameters,
            methods,
            results.columns("curves"),
            first=next((x.name for x in axes_of(runs, columns)), ""),
        ),
        "maps": maps_content(parameters, in_maps(runs, measures, columns)),
        "sparsity": supports["measures"] if supports else [],
        "table": table_content(runs, parameters, measures, columns),
    }
    text = {
        "tables": Store(results.folder).tables_digest(),
        "name": results.name,
        "about": _about(source),
        "missing": _missing(len(runs), manifest, planned),
        "answer": answer(runs, judged, measures, methods),
        "constants": constant(runs, columns),
        "varied": [(x.label, len(x.values)) for x in parameters],
        "seeds": int(runs["p_seed"].nunique()) if "p_seed" in runs else 0,
        "claims": judged,
        "uncertified": any(
            x["violated"] and x["about_runs"] and not x["certified"] for x in judged
        ),
        "failures": failures_content(runs, parameters),
        "sparsity": supports,
        "kinds": [short(line) for line in results.kinds],
        "sessions": provenance_content(manifest),
        "source": source,
        "setting": [
            (label, short(manifest[name], 40))
            for name, label in _EXECUTION.items()
            if name in manifest
        ],
    }
    return Content(text, figures)


def _missing(runs: int, manifest: dict[str, Any], planned: int | None) -> str:
    """Say what an unfinished sweep lacks; nothing where it is finished."""
    if "runs" in manifest.get("whole", {}):
        return ""
    there = counted(runs, "run")
    of = f" of {planned:,}" if planned else ""
    return (
        f"This sweep is not finished: {there}{of} are here, and only they are counted. "
        "Claims about weights and starts are judged at the end. The command that began "
        "the sweep computes the rest."
    )


def _source(folder: Path) -> str:
    """Return the sweep file as it was last, empty where there is none."""
    path = folder / "sweep.toml"
    if not path.exists():
        return ""
    try:
        return short(file_content(path).decode("utf-8", "replace"), _MOST_SOURCE)
    except DamagedFile as error:
        what = f"{path} {error}"
        raise FolderError(f"{what}; run the same sweep again to mend it") from None


def _about(source: str) -> str:
    """Return the question in a sweep file, empty where it asks none."""
    try:
        about = tomli.loads(source).get("about")
    except (tomli.TOMLDecodeError, RecursionError):
        return ""
    return short(about, 1000) if isinstance(about, str) else ""
