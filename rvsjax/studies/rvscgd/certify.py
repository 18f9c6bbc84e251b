"""Certificates: a violated verdict of float64, replayed in 50 digits from its start."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import pandas as pd
from mpmath import mp

from rvsjax import __version__
from rvsjax.environment.jax_settings import pinned
from rvsjax.results.results import Results
from rvsjax.simulation.simulate import simulate
from rvsjax.studies.rvscgd import parameters
from rvsjax.studies.rvscgd.exact_case import Start, floats, problem_of, starts_of
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.store import FolderError
from rvsjax.theory import statement
from rvsjax.theory.exact import DIGITS, ExactCase, Judgement, judge

__all__ = ["REPLAY_SECONDS", "certify", "problem_of", "starts_of", "worst_runs"]

REPLAY_SECONDS = 60.0  # that a replay of a whole run may take

_AROUND = 2  # steps before the violation that a partial replay begins

# where the largest change of a claim about single steps was seen
_STEPS = {
    "lemma_5_stated": "m_theta_max_increase_at",
    "lemma_6_stated": "m_lagrangian_max_increase_at",
    "theorem_1_angle": "m_theta_max_increase_at",
    "theorem_1_lagrangian": "m_lagrangian_max_increase_at",
}

Tell = Callable[[str], object]


def worst_runs(runs: pd.DataFrame, claim: str, number: int) -> pd.DataFrame:
    """Return the runs that violate a claim by most, worst first."""
    violated = runs[runs[f"verdict_{claim}"] == "violated"]
    excess = violated[f"obs_{claim}"] - violated[f"bound_{claim}"]
    return violated.loc[excess.sort_values(ascending=False).index[:number]]


def certify(
    results: Results, claims: Iterable[str], number: int, tell: Tell = print
) -> Iterator[Path]:
    """Write certificates for the worst violating runs of each claim; yield the files.

    A run is replayed whole where that takes less than `REPLAY_SECONDS`, else from a few
    steps before its largest violation, or before its end: a run of its own, which
    starts at that iterate.
    """
    chosen = [
        (claim, row)
        for claim in claims
        for _, row in worst_runs(results.runs, claim, number).iterrows()
    ]
    if not chosen:
        return
    starts = starts_of(results, [row["run_id"] for _, row in chosen])
    for claim, row in chosen:
        tell(f"{claim}: run {row['run_id']}, {row['p_steps']:,} steps, {DIGITS} digits")
        start = starts[row["run_id"]]
        try:
            told = _certificate(claim, row, start)
        except (ArithmeticError, ValueError) as error:  # no direction, no number
            what = f"run {row['run_id']} of {results.folder} cannot be replayed"
            raise FolderError(f"{what}: {error}") from None
        text = json.dumps(told, indent=2) + "\n"
        path = results.keep(
            "certificates", f"{claim}-{row['run_id']}.json", text.encode()
        )
        if not told["stands"]:
            tell(f"  does not stand: excess {told['excess']}, error {told['error']}")
        yield path


def _certificate(claim: str, row: pd.Series, start: Start) -> dict[str, Any]:
    whole = problem_of(row, start)
    first, problem = 0, whole
    if _seconds(whole, claim) > REPLAY_SECONDS:
        last = _step(row, _STEPS[claim]) if claim in _STEPS else whole.steps
        first = max(0, last - 1 - _AROUND)
        problem = whole._replace(steps=2 * _AROUND, w_start=_iterate(whole, first))
    judged = judge(problem, claim)
    return {
        "claim": claim,
        "statement": statement(claim).statement,
        "run_id": row["run_id"],
        "part": f"from step {first}" if first else "whole run",
        "parameters": {
            str(name).removeprefix("p_"): value
            for name, value in row.items()
            if str(name).startswith("p_") and not pd.isna(value)
        },
        "start": {
            "w_star": ", ".join(x.hex() for x in problem.w_star),
            "w_start": ", ".join(x.hex() for x in problem.w_start),
            "source": start.source if not first else f"iterate of step {first}",
        },
        "within": {
            f"{name}/{name}_max": row[f"m_{name}_ratio"]
            for name in ("beta", "lam", "eta")
        },
        **_judged(judged, first),
        "float64": {
            "verdict": row[f"verdict_{claim}"],
            "observed": row[f"obs_{claim}"],
            "bound": row[f"bound_{claim}"],
        },
        "stands": judged.violated == (row[f"verdict_{claim}"] == "violated"),
        "versions": {"rvsjax": __version__}
        | {name: version(name) for name in ("mpmath", "jax")},
    }


def _step(row: pd.Series, column: str) -> int:
    """Return the step that a column names, refused where it names none of the run."""
    if not 1 <= row[column] <= row["p_steps"]:
        raise FolderError(f"run {row['run_id']}: {column} is no step of the run")
    return int(row[column])


def _judged(judged: Judgement, first: int) -> dict[str, Any]:
    def digits(x: Any) -> str | None:
        return None if x is None else mp.nstr(x, DIGITS)

    return {
        "digits": DIGITS,
        "hypotheses": judged.hypotheses,
        "step": None if judged.step is None else first + judged.step,
        "before": digits(judged.before),
        "after": digits(judged.after),
        "observed": digits(judged.observed),
        "bound": digits(judged.bound),
        "excess": digits(judged.excess),
        "error": digits(judged.error),
    }


def _seconds(problem: ExactCase, claim: str) -> float:
    """Return about how long a whole replay takes, from its first steps."""
    few = min(problem.steps, 200)
    begin = time.perf_counter()
    judge(problem._replace(steps=few), claim)
    return (time.perf_counter() - begin) / few * problem.steps


def _iterate(problem: ExactCase, step: int) -> tuple[float, ...]:
    """Return the weights after so many steps in float64."""
    fields = problem._asdict()
    fields |= dict(fields.pop("own"))
    del fields["kind"]
    for name in ("w_star", "w_start"):
        fields[name] = ", ".join(map(repr, fields[name]))
    chosen = {n: x for n, x in fields.items() if x is not None} | {"steps": step}
    with pinned():
        run = make_trial(RunConfig(parameters.PARAMETERS.complete(chosen), 0), 2).draw()
        state = jax.jit(simulate)(run).state
    return floats(state.w)
