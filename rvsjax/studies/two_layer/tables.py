"""The arrays of a block of `two_layer`, as tables with the columns of the contract."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from rvsjax.studies.two_layer.evaluate import ENDINGS, TwoLayerRecord
from rvsjax.sweep.columns import (
    curves_table,
    identity,
    measured,
    parameters,
    status,
    vectors,
    words_of_codes,
)
from rvsjax.sweep.plan.plan import RunConfig

__all__ = ["tables"]


def tables(items: Sequence[RunConfig], record: TwoLayerRecord) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves` and `weights` of a block."""
    ids = identity(items)
    runs = (
        ids
        | status(record.stopped, record.measurements.first_bad_step)
        | parameters(items)
        | measured(record.measurements)
        | {"m_ended": words_of_codes(record.ended, ENDINGS)}
    )
    reached = np.isfinite(record.curves.theta + record.curves.loss)
    weights = {name: vectors(x) for name, x in record.weights.items()}
    return {
        "runs": pa.table(runs),
        "curves": curves_table(ids["run_id"], record.curves, reached),
        "weights": pa.table(ids | weights),
    }
