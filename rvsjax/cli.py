"""The command line: from arguments to a command, and its exit code."""

import importlib
import io
import sys

from rvsjax.arguments import make_parser
from rvsjax.console import REFUSED, Refusal, tell

__all__ = ["main", "run_command", "script"]


def run_command(command: str | None = None) -> None:
    """Run this process's arguments, of the command if one is named; exit."""
    sys.exit(main(sys.argv[1:], command))


def main(argv: list[str], command: str | None = None) -> int:
    """Carry out a command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="any text")  # folders may have any name
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
