"""Claims of the paper, a function each: judged on runs, weights, starts, tables.

Source: Dinh and Xin 2020, Frontiers in Applied Mathematics and Statistics 6:13.
``python -m rvsjax.theory`` lists the claims with statement and source.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rvsjax.theory.check import VERDICTS, Check, Judged, judge, verdict
    from rvsjax.theory.claims import (
        CLAIMS,
        COMPARISONS,
        PAIR_CLAIMS,
        RUN_CLAIMS,
        statement,
    )
    from rvsjax.theory.evidence import Evidence
    from rvsjax.theory.pair import Pair, draw_pair

__all__ = [
    "CLAIMS",
    "COMPARISONS",
    "PAIR_CLAIMS",
    "RUN_CLAIMS",
    "VERDICTS",
    "Check",
    "Evidence",
    "Judged",
    "Pair",
    "draw_pair",
    "judge",
    "statement",
    "verdict",
]

_HOMES = {"Evidence": "evidence", "Pair": "pair", "draw_pair": "pair"}
_HOMES |= dict.fromkeys(("VERDICTS", "Check", "Judged", "judge", "verdict"), "check")


def __getattr__(name: str) -> Any:
    """Import a claim's file only when it is needed: `--help` is to be instant."""
    if name not in __all__:
        raise AttributeError(f"module 'rvsjax.theory' has no attribute {name!r}")
    home = _HOMES.get(name, "claims")
    return getattr(importlib.import_module(f"rvsjax.theory.{home}"), name)
