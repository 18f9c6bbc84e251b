"""The numbers that describe the end of a run: the ``m_`` columns of its row."""

import jax.numpy as jnp

from rvsjax.simulate import NEVER, Outcome, Run
from rvsjax.types import Array

__all__ = ["measure"]


def measure(run: Run, outcome: Outcome) -> dict[str, Array]:
    """Return the measurements of a run by name, scalars.

    Angles in radians, steps as counts. NaN, or -1 for a step, means that there is none:
    no angle, precision or recall of an empty u, a step that never came.
    """
    w, u = outcome.state
    seen, w_star = outcome.monitor, run.teacher.w_star
    support, true_support = u != 0, w_star != 0
    size, hits = jnp.sum(support), jnp.sum(support & true_support)
    settled = (seen.last_unsettled < run.steps) & (seen.first_bad_step == NEVER)
    return {
        "theta_0": run.teacher.theta(outcome.start.w),
        "theta": seen.theta,
        "theta_max": seen.theta_max,
        "theta_max_increase": seen.theta_max_increase,
        "theta_first_increase": seen.theta_first_increase,
        "error": jnp.linalg.norm(w - w_star),
        "loss": run.teacher.loss(w),
        "lagrangian": seen.lagrangian,
        "lagrangian_max_increase": seen.lagrangian_max_increase,
        "lagrangian_first_increase": seen.lagrangian_first_increase,
        "length_min": seen.length_min,
        "nnz_u": size.astype(jnp.int32),
        "u_empty": size == 0,
        "theta_u": run.teacher.theta(u),
        "support_precision": _share(hits, size, w.dtype),
        "support_recall": _share(hits, jnp.sum(true_support), w.dtype),
        "steps": seen.step,
        "converged_at": jnp.where(settled, seen.last_unsettled + 1, NEVER),
        "first_bad_step": seen.first_bad_step,
    }


def _share(part: Array, whole: Array, dtype: jnp.dtype) -> Array:
    return jnp.where(whole > 0, part / whole, jnp.nan).astype(dtype)
