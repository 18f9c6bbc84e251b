"""What a kernel is given and what it returns: a `Run` and an `Outcome`, flattened.

A kernel is a program of its own for `rvsjax.simulate`. It reads four arrays
and writes the fields of `Raw`; everything else of a run is set up and read here.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rvsjax.penalties import TransformedL1
from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import SETTLED, Monitor, Monotone
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Curves, Outcome, log_grid
from rvsjax.types import Array, State

__all__ = [
    "INTEGERS",
    "REALS",
    "Numbers",
    "Operands",
    "Raw",
    "flatten",
    "shapes",
    "unflatten",
]


class Numbers(NamedTuple):
    """The scalars of a run, in the order in which a kernel reads them.

    Allowances for rounding are affine in ``1/|v|``: ``_at_rest + _slope / |v|``.
    """

    K: Array
    beta: Array
    eta: Array
    lam: Array
    m: Array
    threshold: Array  # the prox is 0 up to here
    a: Array  # of transformed l1; 1 for the others
    vector_error: Array  # at most so long is a v without direction
    epsilon: Array  # vector_error / |v| + epsilon is the error of a direction
    theta_at_rest: Array
    theta_slope: Array
    lagrangian_at_rest: Array
    lagrangian_slope: Array
    settled: Array  # a move up to here counts as none
    spread: Array  # a step turns an error e of w into at most spread e / |v|
    tie: Array  # so near a jump of the prox rounding decides, beside the drift; or -2


class Operands(NamedTuple):
    """What a kernel reads."""

    start: Array  # w^0 (d,)
    w_star: Array  # (d,)
    numbers: Array  # (numbers,) in the order of Numbers
    grid: Array  # (points,) int32, the steps of the curves, from 0 to the last


REALS: tuple[str, ...] = (
    "theta",
    "theta_change",
    "theta_change_among",
    "lagrangian",
    "lagrangian_change",
    "lagrangian_change_among",
    "theta_max",  # after the start
    "length_min",
    "moved",
    "drift",
    "drift_max",
)

INTEGERS: tuple[str, ...] = (
    "step",
    "theta_change_at",
    "theta_rise_at",
    "lagrangian_change_at",
    "lagrangian_rise_at",
    "last_unsettled",
    "first_bad_step",
    "degenerate",
)


class Raw(NamedTuple):
    """What a kernel writes."""

    w: Array  # (d,)
    u: Array  # (d,)
    reals: Array  # (11,) in the order of REALS
    integers: Array  # (8,) int32, in the order of INTEGERS
    theta: Array  # (points,) NaN after the run has stopped
    lagrangian: Array  # (points,)
    nnz_u: Array  # (points,) int32
    theta_u: Array  # (points,) NaN after the run has stopped, and where u is empty


def flatten(run: Run) -> Operands:
    """Return what a kernel reads of a run."""
    hyper, K, d = run.hyper, run.teacher.K, run.start.size  # noqa: N806
    lam, beta, eta = hyper
    m = lam / beta
    one, never = jnp.ones_like(eta), jnp.full_like(eta, jnp.inf)
    value_at_rest = rounding.lagrangian_step_error(d, K, hyper, never)
    numbers = Numbers(
        K=K * one,
        beta=beta,
        eta=eta,
        lam=lam,
        m=m,
        threshold=run.penalty.threshold(m),
        a=run.penalty.a if isinstance(run.penalty, TransformedL1) else one,
        vector_error=rounding.vector_error(K, hyper),
        epsilon=rounding.epsilon(hyper) * one,
        theta_at_rest=rounding.angle_step_error(d, K, hyper, never),
        theta_slope=rounding.vector_error(K, hyper),
        lagrangian_at_rest=value_at_rest,
        lagrangian_slope=rounding.lagrangian_step_error(d, K, hyper, one)
        - value_at_rest,
        settled=SETTLED * eta * K,
        spread=rounding.spread(K, hyper, run.penalty),
        tie=rounding.tie(hyper, run.penalty),
    )
    grid = jnp.asarray(log_grid(run.steps, run.points))
    return Operands(run.start, run.teacher.w_star, jnp.stack(numbers), grid)


def shapes(operands: Operands) -> tuple[jax.ShapeDtypeStruct, ...]:
    """Return the shapes and types of `Raw`, field by field."""
    dtype, (d,) = operands.start.dtype, operands.start.shape
    (points,) = operands.grid.shape
    kinds = dict(
        w=((d,), dtype),
        u=((d,), dtype),
        reals=((len(REALS),), dtype),
        integers=((len(INTEGERS),), jnp.int32),
        theta=((points,), dtype),
        lagrangian=((points,), dtype),
        nnz_u=((points,), jnp.int32),
        theta_u=((points,), dtype),
    )
    return tuple(
        jax.ShapeDtypeStruct(*kind) for kind in (kinds[name] for name in Raw._fields)
    )


def unflatten(run: Run, raw: Raw) -> Outcome:
    """Return the outcome that a kernel's results stand for."""
    real = dict(zip(REALS, (raw.reals[i] for i in range(len(REALS)))))
    whole = dict(zip(INTEGERS, (raw.integers[i] for i in range(len(INTEGERS)))))

    start = run.algorithm.init(run.start, run.hyper, run.penalty)
    theta_0 = run.teacher.theta(start.w)

    def descent(name: str) -> Monotone:
        return Monotone(
            value=real[name],
            change=real[f"{name}_change"],
            change_at=whole[f"{name}_change_at"],
            rise_at=whole[f"{name}_rise_at"],
            change_among=real[f"{name}_change_among"],
        )

    monitor = Monitor(
        step=whole["step"],
        theta=descent("theta"),
        lagrangian=descent("lagrangian"),
        theta_max=jnp.maximum(theta_0, real["theta_max"]),
        length_min=real["length_min"],
        moved=real["moved"],
        drift=real["drift"],
        drift_max=real["drift_max"],
        last_unsettled=whole["last_unsettled"],
        first_bad_step=whole["first_bad_step"],
        degenerate=whole["degenerate"] == 1,
    )
    theta = raw.theta.at[0].set(theta_0)
    curves = Curves(
        step=jnp.asarray(log_grid(run.steps, run.points)),
        theta=theta,
        loss=run.teacher.K * theta,
        lagrangian=raw.lagrangian,
        nnz_u=raw.nnz_u,
        loss_u=run.teacher.K * raw.theta_u,
    )
    return Outcome(start, State(raw.w, raw.u), monitor, curves)
