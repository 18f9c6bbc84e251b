"""Columns of the tables of the study `two_layer`, and what they hold."""

from rvsjax.results.schema import (
    ANY_RUNS,
    CLAIMS,
    LISTS,
    NUMBERS,
    RUN,
    WORDS,
    columns,
)

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": ANY_RUNS
    | columns("p_surrogate p_start p_normalisation p_dtype", WORDS)
    | columns("p_k p_d p_eta p_steps p_spread", NUMBERS),
    "curves": RUN | columns("step theta loss gap length", NUMBERS),
    "weights": RUN | columns("v_star w_star v_start w_start v w", LISTS),
    "claims": CLAIMS,
}
