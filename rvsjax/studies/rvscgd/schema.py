"""Columns of the tables of the study `rvscgd`, and what they hold."""

from rvsjax.results import schema as of

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": of.ANY_RUNS
    | of.columns("p_algorithm p_penalty p_readout p_precision p_dtype", of.WORDS)
    | of.columns("p_k p_d p_eta p_steps p_nnz p_a p_lam p_beta", of.NUMBERS),
    "curves": of.RUN | of.columns("step theta loss lagrangian nnz_u", of.NUMBERS),
    "weights": of.RUN | of.columns("w_star w_start w u", of.LISTS),
    "claims": of.CLAIMS,
}
