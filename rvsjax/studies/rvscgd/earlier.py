"""Rows of earlier versions, which judged by other rules: what is comparable of them.

The numbers of a run are the same; its verdicts, its limit and the pairs of weights that
were drawn for it need not be.
"""

from rvsjax.sweep.differences import Tables
from rvsjax.sweep.study import common

__all__ = ["comparable"]

_RULES = "verdict_theorem_1_converges"  # which rows of earlier versions lack
_KINDS = ("hyp_", "obs_", "bound_", "verdict_", "why_", "m_limit_")
_COLUMNS = (
    *("m_converged_at", "m_distance_to_limit"),
    *("m_theta_first_increase", "m_lagrangian_first_increase"),
)


def comparable(there: Tables, here: Tables) -> tuple[Tables, Tables]:
    """Return the tables of a run as a folder has them, and as they are computed here.

    Of a row that an earlier version judged, without what follows from its rules.
    """
    there, here = common(there, here)
    runs = there["runs"]
    if _RULES in runs.column_names and runs[_RULES].null_count == 0:
        return there, here
    names = runs.column_names
    dropped = [n for n in names if n.startswith(_KINDS) or n in _COLUMNS]
    return _without(there, dropped), _without(here, dropped)


def _without(tables: Tables, columns: list[str]) -> Tables:
    kept = {name: table for name, table in tables.items() if name != "pairs"}
    if "curves" in kept:
        curves = kept["curves"]
        younger = [name for name in curves.column_names if name == "loss_u"]
        kept["curves"] = curves.drop_columns(younger)
    return kept | {"runs": tables["runs"].drop_columns(columns)}
