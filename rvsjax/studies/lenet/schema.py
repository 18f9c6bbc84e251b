"""Columns of the tables of the study `lenet`, and what they hold."""

from rvsjax.results import schema as of
from rvsjax.results.schema import Column, measurement, ratio

__all__ = ["SCHEMA"]

_PARAMETERS = {
    **of.plain_columns("p_method p_penalty p_surrogate", of.WORDS),
    "p_beta": Column(of.NUMBERS, "β", tex=r"$\beta$"),
    "p_lam": Column(of.NUMBERS, "λ", tex=r"$\lambda$"),
    **of.plain_columns("p_a p_bits p_learning_rate p_epochs", of.NUMBERS),
    "p_batch": measurement("samples a step"),
    **of.plain_columns("p_sparsity", of.NUMBERS, "sometimes"),
    "d_lam_over_beta": ratio("p_lam", "λ / β", "lam/beta", r"$\lambda/\beta$"),
}

_SCORES = {
    "loss_train": Column(
        of.NUMBERS,
        "loss in training",
        "nats",
        "mean cross-entropy over the minibatches of the epoch",
        better="lower",
    ),
    "accuracy_w": Column(
        of.NUMBERS,
        "accuracy of w",
        statement="share of the test images that are right with the weights that were "
        "trained",
        order=2,
        summary="%",
        better="higher",
    ),
    "loss_w": Column(
        of.NUMBERS,
        "loss of w",
        "nats",
        "mean cross-entropy of w on the test images",
        order=5,
        better="lower",
    ),
    "sparsity_w": Column(
        of.NUMBERS,
        "zeros in w",
        "share",
        "share of kernel entries of w that are 0; biases and normalisations are not "
        "counted",
    ),
    "accuracy_u": Column(
        of.NUMBERS,
        "accuracy of u",
        statement="share of the test images that are right with their sparse copy u",
        order=1,
        summary="%",
        better="higher",
    ),
    "loss_u": Column(
        of.NUMBERS,
        "loss of u",
        "nats",
        "mean cross-entropy of u on the test images",
        order=4,
        better="lower",
    ),
    "sparsity_u": Column(
        of.NUMBERS,
        "zeros in u",
        "share",
        "share of kernel entries of u that are 0",
        order=3,
        summary="%",
    ),
}

_LAYERS = ("conv1", "conv2", "dense1", "dense2", "dense3")

_MEASUREMENTS = {
    **{f"m_{x}": told._replace(presence="sometimes") for x, told in _SCORES.items()},
    **{
        f"m_sparsity_{x}_{layer}": measurement(
            statement=f"share of kernel entries of {x} in {layer} that are 0"
        )
        for x in "wu"
        for layer in _LAYERS
    },
    "m_epochs": measurement(statement="epochs trained"),
    "m_first_bad_epoch": measurement(statement="the first whose loss is no number"),
}
SCHEMA = {
    "runs": of.ANY_RUNS | _PARAMETERS | _MEASUREMENTS,
    "curves": of.RUN
    | {"step": Column(of.NUMBERS, "epoch", statement="epochs, from 0")}
    | _SCORES,
    "weights": of.RUN
    | {
        "w": Column(
            of.LISTS,
            statement="layer by layer in alphabetical order; in each bias, kernel, "
            "scale, shift",
        )
    },
    "claims": of.CLAIM_COLUMNS,
}
