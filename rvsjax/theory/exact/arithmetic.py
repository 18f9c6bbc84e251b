"""Numbers as integers in units of ``2^-BITS``, and vectors of them.

A norm is then ``isqrt`` of a sum of squares and a quotient is ``//``: ``c x + c y + z``
takes about a tenth of what it takes with mpmath's numbers (Python 3.11, no gmpy), which
serve for pi, angles, thresholds and results.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from math import isqrt
from operator import add, mul, sub

from mpmath import inf, mp, mpf

__all__ = [
    "DIGITS",
    "RESOLUTION",
    "Degenerate",
    "Vector",
    "across",
    "angle",
    "combine",
    "direction",
    "distance",
    "dot",
    "fixed",
    "inverse",
    "norm",
    "precisely",
    "real",
    "unit",
]

DIGITS = 50
RESOLUTION = mpf("1e-40")  # an excess, or a coordinate, up to here may be rounding

BITS = 192  # 57 digits: 7 of them for the rounding of a long run

Vector = Sequence[int]  # of integers in units of 2^-BITS


class Degenerate(ArithmeticError):
    """A step with ``v = 0``, which has no direction."""


def precisely() -> AbstractContextManager[object]:
    """Let mpmath compute with as many bits, inside of a ``with``."""
    return mp.workprec(BITS)


def fixed(x: mpf | float) -> int:
    """Return x in units of ``2^-BITS``, truncated."""
    return int(mp.ldexp(x, BITS))


def real(x: int) -> mpf:
    """Return the number that x units are."""
    return mp.ldexp(x, -BITS)


def inverse(x: mpf) -> mpf:
    """Return ``1/x``, infinity where x is not positive."""
    return 1 / x if x > 0 else inf


def combine(*terms: tuple[int, Vector]) -> Vector:
    """Return ``c x + ...`` of pairs of a factor c and a vector x."""
    total = [0] * len(terms[0][1])
    for c, x in terms:
        total = [t + c * p for t, p in zip(total, x)]
    return [t >> BITS for t in total]


def dot(x: Vector, y: Vector) -> int:
    """Return the inner product."""
    return sum(map(mul, x, y)) >> BITS


def norm(x: Vector) -> int:
    """Return ``|x|``."""
    return isqrt(sum(map(mul, x, x)))


def distance(x: Vector, y: Vector) -> int:
    """Return ``|x - y|``."""
    return norm(list(map(sub, x, y)))


def unit(x: Vector) -> tuple[Vector, int]:
    """Return ``x / |x|`` and ``|x|``."""
    length = norm(x)
    if length * 10**40 < 1 << BITS:
        raise Degenerate("v = 0: the step has no direction")
    return [(p << BITS) // length for p in x], length


def direction(x: Sequence[float]) -> Vector:
    """Return ``x / |x|`` of floats of any size."""
    largest = max(map(abs, x))
    if largest == 0:
        raise Degenerate("a vector of zeros has no direction")
    return unit([fixed(mpf(p) / largest) for p in x])[0]


def angle(x: Vector, y: Vector) -> mpf:
    """Return the angle of unit vectors in radians, ``2 atan2(|x - y|, |x + y|)``."""
    return 2 * mp.atan2(distance(x, y), norm(list(map(add, x, y))))


def across(x: Vector, w: Vector) -> mpf:
    """Return ``|x|`` times the sine of its angle with the unit vector ``w``."""
    return real(norm(combine((1 << BITS, x), (-dot(x, w), w))))
