"""Compute rows of a folder again one at a time, and say which do not agree."""

import argparse
import json
import secrets

from rvsjax.cli.commands.rerun import folder_lane
from rvsjax.cli.console import (
    DONE,
    SOME_FAILED,
    need_sweep,
    put,
    refusing,
    tell,
)
from rvsjax.errors import UserError

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print the rows that do not agree, and how many were looked at."""
    need_sweep(arguments.folder)
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    with refusing():
        lane = folder_lane(arguments.folder)
        from rvsjax.sweep.engine import OutOfMemory
        from rvsjax.sweep.verify import stale_tables, verify

        stale = stale_tables(arguments.folder)
        tell(f"computing rows again; --seed {seed} draws the same")
        try:
            found = list(
                verify(arguments.folder, arguments.sample, seed, lane, arguments.data)
            )
        except OutOfMemory as error:
            raise UserError(f"{error}; free some memory, and try again") from None
    wrong = [row for row in found if row.differences]
    if arguments.json:
        told = {
            "rows": len(found),
            "seed": seed,
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
            put(f"{arguments.folder / name}.parquet is not what its parts say")
        put(f"{len(found)} rows computed again, {len(found) - len(wrong)} agree")
    return SOME_FAILED if wrong or stale else DONE
