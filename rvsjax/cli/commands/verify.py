"""Compute rows of a folder again one at a time, and say which do not agree."""

import argparse
import json
import secrets

from rvsjax.cli.console import DONE, SOME_FAILED, put, tell
from rvsjax.cli.devices import folder_device
from rvsjax.cli.options import add_data, add_folder, count, need_sweep, seed

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Compute rows again one at a time, without a kernel, and compare them."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    add_data(parser)
    add = parser.add_argument
    add(
        "--sample",
        metavar="N",
        type=count,
        default=20,
        help="rows that are drawn, beside the last rows of 20 blocks (default: 20)",
    )
    add("--seed", metavar="S", type=seed, help="draw the rows that this seed gives")
    add("--json", action="store_true", help="what was found as JSON")
    parser.epilog = (
        "exit codes: 0 every row agrees to rounding; 2 refused; 3 some rows do not"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the rows that do not agree, and how many were looked at."""
    need_sweep(arguments.folder)
    drawn = secrets.randbits(32) if arguments.seed is None else arguments.seed
    device = folder_device(arguments.folder)
    from rvsjax.sweep.folder import Folder
    from rvsjax.sweep.verify import stale_tables, verify

    folder = Folder(arguments.folder)
    stale = stale_tables(folder)
    tell(f"computing rows again; --seed {drawn} draws the same")
    rows = list(verify(folder, arguments.sample, drawn, device, arguments.data))
    wrong = [row for row in rows if row.differences]
    if arguments.json:
        told = {
            "rows": len(rows),
            "seed": drawn,
            "wrong": [
                row._asdict() | {"differences": [x._asdict() for x in row.differences]}
                for row in wrong
            ],
            "stale": stale,
        }
        put(json.dumps(told))
    else:
        for row in wrong:
            put(f"run {row.run_id}, block {row.block}, does not agree:")
            put("\n".join(f"  {difference}" for difference in row.differences))
        for name in stale:
            put(f"{folder.store.folder / name}.parquet is not what its parts say")
        put(f"{len(rows)} rows computed again, {len(rows) - len(wrong)} agree")
    return SOME_FAILED if wrong or stale else DONE
