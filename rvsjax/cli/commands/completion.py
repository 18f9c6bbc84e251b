"""Print a script by which a shell completes commands, options and their words."""

import argparse
from collections.abc import Iterator

from rvsjax.cli.console import DONE, put
from rvsjax.environment.paths import user_path
from rvsjax.errors import UserError

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Print a script that completes rvsjax in a shell."

_MISSING = (
    "completion needs a package that is not here: "
    "python -m pip install 'rvsjax[completion]'"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    shells = ("bash", "zsh", "tcsh")
    parser.add_argument("shell", choices=shells, help="the shell to write it for")
    parser.epilog = 'for one session of bash: eval "$(rvsjax completion bash)"'


def run(arguments: argparse.Namespace) -> int:
    """Print the script, made of the parser of every command."""
    from rvsjax.cli.parser import make_parser

    try:
        import shtab
    except ImportError:
        raise UserError(_MISSING) from None
    parser = make_parser(None)
    for action in _actions(parser):
        if action.type is user_path:
            kind = shtab.FILE if "." in str(action.metavar) else shtab.DIRECTORY
            action.complete = kind  # type: ignore[attr-defined]
    put(shtab.complete(parser, arguments.shell))
    return DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the options and arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
