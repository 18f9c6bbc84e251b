"""Claims judged on one case: hypotheses, observed value, bound, and the verdict."""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp

from rvsjax.types import Array, pytree, static

__all__ = ["VERDICTS", "Check", "Judged", "judge", "verdict"]

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


@pytree
class Judged:
    """Several claims on one case, packed: a program with fewer results compiles faster.

    In the order of the claims; bit i of `false` says that the i-th of `labels` is among
    the claim's hypotheses, and false.
    """

    observed: Array  # (claims,)
    bound: Array  # (claims,)
    verdict: Array  # (claims,) int32, index into VERDICTS
    false: Array  # (claims,) int32
    labels: tuple[str, ...] = static()


def judge(claims: Mapping[str, Callable[[Any], Check]], about: Any) -> Judged:
    """Judge claims on what they are about."""
    checks = [claim(about) for claim in claims.values()]
    labels = tuple(dict.fromkeys(n for check in checks for n in check.hypotheses))

    def false(check: Check) -> Array:
        bits = (
            (~truth).astype(jnp.int32) << labels.index(n)
            for n, truth in check.hypotheses.items()
        )
        return functools.reduce(operator.or_, bits)

    return Judged(
        observed=jnp.stack([check.observed for check in checks]),
        bound=jnp.stack([check.bound for check in checks]),
        verdict=jnp.stack([verdict(check) for check in checks]),
        false=jnp.stack([false(check) for check in checks]),
        labels=labels,
    )
