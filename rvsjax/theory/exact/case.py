"""Cases to be judged, and judgements."""

from typing import Any, NamedTuple

from mpmath import mpf

from rvsjax.theory.exact.arithmetic import RESOLUTION, precisely

__all__ = ["ExactCase", "Judgement", "about_limit"]


class ExactCase(NamedTuple):
    """One run. Directions need no unit length: they are normalised in 50 digits."""

    algorithm: str  # "rvscgd" or "cgd"
    penalty: str | None  # its name; None for cgd
    own: tuple[tuple[str, float], ...]  # its own parameters, each with its name
    k: int
    readout: str  # "sum" or "mean"
    lam: float | None  # None for cgd: 0
    beta: float | None  # None for cgd: 0, no coupling
    eta: float
    steps: int
    w_star: tuple[float, ...]
    w_start: tuple[float, ...]
    kind: Any = None
    """The class of the penalty: whether it is in Corollary 1.1 (without, it is not),
    and where it is none of the paper's, its `exact`."""


class Judgement(NamedTuple):
    """``hypotheses => observed <= bound``; step t leads from w^{t-1} to w^t."""

    hypotheses: dict[str, bool]
    step: int | None  # where the largest value is; None for claims about the limit
    before: mpf | None  # theta or the Lagrangian before that step
    after: mpf | None
    observed: mpf
    bound: mpf
    error: mpf  # rounding has not moved the observed value of that step by more

    @property
    def excess(self) -> mpf:
        """``observed - bound``."""
        with precisely():
            return self.observed - self.bound

    @property
    def violated(self) -> bool:
        """All hypotheses hold, and the conclusion does not, whatever was rounded."""
        beyond = self.excess > max(RESOLUTION, self.error)
        return all(self.hypotheses.values()) and bool(beyond)


def about_limit(
    hypotheses: dict[str, bool], observed: mpf, bound: mpf, error: mpf = RESOLUTION
) -> Judgement:
    """Return the judgement of a claim about the limit, which no step is named with."""
    return Judgement(hypotheses, None, None, None, observed, bound, error)
