"""The roof: multiply-adds on all cores that wait for nothing; what a step needs."""

import functools
import math
import time
from collections.abc import Callable

import numpy as np
from numba import njit, prange

__all__ = ["FLOPS", "flops", "prepare"]

CHAINS, DEGREE, LENGTH, PIECES = 6, 32, 1024, 16

FLOPS = {"l0": 20, "l1": 20, "transformed-l1": 71}
"""Operations of the plain step for one weight; a multiply-add is two.

prox                       a comparison for l0; a subtraction and a maximum for l1; for
                           transformed l1 a comparison and 5 Newton steps, each
                           ``u - ((u - x) q^3 + c q) / (q^3 - 2 c)``, ``q = a + u``: 10
``v``                      5, as ``(1 - eta (K + beta)) w + eta K w* + eta beta u``
``|v|^2``                  2
``v / |v|``                1, a product with the inverse
``|w - w*|^2``             3
``|w + w*|^2``             3
``|w - u|^2``              3
``P(u)``                   a comparison and an addition for l0, an addition for l1, two
                           additions and a division for transformed l1

Signs, absolute values, choices, and what happens once a step (roots, the arctangent,
the comparisons of the monitors) are not counted.
"""


def flops(penalty: str, d: int) -> int:
    """Return the operations of one run-step."""
    return FLOPS[penalty] * d


def prepare(dtype: str, seconds: float = 0.3) -> Callable[[], float]:
    """Return a call that works for about `seconds` and returns its operations."""
    x = np.full((PIECES, LENGTH), 0.5, dtype)
    factor, scale = (np.dtype(dtype).type(c) for c in (0.5, 0.5 / CHAINS))
    starts = tuple(np.dtype(dtype).type(c) for c in range(CHAINS))
    kernel = _kernel()
    work = 2.0 * CHAINS * DEGREE * x.size

    def call(repeats: int) -> float:
        kernel(x, factor, scale, starts, repeats)
        return work * repeats

    call(1)
    begin = time.perf_counter()
    call(100)
    enough = math.ceil(100 * seconds / (time.perf_counter() - begin))
    return functools.partial(call, enough)


@functools.cache
def _kernel() -> Callable:
    """Return ``x <- scale * sum of 6 polynomials``, of 32 multiply-adds each.

    The chains are independent, and each number is read once for 192 multiply-adds. Only
    contraction is allowed: products and sums may be fused, none may be saved. With 6
    chains one core did 82 GFLOP/s in float32, with 3, 4, 8 and 12: 71, 73, 53 and 54.
    """

    @njit(inline="always", fastmath={"contract"})
    def four(s, y, x):
        a, b, c, d, e, f = s
        for _ in range(4):
            a, b, c = a * y + x, b * y + x, c * y + x
            d, e, f = d * y + x, e * y + x, f * y + x
        return a, b, c, d, e, f

    @njit(parallel=True, fastmath={"contract"})
    def kernel(pieces, y, scale, starts, repeats):
        for piece in prange(pieces.shape[0]):
            row = pieces[piece]
            for _ in range(repeats):
                for i in range(row.size):
                    x, s = row[i], starts
                    s = four(four(four(four(s, y, x), y, x), y, x), y, x)
                    s = four(four(four(four(s, y, x), y, x), y, x), y, x)
                    a, b, c, d, e, f = s
                    row[i] = scale * (a + b + c + d + e + f)

    return kernel
