"""The sweep file of a single run."""

import json
from collections.abc import Sequence

from rvsjax.theory.exact import ExactCase

__all__ = ["sweep_file"]


def sweep_file(problem: ExactCase, claim: str, run_id: str) -> str:
    """Return the TOML of a sweep of this one run."""
    about = f"The smallest run found from {run_id} that violates {claim}."
    head = {
        "version": 1,
        "name": f"counterexample-{claim}",
        "study": "rvscgd",
        "about": about,
    }
    lines = [*lines_of(head), "", "[constants]", *lines_of(constants(problem))]
    note = "# normalised by the program; d and nnz follow from it"
    marked = (f"{x:<25} {note}" if x.startswith("w_star") else x for x in lines)
    return "\n".join(marked) + "\n"


def constants(problem: ExactCase) -> dict[str, object]:
    """Return the parameters of a run under their names, without those it lacks."""
    at_teacher = problem.w_start == problem.w_star
    start = {"start": "teacher"} if at_teacher else {"w_start": text(problem.w_start)}
    return {
        "algorithm": problem.algorithm,
        "penalty": problem.penalty,
        **dict(problem.own),
        "k": problem.k,
        "readout": problem.readout,
        "w_star": text(problem.w_star),
        **start,
        "lam": problem.lam,
        "beta": problem.beta,
        "eta": problem.eta,
        "steps": problem.steps,
    }


def lines_of(table: dict[str, object]) -> list[str]:
    """Return a line of TOML for every key that has a value."""
    entries = ((key, value) for key, value in table.items() if value is not None)
    return [f"{key:<7} = {json.dumps(value)}" for key, value in entries]


def text(x: Sequence[float]) -> str:
    """Return numbers as short as they read back the same, between commas."""
    return ", ".join(repr(float(p)).removesuffix(".0") for p in x)
