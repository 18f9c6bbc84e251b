"""The columns of the toy study."""

from rvsjax.results.schema import ANY_RUNS, CLAIMS, NUMBERS, RUN, columns

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": ANY_RUNS | columns("p_factor p_steps", NUMBERS),
    "curves": RUN | columns("step x", NUMBERS),
    "claims": CLAIMS,
}
