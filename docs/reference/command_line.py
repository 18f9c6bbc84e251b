"""The page of the command line: every argument of every command."""

import argparse

from docs.reference.tables import GENERATED, code, table
from rvsjax.cli.parser import make_parser

__all__ = ["command_line_page"]

_HEAD = f"""{GENERATED}
# Command line reference

Every command and its arguments. How they work together is told in the
[guide](guide.md#the-command-line); `python -m rvsjax.COMMAND` is the same as
`rvsjax COMMAND`.
"""


def command_line_page() -> str:
    """Return the page."""
    (commands,) = [
        action
        for action in make_parser(None)._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return _HEAD + "".join(_section(*pair) for pair in commands.choices.items())


def _section(command: str, parser: argparse.ArgumentParser) -> str:
    actions = [x for x in parser._actions if x.dest not in ("help", "version")]
    rows = [(_name(x), _values(x), _meaning(x)) for x in actions]
    options = table(("argument", "value", "meaning"), rows)
    epilog = f"\n{_sentence(parser.epilog)}\n" if parser.epilog else ""
    return f"\n## {command}\n\n{parser.description}\n\n{options}{epilog}"


def _name(action: argparse.Action) -> str:
    if action.option_strings:
        return ", ".join(map(code, action.option_strings))
    return code(action.metavar or action.dest)


def _values(action: argparse.Action) -> str:
    if action.choices:
        return ", ".join(map(code, action.choices))
    takes = action.option_strings and action.nargs != 0
    return code(action.metavar) if takes else ""


def _meaning(action: argparse.Action) -> str:
    """Return its help; what must be given says so."""
    needed = "; needed" if action.option_strings and action.required else ""
    return f"{action.help or ''}{needed}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
