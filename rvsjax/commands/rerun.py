"""Compute one run of a folder again, and say whether it has the same bits."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.console import DONE, SOME_FAILED, Refusal, need_sweep, put, refusing

if TYPE_CHECKING:
    from rvsjax.engine import Device
    from rvsjax.rerun import Rerun

__all__ = ["carry_out", "folder_lane"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what the folder has, and what the run is now, where they differ."""
    need_sweep(arguments.folder)
    with refusing():
        lane = folder_lane(arguments.folder)
        from rvsjax.engine import OutOfMemory
        from rvsjax.rerun import rerun

        try:
            found = rerun(arguments.folder, arguments.run_id, lane)
        except OutOfMemory as error:
            raise Refusal(f"{error}; free some memory, and try again") from None
    put(json.dumps(_as_json(found)) if arguments.json else "\n".join(_lines(found)))
    return DONE if found.agrees else SOME_FAILED


def folder_lane(folder: Path) -> "Device":
    """Start JAX on the kind of device that a folder was computed on, if it is here."""
    from rvsjax.commands.sweep import start_lanes
    from rvsjax.store import Store

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
