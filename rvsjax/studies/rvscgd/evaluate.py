"""A run of `rvscgd` judged: its measurements, verdicts, pairs of weights and curves."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rvsjax.environment.jax_settings import IMPLEMENTATION
from rvsjax.simulation.kernels import KERNELS
from rvsjax.simulation.limit import has_limit, limit_point, unknown_limit
from rvsjax.simulation.metrics import Measurements, measure
from rvsjax.simulation.monitor import NEVER
from rvsjax.simulation.simulate import Curves, Run
from rvsjax.studies.rvscgd.trial import RvscgdTrial, inverse_erf
from rvsjax.theory import (
    PAIR_CLAIMS,
    RUN_CLAIMS,
    VERDICTS,
    Evidence,
    Judged,
    Pair,
    draw_pair,
    judge,
)
from rvsjax.types import Array

__all__ = ["PAIRS", "PairCounts", "RvscgdRecord", "Weights", "evaluate", "gather"]

PAIRS = 16
"""Pairs of weights that each trial draws for the claims about weights."""


class Weights(NamedTuple):
    """Weights that another program needs to recompute a run, each ``(d,)``."""

    w_star: Array
    w_start: Array
    w: Array
    u: Array


class PairCounts(NamedTuple):
    """The verdicts on the pairs of a run, in the order of `PAIR_CLAIMS`."""

    verdicts: Array  # (claims, 4) int32, in the order of VERDICTS
    worst_excess: Array  # (claims,); -inf where no hypothesis holds


class RvscgdRecord(NamedTuple):
    """All that a run leaves."""

    stopped: Array  # 0 at the last step, 1 without a number, 2 without a direction
    measurements: Measurements
    claims: Judged  # in the order of `RUN_CLAIMS`
    pairs: PairCounts
    curves: Curves
    weights: Weights


def evaluate(trial: RvscgdTrial) -> RvscgdRecord:
    """Run a trial and judge it.

    A pure function, the same object for every sweep, so that programs are shared.
    """
    evidence = gather(trial)
    run, outcome = evidence.run, evidence.outcome
    seen, last = outcome.monitor, outcome.state
    stopped = jnp.where(seen.first_bad_step == NEVER, 0, 1 + seen.degenerate)
    return RvscgdRecord(
        stopped=stopped,
        measurements=_measure(evidence),
        claims=judge(RUN_CLAIMS, evidence),
        pairs=_judge_pairs(trial, run),
        curves=outcome.curves,
        weights=Weights(run.teacher.w_star, run.start, last.w, last.u),
    )


def gather(trial: RvscgdTrial) -> Evidence:
    """Run a trial, and gather what claims ask of it."""
    run = trial.draw()
    outcome = KERNELS[trial.kernel](run)
    near = outcome.state.w
    limit = limit_point(run, near) if has_limit(run) else unknown_limit(run)
    return Evidence(run, outcome, limit)


def _measure(evidence: Evidence) -> Measurements:
    """Measure a run; one that has a limit has converged only where that is proved."""
    run = evidence.run
    found = measure(run, evidence.outcome, evidence.limit)
    if not run.is_stated:
        return found
    proved = evidence.has_converged
    return found._replace(converged_at=jnp.where(proved, found.converged_at, NEVER))


def _judge_pairs(trial: RvscgdTrial, run: Run) -> PairCounts:
    """Judge the claims about weights on `PAIRS` pairs, drawn for the run's teacher.

    They follow from the run's id: the same in every sweep and place of a block, and
    others for each run, be it that only its step size differs.
    """
    shape = (PAIRS, 2, trial.d + 2)
    key = jax.random.wrap_key_data(trial.identity, impl=IMPLEMENTATION)
    uniform = jax.random.uniform(key, shape, jnp.float64)
    sizes, rows = uniform[..., :2], uniform[..., 2:].reshape(2 * PAIRS, trial.d)
    normal = inverse_erf(2 * rows - 1).reshape(PAIRS, 2, trial.d)

    def draw(numbers: tuple[Array, Array]) -> tuple[Array, Array]:
        return draw_pair(*numbers, run.teacher.w_star)

    drawn = jax.lax.map(draw, (sizes, normal))

    def judge_pair(weights: tuple[Array, Array]) -> Judged:
        pair = Pair(run.teacher, run.penalty, run.hyper, *weights)
        return judge(PAIR_CLAIMS, pair)

    judged = jax.lax.map(judge_pair, drawn)
    codes = judged.verdict[..., None] == jnp.arange(len(VERDICTS))[None, None]
    excess = jnp.where(judged.false == 0, judged.observed - judged.bound, -jnp.inf)
    return PairCounts(jnp.sum(codes, axis=0, dtype=jnp.int32), jnp.max(excess, axis=0))
