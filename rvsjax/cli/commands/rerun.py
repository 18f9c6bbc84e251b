"""Compute one run of a folder again, and say whether it has the same bits."""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import DONE, SOME_FAILED, need_sweep, put, refusing
from rvsjax.errors import UserError

if TYPE_CHECKING:
    from rvsjax.sweep.engine import Device
    from rvsjax.sweep.rerun import EveryStep, Rerun

__all__ = ["carry_out", "folder_lane"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what the folder has, and what the run is now, where they differ."""
    need_sweep(arguments.folder)
    file = arguments.every_step
    if file:
        _need_new(file)
    with refusing():
        lane = folder_lane(arguments.folder)
        from rvsjax.sweep.engine import OutOfMemory
        from rvsjax.sweep.rerun import every_step, rerun

        asked = arguments.folder, arguments.run_id, lane, arguments.data
        try:
            steps = every_step(*asked) if file else None
            found = rerun(*asked)
        except OutOfMemory as error:
            raise UserError(f"{error}; free some memory, and try again") from None
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


def folder_lane(folder: Path) -> "Device":
    """Start JAX on the kind of device that a folder was computed on, if it is here."""
    from rvsjax.cli.commands.sweep import start_lanes
    from rvsjax.sweep.store import Store

    sessions = Store(folder).manifest.get("sessions", [])
    kinds = {session.get("platform") for session in sessions}
    if kinds == {"cpu"}:  # which is always here
        return start_lanes("cpu")[0]
    return start_lanes("auto")[0]


def _lines(found: "Rerun") -> list[str]:
    head = f"run {found.run_id}, block {found.block}, kernel {found.kernel}"
    lines = [f"{head}: {found.values:,} values"]
    if found.elsewhere:
        lines.append(f"computed elsewhere: {'; '.join(found.elsewhere)}")
    if found.same:
        return [*lines, "the same, bit for bit"]
    columns = _columns(len(found.differences))
    lines.append(f"{columns} with other bits:")
    lines += [f"  {difference}" for difference in found.differences]
    if not found.beyond:
        return [*lines, "by no more than rounding explains"]
    names = ", ".join(f"{x.table}.{x.column}" for x in found.beyond)
    return [*lines, f"by more than rounding explains: {names}"]


def _columns(number: int) -> str:
    return "1 column" if number == 1 else f"{number} columns"


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
