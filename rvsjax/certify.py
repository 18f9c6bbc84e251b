"""Certificates: a violated verdict of float64, replayed in 50 digits from its start."""

if __name__ == "__main__":  # before the imports below, so that --help stays fast
    from rvsjax.cli import run_command

    run_command("certify")

import json
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from mpmath import mp

from rvsjax.again import again
from rvsjax.engine import default_lanes
from rvsjax.exact import DIGITS, Judgement, Problem, judge
from rvsjax.results import Results
from rvsjax.simulate import simulate
from rvsjax.spec.parameters import canonical
from rvsjax.spec.plan import Item
from rvsjax.spec.study import Weights, make_trial
from rvsjax.store import Store
from rvsjax.theory import statement

__all__ = ["PATIENCE", "certify", "problem_of", "starts_of", "worst_runs"]

PATIENCE = 60.0  # seconds that a replay of a whole run may take

_AROUND = 2  # steps before the violation that a partial replay begins

# where the largest change of a claim about single steps was seen
_STEPS = {
    "lemma_5_stated": "m_theta_max_increase_at",
    "lemma_6_stated": "m_lagrangian_max_increase_at",
}

Tell = Callable[[str], object]


class Start(NamedTuple):
    """Teacher and start of a run, to the last bit, and where they come from."""

    w_star: tuple[float, ...]
    w_start: tuple[float, ...]
    source: str


def worst_runs(runs: pd.DataFrame, claim: str, number: int) -> pd.DataFrame:
    """Return the runs that violate a claim by most, worst first."""
    violated = runs[runs[f"verdict_{claim}"] == "violated"]
    excess = violated[f"obs_{claim}"] - violated[f"bound_{claim}"]
    return violated.loc[excess.sort_values(ascending=False).index[:number]]


def certify(
    results: Results, claims: Iterable[str], number: int, tell: Tell = print
) -> Iterator[Path]:
    """Write certificates for the worst violating runs of each claim; yield the files.

    A run is replayed whole where that takes less than `PATIENCE`, else from a few steps
    before its largest violation: a run of its own, which starts at that iterate.
    """
    chosen = [
        (claim, row)
        for claim in claims
        for _, row in worst_runs(results.runs, claim, number).iterrows()
    ]
    starts = starts_of(results, [row["run_id"] for _, row in chosen])
    folder = results.folder / "certificates"
    folder.mkdir(exist_ok=True)
    for claim, row in chosen:
        tell(f"{claim}: run {row['run_id']}, {row['p_steps']:,} steps, {DIGITS} digits")
        start = starts[row["run_id"]]
        path = folder / f"{claim}-{row['run_id']}.json"
        told = _certificate(claim, row, start)
        path.write_text(json.dumps(told, indent=2) + "\n")
        if not told["stands"]:
            tell(f"  does not stand: excess {told['excess']}, error {told['error']}")
        yield path


def problem_of(row: pd.Series, start: Start) -> Problem:
    """Return the run of a row of the table as a problem in exact numbers.

    A float32 run had its hyperparameters in float32.
    """

    def given(name: str) -> float | None:
        value = row[f"p_{name}"]
        return None if pd.isna(value) else float(np.dtype(row["p_dtype"]).type(value))

    return Problem(
        algorithm=row["p_algorithm"],
        penalty=None if pd.isna(row["p_penalty"]) else row["p_penalty"],
        a=given("a"),
        k=int(row["p_k"]),
        readout=row["p_readout"],
        lam=given("lam"),
        beta=given("beta"),
        eta=float(np.dtype(row["p_dtype"]).type(row["p_eta"])),
        steps=int(row["p_steps"]),
        w_star=start.w_star,
        w_start=start.w_start,
    )


def _certificate(claim: str, row: pd.Series, start: Start) -> dict[str, Any]:
    whole = problem_of(row, start)
    first, problem = 0, whole
    if claim in _STEPS and _seconds(whole, claim) > PATIENCE:
        first = max(0, int(row[_STEPS[claim]]) - 1 - _AROUND)
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
        "versions": {name: version(name) for name in ("rvsjax", "mpmath", "jax")},
    }


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


def _seconds(problem: Problem, claim: str) -> float:
    """Return about how long a whole replay takes, from its first steps."""
    few = min(problem.steps, 200)
    begin = time.perf_counter()
    judge(problem._replace(steps=few), claim)
    return (time.perf_counter() - begin) / few * problem.steps


def _iterate(problem: Problem, step: int) -> tuple[float, ...]:
    """Return the weights after so many steps in float64."""
    fields = problem._asdict()
    for name in ("w_star", "w_start"):
        fields[name] = ", ".join(map(repr, fields[name]))
    chosen = {n: x for n, x in fields.items() if x is not None} | {"steps": step}
    with jax.enable_x64(True):
        run = make_trial(Item(canonical(chosen), 0), 2).draw()
        state = jax.jit(simulate)(run).state
    return _floats(state.w)


def _floats(x: Any) -> tuple[float, ...]:
    return tuple(np.asarray(x, np.float64).tolist())


# -- where a run started ---------------------------------------------------------------


def starts_of(results: Results, run_ids: Iterable[str]) -> dict[str, Start]:
    """Return where runs started: as recorded, or computed again in their own blocks.

    A run in its own place of a block of the same width has the same bits.
    """
    wanted = set(run_ids)
    if results.manifest["asked"]["record"]["weights"]:
        weights = results.weights[results.weights["run_id"].isin(wanted)]
        return {
            run_id: Start(_floats(w_star), _floats(w_start), "weights.parquet")
            for run_id, w_star, w_start in zip(
                weights["run_id"], weights["w_star"], weights["w_start"]
            )
        }
    return dict(_recomputed(results, wanted))


def _recomputed(results: Results, wanted: set[str]) -> Iterator[tuple[str, Start]]:
    known = results.runs.set_index("run_id")["m_theta"]
    lane = default_lanes(jax.devices())[0]
    for found in again(Store(results.folder), wanted, lane):
        weights: Weights = found.record.weights
        for i, item in enumerate(found.items):
            if item.run_id in wanted:
                theta = float(found.record.measurements.theta[i])
                same = theta == known[item.run_id]
                source = "computed again" if same else "computed again, with other bits"
                star, start = (_floats(x[i]) for x in weights[:2])
                yield item.run_id, Start(star, start, source)
