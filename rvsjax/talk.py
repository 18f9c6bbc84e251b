"""What a sweep says on a terminal or in a log: progress, and the summary at the end."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rvsjax.console import tell
from rvsjax.results import Results
from rvsjax.sweep import Progress

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = [
    "duration",
    "progress_talker",
    "reason_lines",
    "session_lines",
    "summary_json",
    "summary_lines",
]

QUIET_SECONDS = 30  # between two plain lines


def duration(seconds: float) -> str:
    """Return ``42 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _done(progress: Progress) -> float:
    """Return the finished blocks, with what unfinished ones have done."""
    return progress.blocks_done + progress.under_way


def _told(progress: Progress) -> str:
    """Return ``3.4 of 7 blocks, 12 runs/s, 3 failed, about 40 s left``."""
    done = f"{_done(progress):.1f}" if progress.under_way else progress.blocks_done
    told = [f"{done} of {progress.blocks} blocks"]
    if progress.blocks_done:
        rate = progress.runs / progress.seconds if progress.seconds else 0
        told.append(f"{rate:.3g} runs/s" if rate < 1000 else f"{rate:,.0f} runs/s")
    if progress.failures:
        told.append(f"{progress.failures} failed")
    if progress.blocks_done == progress.blocks:
        return ", ".join([*told, duration(progress.seconds)])
    if worth := _done(progress) - progress.resumed:
        left = progress.seconds / worth * (progress.blocks - _done(progress))
        told.append(f"about {duration(left)} left")
    return ", ".join(told)


@contextlib.contextmanager
def progress_talker(kind: str) -> Iterator[Callable[[Progress], None]]:
    """Give what hears how far a sweep is: a bar, plain lines, JSON or nothing."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "plain"
    talker = {"bar": _Bar, "plain": _Plain, "json": _Json, "none": _Nothing}[kind]()
    try:
        yield talker
    finally:
        talker.close()


class _Nothing:
    def __call__(self, progress: Progress) -> None:
        pass

    def close(self) -> None:
        pass


class _Json(_Nothing):
    """A line at the start and whenever something is done."""

    done = -1.0

    def __call__(self, progress: Progress) -> None:
        if _done(progress) != self.done:
            self.done = _done(progress)
            tell(json.dumps(progress._asdict()))


class _Plain(_Nothing):
    """One line at the start, then at most one every `QUIET_SECONDS`."""

    last: float | None = None

    def __call__(self, progress: Progress) -> None:
        if self.last is None:
            before = progress.blocks_before
            known = f" ({before} finished before)" if before else ""
            blocks = "1 block" if progress.blocks == 1 else f"{progress.blocks} blocks"
            tell(f"{blocks} to run{known}; compiling the first")
            self.last = time.monotonic()
        elif _done(progress) and time.monotonic() - self.last >= QUIET_SECONDS:
            self.last = time.monotonic()
            tell(_told(progress))


class _Bar(_Nothing):
    """A bar on a terminal; it stays as it was at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self.task: TaskID | None = None
        self.bar = Bar(
            BarColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            redirect_stdout=False,  # results are no talk
        )

    def __call__(self, progress: Progress) -> None:
        if self.task is None:
            self.task = self.bar.add_task("compiling", total=progress.blocks)
            self.bar.start()
        elif _done(progress):
            done, told = _done(progress), _told(progress)
            self.bar.update(self.task, completed=done, description=told)

    def close(self) -> None:
        if self.bar.live.is_started:
            self.bar.stop()  # shows the cursor again


def summary_json(results: Results, figures: list[Path]) -> dict[str, Any]:
    """Return the summary as plain data: folder, statuses, claims and files."""
    claims = results.claims.astype(object).where(results.claims.notna(), None)
    known = results.certificates
    certified = set(known["claim"][known["stands"].eq(True)])
    return {
        "out": str(results.folder),
        "status": results.runs["status"].value_counts().to_dict(),
        **_counted(results.runs),
        "claims": claims.to_dict(orient="records"),
        "not_certified": [
            claim["claim"]
            for claim in claims.to_dict(orient="records")
            if claim["violated"] and claim["claim"] not in certified
        ],
        "precisions": results.precisions.to_dict(orient="records"),
        "files": [str(path) for path in _files(results.folder, figures)],
    }


def _counted(runs: pd.DataFrame) -> dict[str, Any]:
    """Return how many runs have an empty u, or where they ended, as the study tells."""
    told: dict[str, Any] = {"u_empty": 0}
    if "m_u_empty" in runs:
        told["u_empty"] = int(runs["m_u_empty"].eq(True).sum())
    if "m_ended" in runs:
        told["ended"] = runs["m_ended"].value_counts().to_dict()
    return told


def summary_lines(results: Results, figures: list[Path]) -> list[str]:
    """Return the summary as text: runs by status, each claim's counts, the files."""
    told = summary_json(results, figures)
    statuses = ", ".join(f"{n} {status}" for status, n in told["status"].items())
    number = "1 run" if len(results.runs) == 1 else f"{len(results.runs)} runs"
    last = f"u empty in {told['u_empty']}"
    if ended := told.get("ended"):
        last = "ended " + ", ".join(f"{name}: {n}" for name, n in ended.items())
    lines = [f"{number}: {statuses}; {last}", ""]
    if told["claims"]:
        lines += _claim_lines(told["claims"])
    lines += _precision_lines(told["precisions"])
    if told["not_certified"]:
        names = ", ".join(told["not_certified"])
        lines += ["", f"violated, without a certificate: {names}"]
        lines += [f"  rvsjax certify {told['out']}"]
    return [*lines, "", *(f"  {path}" for path in told["files"])]


def _claim_lines(claims: list[dict[str, Any]]) -> list[str]:
    """Return a table of the verdicts; rates are of the cases with a nonempty u."""
    columns = ("holds", "violated", "undecided", "not_applicable")
    heads = "".join(f"{name.replace('_', ' '):>16}" for name in columns)
    lines = [f"{'claim':<18}{heads}   of holds, u empty   violated, % of nonempty u"]
    for claim in claims:
        counts = "".join(f"{claim[name]:>16}" for name in columns)
        rate = _percent(claim) if claim["violated"] else ""
        empty = claim["holds_u_empty"]
        lines.append(f"{claim['claim']:<18}{counts}{empty:>20}   {rate}".rstrip())
    return lines


def _percent(claim: dict[str, Any]) -> str:
    """Return a rate with its Wilson 95 % interval: ``33.1 [31.2, 35.0]``."""
    rate, low, high = (
        100 * (claim[f"violated_{part}"] or 0) for part in ("rate", "low", "high")
    )
    return f"{rate:.1f} [{low:.1f}, {high:.1f}]"


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
    where = f"{session['lanes']} lanes of {session['device']}"
    versions = f"jax {session['versions']['jax']}"
    times = ", ".join(f"{name} {duration(s)}" for name, s in seconds.items())
    blocks = f"{session['blocks']} blocks"
    return [f"{session['begin']}  {blocks}, {where}, {versions}", f"  {times}"]


def _files(folder: Path, figures: list[Path]) -> list[Path]:
    names = ("runs", "curves", "pairs", "weights", "claims")
    tables = [folder / f"{name}.parquet" for name in names]
    found = [path for path in tables if path.exists()]
    return [*found, folder / "manifest.json", *figures]
