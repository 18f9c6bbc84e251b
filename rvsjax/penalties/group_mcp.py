"""MCP of the lengths of groups of entries."""

from typing import Any, ClassVar

from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.penalties.grouped import Grouped, exact_of_groups
from rvsjax.penalties.mcp import MCP
from rvsjax.types import Array, pytree

__all__ = ["GroupMCP"]


@pytree
class GroupMCP(Grouped):
    """``P(u) = sum_g p(|u_g|)``, p of `MCP`. Source: Huang, Breheny and Ma 2012."""

    thresholded: ClassVar[bool] = True

    gamma: Array  # scalar, above 0

    @property
    def of_lengths(self) -> MCP:
        """MCP."""
        return MCP(self.gamma)

    @staticmethod
    def exact(m: Any, group: Any, gamma: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        return exact_of_groups(group, MCP.exact(m, gamma))
