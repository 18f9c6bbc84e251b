"""Differences of a row that rounding explains, measured, with their reason.

Two computations of a run by other programs round otherwise, in every step. A run
forgets what a step did to it after about ``1/(eta K)`` steps. It multiplies it while it
leaves the pole at pi, by ``1/sin(theta_0)``, and where ``|v|`` is small. One unit is

    eps (d + min(steps, 1/(eta K)) / sin(theta_0)) / min(1, |v|),

with 1 for the sine of a start in the half of the teacher, and d for sums of d terms.
Kernels, widths, orders and versions of jax were within 5 units in every number of every
table (docs/explanation/reproducibility.md); `UNITS` times K, if K > 1, are allowed.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from rvsjax.environment.jax_settings import pinned
from rvsjax.models.no_overlap import slope
from rvsjax.simulation.monitor import SETTLED
from rvsjax.studies.rvscgd.trial import RvscgdTrial
from rvsjax.sweep.differences import Difference, Tables, differences

__all__ = ["UNITS", "RvscgdTolerance"]

UNITS = 16
"""How many units of rounding two computations of a number may be apart."""

_CHAOS = 2  # eta (beta + K) beyond which a step turns w over, and errors grow

# Where a change was largest, or the first: equal ones are ordered by rounding.
_PLACES = ("_increase_at", "_first_increase")
_SETTLED_AT = "m_converged_at"

# Claims on the steps that meet a condition with equality at the limit: which of them
# count there is rounding. What they rise by is compared, and nothing else.
_AMONG = ("lemma_5_corrected", "lemma_6_corrected")

# Bounds that are the rounding of a step and its last move, in units that this makes.
_LEFT_OPEN = tuple(
    f"bound_{name}" for name in ("lemma_7", "equation_12", "identity_13", "remark_1")
)
# 1/x, where x is known to a tolerance
_INVERSE = tuple(
    f"{kind}_{name}"
    for kind in ("obs", "bound")
    for name in ("constant_12", "corollary_1_1")
)
# What follows from u: not the same on both sides of a jump of the prox.
_OF_U = (
    *("m_nnz_u", "m_u_empty", "m_theta_u", "m_support_precision", "m_support_recall"),
    *("m_distance_to_limit", "m_limit_free", "m_limit_reached", "u", "nnz_u", "loss_u"),
)
_OF_LIMIT = (
    *("lemma_7", "theorem_1_i", "equation_12", "constant_12", "identity_13"),
    *("equation_13", "l1_bound", "coupling_bound", "remark_1", "corollary_1_1"),
)

# Verdicts on pairs that rounding alone tells apart. With an eps that is not small
# against the distance of the nearest pairs, 1e-6, also which weight has the smaller
# angle, and whether a segment meets the axis.
_ALIKE = ("holds", "undecided")
_ALIKE_IF_NEAR = (*_ALIKE, "not_applicable")
_NEAR = 1e-9

_NEAR_THE_AXIS = 1e3  # of w*, where gradients have an error of eps / sin(theta)


class RvscgdTolerance:
    """A run as it is computed here, and as it may be elsewhere."""

    def __init__(self, trial: RvscgdTrial, here: Tables) -> None:
        """Take the run and its tables, with its weights."""
        [row] = here["runs"].to_pylist()
        dtype = trial.hyper.eta.dtype
        K = slope(trial.k, trial.readout)  # noqa: N806
        eta, beta = float(trial.hyper.eta), float(trial.hyper.beta)
        remembered = min(trial.steps, 1 / (eta * K)) if eta > 0 else trial.steps
        sine = math.sin(max(row["m_theta_0"] or 0, math.pi / 2))
        shortest = min(1, row["m_length_min"] or 1)
        unit = np.finfo(dtype).eps * (trial.d + max(1, remembered) / max(sine, 1e-300))
        self.alike_pairs = _ALIKE if np.finfo(dtype).eps < _NEAR else _ALIKE_IF_NEAR
        self.allowed = float(UNITS * max(1, K) * unit / shortest)
        if eta * (beta + K) > _CHAOS:
            self.allowed = math.inf
        self.settles = self.allowed <= SETTLED / 100  # that it does is not rounding
        self.settled_within = 2 + remembered * self.allowed / SETTLED  # steps
        self.end = row["m_steps"] + 1
        self.u_length = float(np.linalg.norm(_numbers(here, "u")))
        self.is_tie = self._closest(trial, here) <= self.allowed
        self.is_edge = self.is_tie or self._is_edge(row)

    def _closest(self, trial: RvscgdTrial, here: Tables) -> float:
        """Return how far the weight next to the threshold is from it."""
        with pinned():
            threshold = float(trial.penalty.threshold(trial.hyper.m))
        return float(np.min(np.abs(np.abs(_numbers(here, "w")) - threshold)))

    def _is_edge(self, row: dict[str, Any]) -> bool:
        """Say whether rounding may decide a hypothesis of this run."""
        margins = [(row[f"m_{name}_ratio"] or 0) - 1 for name in ("beta", "lam", "eta")]
        margins.append((row["m_length_min"] or 1) - 0.5)
        near = min(map(abs, margins)) <= self.allowed
        late = self.end - (row[_SETTLED_AT] or 0) <= self.settled_within
        return near or late or not self.settles

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return what differs by more than rounding."""
        there, here = (_joined(x, self.alike_pairs) for x in (there, here))
        return differences(there, here, self._alike)

    def _alike(self, table: str, column: str, there: Any, here: Any) -> bool:
        if there == here or self._is_free(column):
            return True
        if column == _SETTLED_AT:
            return abs((there or self.end) - (here or self.end)) <= self.settled_within
        kind, _, claim = column.partition("_")
        if kind == "verdict":
            return self._verdicts_agree(claim, {there, here})
        if kind == "obs" and claim in _AMONG:
            there, here = max(there or 0.0, 0.0), max(here or 0.0, 0.0)
        given = column.startswith("p_")
        if given or not (isinstance(there, float) and isinstance(here, float)):
            return False
        return abs(there - here) <= self._within(column, max(abs(there), abs(here)))

    def _is_free(self, column: str) -> bool:
        """Say whether rounding alone decides the values of a column."""
        kind, _, claim = column.partition("_")
        if kind in ("hyp", "why"):
            return claim in _AMONG or self.is_edge
        if self.is_tie and (column in _OF_U or claim in _OF_LIMIT):
            return True
        return column.endswith(_PLACES) or (column == _SETTLED_AT and not self.settles)

    def _verdicts_agree(self, claim: str, seen: set[str]) -> bool:
        if "undecided" in seen or (claim in _AMONG and "violated" not in seen):
            return True
        return self.is_edge and "not-applicable" in seen

    def _within(self, column: str, size: float) -> float:
        if column in _LEFT_OPEN:
            return self.allowed + size / 2
        if column in _INVERSE:
            return self.allowed * max(1, size) ** 2
        if column == "m_theta_u":
            return self.allowed / self.u_length
        if column == "worst_excess":
            return _NEAR_THE_AXIS * self.allowed * max(1, size)
        if column == "loss_u":  # on the way, where u is not shorter than the root
            return math.sqrt(self.allowed)
        return self.allowed * max(1, size)


def _numbers(tables: Tables, name: str) -> np.ndarray:
    """Return the weights of the run; those that are not finite, and null, are nan."""
    return np.asarray(tables["weights"][name][0].as_py(), float)


def _joined(tables: Tables, counts: Sequence[str]) -> Tables:
    """Count pairs together whose verdicts rounding alone tells apart."""
    pairs = tables.get("pairs")
    if pairs is None or not {*counts} <= set(pairs.column_names):
        return tables
    rows = zip(*(pairs[name].to_pylist() for name in counts))
    both = pa.array([sum(filter(None, few)) for few in rows], pa.int64())
    pairs = pairs.drop_columns([*counts]).append_column("holds", both)
    return tables | {"pairs": pairs}
