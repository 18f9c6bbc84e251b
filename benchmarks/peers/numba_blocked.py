"""Numba on all cores: blocks of runs that stay in the cache, runs in the minor axis.

As a competent user makes it in an hour. The loop over the runs of a block vectorises;
the normalisation and the monitors of a step share one pass with the update of the next.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
from numba import njit, prange

from . import numba_penalties
from .problem import Problem, Result, Setting

__all__ = ["prepare"]

LANE_BYTES = 128
"""One row of a block: 32 runs in float32, 16 in float64."""

LENGTH, PENALTY, APART, TOGETHER, COUPLING, INVERSE, OLD_PENALTY = range(7)
THETA, VALUE, THETA_RISE, VALUE_RISE = range(4)


def prepare(
    problem: Problem, steps: int, arctangent: Callable = numba_penalties.arctangent
) -> Callable[[], Result]:
    kernel = _kernel(problem.setting, arctangent)
    w, u = np.empty_like(problem.w0), np.empty_like(problem.w0)
    seen = np.empty((len(w), 4), w.dtype)

    def call(steps: int = steps) -> Result:
        kernel(problem.w0, problem.w_star, w, u, seen, steps)
        return Result(w, u, *seen.T)

    call(0)
    return call


@functools.cache
def _kernel(setting: Setting, arctangent: Callable) -> Callable:
    dtype = np.dtype(setting.dtype).type
    lanes = LANE_BYTES // np.dtype(dtype).itemsize
    prepass, fused, last = _passes(setting, lanes)
    begin, judge = _once_a_step(setting, lanes, arctangent(dtype))

    @njit(parallel=True, fastmath=True, error_model="numpy")
    def kernel(w0, w_star, w_end, u_end, seen_end, steps):
        runs, d = w0.shape
        for block in prange((runs + lanes - 1) // lanes):
            w, u = np.empty((d, lanes), w0.dtype), np.empty((d, lanes), w0.dtype)
            star = np.empty((d, lanes), w0.dtype)
            sums, seen = np.zeros((7, lanes), w0.dtype), np.zeros((4, lanes), w0.dtype)
            for i in range(lanes):
                run = min(block * lanes + i, runs - 1)  # the last one fills the block
                for j in range(d):
                    w[j, i], star[j, i] = w0[run, j], w_star[run, j]
            prepass(w, u, sums)
            for step in range(steps):
                begin(sums)
                fused(w, u, star, sums)
                judge(sums, seen, step)
            begin(sums)
            last(w, u, star, sums)
            judge(sums, seen, steps)
            for i in range(min(lanes, runs - block * lanes)):
                run = block * lanes + i
                for j in range(d):
                    w_end[run, j], u_end[run, j] = w[j, i], u[j, i]
                for q in range(4):
                    seen_end[run, q] = seen[q, i]

    return kernel


def _passes(setting: Setting, lanes: int) -> tuple[Callable, ...]:
    """Return the passes over a block: before, between and after the steps.

    Between steps w is v of the step before, not yet normalised.
    """
    dtype = np.dtype(setting.dtype).type
    prox, value = numba_penalties.prox(setting), numba_penalties.value(setting)
    pull, couple = dtype(setting.eta * setting.K), dtype(setting.eta * setting.beta)
    keep = dtype(1 - setting.eta * (setting.K + setting.beta))

    @njit(fastmath=True, error_model="numpy")
    def prepass(w, u, sums):
        for j in range(w.shape[0]):
            for i in range(lanes):
                x = w[j, i]
                y = prox(x)
                u[j, i] = y
                sums[LENGTH, i] += x * x
                sums[PENALTY, i] += value(y)

    @njit(fastmath=True, error_model="numpy")
    def fused(w, u, star, sums):
        for j in range(w.shape[0]):
            for i in range(lanes):
                x, s = w[j, i] * sums[INVERSE, i], star[j, i]
                minus, plus, gap = x - s, x + s, x - u[j, i]
                sums[APART, i] += minus * minus
                sums[TOGETHER, i] += plus * plus
                sums[COUPLING, i] += gap * gap
                y = prox(x)
                v = keep * x + pull * s + couple * y
                u[j, i] = y
                w[j, i] = v
                sums[LENGTH, i] += v * v
                sums[PENALTY, i] += value(y)

    @njit(fastmath=True, error_model="numpy")
    def last(w, u, star, sums):
        for j in range(w.shape[0]):
            for i in range(lanes):
                x, s = w[j, i] * sums[INVERSE, i], star[j, i]
                minus, plus, gap = x - s, x + s, x - u[j, i]
                sums[APART, i] += minus * minus
                sums[TOGETHER, i] += plus * plus
                sums[COUPLING, i] += gap * gap
                w[j, i] = x

    return prepass, fused, last


def _once_a_step(
    setting: Setting, lanes: int, atan2: Callable
) -> tuple[Callable, Callable]:
    """Return what happens before and after a pass, once a run."""
    dtype = np.dtype(setting.dtype).type
    zero, one, two, lowest = (dtype(x) for x in (0, 1, 2, -1e30))
    K, lam = dtype(setting.K), dtype(setting.lam)  # noqa: N806
    half_beta = dtype(setting.beta / 2)

    @njit(fastmath=True, error_model="numpy")
    def begin(sums):
        for i in range(lanes):
            sums[INVERSE, i] = one / math.sqrt(sums[LENGTH, i])
            sums[OLD_PENALTY, i] = sums[PENALTY, i]
            sums[LENGTH, i] = sums[PENALTY, i] = zero
            sums[APART, i] = sums[TOGETHER, i] = sums[COUPLING, i] = zero

    @njit(fastmath=True, error_model="numpy")
    def judge(sums, seen, step):
        for i in range(lanes):
            apart, together = math.sqrt(sums[APART, i]), math.sqrt(sums[TOGETHER, i])
            theta = two * atan2(apart, together)
            paid = lam * sums[OLD_PENALTY, i] + half_beta * sums[COUPLING, i]
            value = K * theta + paid
            seen[THETA_RISE, i] = max(seen[THETA_RISE, i], theta - seen[THETA, i])
            seen[VALUE_RISE, i] = max(seen[VALUE_RISE, i], value - seen[VALUE, i])
            seen[THETA, i], seen[VALUE, i] = theta, value
        if step == 0:
            seen[THETA_RISE:] = lowest

    return begin, judge
