"""The largest change of a value over one step."""

from collections.abc import Callable
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from mpmath import inf, mpf

from rvsjax.theory.exact.case import Judgement
from rvsjax.theory.exact.replay import ExactRun, ExactState

__all__ = ["Rise", "judge_rise", "largest_rise"]


class Rise(NamedTuple):
    """A change over the step to ``w^step``; none where no step counts."""

    observed: mpf = -inf
    step: int | None = None
    before: mpf | None = None
    after: mpf | None = None
    error: mpf = mpf(0)  # rounding has not moved the change by more

    @property
    def standing(self) -> tuple[bool, mpf]:
        """The order of rises: one that rounding cannot explain is above all others."""
        return self.observed > self.error, self.observed


def largest_rise(
    run: ExactRun,
    value: Callable[[ExactState], mpf],
    counts: Callable[[ExactState, ExactState], bool] = lambda before, after: True,
) -> Rise:
    """Return the largest change over the steps that count."""
    rises = (
        Rise(
            value(after) - value(before),
            after.t,
            value(before),
            value(after),
            before.error + after.error,
        )
        for before, after in pairwise(run.states())
        if counts(before, after)
    )
    return max(rises, key=attrgetter("standing"), default=Rise())


def judge_rise(rise: Rise, hypotheses: dict[str, bool]) -> Judgement:
    """Judge that a value does not rise."""
    place = rise.step, rise.before, rise.after
    return Judgement(hypotheses, *place, rise.observed, mpf(0), rise.error)
