"""Reduce a violating run, and print its sweep file."""

import argparse

from rvsjax.cli.console import DONE, put, show_log, tell
from rvsjax.cli.options import add_folder, need_claim, need_sweep
from rvsjax.errors import UserError

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "Reduce a violating run to a small one, and print its sweep file."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_folder(parser)
    add = parser.add_argument
    add(
        "run_id",
        metavar="RUN_ID",
        help="a run that violates the claim, or how its id begins",
    )
    add("--claim", metavar="NAME", required=True, help="the claim it is to violate")


def run(arguments: argparse.Namespace) -> int:
    """Print the sweep file of the smallest run found."""
    need_sweep(arguments.folder)
    need_claim(arguments.claim)
    show_log()
    from rvsjax.results.results import Results
    from rvsjax.studies.rvscgd.certify import problem_of, starts_of
    from rvsjax.sweep.recompute import find_run
    from rvsjax.sweep.store import Store
    from rvsjax.theory.counterexample import shrink, sweep_file

    claim = arguments.claim
    results = Results(arguments.folder)
    runs = results.runs  # a sweep's, before its ids are looked at
    run_id = find_run(Store(arguments.folder), arguments.run_id)
    row = runs[runs["run_id"] == run_id].iloc[0]
    if (verdict := row.get(f"verdict_{claim}")) != "violated":
        what = f"run {run_id} does not violate {claim}: the verdict is {verdict}"
        raise UserError(what)
    case = problem_of(row, starts_of(results, [run_id])[run_id])
    try:
        smallest = shrink(case, claim, tell)
    except (ArithmeticError, ValueError) as error:  # numbers of a stranger's folder
        raise UserError(error) from None
    put(sweep_file(smallest, claim, run_id).removesuffix("\n"))
    return DONE
