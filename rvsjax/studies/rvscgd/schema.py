"""Columns of the tables of the study `rvscgd`, and what they hold."""

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
    | columns("p_algorithm p_penalty p_readout p_precision p_dtype", WORDS)
    | columns("p_k p_d p_eta p_steps p_nnz p_a p_lam p_beta", NUMBERS),
    "curves": RUN | columns("step theta loss lagrangian nnz_u", NUMBERS),
    "weights": RUN | columns("w_star w_start w u", LISTS),
    "claims": CLAIMS,
}
