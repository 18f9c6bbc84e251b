"""Output of a sweep on stdout and its end: estimate, summary, exit code."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import (
    CLAIM_VIOLATED,
    DONE,
    INTERRUPTED,
    REFUSED,
    SOME_FAILED,
    put,
)
from rvsjax.errors import counted

if TYPE_CHECKING:
    from rvsjax.results.results import Results
    from rvsjax.sweep.engine import Device
    from rvsjax.sweep.outlook import Outlook
    from rvsjax.sweep.plan.plan import Plan
    from rvsjax.sweep.runner import Options, SweepStatus

__all__ = ["dry_run", "end_unfinished", "exit_code", "print_summary", "violates"]


def dry_run(
    arguments: argparse.Namespace,
    plan: "Plan",
    devices: tuple["Device", ...],
    out: Path,
    options: "Options",
) -> int:
    """Print what would run, how long it would take, and what its folder has of it."""
    from rvsjax.sweep.estimate import estimate
    from rvsjax.sweep.outlook import look

    found = look(plan, out, options, devices[0].platform)
    width, kernel = found.block_size or options.width, found.kernel or options.kernel
    told = estimate(plan, width, kernel, devices, options.data)._asdict()
    code = REFUSED if found.refused else DONE
    if arguments.json:
        put(json.dumps(told | {"folder": found._asdict()}))
        return code
    kind = f"{counted(told['lanes'], 'worker')} of {devices[0].device_kind}"
    width = counted(told["width"], "run")
    put(f"{plan.sweep_file.name}: {counted(told['runs'], 'run')}")
    put(f"  programs    {told['programs']:,}")
    put(f"  blocks      {told['blocks']:,} of {width}, on {kind}")
    put(f"  run-steps   {told['run_steps']:,}")
    put(f"  time        about {told['seconds']:,.0f} s, from a timed probe")
    put(f"  memory      about {told['memory_bytes'] / 2**20:,.1f} MiB of arrays")
    put(f"  disk        about {told['disk_bytes'] / 2**20:,.1f} MiB")
    put(f"  folder      {_told(found)}")
    return code


def _told(found: "Outlook") -> str:
    """Say what a folder has of a sweep, and what is left of it."""
    if found.refused:
        return f"refused: {found.refused}"
    done = counted(found.blocks_done, "block")
    left = f"{found.blocks_to_do:,} to do ({counted(found.runs_to_do, 'run')})"
    return f"{found.folder}: {done} done, {left}"


def print_summary(
    arguments: argparse.Namespace, results: "Results", figures: list[Path]
) -> None:
    """Print the folder, or everything as JSON, and for a reader the summary."""
    from rvsjax.cli.summary import reason_lines, session_lines, summary, summary_json
    from rvsjax.cli.tables import tell_all

    folder = str(results.folder)
    put(json.dumps(summary_json(results, figures)) if arguments.json else folder)
    if not arguments.quiet:
        parts = summary(results, figures)
        if arguments.verbose:
            parts += [*reason_lines(results), *session_lines(results)]
        tell_all(parts)


def end_unfinished(
    status: "SweepStatus", options: "Options", as_json: bool, say: Callable[[str], None]
) -> int:
    """Say why blocks are missing, and how to go on; return the exit code."""
    if as_json:
        told = {"out": str(status.folder), "blocks_left": status.blocks_left}
        put(json.dumps(told))
    number = status.blocks_left
    are = "is" if number == 1 else "are"
    left = f"{counted(number, 'block')} {are} left in {status.folder}"
    if options.stop.is_set():
        say(f"interrupted: {left}; the same command continues")
        return INTERRUPTED
    if status.failed and options.fail_fast:
        say(f"stopped at the first failure: {left}; see `reason` in its rows")
    else:
        say(f"this shard is done; {left} for the other shards")
    return SOME_FAILED if status.failed else DONE


def exit_code(results: Any, strict: bool) -> int:
    """Return the exit code of a finished sweep; a failed run goes before a claim."""
    if (results.runs["status"] == "failed").any():
        return SOME_FAILED
    if strict and violates(results.claims):
        return CLAIM_VIOLATED
    return DONE


def violates(claims: Any) -> bool:
    """Say whether a claim is violated that not every sweep violates."""
    from rvsjax.theory.claims import WHATEVER_IS_SWEPT

    if claims.empty:
        return False
    told = claims[~claims["claim"].isin(WHATEVER_IS_SWEPT)]
    return bool(told["violated"].any())
