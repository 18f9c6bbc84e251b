"""Make the page and the figures of a results folder."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rvsjax.cli.console import DONE, SOME_FAILED, put, tell
from rvsjax.cli.options import add_folder, need_sweep
from rvsjax.errors import UserError
from rvsjax.report.recipe import FIGURES, STATISTICS, TABLES, Recipe, figure_size

__all__ = ["ABOUT", "add_options", "report", "run"]

ABOUT = "Make the page and the figures of a results folder."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    add = parser.add_argument
    add("--open", action="store_true", help="show the page")
    what = "another figure: lines of a table, or a map; remade with the folder"
    add("--figure", choices=FIGURES, help=what)
    for option, what in (
        ("--x", "column along the figure"),
        (
            "--y",
            "column up the figure: its median and band; of a map, an axis",
        ),
        ("--color", "a line for each value of this column; of a map, its colours"),
        ("--facet", "a panel for each value of this column"),
    ):
        add(option, metavar="NAME", help=f"{what} (with --figure)")
    what = "title in place of what is drawn of how many (with --figure)"
    add("--title", metavar="TEXT", help=what)
    what = "print a table for a paper, in place of the report"
    add("--table", choices=TABLES, help=what)
    for option, what in (
        ("--by", "rows for each value of this column (with --table); may be repeated"),
        ("--of", "this measurement or claim (with --table); may be repeated"),
    ):
        add(option, metavar="NAME", action="append", default=[], help=what)
    what = "quantiles or standard deviation beside it (with --table)"
    add("--statistic", choices=STATISTICS, help=what)
    add("--size", metavar="WxH", type=_size, help="inches, as 6x4 (with --figure)")


def run(arguments: argparse.Namespace) -> int:
    """Make `report.html` and the figures; print their paths."""
    need_sweep(arguments.folder)
    chosen = _chosen(arguments)
    if _is_table(arguments):
        put(_table(arguments))
        return DONE
    not_drawn: list[str] = []
    if chosen:
        files = _figures(arguments.folder, not_drawn.append, chosen)
    else:
        files = report(arguments.folder, tell, not_drawn.append)
        if not files and not not_drawn:  # nothing to draw is an error here
            files = _figures(arguments.folder, not_drawn.append)
    for path in files:
        put(str(path))
    for sentence in not_drawn:
        tell(sentence)
    if arguments.open and files:
        import webbrowser

        webbrowser.open(files[0].resolve().as_uri())
    return SOME_FAILED if not_drawn else DONE


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what another figure shows, nothing without ``--figure``."""
    names = ("x", "y", "color", "facet", "title", "size")
    given = {name: getattr(arguments, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.figure is None:
        if given:
            what = "needs --figure runs, --figure curves or --figure map"
            raise UserError(f"--{next(iter(given))} {what}")
        return {}
    if not {"x", "y"} <= given.keys():
        raise UserError("--figure needs --x NAME and --y NAME")
    chosen = {"figure": arguments.figure, **given}
    Recipe(**chosen)
    return chosen


def _is_table(arguments: argparse.Namespace) -> bool:
    """Say whether a table is asked for; UserError where its options are alone."""
    if arguments.table is not None:
        if arguments.figure:
            raise UserError("--table and --figure are two calls: leave one of them out")
        if arguments.open:
            raise UserError("--open shows the page, and --table makes none")
        return True
    for name in ("by", "of", "statistic"):
        if getattr(arguments, name):
            raise UserError(f"--{name} needs --table latex, markdown or csv")
    return False


def _table(arguments: argparse.Namespace) -> str:
    from rvsjax.report.tables import make_table
    from rvsjax.results.results import Results

    results = Results(arguments.folder)
    chosen = {"by": arguments.by, "of": arguments.of}
    statistic = arguments.statistic or STATISTICS[0]
    return make_table(results, arguments.table, **chosen, statistic=statistic).rstrip()


def _size(text: str) -> tuple[float, float]:
    try:
        return figure_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def _figures(
    folder: Path, say: Callable[[str], None], chosen: dict[str, Any] | None = None
) -> list[Path]:
    """Draw the figures of a folder, or the chosen one; say what cannot be drawn."""
    from rvsjax.report.style import NotDrawn, start

    try:
        start()
        from rvsjax.report.figures import draw, draw_one

        return draw_one(folder, **chosen) if chosen else draw(folder, say)
    except NotDrawn as error:
        say(str(error))
        return []


def _planned(manifest: dict[str, Any]) -> int | None:
    """Return how many runs an unfinished sweep is to have; None where that is unknown.

    Only then is the package that reads sweeps imported.
    """
    if "runs" in manifest.get("whole", {}):
        return None
    from rvsjax.errors import SweepFileError
    from rvsjax.sweep.plan.union import read_plan

    try:
        return sum(count for _, count in read_plan(manifest.get("asked")).groups())
    except SweepFileError:
        return None
