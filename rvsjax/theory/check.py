"""Claims judged on one case: hypotheses, observed value, bound, and the verdict."""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from rvsjax.types import Array, pytree, static

__all__ = ["VERDICTS", "Check", "Judged", "judge", "verdict"]

VERDICTS = ("holds", "violated", "undecided", "not-applicable")


class Check(NamedTuple):
    """``hypotheses => observed <= bound``, with the rounding allowance of the dtype.

    The last two say what the precision of the run suffices for. A run whose steps are
    lost in rounding does not show that anything holds; one whose hypotheses are decided
    by rounding does not show that anything is violated.
    """

    hypotheses: dict[str, Array]  # each in words, with its truth
    observed: Array
    bound: Array
    allowance: Array  # an excess up to here may be rounding alone
    shows_success: Array | bool = True
    shows_violation: Array | bool = True

    @property
    def hypothesis(self) -> Array:
        """All hypotheses together; true where there is none."""
        truths: Any = self.hypotheses.values() or [np.True_]
        return functools.reduce(operator.and_, truths)


def verdict(check: Check) -> Array:
    """Return the index into `VERDICTS`: a scalar int32.

    Not applicable where a hypothesis is false; undecided where the excess over the
    bound is within the allowance, or the precision does not suffice; a value that is
    not a number is never a success.
    """
    xp: Any = np if isinstance(check.observed, np.ndarray) else jnp  # tables, or traced
    excess = check.observed - check.bound
    holds, within = excess <= 0, excess <= check.allowance
    judged = xp.where(
        holds,
        xp.where(check.shows_success, 0, 2),
        xp.where(within | ~xp.asarray(check.shows_violation), 2, 1),
    )
    return xp.where(check.hypothesis, judged, 3).astype(xp.int32)


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
    """Judge claims on what they are about.

    All verdicts at once: claim by claim they were 60 kernels more of a program.
    """
    checks = [claim(about) for claim in claims.values()]
    truths: dict[str, Array] = {}
    for name, truth in (pair for check in checks for pair in check.hypotheses.items()):
        if truths.setdefault(name, truth) is not truth:
            raise ValueError(f"two claims understand {name!r} differently")
    labels = tuple(truths)
    asked = [sum(1 << labels.index(n) for n in check.hypotheses) for check in checks]
    bits = [(~truth).astype(jnp.int32) << i for i, truth in enumerate(truths.values())]
    bits = bits or [jnp.int32(0)]
    false = jnp.asarray(asked, jnp.int32) & functools.reduce(operator.or_, bits)
    observed, bound, *suffices = (
        _stacked([check[i] for check in checks]) for i in range(1, 6)
    )
    every = Check({"each of its own": false == 0}, observed, bound, *suffices)
    return Judged(observed, bound, verdict(every), false, labels)


def _stacked(values: list[Any]) -> Array:
    """Return ``jnp.stack(values)`` of scalars: in a program one kernel, not n + 1.

    Each that several claims share is taken once, known ones as one constant.
    """
    known = [0 if isinstance(x, Tracer) else x for x in values]
    stacked = jnp.asarray(np.array(known), jnp.result_type(*values))
    for x in {id(x): x for x in values if isinstance(x, Tracer)}.values():
        stacked = jnp.where(np.array([x is y for y in values]), x, stacked)
    return stacked
