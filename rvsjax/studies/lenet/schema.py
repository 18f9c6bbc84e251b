"""Columns of the tables of the study `lenet`, and what they hold."""

from rvsjax.results import schema as of

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": of.ANY_RUNS
    | of.columns("p_method p_penalty p_surrogate", of.WORDS)
    | of.columns("p_lam p_beta p_a p_bits p_learning_rate p_epochs", of.NUMBERS),
    "curves": of.RUN
    | of.columns("step loss_train accuracy_w accuracy_u loss_w loss_u", of.NUMBERS)
    | of.columns("sparsity_w sparsity_u", of.NUMBERS),
    "weights": of.RUN | of.columns("w", of.LISTS),
    "claims": of.CLAIMS,
}
