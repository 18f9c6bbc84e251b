"""How the page writes numbers, shares, times and the names of columns."""

from math import isfinite
from typing import Any

import pandas as pd

__all__ = ["duration", "interval", "label", "number", "percent", "short", "title"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST = 400

# what a column holds, its unit in brackets; t is a step, T the last one
_LABELS = {
    "theta": "angle θ(wᵗ, w*) (rad)",
    "loss": "loss f(wᵗ)",
    "lagrangian": "Lagrangian L(uᵗ, wᵗ)",
    "nnz_u": "nonzero entries of uᵗ",
    "accuracy_w": "accuracy of w",
    "accuracy_u": "accuracy of u",
    "loss_train": "loss in training (nats)",
    "loss_w": "loss of w (nats)",
    "loss_u": "loss of u (nats)",
    "sparsity_w": "zeros in w (share)",
    "sparsity_u": "zeros in u (share)",
    "m_theta": "last angle θ (rad)",
    "m_theta_0": "first angle θ (rad)",
    "m_theta_max": "largest angle θ (rad)",
    "m_theta_u": "last angle of u (rad)",
    "m_theta_max_increase": "largest rise of θ in a step (rad)",
    "m_theta_max_increase_at": "step of the largest rise of θ",
    "m_theta_first_increase": "first step where θ rises",
    "m_lagrangian": "last Lagrangian",
    "m_lagrangian_max_increase": "largest rise of the Lagrangian in a step",
    "m_lagrangian_max_increase_at": "step of the largest rise of the Lagrangian",
    "m_lagrangian_first_increase": "first step where the Lagrangian rises",
    "m_loss": "last loss",
    "m_error": "|w − w*|",
    "m_distance_to_limit": "distance to the limit",
    "m_length_min": "smallest length",
    "m_nnz_u": "nonzero entries of u",
    "m_u_empty": "u empty",
    "m_support_precision": "precision of the support",
    "m_support_recall": "recall of the support",
    "m_converged_at": "converged at step",
    "m_first_bad_step": "first bad step",
    "m_steps": "steps taken",
    "m_beta_ratio": "β / largest β",
    "m_lam_ratio": "λ / largest λ",
    "m_eta_ratio": "η / largest η",
    "p_beta": "β",
    "p_lam": "λ",
    "p_eta": "η",
    "p_nnz": "nonzero entries of w*",
    "p_start_angle": "start angle (rad)",
    "p_batch": "samples a step",
}


def label(column: str) -> str:
    """Name a column for a reader; an unknown one by its own name."""
    if column in _LABELS:
        return _LABELS[column]
    plain = column[2:] if column[:2] in ("p_", "m_") else column
    if plain in _LABELS:
        return _LABELS[plain]
    return short(plain.replace("_", " "), 60)


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with so many digits: ``0.25``, ``12,345``, ``4 × 10⁻³``, ``–``."""
    if value is None or pd.isna(value):
        return "–"
    value = float(value)
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}".replace("-", "−")
    if 1e-3 <= abs(value) < 1e5:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.10g}".replace("-", "−")
    front, exponent = f"{value:.{digits - 1}e}".split("e")
    plain = f"{float(front):g}".replace("-", "−")
    times = {"1": "", "−1": "−"}.get(
        plain, f"{plain}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"
    )
    return f"{times}10{_raised(int(exponent))}"


def _raised(exponent: int) -> str:
    return str(exponent).translate(_RAISED)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval: ``[0.1, 0.25]``, ``[−4.1, 0.3] × 10⁻⁵``, ``–`` for none."""
    if low is None or high is None:
        return "–"
    most = max(abs(low), abs(high))
    if not most or 1e-3 <= most < 1e5:
        return f"[{number(low)}, {number(high)}]"
    exponent = int(f"{most:e}".split("e")[1])
    ends = ", ".join(number(x / 10.0**exponent) for x in (low, high))
    return f"[{ends}]\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{_raised(exponent)}"


def percent(share: float | None) -> str:
    """Write a share in percent: ``48 %``, ``0.4 %``, ``–`` where there is none."""
    if share is None or pd.isna(share):
        return "–"
    value = 100 * float(share)
    digits = 0 if value >= 10 or value == 0 else 1
    text = f"{value:.{digits}f}"
    if text in ("100", "0.0") and value not in (0, 100):  # nearly is not all, or none
        text = "> 99" if value > 50 else "< 0.1"
    return f"{text}\N{NO-BREAK SPACE}%"


def duration(seconds: Any) -> str:
    """Write seconds as ``0.42 s``, ``42 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    if not isinstance(seconds, int | float) or not isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{number(seconds, 2)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def short(text: Any, most: int = _LONGEST) -> str:
    """Return a text, cut where it is longer than anybody reads."""
    whole = str(text)
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def title(sentence: str) -> str:
    """Begin a sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]
