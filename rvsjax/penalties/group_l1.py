"""l1 of the lengths of groups of entries: the group lasso."""

from typing import Any, ClassVar

from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.penalties.grouped import Grouped, exact_of_groups
from rvsjax.penalties.l1 import L1
from rvsjax.types import pytree

__all__ = ["GroupL1"]


@pytree
class GroupL1(Grouped):
    """``P(u) = sum_g |u_g|``. Source: Yuan and Lin 2006."""

    convex: ClassVar[bool] = True
    thresholded: ClassVar[bool] = True

    @property
    def of_lengths(self) -> L1:
        """l1."""
        return L1()

    @staticmethod
    def exact(m: Any, group: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        return exact_of_groups(group, L1.exact(m))
