"""Whole tables of a folder whose blocks are all there, and its claims."""

import pyarrow as pa

from rvsjax.sweep.store import Store
from rvsjax.sweep.study import Study

__all__ = ["WHOLE", "make_whole"]

WHOLE = ("curves", "pairs", "weights", "runs", "claims")


def make_whole(store: Store, study: Study) -> None:
    """Unite the parts of each table, judge the claims, and seal both."""
    store.compact()
    _write_claims(store, study)
    store.seal([name for name in WHOLE if store.has(name)])


def _write_claims(store: Store, study: Study) -> None:
    """Write one row a claim: about runs, weights, starts and tables."""
    sink = pa.BufferOutputStream()
    study.claims(store).to_parquet(sink, index=False)
    store.write("claims.parquet", sink.getvalue().to_pybytes())
