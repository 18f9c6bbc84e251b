"""The paper's sentences in order, in our words, and the claims that judge each."""

from typing import NamedTuple

__all__ = ["OURS", "SENTENCES", "Sentence"]


class Sentence(NamedTuple):
    """What the paper says somewhere, and the claims that judge it."""

    where: str
    words: str
    claims: tuple[str, ...] = ()
    note: str = ""  # why it is judged otherwise, or cannot be


SENTENCES = (
    Sentence("Lemma 1", "``<E g, grad f>`` in closed form", ("lemma_1",)),
    Sentence(
        "Lemma 1", "``E g`` and ``grad f`` make an acute angle", ("lemma_1_acute",)
    ),
    Sentence("Lemma 2", "``E g`` in closed form", ("lemma_2",)),
    Sentence("Lemma 2", "``grad f`` in closed form", ("lemma_2_gradient",)),
    Sentence(
        "Lemma 3",
        "``grad f`` is Lipschitz where ``c <= |w| <= C``",
        ("lemma_3_stated", "lemma_3"),
        "false across the axis of w_star; true beside it",
    ),
    Sentence(
        "Lemma 3",
        "so that ``f`` lies below its quadratic model",
        ("lemma_3_descent_stated", "lemma_3_descent"),
        "the same",
    ),
    Sentence(
        "Lemma 4",
        "``E g`` is Lipschitz, and ``f`` descends along it where the angle falls",
        ("lemma_4",),
    ),
    Sentence("Remark 2", "the same for weights of any length", ("lemma_4_general",)),
    Sentence("Section 3", "a uniform start is in the cap", ("start_probability",)),
    Sentence("Theorem 1", "under (i) to (iii) L_beta falls", ("theorem_1_lagrangian",)),
    Sentence("Theorem 1", "under (i) to (iii) theta falls", ("theorem_1_angle",)),
    Sentence(
        "Theorem 1",
        "the iterates converge",
        ("theorem_1_converges",),
        "proved from the last step; no finite run is a counterexample",
    ),
    Sentence(
        "Theorem 1",
        "to a global limit",
        ("theorem_1_global",),
        "violated where another limit attracts as well",
    ),
    Sentence("Theorem 1 (i)", "``theta(w_bar, w_star) < delta``", ("theorem_1_i",)),
    Sentence(
        "Theorem 1 (i)", "the same for the smallest delta", ("theorem_1_i_strong",)
    ),
    Sentence("Theorem 1 (ii)", "equation (12) for w_bar", ("equation_12",)),
    Sentence("Theorem 1 (ii)", "with ``C > 0`` bounded", ("constant_12",)),
    Sentence("Theorem 1 (ii)", "``u_bar = prox(w_bar)``", ("theorem_1_prox",)),
    Sentence("Theorem 1 (iii)", "equation (13) as an identity", ("identity_13",)),
    Sentence(
        "Theorem 1 (iii)", "``|w_bar - w_star|`` is bounded by it", ("equation_13",)
    ),
    Sentence(
        "Remark 1", "w_bar is a shrinkage of w_star, with its signs", ("remark_1",)
    ),
    Sentence(
        "Remark 1",
        "``C_t`` stays away from 0 and infinity",
        (),
        "not judged: ``C_t <= 2`` is a hypothesis of Lemma 6, and ``C_t >= 1`` for "
        "``eta <= 1/(beta + K)`` by the triangle inequality, as "
        "``|v| <= 1 - eta (beta + K) + eta K (1 + beta/K) = 1``",
    ),
    Sentence(
        "Remark 1",
        "without normalisation ``|w_t|`` may tend to 0",
        ("remark_1_free",),
        "in unnormalised.toml",
    ),
    Sentence(
        "Corollary 1.1",
        "Theorem 1 for l0 and transformed l1",
        ("corollary_1_1_stated", "corollary_1_1"),
        "with its bound on lam, and with the thresholds in it; (i), (ii) and (iii) are "
        "judged for every penalty above",
    ),
    Sentence(
        "Corollary 1.1",
        "whose prox moves ``w`` by at most its threshold",
        ("threshold_gap",),
    ),
    Sentence("Section 3", "``|u_{t+1}| <= |w_t|``", ("shrinkage",)),
    Sentence("Lemma 5", "``theta_{t+1} <= theta_t``", ("lemma_5_stated",)),
    Sentence("Lemma 5", "as its proof has it", ("lemma_5_proved",)),
    Sentence(
        "Lemma 5",
        "the same for the largest delta that its words allow",
        ("lemma_5_strong",),
    ),
    Sentence("Lemma 6", "L_beta falls", ("lemma_6_stated",)),
    Sentence(
        "Lemma 6",
        "the step of ``u`` lowers L_beta",
        (),
        "``u`` is the argmin: judged as `lemma_8` and `lemma_9`",
    ),
    Sentence(
        "Lemma 6",
        "the step of ``w`` lowers L_beta",
        (),
        "this fails where `lemma_6_stated` does, as the step of ``u`` cannot raise it",
    ),
    Sentence("Lemma 6", "hence L_beta converges", ("lemma_6_converges",)),
    Sentence("Lemma 7", "the limit solves equation (12)", ("lemma_7",)),
    Sentence(
        "Section 3.3",
        "``u`` is sparser than that of ADMM",
        ("section_3_sparser", "section_3_sooner"),
        "at the end, and on the way; the numbers are ours",
    ),
    Sentence(
        "Section 3.3",
        "``f(u)`` and ``f(w)`` behave alike",
        ("section_3_alike",),
        "the number is ours",
    ),
    Sentence("Section 3.3", "there is no ``z`` to store", ("section_3_memory",)),
    Sentence("Lemma 8", "the prox of transformed l1", ("lemma_8",)),
    Sentence("Lemma 9", "the prox of l0", ("lemma_9",)),
    Sentence(
        "Figure 4",
        "theta and L_beta decrease monotonically",
        (),
        "`lemma_5_stated` and `lemma_6_stated` in `figure4.toml`: 26 of 96 runs do not",
    ),
    Sentence(
        "Section 6",
        "the method converges quickly",
        ("section_6_fast",),
        "the number is ours",
    ),
    Sentence(
        "Section 6",
        "and recovers a sparse w_star accurately",
        ("section_6_recover",),
        "the number is ours",
    ),
    Sentence(
        "Table 1",
        "accuracy and sparsity of LeNet",
        (),
        "measured, not judged: see [networks](../networks.md)",
    ),
)

OURS = (
    "lemma_5_corrected",
    "lemma_5_cap",
    "lemma_6_corrected",
    "l1_bound",
    "coupling_bound",
)
"""Claims that the paper does not make."""
