"""Reduce a violating run, and print its sweep file."""

import argparse

from rvsjax.cli.console import (
    DONE,
    hear_packages,
    need_claim,
    need_sweep,
    put,
    refusing,
    tell,
)
from rvsjax.errors import UserError

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print the sweep file of the smallest run found."""
    need_sweep(arguments.folder)
    need_claim(arguments.claim)
    hear_packages()
    from rvsjax.results.results import Results
    from rvsjax.studies.rvscgd.certify import problem_of, starts_of
    from rvsjax.sweep.recompute import find_run
    from rvsjax.sweep.store import Store
    from rvsjax.theory.counterexample import shrink, sweep_file

    claim = arguments.claim
    with refusing():
        results = Results(arguments.folder)
        runs = results.runs  # a sweep's, before its ids are looked at
        run_id = find_run(Store(arguments.folder), arguments.run_id)
        row = runs[runs["run_id"] == run_id].iloc[0]
        if (verdict := row.get(f"verdict_{claim}")) != "violated":
            what = f"run {run_id} does not violate {claim}: the verdict is {verdict}"
            raise UserError(what)
        problem = problem_of(row, starts_of(results, [run_id])[run_id])
    try:
        smallest = shrink(problem, claim, tell)
    except (ArithmeticError, ValueError) as error:
        raise UserError(error) from None
    put(sweep_file(smallest, claim, run_id).removesuffix("\n"))
    return DONE
