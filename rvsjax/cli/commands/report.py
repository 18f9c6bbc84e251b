"""Make the page and the figures of a results folder."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rvsjax.cli.console import (
    DONE,
    SOME_FAILED,
    need_sweep,
    put,
    refusing,
    tell,
)
from rvsjax.errors import UserError

__all__ = ["carry_out", "report"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Make `report.html` and the figures; print their paths."""
    need_sweep(arguments.folder)
    chosen = _chosen(arguments)
    heard: list[str] = []
    with refusing():
        if chosen:
            files = _one(arguments.folder, heard.append, chosen)
        else:
            files = report(arguments.folder, tell, heard.append)
            if not files and not heard:  # then there is nothing to draw, which is told
                files = _figures(arguments.folder, heard.append)
    for path in files:
        put(str(path))
    for sentence in heard:
        tell(sentence)
    if arguments.open and files:
        import webbrowser

        webbrowser.open(files[0].resolve().as_uri())
    return SOME_FAILED if heard else DONE


def _one(
    folder: Path, say: Callable[[str], None], chosen: dict[str, str]
) -> list[Path]:
    from rvsjax.report.style import NotDrawn, start

    try:
        start()
        from rvsjax.report.figures import draw_one

        return draw_one(folder, **chosen)
    except NotDrawn as error:
        say(str(error))
        return []


def _chosen(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what another figure shows, nothing without ``--figure``."""
    names = ("x", "y", "color", "facet")
    given = {name: getattr(arguments, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.figure is None:
        if given:
            raise UserError(
                f"--{next(iter(given))} needs --figure runs or --figure curves"
            )
        return {}
    if not {"x", "y"} <= given.keys():
        raise UserError("--figure needs --x NAME and --y NAME")
    return {"table": arguments.figure, **given}


def report(
    folder: Path,
    say: Callable[[str], None],
    warn: Callable[[str], None] | None = None,
) -> list[Path]:
    """Make the page, or say what it needs, and the figures of what was computed.

    A figure that cannot be drawn is told to `warn`, or else to `say`.
    """
    from rvsjax.report.page import MISSING, is_possible, write_page
    from rvsjax.results.results import Results

    results, files = Results(folder), []
    if is_possible():
        files.append(write_page(results, _planned(results.manifest)))
    else:
        say(MISSING)
    if not results.records("curves"):
        say("no figure of curves: the sweep recorded none ([record] curves = 0)")
    nothing = (results.runs["status"] == "failed").all()
    return files if nothing else [*files, *_figures(folder, warn or say)]


def _figures(folder: Path, say: Callable[[str], None]) -> list[Path]:
    """Draw what can be drawn; say what cannot."""
    from rvsjax.report.style import NotDrawn, start

    try:
        start()
    except NotDrawn as error:
        say(str(error))
        return []
    from rvsjax.report.figures import draw

    return draw(folder, say)


def _planned(manifest: dict[str, Any]) -> int | None:
    """Return how many runs an unfinished sweep is to have; None where that is unknown.

    Only then is the package that reads sweeps imported.
    """
    if "runs" in manifest.get("whole", {}):
        return None
    from rvsjax.errors import SweepFileError
    from rvsjax.sweep.plan.plan import plan_again

    try:
        return sum(count for _, count in plan_again(manifest.get("asked")).groups())
    except SweepFileError:
        return None
