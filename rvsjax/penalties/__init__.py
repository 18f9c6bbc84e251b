"""Sparsity penalties: value and proximal operator side by side.

Every prox is the minimiser ``prox(x, m) = argmin_u m P(u) + |u - x|^2 / 2``. Of most it
is taken coordinate by coordinate: 0 up to a threshold, beyond it the largest root of
``u + m P'(u) = x``, the branch. Where the minimiser jumps it is not unique; the
convention is the side of 0. A prox keeps NaN, in x or in m, so that what diverged does
not look sparse; that of an infinite x is x. Derivatives are those of the piece that x
lies in, finite everywhere. Sources are with each class; Dinh and Xin 2020 have Lemma 8
(transformed l1) and Lemma 9 (l0).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import Field

from rvsjax.penalties.exact import ExactProx, ExactVectorProx
from rvsjax.penalties.properties import is_in_corollary_1_1
from rvsjax.penalties.scales import SCALES
from rvsjax.penalties.spec import PenaltySpec, whole_field

if TYPE_CHECKING:
    from rvsjax.penalties.capped_l1 import CappedL1
    from rvsjax.penalties.elastic_net import ElasticNet
    from rvsjax.penalties.group_l0 import GroupL0
    from rvsjax.penalties.group_l1 import GroupL1
    from rvsjax.penalties.group_mcp import GroupMCP
    from rvsjax.penalties.group_transformed_l1 import GroupTransformedL1
    from rvsjax.penalties.l0 import L0
    from rvsjax.penalties.l1 import L1
    from rvsjax.penalties.l1_minus_l2 import L1MinusL2
    from rvsjax.penalties.l_half import LHalf
    from rvsjax.penalties.l_two_thirds import LTwoThirds
    from rvsjax.penalties.largest import Largest
    from rvsjax.penalties.log_sum import LogSum
    from rvsjax.penalties.mcp import MCP
    from rvsjax.penalties.n_of_m import NOfM
    from rvsjax.penalties.no_penalty import NoPenalty
    from rvsjax.penalties.scad import SCAD
    from rvsjax.penalties.transformed_l1 import TransformedL1
    from rvsjax.types import Penalty

__all__ = [
    "L0",
    "L1",
    "MCP",
    "PENALTIES",
    "SCAD",
    "CappedL1",
    "ElasticNet",
    "ExactProx",
    "ExactVectorProx",
    "GroupL0",
    "GroupL1",
    "GroupMCP",
    "GroupTransformedL1",
    "L1MinusL2",
    "LHalf",
    "LTwoThirds",
    "Largest",
    "LogSum",
    "NOfM",
    "NoPenalty",
    "PenaltySpec",
    "TransformedL1",
    "is_in_corollary_1_1",
    "make_penalty",
]


def _shape(default: float, description: str, **bounds: Any) -> Any:
    options: dict[str, Any] = {"ge": 1e-6, "le": 1e6} | bounds
    return Field(default, description=description, **options)


def _spec(place: str, name: str = "", **parameters: Any) -> PenaltySpec:
    return PenaltySpec(f"rvsjax.penalties.{place}", SCALES.get(name), **parameters)


_A = _shape(1.0, "shape of transformed-l1; of scad, above 2, 3.7 by default")
_GAMMA = _shape(0.5, "|u| from which mcp is constant")
_GROUP = whole_field(
    5, ge=1, le=10**6, description="entries of a group, one after the other"
)

_S = Field(None, ge=1, le=10**6, description="entries that stay, of all")
_S.annotation = int | None  # pyright: ignore[reportAttributeAccessIssue]

PENALTIES: dict[str, PenaltySpec] = {
    "l0": _spec("l0:L0", "l0"),
    "l1": _spec("l1:L1", "l1"),
    "transformed-l1": _spec("transformed_l1:TransformedL1", "transformed-l1", a=_A),
    "mcp": _spec("mcp:MCP", "mcp", gamma=_GAMMA),
    "scad": _spec(
        "scad:SCAD", "scad", a=_A, knot=_shape(0.1, "|u| up to which scad is l1")
    ),
    "l1/2": _spec("l_half:LHalf", "l1/2"),
    "l2/3": _spec("l_two_thirds:LTwoThirds", "l2/3"),
    "log-sum": _spec(
        "log_sum:LogSum", "log-sum", eps=_shape(0.1, "scale of |u| in log-sum")
    ),
    "capped-l1": _spec(
        "capped_l1:CappedL1",
        "capped-l1",
        cap=_shape(0.2, "|u| from which capped-l1 is constant"),
    ),
    "l1-l2": _spec(
        "l1_minus_l2:L1MinusL2",
        "l1-l2",
        alpha=_shape(0.5, "share of l2 that l1-l2 takes off l1", ge=0, le=1),
    ).of_vectors(),
    "elastic-net": _spec(
        "elastic_net:ElasticNet",
        "elastic-net",
        ridge=_shape(1.0, "weight of u^2/2 in elastic-net", ge=0),
    ),
    "group-l1": _spec("group_l1:GroupL1", "l1", group=_GROUP).of_vectors(),
    "group-l0": _spec("group_l0:GroupL0", "l0", group=_GROUP).of_vectors(),
    "group-transformed-l1": _spec(
        "group_transformed_l1:GroupTransformedL1", "transformed-l1", group=_GROUP, a=_A
    ).of_vectors(),
    "group-mcp": _spec(
        "group_mcp:GroupMCP", "mcp", group=_GROUP, gamma=_GAMMA
    ).of_vectors(),
    "n-of-m": _spec(
        "n_of_m:NOfM",
        n=whole_field(2, ge=1, le=10**6, description="entries that stay of each m"),
        m=whole_field(4, ge=1, le=10**6, description="entries of a block of n-of-m"),
    )
    .of_vectors()
    .unweighted(),
    "largest": _spec("largest:Largest", s=_S).of_vectors().unweighted(),
}
"""The penalties that sweep files can name, and what is known of them."""

_UNNAMED = (PenaltySpec("rvsjax.penalties.no_penalty:NoPenalty"),)


def make_penalty(name: str | None, number: Callable[[str], Any]) -> "Penalty":
    """Return the penalty of a name, with the numbers that its parameters have by name.

    The name None stands for no penalty.
    """
    return (_UNNAMED[0] if name is None else PENALTIES[name]).make(number)


def __getattr__(name: str) -> Any:
    """Import a class when it is first asked for: names are known without jax."""
    for spec in (*PENALTIES.values(), *_UNNAMED):
        if isinstance(spec.home, str) and spec.home.endswith(f":{name}"):
            return spec.cls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
