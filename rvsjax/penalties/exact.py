"""The prox of a penalty in numbers of any precision."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath

__all__ = ["ExactProx", "ExactVectorProx", "mp"]

mp: Any = mpmath.mp
"""The numbers of mpmath, few of whose functions type checkers know."""


class ExactProx(NamedTuple):
    """A penalty and its prox at one scale m, of one coordinate in mpmath's numbers.

    What `rvsjax.theory.exact` asks of a penalty class: its static method
    ``exact(m, **parameters)`` returns one. It should not share code with the floats,
    which it is to judge. P is even and the prox odd: u and x are above 0 here.
    """

    value: Callable[[Any], Any]  # P(u)
    threshold: Any  # the prox is 0 exactly where |x| is at most this
    branch: Callable[[Any], Any]  # the prox of x beyond the threshold
    slope: Callable[[Any], Any]  # of the branch there; falls but for the kinks
    breaks: Sequence[Any] = ()  # where the branch jumps
    kinks: Sequence[Any] = ()  # where its slope rises


class ExactVectorProx(NamedTuple):
    """The same of a penalty that is not a sum over coordinates: of whole vectors."""

    value: Callable[[Sequence[Any]], Any]  # P(u)
    threshold: Any  # 0 where there is none
    prox: Callable[[Sequence[Any]], list[Any]]
    steepest: Callable[[Sequence[Any], Any], Any]
    """The largest slope within a radius of x; infinite where the prox jumps there."""
