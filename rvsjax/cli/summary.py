"""Summary of a sweep: its runs, its claims, its files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from rvsjax.cli.tables import Table
from rvsjax.errors import counted
from rvsjax.results.results import Results
from rvsjax.results.schema import TRUTH, Column
from rvsjax.sweep.progress import duration

__all__ = ["reason_lines", "session_lines", "summary", "summary_json"]

_MOST_ROWS = 40


def summary_json(results: Results, figures: list[Path]) -> dict[str, Any]:
    """Return the summary as plain data: folder, statuses, claims and files."""
    claims = results.claims.astype(object).where(results.claims.notna(), None)
    known = results.certificates
    certified = set(known["claim"][known["stands"].eq(True)])
    return {
        "out": str(results.folder),
        "status": results.runs["status"].value_counts().to_dict(),
        **_counted(results),
        "claims": claims.to_dict(orient="records"),
        "not_certified": [
            claim["claim"]
            for claim in claims.to_dict(orient="records")
            if claim["violated"]
            and claim["claim"] not in certified
            and results.is_about_runs(claim["claim"])
        ],
        "kinds": results.kinds,
        "precisions": results.precisions.to_dict(orient="records"),
        "files": [str(path) for path in _files(results.folder, figures)],
    }


def _counted(results: Results) -> dict[str, Any]:
    """Return how many runs have each word, or are so, of what the study counts."""
    told: dict[str, Any] = {"u_empty": 0}  # promised of every study
    for name, column in _of_summary(results, "count").items():
        counts = results.runs[name].value_counts().to_dict()
        told[name[2:]] = counts.get(True, 0) if column.kind == TRUTH else counts
    return told


def _of_summary(results: Results, *ways: str) -> dict[str, Column]:
    """Return the columns that a summary tells of in one of these ways."""
    told = results.columns("runs").items()
    return {n: c for n, c in told if c.summary in ways and n in results.runs}


def summary(results: Results, figures: list[Path]) -> list[str | Table]:
    """Return the summary for a reader: runs by status, claims or scores, the files."""
    told = summary_json(results, figures)
    statuses = ", ".join(f"{n} {status}" for status, n in told["status"].items())
    number = counted(len(results.runs), "run")
    lines: list[str | Table] = [f"{number}: {statuses}{_last(told, results)}", ""]
    if told["claims"]:
        lines.append(_claims(told["claims"]))
    if means := _of_summary(results, "mean", "%"):
        lines.append(_means(results.runs, means))
    lines += _precision_lines(told["precisions"])
    if told["kinds"]:
        lines += ["", "several kinds of device or versions:"]
        lines += [f"  {line}" for line in told["kinds"]]
    if told["not_certified"]:
        names = ", ".join(told["not_certified"])
        lines += ["", f"violated, without a certificate: {names}"]
        lines += [f"  rvsjax certify {told['out']}"]
    return [*lines, "", *(f"  {path}" for path in told["files"])]


def _last(told: dict[str, Any], results: Results) -> str:
    """Return how the line of statuses ends: ``; u empty in 3``."""
    parts = []
    for name, column in _of_summary(results, "count").items():
        found = told[name[2:]]
        if isinstance(found, dict):
            found = ", ".join(f"{word}: {n}" for word, n in found.items())
            parts.append(f"; {column.label} {found}" if found else "")
        else:
            parts.append(f"; {column.label} in {found}")
    return "".join(parts)


def _claims(claims: list[dict[str, Any]]) -> Table:
    """Return a table of the verdicts; rates are of the cases with a nonempty u."""
    counts = ("holds", "violated", "undecided", "not_applicable", "holds_u_empty")
    heads = ("claim", "holds", "violated", "undecided", "does not\napply")
    rows = []
    for claim in claims:
        rate = _percent(claim) if claim["violated"] else ""
        rows.append((claim["claim"], *(str(claim[name]) for name in counts), rate))
    return Table(
        (*heads, "holds,\nu empty", "violated, %\nof nonempty u"),
        rows,
        alarming=[bool(claim["violated"]) for claim in claims],
    )


def _percent(claim: dict[str, Any]) -> str:
    """Return a rate with its Wilson 95 % interval: ``33.1 [31.2, 35.0]``."""
    rate, low, high = (
        100 * (claim[f"violated_{part}"] or 0) for part in ("rate", "low", "high")
    )
    return f"{rate:.1f} [{low:.1f}, {high:.1f}]"


def _means(runs: pd.DataFrame, means: dict[str, Column]) -> Table:
    """Return measurements by configuration: mean and spread over the seeds."""
    names = [str(name) for name in runs if str(name).startswith("p_")]
    by = [x for x in names if x != "p_seed" and runs[x].nunique(dropna=False) > 1]
    words = [runs[x].astype(object).where(runs[x].notna(), "").map(str) for x in by]
    keys = pd.Series(list(zip(*words)) or [()] * len(runs), runs.index)
    rows = []
    for key, few in runs.groupby(keys, sort=False):
        numbers = [_mean_and_spread(few[x], told) for x, told in means.items()]
        rows.append((*key, str(len(few)), *numbers))
    heads = [*(name.removeprefix("p_") for name in by), "runs"]
    heads += [
        f"{told.label}, %" if told.summary == "%" else told.text
        for told in means.values()
    ]
    left = len(rows) - _MOST_ROWS
    last = f"and {left} more configurations: see runs.parquet" if left > 0 else ""
    return Table(heads, rows[:_MOST_ROWS], words=len(by), last=last)


def _mean_and_spread(values: pd.Series, told: Column) -> str:
    """Return ``89.1 ± 0.3``: the mean and the standard deviation over the seeds.

    Over those that have a number: ``89.1 ± 0.3 (2 of 3)``.
    """
    there = values.count()
    if not there:
        return ""
    scale, form = (100, ".2f") if told.summary == "%" else (1, ".4g")
    mean, spread = (scale * values).mean(), (scale * values).std()
    beside = f" ± {spread:{form}}" if there > 1 else ""
    which = f" ({there} of {len(values)})" if there < len(values) else ""
    return f"{mean:{form}}{beside}{which}"


def _precision_lines(precisions: list[dict[str, Any]]) -> list[str]:
    """Say what each precision misses or invents, where it does."""
    lines = []
    for row in precisions:
        if row["missed"] or row["invented"]:
            name = f"{row['dtype']}, {row['precision']}"
            what = f"misses {row['missed']} of {row['violated_float64']} violations"
            made = f"invents {row['invented']}"
            lines.append(f"{name}: {row['claim']}: {what}, {made}")
    return ["", *lines] if lines else []


def reason_lines(results: Results) -> list[str]:
    """Return a line for each claim that does not apply to some: why, and how often."""
    if results.claims.empty:
        return []
    claims = results.claims.dropna(subset="not_applicable_because")
    lines = [
        f"  {row['claim']:<18}{row['not_applicable_because']}"
        for _, row in claims.iterrows()
    ]
    return ["", "not applicable, false hypotheses:", *lines] if lines else []


def session_lines(results: Results) -> list[str]:
    """Return a line for each call that computed something: where, and how long."""
    lines = [""]
    for session in results.manifest.get("sessions", []):
        try:
            lines += _session_lines(session)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            lines.append("a call of which the manifest does not tell")
    return lines


def _session_lines(session: dict[str, Any]) -> list[str]:
    seconds = session["seconds"]
    where = f"{counted(session['lanes'], 'worker')} of {session['device']}"
    versions = f"jax {session['versions']['jax']}"
    times = ", ".join(f"{name} {duration(s)}" for name, s in seconds.items())
    blocks = counted(session["blocks"], "block")
    return [f"{session['begin']}  {blocks}, {where}, {versions}", f"  {times}"]


def _files(folder: Path, figures: Sequence[Path]) -> list[Path]:
    names = ("runs", "curves", "pairs", "weights", "claims")
    tables = [folder / f"{name}.parquet" for name in names]
    found = [path for path in tables if path.exists()]
    return [*found, folder / "manifest.json", *figures]
