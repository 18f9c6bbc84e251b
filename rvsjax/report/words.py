"""Numbers, shares, times and long texts as pages write them."""

from math import isfinite
from typing import Any

import pandas as pd

__all__ = ["duration_text", "interval", "number", "percent", "short", "title"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST = 400


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


def duration_text(seconds: Any) -> str:
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
