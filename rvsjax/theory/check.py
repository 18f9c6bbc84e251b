"""A claim judged on one case: hypotheses, observed value, bound, and the verdict."""

import functools
import operator
from typing import NamedTuple

import jax.numpy as jnp

from rvsjax.types import Array

__all__ = ["VERDICTS", "Check", "verdict"]

VERDICTS = ("holds", "violated", "undecided", "not-applicable")


class Check(NamedTuple):
    """``hypotheses => observed <= bound``, with the rounding allowance of the dtype."""

    hypotheses: dict[str, Array]  # each in words, with its truth
    observed: Array
    bound: Array
    allowance: Array  # an excess up to here may be rounding alone

    @property
    def hypothesis(self) -> Array:
        """All hypotheses together."""
        return functools.reduce(operator.and_, self.hypotheses.values())


def verdict(check: Check) -> Array:
    """Return the index into `VERDICTS`: a scalar int32.

    Not applicable where a hypothesis is false; undecided where the excess over the
    bound is within the allowance; a value that is not a number is never a success.
    """
    excess = check.observed - check.bound
    judged = jnp.where(excess <= 0, 0, jnp.where(excess <= check.allowance, 2, 1))
    return jnp.where(check.hypothesis, judged, 3).astype(jnp.int32)
