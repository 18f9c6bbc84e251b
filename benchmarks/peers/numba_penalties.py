"""Penalties and arctangents as scalar numba functions that vectorise."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from .problem import Setting

__all__ = ["arctangent", "library_arctangent", "prox", "value"]

_inline = njit(inline="always", fastmath=True, error_model="numpy")


def prox(setting: Setting) -> Callable:
    """Return the prox, as a function of one number."""
    dtype = np.dtype(setting.dtype).type
    m, a, threshold = (dtype(x) for x in (setting.m, setting.a, setting.threshold))
    zero, scale = dtype(0), dtype(setting.m * setting.a * (setting.a + 1))
    count = newton_steps(setting)

    @_inline
    def hard(x):
        return x if abs(x) > threshold else zero

    @_inline
    def soft(x):
        return x - min(max(x, -m), m)

    @_inline
    def newton(u, size):
        q = a + u
        cube = q * q * q
        return u - ((u - size) * cube + scale * q) / (cube - scale - scale)

    @_inline
    def transformed(x):
        """Newton's method for ``u + scale / (a + u)^2 = |x|``, from above."""
        size = abs(x)
        u = size
        for _ in range(count):
            u = newton(u, size)
        root = u if x > zero else -u
        return root if size > threshold else zero

    return {"l0": hard, "l1": soft, "transformed-l1": transformed}[setting.penalty]


def newton_steps(setting: Setting) -> int:
    """Return the steps to rounding at the threshold, where they are most.

    The error after a step is about the square of the step.
    """
    enough = math.sqrt(np.finfo(setting.dtype).eps)
    a, x = setting.a, setting.threshold
    u, change, count = x, 1.0, 0
    while abs(change) > enough and count < 30:
        cube, scale = (a + u) ** 3, setting.m * a * (a + 1)
        change = ((u - x) * cube + scale * (a + u)) / (cube - 2 * scale)
        u, count = u - change, count + 1
    return count


def value(setting: Setting) -> Callable:
    """Return the penalty of one entry."""
    dtype = np.dtype(setting.dtype).type
    a, above, zero, one = (dtype(x) for x in (setting.a, setting.a + 1, 0, 1))

    @_inline
    def count(u):
        return one if u != zero else zero

    @_inline
    def size(u):
        return abs(u)

    @_inline
    def transformed(u):
        return above * abs(u) / (a + abs(u))

    return {"l0": count, "l1": size, "transformed-l1": transformed}[setting.penalty]


def library_arctangent(dtype: Any) -> Callable:
    """Return ``atan2(y, x)`` of the C library: a call for each number."""
    del dtype
    return _inline(lambda y, x: math.atan2(y, x))


def arctangent(dtype: Any) -> Callable:
    """Return ``atan2(y, x)`` for ``y, x >= 0`` without a call, after Cephes."""
    whole = dtype(math.pi / 2)
    half, zero = dtype(math.pi / 4), dtype(0)
    high = dtype(2.41421356237309505)
    low = dtype(0.4142135623730950 if dtype is np.float32 else 0.66)
    series = _SERIES[dtype]

    @_inline
    def atan2(y, x):
        big, middle = y > high * x, y > low * x
        above = -x if big else (y - x if middle else y)
        below = y if big else (y + x if middle else x)
        turn = whole if big else (half if middle else zero)
        t = above / below
        return turn + (t + t * series(t * t))

    return atan2


def _single() -> Callable:
    a, b, c, d = (
        np.float32(x)
        for x in (
            8.05374449538e-2,
            -1.38776856032e-1,
            1.99777106478e-1,
            -3.33329491539e-1,
        )
    )
    return _inline(lambda z: (((a * z + b) * z + c) * z + d) * z)


@_inline
def _double(z):
    p = -8.750608600031904122785e-1 * z - 1.615753718733365076637e1
    p = (p * z - 7.500855792314704667340e1) * z - 1.228866684490136173410e2
    q = (z + 2.485846490142306297962e1) * z + 1.650270098316988542046e2
    q = (q * z + 4.328810604912902668951e2) * z + 4.853903996359136964868e2
    return z * (p * z - 6.485021904942025371773e1) / (q * z + 1.945506571482613964425e2)


_SERIES = {np.float32: _single(), np.float64: _double}
