"""Differences between two computations of a network that are allowed: all but two."""

from typing import Any

from rvsjax.studies.lenet.trial import LeNetTrial
from rvsjax.sweep.differences import Difference, Tables, differences

__all__ = ["LeNetTolerance"]


class LeNetTolerance:
    """A binary activation turns the last digit into another network: none is compared.

    What was asked, and how the run ended, must agree.
    """

    def __init__(self, trial: LeNetTrial, here: Tables) -> None:
        """Take the trial and its tables."""

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return what differs of parameters and statuses."""
        return differences(there, here, self._alike)

    def _alike(self, table: str, name: str, there: Any, here: Any) -> bool:
        fixed = name.startswith("p_") or name in ("run_id", "status", "step")
        return there == here or not fixed
