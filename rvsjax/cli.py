"""The command line: from arguments to a command, and its exit code."""

import importlib
import sys

from rvsjax.arguments import make_parser
from rvsjax.console import DONE, REFUSED, SOME_FAILED, Refusal, steady_streams, tell
from rvsjax.interrupt import listen

__all__ = ["main", "run_command", "script"]


def run_command(command: str | None = None) -> None:
    """Run this process's arguments, of the command if one is named; exit."""
    out = steady_streams()
    listen()
    code = main(sys.argv[1:], command)
    sys.stdout.flush()
    if code == DONE and out.problem:
        tell(f"the results could not be written to stdout: {out.problem}")
        code = SOME_FAILED
    sys.exit(code)


def main(argv: list[str], command: str | None = None) -> int:
    """Carry out a command line and return its exit code."""
    arguments = make_parser(command).parse_args(argv)
    chosen = importlib.import_module(f"rvsjax.commands.{arguments.command}")
    try:
        return chosen.carry_out(arguments)
    except Refusal as refusal:
        tell(str(refusal))
        return REFUSED


def script() -> None:
    """Run the script `rvsjax`."""
    run_command()
