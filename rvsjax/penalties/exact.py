"""The prox of a penalty in numbers of any precision."""

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["ExactProx"]


class ExactProx(NamedTuple):
    """A penalty and its prox at one scale m, of one coordinate in mpmath's numbers.

    What `rvsjax.theory.exact` asks of a penalty class: its static method
    ``exact(m, **parameters)`` returns one. It should not share code with the floats,
    which it is to judge. P is even and the prox odd: u and x are above 0 here.
    """

    value: Callable[[Any], Any]  # P(u)
    threshold: Any  # the prox is 0 exactly where |x| is at most this
    branch: Callable[[Any], Any]  # the prox of x beyond the threshold
    slope: Callable[[Any], Any]  # of the branch there; it must not rise with x
