"""Columns of the tables of the study `rvscgd`, and what they hold."""

import pandas as pd

from rvsjax.results import schema as of
from rvsjax.results.schema import Column, measurement, ratio
from rvsjax.studies.rvscgd.statements import statements

__all__ = ["SCHEMA", "statements"]


def _is_exact(precision: pd.Series, recall: pd.Series) -> pd.Series:
    """Say whether a support has no entry too many and none too few; null if unknown."""
    known = recall.notna()
    return (precision.eq(1) & recall.eq(1)).astype(object).where(known, None)


_PARAMETERS = {
    **of.plain_columns("p_algorithm p_penalty p_readout p_precision p_dtype", of.WORDS),
    **of.plain_columns("p_gradient p_surrogate", of.WORDS, "sometimes"),
    "p_k": Column(of.NUMBERS, tex="$k$"),
    "p_d": Column(of.NUMBERS, tex="$d$"),
    "p_beta": Column(of.NUMBERS, "β", tex=r"$\beta$"),
    "p_lam": Column(of.NUMBERS, "λ", tex=r"$\lambda$"),
    "p_eta": Column(of.NUMBERS, "η", tex=r"$\eta$"),
    "p_nnz": Column(of.NUMBERS, "nonzero entries of w*", tex=r"$\mathrm{nnz}$"),
    **of.plain_columns("p_steps p_a", of.NUMBERS),
    "p_start_angle": measurement("start angle", "radians"),
    "p_batch": measurement("samples a step"),
    **of.plain_columns("p_s p_train_size", of.NUMBERS, "sometimes"),
}

_ANGLES = {
    "m_theta_0": measurement("first angle θ", "radians", "angle of w^0 and w*"),
    "m_theta": measurement(
        "last angle θ",
        "radians",
        "angle of w^T and w*, T the last step",
        order=1,
        tex=r"last angle $\theta(w^T, w^*)$",
        presence="judged",
        better="lower",
    ),
    "m_theta_max": measurement(
        "largest angle θ", "radians", "largest angle of the run"
    ),
    "m_theta_max_increase": measurement(
        "largest rise of θ in a step",
        "radians",
        "largest change over one step, negative for a run that always fell",
        order=10,
    ),
    "m_theta_max_increase_at": measurement(
        "step of the largest rise of θ",
        statement="the step of that change",
        presence="judged",
    ),
    "m_theta_first_increase": measurement(
        "first step where θ rises",
        statement="first step with an increase beyond the rounding allowance, null if "
        "never",
    ),
}

_LOSSES = {
    "m_error": measurement("|w − w*|", statement="|w^T - w*|", order=3, better="lower"),
    "m_loss": measurement(
        "last loss",
        statement="f(w^T) = K theta, the loss of the binary network, also for "
        "relu_descent: what that descends, the loss of the network with ReLU, is in no "
        "column",
        order=4,
        better="lower",
    ),
    "m_lagrangian": measurement(
        "last Lagrangian", statement="L_beta(u^T, w^T), with the same f", order=5
    ),
    "m_lagrangian_max_increase": measurement(
        "largest rise of the Lagrangian in a step",
        statement="largest change over one step, from L_beta(u^0, w^0) with "
        "u^0 = prox(w^0)",
        order=11,
    ),
    "m_lagrangian_max_increase_at": measurement(
        "step of the largest rise of the Lagrangian",
        statement="the step of that change",
        presence="judged",
    ),
    "m_lagrangian_first_increase": measurement(
        "first step where the Lagrangian rises",
        statement="first step with an increase beyond the rounding allowance, null if "
        "never",
    ),
    "m_length_min": measurement(
        "smallest length",
        statement="smallest |v|: 1 / max C_t; of a method that does not normalise, the "
        "smallest |w|",
    ),
}

_SUPPORT = {
    "m_nnz_u": measurement(
        "nonzero entries of u", statement="nonzero entries of u^T", order=6
    ),
    "m_u_empty": Column(
        of.TRUTH,
        "u empty",
        statement="whether u^T has no entry, so that the claims say little",
        summary="count",
        presence="judged",
    ),
    "m_theta_u": measurement(
        "last angle of u",
        "radians",
        "angle of u^T and w*, null if u is empty",
        order=2,
        better="lower",
    ),
    "m_support_precision": measurement(
        "precision of the support",
        statement="share of the support of u^T that is of w*'s, null if u is empty",
        order=7,
        better="higher",
    ),
    "m_support_recall": measurement(
        "recall of the support",
        statement="share of the support of w* that is of u^T's, 0 if u is empty",
        order=8,
        better="higher",
    ),
    "m_support_exact": measurement(
        "support exact",
        statement="whether u^T has exactly the support of w*: precision and recall are "
        "1; worked out when runs are loaded, and in no file",
    )._replace(
        kind=of.TRUTH,
        better="higher",
        needs=("m_support_precision", "m_support_recall"),
        derive=_is_exact,
    ),
}

_DERIVED = {
    "d_lam_over_beta": ratio("p_lam", "λ / β", "lam/beta", r"$\lambda/\beta$"),
    "d_beta_over_K": ratio(
        "p_beta", "β / K", "beta/K, K = k/(2 pi), or 1/(2 pi k)", r"$\beta/K$"
    ),
    "d_eta_over_max": ratio(
        "p_eta",
        "η (β + K)",
        "eta over the largest of the theory, 1/(beta + K); 1/K without beta",
        r"$\eta\,(\beta+K)$",
    ),
}

_ENDING = {
    "m_steps": measurement("steps taken", statement="steps taken"),
    "m_converged_at": measurement(
        "converged at step",
        statement="first step from which on every move |w^t - w^{t-1}|, rounding "
        "included, is at most 1e-5 eta K; null if never, and where the last step of "
        "Algorithm 1 does not prove that a limit attracts it from within 2e-5: a start "
        "near the pole moves little as well",
        order=9,
        better="lower",
    ),
    "m_first_bad_step": measurement(
        "first bad step", statement="the step that gave no number or no direction"
    ),
    "m_distance_to_limit": measurement(
        "distance to the limit",
        statement="|w^T - w_bar|, w_bar the solution of equation (12) to which w^T "
        "belongs; null where it leads to none",
        better="lower",
    ),
    "m_limit_free": measurement(
        statement="coordinates in which other limits that attract differ from this "
        "one, in the support or the root, as far as they were found: 0 if the limit is "
        "unique, null if that is not known (no limit is near, beta >= K, or more than "
        "16 open coordinates of which none was found to differ)"
    ),
    "m_limit_reached": measurement(
        statement="which limit the run has reached: its free coordinates that are in "
        "the support as bits, that of the largest |w*_j| first; null where "
        "m_limit_free is, or above 62"
    ),
    "m_beta_ratio": measurement(
        "β / largest β",
        statement="beta/beta_max: within the hypotheses up to 1, with beta_max = "
        "K sin(min(delta, pi/2))",
        presence="judged",
    ),
    "m_lam_ratio": measurement(
        "λ / largest λ",
        statement="lam/lam_max, with lam_max = K/sqrt(d)",
        presence="judged",
    ),
    "m_eta_ratio": measurement(
        "η / largest η",
        statement="eta/eta_max, with eta_max = 1/(beta + K)",
        presence="judged",
    ),
}

SCHEMA = {
    "runs": of.ANY_RUNS
    | (_PARAMETERS | _ANGLES | _LOSSES | _SUPPORT | _ENDING)
    | _DERIVED,
    "curves": of.RUN
    | {
        "step": Column(of.NUMBERS, statement="log-spaced, from 0", tex="step $t$"),
        "theta": Column(
            of.NUMBERS,
            "angle θ(wᵗ, w*)",
            "radians",
            "angle of w^t and w*",
            tex=r"angle $\theta(w^t, w^*)$",
        ),
        "loss": Column(of.NUMBERS, "loss f(wᵗ)", statement="f(w^t)"),
        "lagrangian": Column(
            of.NUMBERS,
            "Lagrangian L(uᵗ, wᵗ)",
            statement="L_beta(u^t, w^t)",
            tex=r"Lagrangian $L_\beta(u^t, w^t)$",
        ),
        "nnz_u": Column(
            of.NUMBERS,
            "nonzero entries of uᵗ",
            statement="nonzero entries of u^t",
            tex="nonzero entries of $u^t$",
        ),
        "loss_u": measurement(
            "loss f(uᵗ)",
            statement="f(u^t), null where u^t is empty, and lacking in older folders",
            tex="loss $f(u^t)$",
        ),
    },
    "pairs": of.RUN
    | {
        **{x: of.CLAIM_COLUMNS[x] for x in ("claim", "holds", "violated")},
        **{x: of.CLAIM_COLUMNS[x] for x in ("undecided", "not_applicable")},
        "worst_excess": of.CLAIM_COLUMNS["worst_excess"],
        "hypotheses": Column(of.TEXT, statement="the hypotheses of the claim"),
    },
    "weights": of.RUN
    | {
        "w_star": Column(of.LISTS, statement="teacher"),
        "w_start": Column(of.LISTS, statement="w^0"),
        "w": Column(of.LISTS, statement="w^T"),
        "u": Column(of.LISTS, statement="u^T"),
    },
    "claims": of.CLAIM_COLUMNS,
}
