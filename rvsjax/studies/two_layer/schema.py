"""Columns of the tables of the study `two_layer`, and what they hold."""

from rvsjax.results import schema as of
from rvsjax.results.schema import Column, measurement

__all__ = ["SCHEMA"]

_PARAMETERS = {
    **of.plain_columns("p_surrogate p_start p_normalisation p_dtype", of.WORDS),
    "p_k": Column(of.NUMBERS, tex="$k$"),
    "p_d": Column(of.NUMBERS, tex="$d$"),
    "p_eta": Column(of.NUMBERS, "η", tex=r"$\eta$"),
    **of.plain_columns("p_steps p_spread", of.NUMBERS),
}

_MEASUREMENTS = {
    "m_ended": Column(
        of.WORDS,
        statement="global: at (v*, w*) within 1e-3; spurious: at theta = pi and the v "
        "that belongs to it; elsewhere",
        summary="count",
        presence="sometimes",
    ),
    "m_theta_0": measurement("first angle θ", "radians", "angle of w^0 and w*"),
    "m_theta": measurement("last angle θ", "radians", "angle of w^T and w*", order=1),
    "m_theta_max_increase": measurement(
        "largest rise of θ in a step",
        "radians",
        "largest change of the angle, over the points of the curves",
        order=3,
    ),
    "m_loss_0": measurement(statement="population loss at the start"),
    "m_loss": measurement("last loss", statement="population loss at the end", order=2),
    "m_loss_spurious": measurement(statement="population loss at the spurious minimum"),
    "m_gap": measurement(statement="|v - v*| at the end"),
    "m_length": measurement(statement="|w| at the end"),
    "m_length_min": measurement(
        "smallest length", statement="smallest |w| of all steps"
    ),
    "m_turns": measurement(
        statement="steps that turned w by more than a right angle: w passed 0. After "
        "one, rounding decides, and verify compares nothing"
    ),
    "m_steps": measurement("steps taken", statement="steps taken"),
    "m_first_bad_step": measurement(
        "first bad step",
        statement="the point of the curves at which a number was lost",
    ),
}

SCHEMA = {
    "runs": of.ANY_RUNS | _PARAMETERS | _MEASUREMENTS,
    "curves": of.RUN
    | {
        "step": Column(of.NUMBERS, statement="evenly spaced, from 0", tex="step $t$"),
        "theta": Column(
            of.NUMBERS, "angle θ(wᵗ, w*)", "radians", "angle of w^t and w*"
        ),
        "loss": Column(of.NUMBERS, "loss f(wᵗ)", statement="population loss"),
        "gap": Column(of.NUMBERS, statement="|v^t - v*|"),
        "length": Column(of.NUMBERS, statement="|w^t|", tex="length of $w^t$"),
    },
    "weights": of.RUN
    | {
        "v_star": Column(of.LISTS, statement="second layer of the teacher"),
        "w_star": Column(of.LISTS, statement="filter of the teacher"),
        "v_start": Column(of.LISTS, statement="v^0"),
        "w_start": Column(of.LISTS, statement="w^0"),
        "v": Column(of.LISTS, statement="v^T"),
        "w": Column(of.LISTS, statement="w^T"),
    },
    "claims": of.CLAIM_COLUMNS,
}
