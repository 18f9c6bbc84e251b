"""A small table of each supported version of jax, which every other is held to.

The tables are in ``golden/``, computed by the plain kernel in blocks of 8. A new one,
for the jax that is installed: ``python -m tests.test_golden``.
"""

import tempfile

import jax
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rvsjax.simulation.kernels import native
from rvsjax.studies.rvscgd.earlier import comparable
from rvsjax.studies.rvscgd.tolerance import RvscgdTolerance
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import Store
from tests import ROOT

pytestmark = pytest.mark.slow

GOLDEN = ROOT / "tests" / "golden"
SWEEP = """
version = 1
name = "golden"
study = "rvscgd"
[constants]
d = 12
nnz = 4
beta = 0.2
lam = 4e-3
steps = 3000
[[case]]
penalty = ["l0", "l1", "transformed-l1"]
[grid]
dtype = ["float64", "float32"]
eta = [1e-3, 1e-1]
[seeds]
count = 4
[record]
curves = 12
weights = true
"""
TABLES = ("runs", "curves", "pairs", "weights")
KERNELS = ["plain"] if native.problem() else ["plain", "native"]


def compute(folder, kernel):
    plan = make_plan(parse(SWEEP))
    run_plan(plan, SWEEP, folder, Options(width=8, kernel=kernel))
    store = Store(folder)
    ids = [item.run_id for item in plan]
    return {name: store.rows(name, "run_id", ids) for name in TABLES}


def number(version):
    return tuple(int(part) for part in version.split(".")[:3])


def nearest(version):
    """The newest that is not newer, else the oldest."""
    known = sorted((p.name for p in GOLDEN.iterdir()), key=number)
    before = [name for name in known if number(name) <= number(version)]
    return GOLDEN / (before[-1] if before else known[0])


def by_run(tables):
    """The tables of each run by itself."""
    ids = tables["runs"]["run_id"].to_pylist()
    return {
        run_id: {n: x.filter(pc.field("run_id") == run_id) for n, x in tables.items()}
        for run_id in ids
    }


def test_there_is_a_table_for_each_supported_version():
    known = {number(path.name) for path in GOLDEN.iterdir()}
    assert known >= {(0, 10, 1), (0, 12, 0)}
    assert nearest("0.10.1").name == "0.10.1"
    assert nearest("0.9").name == "0.10.1"
    assert nearest("0.10.7").name == "0.10.1"
    assert number(nearest("1.0.0").name) == max(known)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_gives_the_golden_table(tmp_path, kernel):
    golden = {
        path.stem: pq.read_table(path)
        for path in nearest(jax.__version__).glob("*.parquet")
    }
    here = by_run(compute(tmp_path, kernel))
    items = list(make_plan(parse(SWEEP)))
    assert len(items) == 48
    for (run_id, there), item in zip(by_run(golden).items(), items, strict=True):
        assert item.run_id == run_id
        tolerance = RvscgdTolerance(make_trial(item, 12), here[run_id])
        assert tolerance.differences(*comparable(there, here[run_id])) == []


def write_golden():
    folder = GOLDEN / jax.__version__
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for name, table in compute(place, "plain").items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


if __name__ == "__main__":
    write_golden()
