"""The numbers that describe the end of a run: the ``m_`` columns of its row."""

import math
from typing import NamedTuple

import jax.numpy as jnp

from rvsjax.simulation.limit import Limit
from rvsjax.simulation.monitor import NEVER
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Outcome
from rvsjax.types import Array, Hyper

__all__ = ["Measurements", "largest_allowed", "measure"]


def largest_allowed(run: Run) -> Hyper:
    """Return the largest ``lam, beta, eta`` that the theorem speaks of.

    ``K/sqrt(d)``, ``K sin(min(delta, pi/2))`` with ``delta = pi - theta(w^0, w_star)``,
    and ``1/(beta + K)``.
    """
    K = run.teacher.K  # noqa: N806
    delta = math.pi - run.teacher.theta(run.start)
    return Hyper(
        lam=jnp.full_like(delta, K / math.sqrt(run.start.size)),
        beta=K * jnp.sin(jnp.minimum(delta, math.pi / 2)),
        eta=1 / (run.hyper.beta + K),
    )


class Measurements(NamedTuple):
    """Scalars: angles in radians, steps as counts, the rest without unit.

    NaN, or -1 for a step, means that there is none: no angle and no precision of an
    empty u, whose recall is 0; a step that never came.
    """

    theta_0: Array  # theta(w^0, w_star)
    theta: Array  # theta(w^T, w_star)
    theta_max: Array
    theta_max_increase: (
        Array  # largest change over one step, negative if it always fell
    )
    theta_max_increase_at: Array  # its step
    theta_first_increase: Array  # first step t with an increase beyond rounding
    error: Array  # |w^T - w_star|
    loss: Array  # f(w^T) = K theta, whatever the method descends
    lagrangian: Array  # L_beta(u^T, w^T)
    lagrangian_max_increase: Array
    lagrangian_max_increase_at: Array
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
    distance_to_limit: Array  # |w^T - w_bar|, w_bar solved from equation (12)
    limit_free: Array  # coordinates in which other limits differ, -1 where unknown
    limit_reached: Array  # which of them this limit has, as bits; the largest is bit 0
    lam_ratio: Array  # lam / lam_max: within the hypotheses up to 1
    beta_ratio: Array
    eta_ratio: Array


def measure(run: Run, outcome: Outcome, limit: Limit) -> Measurements:
    """Return the measurements of a run, which heads for `limit`."""
    w, u = outcome.state.w, outcome.state.u
    seen, w_star = outcome.monitor, run.teacher.w_star
    support, true_support = u != 0, w_star != 0
    size, hits = jnp.sum(support), jnp.sum(support & true_support)
    allowed = largest_allowed(run)
    settled = (seen.last_unsettled < run.steps) & (seen.first_bad_step == NEVER)
    return Measurements(
        theta_0=run.teacher.theta(outcome.start.w),
        theta=seen.theta.value,
        theta_max=seen.theta_max,
        theta_max_increase=seen.theta.max_increase,
        theta_max_increase_at=seen.theta.max_increase_at,
        theta_first_increase=seen.theta.first_increase,
        error=jnp.linalg.norm(w - w_star),
        loss=run.teacher.K * seen.theta.value,
        lagrangian=seen.lagrangian.value,
        lagrangian_max_increase=seen.lagrangian.max_increase,
        lagrangian_max_increase_at=seen.lagrangian.max_increase_at,
        lagrangian_first_increase=seen.lagrangian.first_increase,
        length_min=seen.length_min,
        nnz_u=size.astype(jnp.int32),
        u_empty=size == 0,
        theta_u=run.teacher.theta(u),
        support_precision=_share(hits, size, w.dtype),
        support_recall=_share(hits, jnp.sum(true_support), w.dtype),
        steps=seen.step,
        converged_at=jnp.where(settled, seen.last_unsettled + 1, NEVER),
        first_bad_step=seen.first_bad_step,
        distance_to_limit=jnp.where(limit.found, jnp.linalg.norm(w - limit.w), jnp.nan),
        limit_free=_count(limit),
        limit_reached=_bits(limit, run.teacher.w_star),
        lam_ratio=run.hyper.lam / allowed.lam,
        beta_ratio=run.hyper.beta / allowed.beta,
        eta_ratio=run.hyper.eta / allowed.eta,
    )


def _count(limit: Limit) -> Array:
    """Return the coordinates in which other limits differ: 0 only if there is none."""
    count = jnp.sum(limit.free, dtype=jnp.int32)
    return jnp.where(limit.found & (limit.unique | (count > 0)), count, NEVER)


def _bits(limit: Limit, w_star: Array) -> Array:
    """Return the free coordinates in the support as bits, by size; -1 over 62.

    -1 as well where it is not known whether there are any.
    """
    order = jnp.argsort(-jnp.abs(jnp.where(limit.free, w_star, 0)))[:62]
    chosen = (limit.u != 0) & limit.free
    weights = 2 ** jnp.arange(order.size)
    bits = jnp.sum(jnp.where(chosen[order], weights, 0))
    known = (_count(limit) != NEVER) & (jnp.sum(limit.free) <= 62)
    return jnp.where(known, bits, NEVER)


def _share(part: Array, whole: Array, dtype: jnp.dtype) -> Array:
    return jnp.where(whole > 0, part / whole, jnp.nan).astype(dtype)
