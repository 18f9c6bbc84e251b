"""Parameters of penalties as studies have them: what fits, and threshold for lam."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from rvsjax.errors import Problem
from rvsjax.penalties import PENALTIES
from rvsjax.sweep.plan.derived import Inverse

__all__ = ["SHAPE_RULES", "VECTOR_RULES", "implied_shape", "threshold"]

_SCAD = 3.7  # its a, as Fan and Li have it


def implied_shape(penalty: str, has_a: bool) -> dict[str, float]:
    """Return the shape a of scad, where none is given: 1.0 is for transformed-l1."""
    return {"a": _SCAD} if penalty == "scad" and not has_a else {}


def _a_fits(penalty: str, a: float | None) -> Iterator[Problem]:
    if penalty == "scad" and a is not None and a <= 2:
        yield Problem("a", f'must be above 2 for penalty = "scad", got {a:g}')


def _group_fits(group: int | None, d: int) -> Iterator[Problem]:
    if group is not None and d % group:
        yield Problem("group", f"must divide d, got group = {group} with d = {d}")


def _n_fits(n: int | None, m: int | None, d: int) -> Iterator[Problem]:
    if n is not None and m is not None and n > m:
        yield Problem("n", f"must not exceed m, got n = {n} with m = {m}")
    if m is not None and d % m:
        yield Problem("m", f"must divide d, got m = {m} with d = {d}")


SHAPE_RULES = (_a_fits,)
"""What must fit in every study, beside the bounds of each parameter."""

VECTOR_RULES = (_group_fits, _n_fits)
"""What must fit in a study of one vector of d weights."""


def threshold() -> Inverse:
    """Return the threshold of the prox as a number that sets lam, as m = lam/beta is.

    So that penalties are compared where their prox is 0 on the same weights.
    """
    shapes = dict.fromkeys(x for p in PENALTIES.values() for x in p.parameters)
    what = "the threshold of the prox, below which a weight is 0: sets lam"
    field = Field(None, ge=0, le=1e6, description=what)
    return Inverse("lam", ("beta", "penalty", *shapes), _lam_of, field)


def _lam_of(threshold: float, values: Mapping[str, Any]) -> float | None:
    m = PENALTIES[values["penalty"]].scale_of(threshold, values)
    return None if m is None else m * values["beta"]
