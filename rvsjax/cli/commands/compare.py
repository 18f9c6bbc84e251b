"""Compare two results folders, run by run."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rvsjax.cli.console import DONE, put, tell
from rvsjax.cli.options import need_sweep
from rvsjax.environment.paths import user_path
from rvsjax.errors import UserError

if TYPE_CHECKING:
    from rvsjax.results.compare.comparison import Comparison

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Pair the runs of two results folders, and say what differs."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("a", metavar="A", type=user_path, help="a results folder")
    add("b", metavar="B", type=user_path, help="another; differences are B - A")
    add(
        "--on",
        metavar="NAME",
        action="append",
        help="a parameter that is to differ (default: those that have one value in "
        "each folder, and not the same); may be repeated",
    )
    add(
        "--out",
        metavar="DIR",
        type=user_path,
        help="write the page compare.html, and the pairs as Parquet and CSV",
    )
    add("--json", action="store_true", help="the comparison as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what two folders differ in; with ``--out``, write page and pairs."""
    for folder in (arguments.a, arguments.b):
        need_sweep(folder)
    out = arguments.out
    if out and os.path.exists(out) and not os.path.isdir(out):
        raise UserError(f"{out} is not a folder; use another with --out")
    from rvsjax.cli.comparison import as_json, comparison_text
    from rvsjax.cli.tables import put_all
    from rvsjax.results.compare.comparison import compare

    found = compare(arguments.a, arguments.b, arguments.on)
    files = _write(found, out, tell) if out else []
    if arguments.json:
        put(json.dumps(as_json(found) | {"files": files}))
    else:
        put_all(comparison_text(found))
    for file in files:
        tell(f"written: {file}")
    return DONE


def _write(found: "Comparison", folder: Path, say: Callable[[str], None]) -> list[str]:
    """Write the pairs as Parquet and as CSV, and the page; return the paths.

    Where the page cannot be made, what it needs is said.
    """
    from rvsjax.report import comparison
    from rvsjax.report.page import is_possible
    from rvsjax.results.compare.comparison import pairs_table
    from rvsjax.sweep.store.atomic import make, replacing

    make(folder)
    pairs = pairs_table(found.pairs)
    paths = [folder / "compare.parquet", folder / "compare.csv"]
    with replacing(paths[0]) as file:
        pairs.to_parquet(file, index=False)
    with replacing(paths[1]) as file:
        pairs.to_csv(file, index=False)
    if is_possible():
        paths.insert(0, folder / "compare.html")
        comparison.write_comparison(found, pairs, paths[0])
    else:
        say(comparison.COMPARISON_MISSING)
    return list(map(str, paths))
