"""Columns of the tables of the study `two_layer`, and what they hold."""

from rvsjax.results import schema as of

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": of.ANY_RUNS
    | of.columns("p_surrogate p_start p_normalisation p_dtype", of.WORDS)
    | of.columns("p_k p_d p_eta p_steps p_spread", of.NUMBERS),
    "curves": of.RUN | of.columns("step theta loss gap length", of.NUMBERS),
    "weights": of.RUN | of.columns("v_star w_star v_start w_start v w", of.LISTS),
    "claims": of.CLAIMS,
}
