"""The page of the command line: every argument of every command."""

import argparse

from docs.reference.tables import GENERATED, code, table
from rvsjax.cli.parser import make_parser

__all__ = ["command_line_page"]

_HEAD = f"""{GENERATED}
# Command line

Every command and its arguments. `python -m rvsjax.COMMAND` is the same as
`rvsjax COMMAND`. Results go to stdout, as JSON with `--json`; messages go to stderr.
A command that is refused says what is wrong, and exits with 2 before anything is run.
Every command takes `--help` and `--version`.
"""

_NOTES = {
    "sweep": """
- `--out`: the same command again computes what is missing, and a larger sweep adds to
  the folder: [resume and grow](../how_to/resume_and_grow.md).
- `--set KEY=VALUE`: the value is written as in TOML, or as Python and pages write a
  number (`.1`, `4 × 10⁻³`); anything else is a string.
- `--only KEY=V1,V2`: a rounded number such as 0.0316 stands for the value that a page
  prints so; `none` stands for the runs without the parameter.
- `--smoke`: the runs are evenly spaced over the plan; a plan of fewer than 192 runs is
  run whole. Networks train for one epoch on 240 images.
- `--dry-run`: also estimates time (measured on this machine), memory and disk.
- `--kernel` and `--block` are settled with the first blocks of a folder:
  [kernels](../explanation/kernels.md).
- `--shard`: [clusters](../how_to/clusters.md). The process that finds every block
  done writes the whole tables.
- `--strict`: some claims do not count, as their violation says nothing about a sweep:
  Lemma 3 as stated, which is false for the weights drawn in any sweep, and the claims
  `section_...`, whose numbers are chosen here.
- `--progress json`: an object on a line whenever something is done, with
  `blocks_done`, `blocks`, `blocks_before` (of earlier calls), `seconds`, `runs`,
  `failures`, and `under_way` and `resumed` (shares of blocks). `plain` writes a line at
  most every 30 s.
- Signals: the first Ctrl-C, SIGTERM or SIGHUP lets the running blocks finish and saves
  them; the second stops at once. A signal that was ignored at the start, as under
  `nohup`, stays ignored.
- Output: a reader that stops, such as `| head`, changes nothing. Results that do not
  fit on a full disk give exit code 3.
""",
    "rerun": """
`--every-step` computes up to 10^6 steps (of a network, every epoch) with the plain
kernel; 10^6 steps take 23 MB. Where the folder has a step of the curve, the two are
compared to rounding. More in [check results](../how_to/check_results.md).
""",
    "verify": """
`--seed` is by default a new one, so that each call draws other rows. More in
[check results](../how_to/check_results.md).
""",
    "compare": """
The tables that it prints and writes are explained in
[compare two folders](../how_to/compare.md).
""",
    "certify": """
An example is in [prove a violation](../how_to/prove_a_violation.md).
""",
    "shrink": """
An example is in [prove a violation](../how_to/prove_a_violation.md).
""",
}
"""More about the options of a command than its help has room for."""

_VARIABLES = {
    "`RVSJAX_CACHE`": "folder of compiled programs and kernels, by default "
    "`~/.cache/rvsjax` (macOS: `~/Library/Caches/rvsjax`; `XDG_CACHE_HOME` counts). It "
    "must belong to the user and be closed to others. `off`: keep nothing",
    "`RVSJAX_DATA`": "folder of images and labels, where `--data` is not given",
    "`CXX`": "C++ compiler of the native kernel",
    "`NO_COLOR`": "no colours on a terminal",
}

_CACHE = """
A cache or a compiler that cannot be used is reported once, with the remedy, and the
sweep goes on without it.
"""


def command_line_page() -> str:
    """Return the page."""
    (commands,) = [
        action
        for action in make_parser(None)._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    sections = (_section(*pair) for pair in commands.choices.items())
    return "".join([_HEAD, *sections, _environment()])


def _section(command: str, parser: argparse.ArgumentParser) -> str:
    actions = [x for x in parser._actions if x.dest not in ("help", "version")]
    rows = [(_name(x), _values(x), _meaning(x)) for x in actions]
    options = table(("argument", "value", "meaning"), rows)
    epilog = f"\n{_sentence(parser.epilog)}\n" if parser.epilog else ""
    notes = _NOTES.get(command, "")
    return f"\n## {command}\n\n{parser.description}\n\n{options}{epilog}{notes}"


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


def _environment() -> str:
    variables = table(("variable", "meaning"), _VARIABLES.items())
    return f"\n## Environment variables\n\n{variables}{_CACHE}"
