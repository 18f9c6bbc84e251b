"""Compare two results folders, run by run."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rvsjax.console import DONE, need_sweep, put, refusing, tell

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what two folders differ in; with ``--out``, write their pairs."""
    for folder in (arguments.a, arguments.b):
        need_sweep(folder)
    with refusing():
        from rvsjax.compare.comparison import compare, pairs_table
        from rvsjax.compare.text import as_json, lines

        found = compare(arguments.a, arguments.b, arguments.on)
        files = []
        if arguments.out:
            files = _write(pairs_table(found.pairs), arguments.out)
    told = as_json(found) | {"files": files}
    put(json.dumps(told) if arguments.json else "\n".join(lines(found)))
    for file in files:
        tell(f"written: {file}")
    return DONE


def _write(pairs: "pd.DataFrame", folder: Path) -> list[str]:
    """Write the pairs as Parquet and as CSV; return the paths."""
    from rvsjax.store.files import make, replacing

    make(folder)
    paths = [folder / "compare.parquet", folder / "compare.csv"]
    with replacing(paths[0]) as file:
        pairs.to_parquet(file, index=False)
    with replacing(paths[1]) as file:
        pairs.to_csv(file, index=False)
    return list(map(str, paths))
