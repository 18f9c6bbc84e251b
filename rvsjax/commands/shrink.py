"""Reduce a violating run, and print its sweep file."""

import argparse

from rvsjax.console import (
    DONE,
    Refusal,
    hear_rooms,
    need_claim,
    need_sweep,
    put,
    refusing,
    tell,
)

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print the sweep file of the smallest run found."""
    need_sweep(arguments.folder)
    need_claim(arguments.claim)
    hear_rooms()
    from rvsjax.certify import problem_of, starts_of
    from rvsjax.results import Results
    from rvsjax.shrink import shrink, sweep_file

    run_id, claim = arguments.run_id, arguments.claim
    with refusing():
        results = Results(arguments.folder)
        found = results.runs[results.runs["run_id"] == run_id]
        if found.empty:
            raise Refusal(f"{arguments.folder} has no run {run_id}")
        row = found.iloc[0]
        if (verdict := row.get(f"verdict_{claim}")) != "violated":
            what = f"run {run_id} does not violate {claim}: the verdict is {verdict}"
            raise Refusal(what)
        problem = problem_of(row, starts_of(results, [run_id])[run_id])
    try:
        smallest = shrink(problem, claim, tell)
    except (ArithmeticError, ValueError) as error:
        raise Refusal(error) from None
    put(sweep_file(smallest, claim, run_id).removesuffix("\n"))
    return DONE
