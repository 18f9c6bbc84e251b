"""Statements about the prox at weights: Lemmas 8 and 9, and what proofs need of it.

Rounding is the allowance: a prox is off by a few eps of ``|x|``.
"""

import jax.numpy as jnp

from rvsjax.penalties import L0, TransformedL1, is_in_corollary_1_1
from rvsjax.simulation import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.hypotheses import IN_COROLLARY_1_1
from rvsjax.theory.pair import Pair

__all__ = ["lemma_8", "lemma_9", "shrinkage", "threshold_gap"]


def lemma_8(pair: Pair) -> Check:
    """The prox of transformed l1 is the argmin, and 0 exactly where ``|x| <= t*``.

    Hypotheses: the penalty is transformed l1.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 8.
    """
    label = "the penalty is transformed-l1"
    return _argmin(pair, label, isinstance(pair.penalty, TransformedL1))


def lemma_9(pair: Pair) -> Check:
    """The prox of l0 is the argmin, and 0 exactly where ``|x| <= sqrt(2 lam/beta)``.

    Hypotheses: the penalty is l0.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 9.
    """
    return _argmin(pair, "the penalty is l0", isinstance(pair.penalty, L0))


def _argmin(pair: Pair, label: str, is_so: bool) -> Check:
    observed = jnp.max(pair.prox_excess)
    truth = {label: jnp.full_like(observed, is_so, bool)}
    allowance = 8 * rounding.epsilon(pair.hyper) * (1 + pair.hyper.m)
    return Check(truth, observed, jnp.zeros_like(observed), allowance)


def shrinkage(pair: Pair) -> Check:
    """``|u|^2 <= <u, w>`` with ``u = prox(w)``, hence ``|u| <= |w|``.

    Hypotheses: w is not 0.
    Observed: the larger of ``|u| - |w|`` and ``(|u|^2 - <u, w>)/|w|``.
    Source: ``|u^{t+1}| <= |w^t|``, in the proof of Lemma 5, for every penalty; the
    stronger half is derived: ``c -> m P(c u) + |c u - w|^2/2`` is least at ``c = 1`` of
    all c in ``[0, 1]``, ``P(c u)`` does not fall with c, and the rest has the
    derivative ``|u|^2 - <u, w>`` there.
    """
    w, u, length = pair.first, pair.shrunk, pair.lengths[0]
    longer = jnp.linalg.norm(u) - length
    observed = jnp.maximum(longer, jnp.sum(u * (u - w)) / length)
    allowance = 2 * pair.error * length
    zero = jnp.zeros_like(observed)
    return Check({"the first w is not 0": length > 0}, observed, zero, allowance)


def threshold_gap(pair: Pair) -> Check:
    """``|w_j - u_j| <= t``, ``u = prox(w)``, t the threshold: ``|w - u| <= t sqrt(d)``.

    Hypotheses: the penalty is l0 or transformed l1.
    Observed: the largest ``|w_j - u_j|``.
    Source: Corollary 1.1, in its proof; derived. Up to t the gap is ``|w_j|``. Beyond,
    it is 0 for l0; for transformed l1 it is ``m a (a + 1)/(a + |u|)^2``, which falls in
    ``|u|`` from t where the prox is continuous, and from ``a/2 <= t`` at its jump.
    """
    penalty, w = pair.penalty, pair.first
    observed = jnp.max(jnp.abs(w - pair.shrunk))
    known = jnp.full_like(observed, is_in_corollary_1_1(penalty), bool)
    bound = penalty.threshold(pair.hyper.m)
    allowance = 8 * rounding.epsilon(pair.hyper) * (jnp.max(jnp.abs(w)) + bound)
    return Check({IN_COROLLARY_1_1: known}, observed, bound, allowance)
