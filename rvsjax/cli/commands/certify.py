"""Replay violating runs in 50 digits, and write certificates."""

import argparse
from typing import Any

from rvsjax.cli.console import DONE, SOME_FAILED, put, show_log, tell
from rvsjax.cli.options import add_folder, count, need_claim, need_sweep
from rvsjax.errors import UserError

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Replay the worst violating runs in 50 digits, and write certificates."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    add = parser.add_argument
    add(
        "--claim",
        metavar="NAME",
        action="append",
        help="this claim (default: every claim that is violated); may be repeated",
    )
    add(
        "--worst",
        metavar="N",
        type=count,
        default=1,
        help="the N worst runs of each claim (default: 1)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the certificates that are asked for; print their paths."""
    need_sweep(arguments.folder)
    for name in arguments.claim or ():
        need_claim(name)
    show_log()
    from rvsjax.results.results import Results
    from rvsjax.studies.rvscgd.certify import certify
    from rvsjax.theory.exact import CLAIMS, DIGITS

    results = Results(arguments.folder)
    violated = _violated(results)
    claims = arguments.claim or [name for name in CLAIMS if name in violated]
    for name in claims:
        if name not in violated:
            raise UserError(f"{name} is not violated by any run of {results.folder}")
    lacking = sorted(violated - set(CLAIMS))
    for name in lacking:
        tell(f"{name} is violated, and has no replay in {DIGITS} digits here")
    if not violated:
        tell(f"no run of {results.folder} violates a claim")
    for path in certify(results, claims, arguments.worst, tell):
        put(str(path))
    return SOME_FAILED if lacking else DONE


def _violated(results: Any) -> set[str]:
    columns = [c for c in results.runs.columns if c.startswith("verdict_")]
    found = [c for c in columns if (results.runs[c] == "violated").any()]
    return {column.removeprefix("verdict_") for column in found}
