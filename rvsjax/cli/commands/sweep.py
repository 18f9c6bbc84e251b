"""Run a sweep file. Heavy imports come once arguments and file are found good."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import show_log, tell
from rvsjax.cli.devices import start_devices
from rvsjax.cli.options import (
    add_data,
    block_size,
    count,
    need_sweep,
    shard,
)
from rvsjax.cli.outcome import dry_run, end_unfinished, exit_code, print_summary
from rvsjax.cli.signals import gently
from rvsjax.environment.paths import user_path
from rvsjax.errors import counted
from rvsjax.sweep.executors.needs import EXECUTORS, need_executor
from rvsjax.sweep.resources import DEVICES, KERNELS, unless_auto

if TYPE_CHECKING:
    from rvsjax.sweep.engine import Device
    from rvsjax.sweep.plan.plan import Plan
    from rvsjax.sweep.runner import Options, SweepStatus

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Run a sweep file, or what is missing of it or of a results folder."

_RETRY = {
    None: (),
    "failed": ("failed",),
    "diverged": ("diverged", "degenerate"),
    "all": ("failed", "diverged", "degenerate"),
}
"""Statuses of the runs whose blocks are computed again."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.set_defaults(resumable=True)
    add = parser.add_argument
    add(
        "file",
        metavar="FILE.toml",
        type=user_path,
        help="the sweep file, or a results folder to go on with",
    )
    add(
        "--out",
        metavar="DIR",
        type=user_path,
        help="results folder (default: the one to go on with, or out/NAME)",
    )
    add(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a parameter wherever it stands, or a key such as seeds.count; may be "
        "repeated",
    )
    add(
        "--only",
        metavar="KEY=V1,V2",
        action="append",
        default=[],
        help="keep the runs with one of these values of a parameter; may be repeated",
    )
    add("--seeds", metavar="N", type=count, help="number of seeds")
    add("--limit", metavar="N", type=count, help="the first N runs alone")
    add("--dry-run", action="store_true", help="say what would run, and how long")
    add(
        "--smoke",
        action="store_true",
        help="about 64 of the runs, 1000 steps or an epoch each, into out/NAME-smoke",
    )
    add(
        "--retry",
        choices=("failed", "diverged", "all"),
        help="compute again the blocks with such runs",
    )
    add_data(parser)
    add(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where blocks run",
    )
    add("--dtype", choices=("float32", "float64"), help="precision of every run")
    add(
        "--block",
        metavar="N|auto",
        type=block_size,
        help="runs in a block; settled with the first part",
    )
    add(
        "--kernel",
        choices=KERNELS,
        default="auto",
        help="XLA (plain), C++ on a CPU (native), Warp on a GPU; settled with the "
        "first part",
    )
    add(
        "--shard",
        metavar="I/N",
        type=shard,
        default=(1, 1),
        help="the I-th of N processes that share a results folder",
    )
    add(
        "--executor",
        choices=EXECUTORS,
        default="local",
        help="where blocks run: this process, or a Ray cluster (default: local)",
    )
    add(
        "--address",
        metavar="HOST:PORT",
        help="the Ray cluster; without, one of this machine is started and stopped",
    )
    add(
        "--mixed",
        action="store_true",
        help="let kinds of device or versions differ within the folder, and count each",
    )
    add("--strict", action="store_true", help="exit 4 if a claim is violated")
    add("--fail-fast", action="store_true", help="stop at the first block that fails")
    add("--no-report", action="store_true", help="no report.html, no figures")
    add(
        "--progress",
        choices=("auto", "bar", "plain", "json", "none"),
        default="auto",
        help="on stderr: a bar, lines, lines of JSON, or nothing (default: auto, a bar "
        "on a terminal, else lines)",
    )
    add("--json", action="store_true", help="results on stdout as JSON")
    messages = parser.add_mutually_exclusive_group()
    messages.add_argument("-q", "--quiet", action="store_true", help="no talk")
    messages.add_argument("-v", "--verbose", action="store_true", help="more talk")
    parser.epilog = (
        "exit codes: 0 done; 2 refused, nothing was run; 3 done, some runs failed; "
        "4 with --strict, a claim was violated; 130 interrupted, resumable"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the sweep, or say what would run."""
    show_log(arguments.quiet)
    source, plan = _read_plan(arguments)
    if not arguments.quiet:
        for note in plan.notes:
            tell(f"{arguments.file}: {note}")
    need_executor(arguments.executor, arguments.address)
    devices = start_devices(arguments.device)
    out = arguments.out or Path(plan.default_folder)
    if arguments.dry_run:
        return dry_run(arguments, plan, devices, out, _options(arguments, devices))
    return _run(arguments, source, plan, devices, out)


def _read_plan(arguments: argparse.Namespace) -> tuple[str, "Plan"]:
    """Return the sweep file to keep and the plan, of a file or of a folder."""
    narrowed = {"only": arguments.only, "limit": arguments.limit}
    if os.path.isdir(arguments.file):
        need_sweep(arguments.file)
        from rvsjax.sweep.continuation import continued

        source, plan = continued(arguments.file, lambda x: _changed(x, arguments))
        if any(narrowed.values()) or arguments.smoke:
            plan = plan.select(**narrowed, smoke=arguments.smoke)
        if not arguments.smoke:
            arguments.out = arguments.out or arguments.file
        return source, plan
    from rvsjax.sweep.plan.plan import make_plan
    from rvsjax.sweep.plan.sweep_file import parse, read

    source = read(arguments.file)
    raw = _changed(parse(source), arguments)
    return source, make_plan(raw, smoke=arguments.smoke, **narrowed)


def _changed(raw: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the tables of a sweep file with what options put in their place."""
    from rvsjax.sweep.plan.overrides import override, read_setting

    for setting in arguments.set:
        raw = override(raw, *read_setting(setting, raw))
    if arguments.seeds:
        raw = override(raw, "seeds.count", arguments.seeds)
    if arguments.dtype:
        raw = override(raw, "dtype", arguments.dtype)
    return raw


def _options(
    arguments: argparse.Namespace, devices: tuple["Device", ...], **heard: Any
) -> "Options":
    """Return how to run a plan, as the command line says."""
    from rvsjax.sweep.runner import Options

    return Options(
        width=arguments.block,
        kernel=unless_auto(arguments.kernel),
        shard=arguments.shard,
        retry=frozenset(_RETRY[arguments.retry]),
        fail_fast=arguments.fail_fast,
        workers=devices,
        flags=tuple(sys.argv[1:]),
        data=arguments.data,
        executor=arguments.executor,
        address=arguments.address,
        mixed=arguments.mixed,
        **heard,
    )


def _run(
    arguments: argparse.Namespace,
    source: str,
    plan: "Plan",
    devices: tuple["Device", ...],
    out: Path,
) -> int:
    from rvsjax.cli.commands.report import report
    from rvsjax.results.results import Results

    def say(text: str) -> None:
        if not arguments.quiet:
            tell(text)

    number = sum(count for _, count in plan.groups())
    say(f"{plan.sweep_file.name}: {counted(number, 'run')}, into {out}")
    status, options = _computed(arguments, source, plan, devices, out, say)
    if status.blocks_left:
        return end_unfinished(status, options, arguments.json, say)
    results = Results(out)
    figures = [] if arguments.no_report else report(out, say)
    print_summary(arguments, results, figures)
    return exit_code(results, arguments.strict)


def _computed(
    arguments: argparse.Namespace,
    source: str,
    plan: "Plan",
    devices: tuple["Device", ...],
    out: Path,
    say: Callable[[str], None],
) -> tuple["SweepStatus", "Options"]:
    """Compute what is missing in the folder `out`, until a signal comes."""
    from rvsjax.cli.progress import progress_reporter
    from rvsjax.sweep.runner import run_plan

    kind = "none" if arguments.quiet else arguments.progress
    with progress_reporter(kind) as watch, gently(say) as stop:
        options = _options(arguments, devices, watch=watch, stop=stop, say=say)
        return run_plan(plan, source, out, options), options
