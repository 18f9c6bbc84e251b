"""Binary interface of the kernels: a `Run` and an `Outcome`, flattened into arrays.

A kernel is a program of its own for `rvsjax.simulate`. It reads `Operands` and writes
`Raw`; everything else of a run is set up and read here. An annotation names the kind
and the last axis of an array. Names and order stand only in these types and in
`Monitor`: `fields` has them for the header of the C++ and the text of Warp.
"""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, get_type_hints

import jax
import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import SETTLED, Monitor, Real
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Curves, Outcome, log_grid
from rvsjax.types import Array, State

__all__ = [
    "INTEGERS",
    "REALS",
    "Field",
    "Numbers",
    "Operands",
    "Raw",
    "fields",
    "flatten",
    "shapes",
    "unflatten",
]


class Numbers(NamedTuple):
    """The scalars of a run, in the order in which a kernel reads them.

    Allowances for rounding are affine in ``1/|v|``: ``_at_rest + _slope / |v|``.
    """

    K: Real
    beta: Real
    eta: Real
    lam: Real
    m: Real
    threshold: Real  # the prox is 0 up to here
    a: Real  # shape of the penalty; 1 where it has none
    vector_error: Real  # at most so long is a v without direction
    epsilon: Real  # vector_error / |v| + epsilon is the error of a direction
    theta_at_rest: Real
    theta_slope: Real
    lagrangian_at_rest: Real
    lagrangian_slope: Real
    settled: Real  # a move up to here counts as none
    spread: Real  # a step turns an error e of w into at most spread e / |v|
    tie: Real  # so near a jump of the prox rounding decides, beside the drift; or -2


class Operands(NamedTuple):
    """Arrays that a kernel reads."""

    start: Annotated[Array, "real d"]  # w^0
    w_star: Annotated[Array, "real d"]
    numbers: Annotated[Array, "real numbers"]  # in the order of Numbers
    grid: Annotated[Array, "int points"]  # steps of the curves, from 0 to the last


class Raw(NamedTuple):
    """Arrays that a kernel writes."""

    w: Annotated[Array, "real d"]
    u: Annotated[Array, "real d"]
    reals: Annotated[Array, "real reals"]  # in the order of REALS
    integers: Annotated[Array, "int integers"]  # in the order of INTEGERS
    theta: Annotated[Array, "real points"]  # NaN after the run has stopped
    lagrangian: Annotated[Array, "real points"]
    nnz_u: Annotated[Array, "int points"]
    theta_u: Annotated[Array, "real points"]  # NaN after that, and where u is empty


class Field(NamedTuple):
    """An array, or a scalar, of a record."""

    name: str  # dotted in a nested record
    kind: str  # "real", "int" (32 bits) or "bool"
    axis: str  # name of the last axis; empty for a scalar


def fields(record: type) -> tuple[Field, ...]:
    """Return the fields of a NamedTuple, those of a nested one in its place."""
    found = []
    for name, hint in _hints(record):
        if isinstance(hint, type):
            found += [f._replace(name=f"{name}.{f.name}") for f in fields(hint)]
        else:
            kind, _, axis = hint.__metadata__[0].partition(" ")
            found.append(Field(name, kind, axis))
    return tuple(found)


def _hints(record: type) -> list[tuple[str, Any]]:
    return list(get_type_hints(record, include_extras=True).items())


_MONITOR = fields(Monitor)

REALS = tuple(field.name for field in _MONITOR if field.kind == "real")
"""The numbers of `Monitor` in `Raw.reals`; `theta_max` without the start."""

INTEGERS = tuple(field.name for field in _MONITOR if field.kind != "real")
"""The numbers of `Monitor` in `Raw.integers`."""


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
        a=getattr(run.penalty, "a", one),
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
    axes = {
        "d": operands.start.size,
        "points": operands.grid.size,
        "reals": len(REALS),
        "integers": len(INTEGERS),
    }
    types = {"real": operands.start.dtype, "int": jnp.int32}
    return tuple(
        jax.ShapeDtypeStruct((axes[field.axis],), types[field.kind])
        for field in fields(Raw)
    )


def unflatten(run: Run, raw: Raw) -> Outcome:
    """Return the outcome that a kernel's results stand for."""
    start = run.algorithm.init(run.start, run.hyper, run.penalty)
    theta_0 = run.teacher.theta(start.w)
    reals = (raw.reals[i] for i in range(len(REALS)))
    integers = (raw.integers[i] for i in range(len(INTEGERS)))
    numbers = (next(reals if f.kind == "real" else integers) for f in _MONITOR)
    monitor: Monitor = _nest(Monitor, numbers)
    monitor = monitor._replace(
        theta_max=jnp.maximum(theta_0, monitor.theta_max),
        degenerate=monitor.degenerate == 1,
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


def _nest(record: type, numbers: Iterator[Array]) -> Any:
    """Return a NamedTuple made of numbers in the order of its `fields`."""
    return record(
        *(
            _nest(hint, numbers) if isinstance(hint, type) else next(numbers)
            for _, hint in _hints(record)
        )
    )
