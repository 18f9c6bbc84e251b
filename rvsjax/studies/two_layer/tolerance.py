"""Differences between two computations of a row that rounding explains."""

from typing import Any

import numpy as np

from rvsjax.studies.two_layer.trial import TwoLayerTrial
from rvsjax.sweep.differences import Difference, Tables, differences

__all__ = ["TwoLayerTolerance"]


class TwoLayerTolerance:
    """Rounding of a run: one unit a step, more where w came near 0.

    ``64 eps (d + k + steps) / min(1, min |w|)``, of numbers over 1 that share. Without
    bound where a step turned w over: that multiplies errors at each turn.
    """

    def __init__(self, trial: TwoLayerTrial, here: Tables) -> None:
        """Take the run and its tables."""
        [row] = here["runs"].to_pylist()
        eps = float(np.finfo(trial.eta.dtype).eps)
        shortest = min(1.0, row["m_length_min"] or 1.0)
        self.allowed = 64 * eps * (trial.d + trial.k + trial.steps) / shortest
        self.turned = bool(row["m_turns"])

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return what differs by more than rounding."""
        return differences(there, here, self._alike)

    def _alike(self, table: str, column: str, there: Any, here: Any) -> bool:
        if there == here:
            return True
        given = column.startswith("p_")
        if self.turned and not given:
            return True
        if given or not (isinstance(there, float) and isinstance(here, float)):
            return False
        return abs(there - here) <= self.allowed * max(1, abs(there), abs(here))
