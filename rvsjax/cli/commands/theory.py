"""List the claims."""

import argparse
import json

from rvsjax.cli.console import DONE, put

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "List the claims, with statement and source."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "action", nargs="?", choices=("list",), default="list", help="may be left out"
    )
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print every claim with statement and source."""
    from rvsjax.theory import CLAIMS, statement

    claims = [statement(name)._asdict() for name in CLAIMS]
    if arguments.json:
        put(json.dumps(claims, indent=2))
        return DONE
    from rvsjax.cli.tables import Table, put_all

    columns = ("claim", "judged_on", "statement", "source")
    heads = [name.replace("_", " ") for name in columns]
    rows = [[claim[name] for name in columns] for claim in claims]
    put_all([Table(heads, rows, words=len(heads))])
    return DONE
