"""Sparsity penalties: value and proximal operator side by side.

Every prox is the minimiser ``prox(x, m) = argmin_u m P(u) + |u - x|^2 / 2``, coordinate
by coordinate: 0 up to a threshold, beyond it the largest root of ``u + m P'(u) = x``,
the branch. Where the minimiser jumps it is not unique; the convention is 0. A prox
keeps NaN, in x or in m, so that what diverged does not look sparse; that of an infinite
x is x. Derivatives are those of the piece that x lies in, finite everywhere.
Source: Dinh and Xin 2020, Lemma 8 (transformed l1), Lemma 9 (l0). `Largest`, a limit on
the number of entries, is the one that is not made of coordinates.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import Field

from rvsjax.penalties.exact import ExactProx
from rvsjax.penalties.spec import PenaltySpec

if TYPE_CHECKING:
    from rvsjax.penalties.l0 import L0
    from rvsjax.penalties.l1 import L1
    from rvsjax.penalties.largest import Largest
    from rvsjax.penalties.no_penalty import NoPenalty
    from rvsjax.penalties.transformed_l1 import TransformedL1
    from rvsjax.types import Penalty

__all__ = [
    "L0",
    "L1",
    "PENALTIES",
    "ExactProx",
    "Largest",
    "NoPenalty",
    "PenaltySpec",
    "TransformedL1",
    "is_in_corollary_1_1",
    "make_penalty",
]

PENALTIES: dict[str, PenaltySpec] = {
    "l0": PenaltySpec("rvsjax.penalties.l0:L0"),
    "l1": PenaltySpec("rvsjax.penalties.l1:L1"),
    "transformed-l1": PenaltySpec(
        "rvsjax.penalties.transformed_l1:TransformedL1",
        a=Field(1.0, ge=1e-6, le=1e6, description="shape of transformed-l1"),
    ),
}
"""The penalties that sweep files can name, and what is known of them."""

_UNNAMED = (
    PenaltySpec("rvsjax.penalties.no_penalty:NoPenalty"),
    PenaltySpec("rvsjax.penalties.largest:Largest"),
)


def make_penalty(name: str | None, number: Callable[[str], Any]) -> "Penalty":
    """Return the penalty of a name, with the numbers that its parameters have by name.

    The name None stands for no penalty.
    """
    return (_UNNAMED[0] if name is None else PENALTIES[name]).make(number)


def is_in_corollary_1_1(penalty: Any) -> bool:
    """Say whether Corollary 1.1 is about a penalty, or a class: it declares so."""
    return getattr(penalty, "in_corollary_1_1", False)


def __getattr__(name: str) -> Any:
    """Import a class when it is first asked for: names are known without jax."""
    for spec in (*PENALTIES.values(), *_UNNAMED):
        if isinstance(spec.home, str) and spec.home.endswith(f":{name}"):
            return spec.cls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
