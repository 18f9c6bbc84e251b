"""Run a sweep file. Heavy imports come once arguments and file are found good."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import (
    CLAIM_VIOLATED,
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    hear_packages,
    put,
    tell,
)
from rvsjax.cli.signals import gently
from rvsjax.errors import UserError, counted

if TYPE_CHECKING:
    from rvsjax.sweep.engine import Device
    from rvsjax.sweep.plan.plan import Plan
    from rvsjax.sweep.runner import Options, SweepStatus

__all__ = ["carry_out", "start_lanes"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Run the sweep, or say what would run."""
    hear_packages(arguments.quiet)
    source, plan = _read_plan(arguments)
    if not arguments.quiet:
        for note in plan.notes:
            tell(f"{arguments.file}: {note}")
    lanes = start_lanes(arguments.device)
    from pyarrow import ArrowException

    from rvsjax.sweep.engine import OutOfMemory
    from rvsjax.sweep.store import FolderError

    try:
        if arguments.dry_run:
            return _dry_run(arguments, plan, lanes)
        return _run(arguments, source, plan, lanes)
    except FolderError as error:
        raise UserError(error) from None
    except OutOfMemory as error:
        wide = arguments.block and arguments.block > 1
        tell(f"{error}{'; try a smaller --block in another folder' if wide else ''}")
        return SOME_FAILED
    except (OSError, MemoryError, RuntimeError, ArrowException) as error:
        what = _what_failed(error)
        tell(f"{what}; what was finished is kept, the same command continues")
        return SOME_FAILED


def _what_failed(error: Exception) -> str:
    """Say what this machine did not give: a file, memory, a thread."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the results folder'}: {error.strerror}"
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _read_plan(arguments: argparse.Namespace) -> tuple[str, "Plan"]:
    from rvsjax.errors import SweepFileError, one_line
    from rvsjax.sweep.plan.document import override, parse, read, read_setting
    from rvsjax.sweep.plan.plan import make_plan

    try:
        source = read(arguments.file)
        raw = parse(source)
        for setting in arguments.set:
            raw = override(raw, *read_setting(setting, raw))
        if arguments.seeds:
            raw = override(raw, "seeds.count", arguments.seeds)
        if arguments.dtype:
            raw = override(raw, "dtype", arguments.dtype)
        narrowed = {"only": arguments.only, "limit": arguments.limit}
        return source, make_plan(raw, smoke=arguments.smoke, **narrowed)
    except SweepFileError as error:
        number = len(error.problems)
        mistakes = "1 mistake" if number == 1 else f"{number} mistakes"
        lines = "\n".join(f"  {line}" for line in str(error).splitlines())
        head = f"{one_line(str(arguments.file))}: {mistakes}, nothing was run"
        raise UserError(f"{head}\n{lines}") from None


# With `WHOLE_LOOPS` XLA makes one kernel of the loop over steps: it took 3.8 instead of
# 19 microseconds a step under jax 0.10.1 (blocks of 16, d = 50, l0, float64), to the
# same bits, and the same time as before under 0.12.0. It is read when JAX starts.
_WHOLE_LOOPS = "xla_cpu_small_while_loop_byte_threshold=1000000000"

# Fatal ones alone: what else goes wrong raises an exception. Under jax 0.10.1 each
# program from the cache would print that it may crash, on processors with AVX-512: a
# false alarm (openxla/xla issue 44565). It is read when JAX starts, which sets it to 1
# where it is not set, for the processes begun by one that has JAX as well.
_LOGS, _JAX_LOGS = "3", "1"


def start_lanes(kind: str) -> tuple["Device", ...]:
    """Start JAX on the devices asked for."""
    flags = os.environ.get("XLA_FLAGS", "")
    is_file = flags.strip() and not flags.strip().startswith("-")
    if not is_file and "xla_backend_extra_options" not in flags:
        whole = f"{flags} --xla_backend_extra_options={_WHOLE_LOOPS}"
        os.environ["XLA_FLAGS"] = whole.strip()
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", _JAX_LOGS) == _JAX_LOGS:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = _LOGS
    from rvsjax.sweep.engine import default_lanes, devices, known_bad_version

    if problem := known_bad_version():
        raise UserError(problem)
    try:
        return default_lanes(devices(None if kind == "auto" else kind))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"--device {kind}: JAX finds none here ({reason})") from None


def _kernel(arguments: argparse.Namespace) -> str | None:
    return None if arguments.kernel == "auto" else arguments.kernel


def _dry_run(
    arguments: argparse.Namespace, plan: "Plan", lanes: tuple["Device", ...]
) -> int:
    from rvsjax.sweep.estimate import forecast

    asked = arguments.block, _kernel(arguments)
    told = forecast(plan, *asked, lanes, arguments.data)._asdict()
    if arguments.json:
        put(json.dumps(told))
        return DONE
    kind = f"{counted(told['lanes'], 'lane')} of {lanes[0].device_kind}"
    width = counted(told["width"], "run")
    put(f"{plan.document.name}: {counted(told['runs'], 'run')}")
    put(f"  programs    {told['programs']:,}")
    put(f"  blocks      {told['blocks']:,} of {width}, on {kind}")
    put(f"  run-steps   {told['run_steps']:,}")
    put(f"  time        about {told['seconds']:,.0f} s, from a timed probe")
    put(f"  memory      about {told['memory_bytes'] / 2**20:,.1f} MiB of arrays")
    put(f"  disk        about {told['disk_bytes'] / 2**20:,.1f} MiB")
    return DONE


def _run(
    arguments: argparse.Namespace,
    source: str,
    plan: "Plan",
    lanes: tuple["Device", ...],
) -> int:
    from rvsjax.cli.commands.report import report
    from rvsjax.cli.progress import progress_talker
    from rvsjax.cli.summary import reason_lines, session_lines, summary, summary_json
    from rvsjax.cli.tables import tell_all
    from rvsjax.results.results import Results
    from rvsjax.sweep.runner import Options, run_plan

    def say(text: str) -> None:
        if not arguments.quiet:
            tell(text)

    out = arguments.out or Path(plan.default_folder)
    kind = "none" if arguments.quiet else arguments.progress
    retry = {
        None: (),
        "failed": ("failed",),
        "diverged": ("diverged", "degenerate"),
        "all": ("failed", "diverged", "degenerate"),
    }[arguments.retry]
    number = sum(count for _, count in plan.groups())
    say(f"{plan.document.name}: {counted(number, 'run')}, into {out}")
    with progress_talker(kind) as watch, gently(say) as stop:
        options = Options(
            width=arguments.block,
            kernel=_kernel(arguments),
            shard=arguments.shard,
            retry=frozenset(retry),
            fail_fast=arguments.fail_fast,
            lanes=lanes,
            flags=tuple(sys.argv[1:]),
            data=arguments.data,
            watch=watch,
            stop=stop,
            say=say,
        )
        ending = run_plan(plan, source, out, options)
    if ending.blocks_left:
        if arguments.json:
            told = {"out": str(out), "blocks_left": ending.blocks_left}
            put(json.dumps(told))
        return _unfinished(ending, options, say)
    results = Results(out)
    figures = [] if arguments.no_report else report(out, say)
    told = json.dumps(summary_json(results, figures)) if arguments.json else str(out)
    put(told)
    if not arguments.quiet:
        parts = summary(results, figures)
        if arguments.verbose:
            parts += [*reason_lines(results), *session_lines(results)]
        tell_all(parts)
    return _exit_code(results, arguments.strict)


def _unfinished(
    ending: "SweepStatus", options: "Options", say: Callable[[str], None]
) -> int:
    """Say why blocks are missing, and how to go on."""
    number = ending.blocks_left
    are = "is" if number == 1 else "are"
    left = f"{counted(number, 'block')} {are} left in {ending.folder}"
    if options.stop.is_set():
        say(f"interrupted: {left}; the same command continues")
        return INTERRUPTED
    if ending.failed and options.fail_fast:
        say(f"stopped at the first failure: {left}; see `reason` in its rows")
    else:
        say(f"this shard is done; {left} for the other shards")
    return SOME_FAILED if ending.failed else DONE


def _exit_code(results: Any, strict: bool) -> int:
    if (results.runs["status"] == "failed").any():
        return SOME_FAILED
    if strict and _violates(results.claims):
        return CLAIM_VIOLATED
    return DONE


def _violates(claims: Any) -> bool:
    """Say whether a claim is violated that not every sweep violates."""
    from rvsjax.theory.claims import WHATEVER_IS_SWEPT

    if claims.empty:
        return False
    told = claims[~claims["claim"].isin(WHATEVER_IS_SWEPT)]
    return bool(told["violated"].any())
