"""The command line: commands, signals and exit codes.

Everything heavy is imported once the arguments and the sweep file are found good.
"""

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rvsjax.arguments import make_parser

if TYPE_CHECKING:
    import threading

    from rvsjax.engine import Device
    from rvsjax.spec.plan import Plan
    from rvsjax.sweep import Ending, Options

__all__ = ["main", "run_command"]

DONE, REFUSED, SOME_FAILED, CLAIM_VIOLATED, INTERRUPTED = 0, 2, 3, 4, 130


class _Refusal(Exception):
    """The command cannot be carried out; the message is all that a user sees."""


def run_command(command: str | None = None) -> None:
    """Run this process's arguments, of the command if one is named; exit."""
    sys.exit(main(sys.argv[1:], command))


def main(argv: list[str], command: str | None = None) -> int:
    """Carry out a command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")  # folders may have any name
    arguments = make_parser(command).parse_args(argv)
    try:
        return _COMMANDS[arguments.command](arguments)
    except _Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


def script() -> None:
    """Run the script `rvsjax`."""
    run_command()


def _sweep(arguments: argparse.Namespace) -> int:
    source, plan = _read_plan(arguments)
    lanes = _lanes(arguments.device)
    if arguments.dry_run:
        return _dry_run(arguments, plan, lanes)
    from rvsjax.store import StoreError

    try:
        return _run(arguments, source, plan, lanes)
    except StoreError as error:
        raise _Refusal(error) from None
    except OSError as error:
        what = f"{error.filename or 'the results folder'}: {error.strerror}"
        print(f"{what}; what was finished is kept", file=sys.stderr)
        return SOME_FAILED


def _read_plan(arguments: argparse.Namespace) -> tuple[str, "Plan"]:
    from rvsjax.spec.errors import SpecError
    from rvsjax.spec.file import override, parse, read, read_setting
    from rvsjax.spec.plan import make_plan

    try:
        source = read(arguments.file)
        raw = parse(source)
        for setting in arguments.set:
            raw = override(raw, *read_setting(setting))
        if arguments.seeds:
            raw = override(raw, "seeds.count", arguments.seeds)
        if arguments.dtype:
            raw = override(raw, "dtype", arguments.dtype)
        narrowed = {"only": arguments.only, "limit": arguments.limit}
        return source, make_plan(raw, smoke=arguments.smoke, **narrowed)
    except SpecError as error:
        number = len(error.problems)
        mistakes = "1 mistake" if number == 1 else f"{number} mistakes"
        lines = "\n".join(f"  {line}" for line in str(error).splitlines())
        head = f"{arguments.file}: {mistakes}, nothing was run"
        raise _Refusal(f"{head}\n{lines}") from None


def _lanes(kind: str) -> tuple["Device", ...]:
    """Start JAX on the devices asked for."""
    import jax

    from rvsjax.engine import default_lanes, known_bad_version

    if problem := known_bad_version():
        raise _Refusal(problem)
    try:
        return default_lanes(jax.devices() if kind == "auto" else jax.devices(kind))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise _Refusal(f"--device {kind}: JAX finds none here ({reason})") from None


def _dry_run(
    arguments: argparse.Namespace, plan: "Plan", lanes: tuple["Device", ...]
) -> int:
    from rvsjax.forecast import forecast

    told = forecast(plan, arguments.block, lanes)._asdict()
    if arguments.json:
        print(json.dumps(told))
        return DONE
    kind = f"{told['lanes']} lanes of {lanes[0].device_kind}"
    print(f"{plan.document.name}: {told['runs']:,} runs")
    print(f"  programs    {told['programs']:,}")
    print(f"  blocks      {told['blocks']:,} of {told['width']} runs, on {kind}")
    print(f"  run-steps   {told['run_steps']:,}")
    print(f"  time        about {told['seconds']:,.0f} s, from a timed probe")
    print(f"  memory      about {told['memory_bytes'] / 2**20:,.1f} MiB of arrays")
    print(f"  disk        about {told['disk_bytes'] / 2**20:,.1f} MiB")
    return DONE


def _run(
    arguments: argparse.Namespace,
    source: str,
    plan: "Plan",
    lanes: tuple["Device", ...],
) -> int:
    from rvsjax.results import Results
    from rvsjax.sweep import Options, run_plan
    from rvsjax.talk import (
        progress_talker,
        session_lines,
        summary_json,
        summary_lines,
    )

    def say(text: str) -> None:
        if not arguments.quiet:
            _print(text, sys.stderr)

    out = arguments.out or Path(plan.default_folder)
    kind = "none" if arguments.quiet else arguments.progress
    retry = {
        None: (),
        "failed": ("failed",),
        "diverged": ("diverged", "degenerate"),
        "all": ("failed", "diverged", "degenerate"),
    }[arguments.retry]
    number = sum(count for _, count in plan.groups())
    say(f"{plan.document.name}: {number:,} runs, into {out}")
    options = Options(
        width=arguments.block,
        shard=arguments.shard,
        retry=frozenset(retry),
        fail_fast=arguments.fail_fast,
        lanes=lanes,
        flags=tuple(sys.argv[1:]),
        watch=progress_talker(kind),
        stop=_stop_on_signals(say),
    )
    ending = run_plan(plan, source, out, options)
    if ending.blocks_left:
        if arguments.json:
            told = {"out": str(out), "blocks_left": ending.blocks_left}
            _print(json.dumps(told))
        return _unfinished(ending, options, say)
    results = Results(out)
    nothing = (results.runs["status"] == "failed").all()
    figures = [] if arguments.no_report or nothing else _draw(out)
    told = json.dumps(summary_json(results, figures)) if arguments.json else str(out)
    _print(told)
    lines = summary_lines(results, figures)
    if arguments.verbose:
        lines += session_lines(results)
    say("\n".join(lines))
    return _exit_code(results, arguments.strict)


def _stop_on_signals(say: Callable[[str], None]) -> "threading.Event":
    """Let the first Ctrl-C or SIGTERM end the sweep after its block, the next now."""
    import signal
    import threading

    stop = threading.Event()

    def hear(*_: object) -> None:
        if stop.is_set():
            say("stopped; what was finished is kept")
            os._exit(INTERRUPTED)
        stop.set()
        say("finishing the blocks that are running; again to stop now")

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, hear)
    return stop


def _unfinished(
    ending: "Ending", options: "Options", say: Callable[[str], None]
) -> int:
    """Say why blocks are missing, and how to go on."""
    number = ending.blocks_left
    blocks = "1 block is" if number == 1 else f"{number} blocks are"
    left = f"{blocks} left in {ending.folder}"
    if options.stop.is_set():
        say(f"interrupted: {left}; the same command continues")
        return INTERRUPTED
    if ending.failed and options.fail_fast:
        say(f"stopped at the first failure: {left}; see `reason` in its rows")
    else:
        say(f"this shard is done; {left} for the other shards")
    return SOME_FAILED if ending.failed else DONE


def _print(text: str, stream: TextIO | None = None) -> None:
    """Print where somebody listens; the work is done, or goes on, all the same."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream or sys.stdout, flush=True)


def _exit_code(results: Any, strict: bool) -> int:
    if (results.runs["status"] == "failed").any():
        return SOME_FAILED
    if strict and len(results.claims) and results.claims["violated"].any():
        return CLAIM_VIOLATED
    return DONE


def _draw(folder: Path) -> list[Path]:
    from rvsjax.report.figures import draw

    return draw(folder)


def _report(arguments: argparse.Namespace) -> int:
    _need_sweep(arguments.folder)
    with _refusing():
        figures = _draw(arguments.folder)
    for path in figures:
        print(path)
    if arguments.open:
        import webbrowser

        webbrowser.open(figures[0].resolve().as_uri())
    return DONE


def _theory(arguments: argparse.Namespace) -> int:
    from rvsjax.theory import CLAIMS, statement

    told = [statement(name) for name in CLAIMS]
    if arguments.json:
        _print(json.dumps([claim._asdict() for claim in told], indent=2))
        return DONE
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("claim", "judged on", "statement", "source", box=box.SIMPLE_HEAD)
    table.columns[0].no_wrap = True
    for claim in told:
        table.add_row(claim.claim, claim.judged_on, claim.statement, claim.source)
    width = None if sys.stdout.isatty() else 140
    Console(width=width, markup=False, highlight=False).print(table)
    return DONE


def _certify(arguments: argparse.Namespace) -> int:
    _need_sweep(arguments.folder)
    for name in arguments.claim or ():
        _need_claim(name)
    from rvsjax.certify import certify
    from rvsjax.exact import CLAIMS
    from rvsjax.results import Results

    with _refusing():
        results = Results(arguments.folder)
        violated = _violated(results)
        claims = arguments.claim or [name for name in CLAIMS if name in violated]
        for name in claims:
            if name not in violated:
                raise _Refusal(f"{name} is not violated by any run of {results.folder}")
        if not claims:
            _print(f"no run of {results.folder} violates a claim", sys.stderr)
        for path in certify(results, claims, arguments.worst, _tell):
            _print(str(path))
    return DONE


def _shrink(arguments: argparse.Namespace) -> int:
    _need_sweep(arguments.folder)
    _need_claim(arguments.claim)
    from rvsjax.certify import problem_of, starts_of
    from rvsjax.results import Results
    from rvsjax.shrink import shrink, sweep_file

    run_id, claim = arguments.run_id, arguments.claim
    with _refusing():
        results = Results(arguments.folder)
        found = results.runs[results.runs["run_id"] == run_id]
        if found.empty:
            raise _Refusal(f"{arguments.folder} has no run {run_id}")
        row = found.iloc[0]
        if row[f"verdict_{claim}"] != "violated":
            said = f"the verdict is {row[f'verdict_{claim}']}"
            raise _Refusal(f"run {run_id} does not violate {claim}: {said}")
        problem = problem_of(row, starts_of(results, [run_id])[run_id])
    try:
        smallest = shrink(problem, claim, _tell)
    except ValueError as error:
        raise _Refusal(error) from None
    print(sweep_file(smallest, claim, run_id), end="")
    return DONE


def _need_sweep(folder: Path) -> None:
    """Refuse what is not the folder of a sweep, before anything heavy is imported."""
    if not (folder / "manifest.json").exists():
        raise _Refusal(f"{folder} is not the folder of a sweep: no manifest.json")


def _need_claim(name: str) -> None:
    """Refuse a claim that is not known, or cannot be replayed."""
    from rvsjax.exact import CLAIMS
    from rvsjax.spec.errors import did_you_mean

    if name not in CLAIMS:
        what = f'no claim "{name}" that can be replayed in 50 digits'
        raise _Refusal(what + did_you_mean(name, CLAIMS))


def _violated(results: Any) -> set[str]:
    columns = [c for c in results.runs.columns if c.startswith("verdict_")]
    found = [c for c in columns if (results.runs[c] == "violated").any()]
    return {column.removeprefix("verdict_") for column in found}


def _tell(text: str) -> None:
    _print(text, sys.stderr)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn what is wrong with a results folder into a refusal."""
    from rvsjax.store import StoreError

    try:
        yield
    except StoreError as error:
        raise _Refusal(error) from None
    except OSError as error:
        raise _Refusal(f"{error.filename}: {error.strerror}") from None


_COMMANDS = {
    "sweep": _sweep,
    "report": _report,
    "theory": _theory,
    "certify": _certify,
    "shrink": _shrink,
}
