"""Numbers and text for a page: rounded, compressed, and safe to stand in HTML."""

import base64
import gzip
import json
from typing import Any

import numpy as np

__all__ = ["listed", "packed"]

_DIGITS = 4


def listed(values: np.ndarray) -> list[Any]:
    """Return numbers rounded to 4 digits, None where one is not finite."""
    if not np.issubdtype(values.dtype, np.floating):
        return values.tolist()
    return [_rounded(x) for x in values.ravel().tolist()]


def _rounded(value: float) -> float | int | None:
    if not np.isfinite(value):
        return None
    if value == int(value) and abs(value) < 2**53:
        return int(value)
    return float(f"{value:.{_DIGITS}g}")


def packed(data: Any) -> str:
    """Return JSON, or a text as it is, as base64 of gzip: no character of HTML."""
    if not isinstance(data, str):
        data = json.dumps(data, separators=(",", ":"), allow_nan=False)
    whole = gzip.compress(data.encode("utf-8", "replace"), 9, mtime=0)
    return base64.b64encode(whole).decode("ascii")
