"""Make one results folder of several."""

import argparse
import json

from rvsjax.cli.console import DONE, INTERRUPTED, put, tell
from rvsjax.cli.options import need_sweep
from rvsjax.cli.signals import gently
from rvsjax.environment.paths import user_path
from rvsjax.errors import UserError, counted, shell_word

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Make one results folder of several of one study, each run once."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    what = "a results folder; two or more"
    add("folders", metavar="DIR", type=user_path, nargs="+", help=what)
    add(
        "--out",
        metavar="DIR",
        type=user_path,
        required=True,
        help="the new folder, which is not there yet",
    )
    add("--json", action="store_true", help="what was merged as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Merge the folders; print the path of the new one."""
    for folder in arguments.folders:
        need_sweep(folder)
    if len(arguments.folders) < 2:
        raise UserError("a merge needs two folders or more: rvsjax merge A B --out C")
    from rvsjax.sweep.merge import Stopped, merge

    with gently(lambda text: None) as stop:
        try:
            found = merge(arguments.folders, arguments.out, stop)
        except Stopped:
            tell(f"interrupted: there is no {arguments.out}")
            return INTERRUPTED
    told = found._asdict() | {"folder": str(found.folder)}
    put(json.dumps(told) if arguments.json else str(found.folder))
    tell(f"{counted(found.runs, 'run')}, {found.twice:,} of them in several folders")
    if found.failed:
        tell(f"{counted(found.failed, 'block')} left out: they failed there")
    folder = shell_word(found.folder)
    if found.blocks_left:
        left = counted(found.blocks_left, "block")
        tell(f"{left} to do: rvsjax sweep {folder} goes on with it")
    else:
        tell(f"rvsjax report {folder} makes its page")
    return DONE
