"""The parser of the command line: a contract that other programs rely on."""

import argparse
import importlib
from types import ModuleType
from typing import NoReturn

from rvsjax import __version__
from rvsjax.errors import one_line

__all__ = ["COMMANDS", "make_parser"]

COMMANDS = (
    *("sweep", "report", "compare", "theory"),
    *("certify", "shrink", "rerun", "verify"),
    "completion",
    *("status", "merge"),
)
"""Modules of `rvsjax.cli.commands`, each with `ABOUT`, `add_options` and `run`."""


class _Parser(argparse.ArgumentParser):
    """Report errors in one line, whatever stands in the arguments."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message, 300))


def make_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser of one command, or that of `rvsjax COMMAND`.

    What it parses has `run`, the action of the command.
    """
    if command:
        module = _module(command)
        alone = _Parser(f"python -m rvsjax.{command}", description=module.ABOUT)
        _add_options(alone, module)
        return alone
    whole = _Parser(
        "rvsjax", description="Sweeps of RVSCGD, judged against its theory."
    )
    _add_version(whole)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = _module(name)
        about = module.ABOUT
        _add_options(commands.add_parser(name, help=about, description=about), module)
    return whole


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"rvsjax.cli.commands.{command}")


def _add_options(parser: argparse.ArgumentParser, module: ModuleType) -> None:
    _add_version(parser)
    module.add_options(parser)
    parser.set_defaults(run=module.run)


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=__version__)
