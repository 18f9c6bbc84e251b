"""Say what a results folder has, what it lacks, and who works in it."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rvsjax.cli.console import DONE, put
from rvsjax.cli.options import add_folder, need_sweep
from rvsjax.errors import counted, one_line, shell_word

if TYPE_CHECKING:
    from rvsjax.sweep.status import FolderStatus

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Say what a results folder has, what it lacks, and who works in it."

_SHOWN = ("rvsjax", "jax", "device")
_MANY = 200  # characters of a list of blocks


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    parser.add_argument("--json", action="store_true", help="the status as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the status; nothing is written or computed."""
    need_sweep(arguments.folder)
    from rvsjax.sweep.status import folder_status

    found = folder_status(arguments.folder)
    if arguments.json:
        put(json.dumps(found._asdict()))
    else:
        put("\n".join(_lines(found)))
    return DONE


def _lines(found: "FolderStatus") -> Iterator[str]:
    yield f"{found.folder}: {found.name}, a sweep of the study {found.study}"
    planned = "" if found.runs is None else f" of {found.runs:,}"
    statuses = ", ".join(f"{n:,} {status}" for status, n in found.status.items())
    told = f" ({statuses})" if statuses else ""
    yield f"  runs        {found.runs_done:,}{planned} done{told}"
    blocks = "" if found.blocks is None else f" of {found.blocks:,}"
    yield f"  blocks      {found.blocks_done:,}{blocks} done{_to_do(found)}"
    for process in found.running:
        yield f"  running     shard {process['shard']}: {process['by']}"
    if not found.running:
        yield "  running     no"
    yield f"  written     {found.last_written}, {found.bytes / 2**20:,.1f} MiB"
    if found.block_size:
        size = counted(found.block_size, "run")
        yield f"  computed    in blocks of {size}, kernel {found.kernel}"
    for name in _SHOWN:
        if name in found.versions:
            yield f"  {name:<12}{one_line(', '.join(found.versions[name]))}"
    yield f"  report      {_REPORT[found.report].format(shell_word(found.folder))}"
    yield f"  next        {_next(found)}"


_REPORT = {
    "none": "none; rvsjax report {} makes it",
    "current": "of these tables",
    "old": "of older tables; rvsjax report {} makes it again",
}


def _to_do(found: "FolderStatus") -> str:
    numbers = one_line(_ranges(found.blocks_to_do), _MANY)
    return f", to do: {numbers}" if numbers else ""


def _ranges(numbers: Sequence[int]) -> str:
    """Return whole numbers in a few words: ``0-2, 5``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ", ".join("-".join(map(str, x)) for x in found)


def _next(found: "FolderStatus") -> str:
    """Say what may be done with the folder."""
    if found.problem:
        return found.problem
    if found.running:
        return "wait for what is running"
    sweep = f"rvsjax sweep {shell_word(found.folder)}"
    if not found.whole:
        return f"{sweep} goes on with it"
    if found.status.get("failed"):
        return f"{sweep} --retry failed computes what failed"
    return "nothing is left to do"
