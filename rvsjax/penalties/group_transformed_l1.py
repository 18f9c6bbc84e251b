"""Transformed l1 of the lengths of groups of entries."""

from typing import Any, ClassVar

from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.penalties.grouped import Grouped, exact_of_groups
from rvsjax.penalties.transformed_l1 import TransformedL1
from rvsjax.types import Array, pytree

__all__ = ["GroupTransformedL1"]


@pytree
class GroupTransformedL1(Grouped):
    """``P(u) = sum_g (a + 1) |u_g|/(a + |u_g|)`` with ``a > 0``."""

    thresholded: ClassVar[bool] = True

    a: Array  # scalar, above 0

    @property
    def of_lengths(self) -> TransformedL1:
        """Transformed l1."""
        return TransformedL1(self.a)

    @staticmethod
    def exact(m: Any, group: Any, a: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        return exact_of_groups(group, TransformedL1.exact(m, a))
