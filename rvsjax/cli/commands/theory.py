"""List the claims."""

import argparse
import json
import sys

from rvsjax.cli.console import DONE, put

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print every claim with statement and source."""
    from rvsjax.theory import CLAIMS, statement

    told = [statement(name) for name in CLAIMS]
    if arguments.json:
        put(json.dumps([claim._asdict() for claim in told], indent=2))
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
