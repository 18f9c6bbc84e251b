"""Compare two results folders, run by run."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rvsjax.cli.console import DONE, need_sweep, put, refusing, tell
from rvsjax.errors import UserError

if TYPE_CHECKING:
    from rvsjax.results.compare.comparison import Comparison

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what two folders differ in; with ``--out``, write page and pairs."""
    for folder in (arguments.a, arguments.b):
        need_sweep(folder)
    out = arguments.out
    if out and os.path.exists(out) and not os.path.isdir(out):
        raise UserError(f"{out} is not a folder; use another with --out")
    with refusing():
        from rvsjax.results.compare.comparison import compare
        from rvsjax.results.compare.text import as_json, lines

        found = compare(arguments.a, arguments.b, arguments.on)
        files = []
        if out:
            files = _write(found, out, tell)
    told = as_json(found) | {"files": files}
    put(json.dumps(told) if arguments.json else "\n".join(lines(found)))
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
