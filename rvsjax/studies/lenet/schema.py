"""Columns of the tables of the study `lenet`, and what they hold."""

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
    | columns("p_method p_penalty p_surrogate", WORDS)
    | columns("p_lam p_beta p_a p_bits p_learning_rate p_epochs", NUMBERS),
    "curves": RUN
    | columns("step loss_train accuracy_w accuracy_u loss_w loss_u", NUMBERS)
    | columns("sparsity_w sparsity_u", NUMBERS),
    "weights": RUN | columns("w", LISTS),
    "claims": CLAIMS,
}
