"""Compute one run of a folder again, and say whether it has the same bits."""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import DONE, SOME_FAILED, put
from rvsjax.cli.devices import folder_device
from rvsjax.cli.options import add_data, add_folder, need_sweep
from rvsjax.environment.paths import user_path
from rvsjax.errors import UserError, counted

if TYPE_CHECKING:
    from rvsjax.sweep.rerun import EveryStep, Rerun

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Compute a run again in its own place, and compare it bit for bit."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    add = parser.add_argument
    add("run_id", metavar="RUN_ID", help="a run of it, or how its id begins")
    add_data(parser)
    add(
        "--every-step",
        metavar="FILE.parquet",
        type=user_path,
        help="write the run's curve with every step of it (up to 10^6) to a new file",
    )
    add("--json", action="store_true", help="the comparison as JSON")
    parser.epilog = (
        "exit codes: 0 the same, or within rounding where other versions or another "
        "device computed the folder; 2 refused; 3 it differs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the folder has, and what the run is now, where they differ."""
    need_sweep(arguments.folder)
    file = arguments.every_step
    if file:
        _need_new(file)
    device = folder_device(arguments.folder)
    from rvsjax.sweep.folder import Folder
    from rvsjax.sweep.rerun import every_step, rerun

    asked = Folder(arguments.folder), arguments.run_id, device, arguments.data
    steps = every_step(*asked) if file else None
    found = rerun(*asked)
    if steps:
        _write(steps, file)
    told, lines = _as_json(found), _lines(found)
    if steps:
        told["every_step"] = _steps_as_json(steps, file)
        lines += _steps_lines(steps, file)
    put(json.dumps(told) if arguments.json else "\n".join(lines))
    agrees = found.agrees and not (steps and steps.beyond)
    return DONE if agrees else SOME_FAILED


def _need_new(file: Path) -> None:
    """Refuse a file that cannot be made, before anything is computed."""
    if file.suffix.lower() != ".parquet":
        what = "is written as Parquet; let the name end with .parquet"
        raise UserError(f"--every-step {file}: {what}")
    if os.path.lexists(file):
        raise UserError(f"--every-step {file}: is there already; name a new file")
    if not file.parent.is_dir():
        raise UserError(f"--every-step {file}: there is no folder {file.parent}")


def _write(steps: "EveryStep", file: Path) -> None:
    import pyarrow.parquet as pq

    from rvsjax.sweep.store.atomic import replacing

    with replacing(file) as target:
        pq.write_table(steps.curve, target, compression="zstd")


def _lines(found: "Rerun") -> list[str]:
    head = f"run {found.run_id}, block {found.block}, kernel {found.kernel}"
    lines = [f"{head}: {found.values:,} values"]
    if found.elsewhere:
        lines.append(f"computed elsewhere: {'; '.join(found.elsewhere)}")
    if found.same:
        return [*lines, "the same, bit for bit"]
    lines.append(f"{counted(len(found.differences), 'column')} with other bits:")
    lines += [f"  {difference}" for difference in found.differences]
    if not found.beyond:
        return [*lines, "by no more than rounding explains"]
    names = ", ".join(f"{x.table}.{x.column}" for x in found.beyond)
    return [*lines, f"by more than rounding explains: {names}"]


def _as_json(found: "Rerun") -> dict[str, Any]:
    return found._asdict() | {
        "same": found.same,
        "agrees": found.agrees,
        "differences": [difference._asdict() for difference in found.differences],
        "beyond": [difference._asdict() for difference in found.beyond],
    }


def _steps_lines(steps: "EveryStep", file: Path) -> list[str]:
    head = f"every step: {steps.curve.num_rows:,} rows in {file}"
    if not steps.compared:
        return [f"{head}; the folder has no curve of it to compare"]
    where = f"at the {steps.compared:,} steps that the folder has"
    if not steps.beyond:
        return [f"{head}; {where} it differs by no more than rounding explains"]
    told = [f"  {difference}" for difference in steps.beyond]
    return [f"{head}; {where} it differs by more than rounding explains:", *told]


def _steps_as_json(steps: "EveryStep", file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "rows": steps.curve.num_rows,
        "compared": steps.compared,
        "beyond": [difference._asdict() for difference in steps.beyond],
    }
