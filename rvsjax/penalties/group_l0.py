"""The number of groups of entries that are not 0."""

from typing import Any, ClassVar

from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.penalties.grouped import Grouped, exact_of_groups
from rvsjax.penalties.l0 import L0
from rvsjax.types import pytree

__all__ = ["GroupL0"]


@pytree
class GroupL0(Grouped):
    """``P(u) = #{g : u_g != 0}``."""

    thresholded: ClassVar[bool] = True

    @property
    def of_lengths(self) -> L0:
        """l0."""
        return L0()

    @staticmethod
    def exact(m: Any, group: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        return exact_of_groups(group, L0.exact(m))
