"""The columns of the toy study."""

from rvsjax.results.schema import (
    ANY_RUNS,
    CLAIM_COLUMNS,
    NUMBERS,
    RUN,
    Column,
    measurement,
    plain_columns,
)

__all__ = ["SCHEMA"]

SCHEMA = {
    "runs": ANY_RUNS
    | plain_columns("p_steps", NUMBERS)
    | {
        "p_factor": Column(NUMBERS, "shrink factor", tex=r"$\varphi$"),
        "m_x": measurement(
            "last place", "metres", "x at the last step", order=1, summary="mean"
        ),
    },
    "curves": RUN
    | {
        "step": Column(NUMBERS, "halving", statement="every step"),
        "x": Column(NUMBERS, "place", "metres", "x", tex="place $x_t$"),
    },
    "claims": CLAIM_COLUMNS,
}
