"""The numbers that describe the end of a run: the ``m_`` columns of its row."""

from typing import NamedTuple

import jax.numpy as jnp

from rvsjax.simulate import NEVER, Outcome, Run
from rvsjax.types import Array

__all__ = ["Measurements", "measure"]


class Measurements(NamedTuple):
    """Scalars: angles in radians, steps as counts, the rest without unit.

    NaN, or -1 for a step, means that there is none: no angle, precision or recall of an
    empty u, a step that never came.
    """

    theta_0: Array  # theta(w^0, w_star)
    theta: Array  # theta(w^T, w_star)
    theta_max: Array
    theta_max_increase: (
        Array  # largest change over one step, negative if it always fell
    )
    theta_first_increase: Array  # first step t with an increase beyond rounding
    error: Array  # |w^T - w_star|
    loss: Array  # f(w^T)
    lagrangian: Array  # L_beta(u^T, w^T)
    lagrangian_max_increase: Array
    lagrangian_first_increase: Array
    length_min: Array  # smallest |v|, that is 1 / max C_t
    nnz_u: Array
    u_empty: Array  # u^T = 0: the claims then say little
    theta_u: Array  # angle of u^T and w_star
    support_precision: Array  # share of the support of u^T that is right
    support_recall: Array  # share of the teacher's support that u^T has
    steps: Array  # taken until the end, or until the run stopped
    converged_at: Array  # from this step on no move was larger than SETTLED allows
    first_bad_step: Array  # the step that gave no number or no direction


def measure(run: Run, outcome: Outcome) -> Measurements:
    """Return the measurements of a run."""
    w, u = outcome.state
    seen, w_star = outcome.monitor, run.teacher.w_star
    support, true_support = u != 0, w_star != 0
    size, hits = jnp.sum(support), jnp.sum(support & true_support)
    settled = (seen.last_unsettled < run.steps) & (seen.first_bad_step == NEVER)
    return Measurements(
        theta_0=run.teacher.theta(outcome.start.w),
        theta=seen.theta,
        theta_max=seen.theta_max,
        theta_max_increase=seen.theta_max_increase,
        theta_first_increase=seen.theta_first_increase,
        error=jnp.linalg.norm(w - w_star),
        loss=run.teacher.loss(w),
        lagrangian=seen.lagrangian,
        lagrangian_max_increase=seen.lagrangian_max_increase,
        lagrangian_first_increase=seen.lagrangian_first_increase,
        length_min=seen.length_min,
        nnz_u=size.astype(jnp.int32),
        u_empty=size == 0,
        theta_u=run.teacher.theta(u),
        support_precision=_share(hits, size, w.dtype),
        support_recall=_share(hits, jnp.sum(true_support), w.dtype),
        steps=seen.step,
        converged_at=jnp.where(settled, seen.last_unsettled + 1, NEVER),
        first_bad_step=seen.first_bad_step,
    )


def _share(part: Array, whole: Array, dtype: jnp.dtype) -> Array:
    return jnp.where(whole > 0, part / whole, jnp.nan).astype(dtype)
