"""A sweep that grows keeps what it has: every finished row, once."""

import shutil

import pandas as pd
import pytest

from rvsjax.results.results import Results
from rvsjax.sweep import schedule
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store

HEAD = 'version = 1\nname = "grown"\nstudy = "rvscgd"\n'
SWEEP = """
[constants]
k = 3
d = 4
nnz = 2
steps = 20
eta = 0.1
penalty = "l1"
[grid]
lam = {lam}
[seeds]
count = {seeds}
[record]
curves = 3
"""
TABLES = ("runs", "curves", "pairs")


def plan(lam="[0.01, 0.02]", seeds=3, more="", **narrowed):
    raw = parse(HEAD + SWEEP.format(lam=lam, seeds=seeds) + more)
    return make_plan(raw, **narrowed)


def run(asked, folder, **options):
    ending = run_plan(asked, "", folder, Options(width=2, kernel="plain", **options))
    return ending, Results(folder)


def parts(folder):
    return {path.name: path.read_bytes() for path in (folder / "parts").iterdir()}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grown") / "small"
    run(plan(), folder)
    return folder


@pytest.fixture
def begun(small, tmp_path):
    return shutil.copytree(small, tmp_path / "out")


def same_rows(one, other):
    """Compare tables of the same runs in any order; bits may differ between places."""
    keys = [name for name in ("run_id", "step", "claim") if name in one]
    one, other = (x.sort_values(keys).reset_index(drop=True) for x in (one, other))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "larger",
    [
        plan(seeds=5),
        plan(lam="[0.01, 0.015, 0.02]"),
        plan(lam="[0.02, 0.04, 0.01]", seeds=4),
    ],
    ids=["seeds", "values", "both"],
)
def test_a_larger_sweep_reuses_every_row(begun, tmp_path, larger):
    before, rows = parts(begun), Results(begun).runs
    ending, grown = run(larger, begun)
    assert ending.blocks_left == 0
    assert before.items() <= parts(begun).items()
    assert grown.runs["run_id"].is_unique
    assert {item.run_id for item in larger} == set(grown.runs["run_id"])
    kept = grown.runs.set_index("run_id").loc[rows["run_id"]].reset_index()
    pd.testing.assert_frame_equal(kept, rows)
    _, fresh = run(larger, tmp_path / "fresh")
    for name in TABLES:
        same_rows(
            getattr(grown, name, None) if name != "pairs" else grown._store.load(name),
            getattr(fresh, name, None) if name != "pairs" else fresh._store.load(name),
        )
    assert grown.claims["holds"].tolist() == fresh.claims["holds"].tolist()


def test_growth_of_a_sweep_that_is_not_finished(begun, tmp_path):
    """Its unfinished blocks go to the next stage; twice over."""
    victim = Store(begun).parts("runs")[1]
    victim.path.unlink()
    _, grown = run(plan(seeds=4), begun)
    assert len(grown.runs) == 8 and grown.runs["run_id"].is_unique
    Store(begun).parts("runs")[-1].path.unlink()
    _, grown = run(plan(seeds=6), begun)
    assert len(grown.runs) == 12 and grown.runs["run_id"].is_unique
    assert len(grown.manifest["earlier"]) == 2
    for name in TABLES:
        table = Results(begun)._store.load(name)
        assert set(table["run_id"]) == set(grown.runs["run_id"])


def test_a_lost_block_of_an_earlier_stage_is_computed_to_the_same_bytes(begun):
    run(plan(seeds=5), begun)
    before = parts(begun)
    whole = (begun / "runs.parquet").read_bytes()
    for part in Store(begun).parts("runs")[0], Store(begun).parts("runs")[-1]:
        part.path.unlink()
    ending, _ = run(plan(seeds=5), begun)
    assert ending.blocks_left == 0
    assert parts(begun) == before
    assert (begun / "runs.parquet").read_bytes() == whole


def test_the_first_runs_then_all(tmp_path):
    """--limit and --only are smaller sweeps of the same folder."""
    run(plan(limit=3), tmp_path)
    _, grown = run(plan(), tmp_path)
    assert len(grown.runs) == 6 and grown.runs["run_id"].is_unique


@pytest.mark.parametrize(
    "other, told",
    [
        (plan(seeds=2), "seeds.count is 3 there, 2 now"),
        (plan(lam="[0.01, 0.03]"), "grid.lam"),
        (
            make_plan(
                parse(
                    HEAD
                    + SWEEP.format(lam="[0.01, 0.02]", seeds=9).replace(
                        "curves = 3", "curves = 5"
                    )
                )
            ),
            "record.curves is 3 there, 5 now",
        ),
        (
            make_plan(
                parse(
                    HEAD
                    + SWEEP.format(lam="[0.01, 0.02]", seeds=9).replace(
                        "steps = 20", "steps = 21"
                    )
                )
            ),
            "constants.steps is 20 there, 21 now",
        ),
    ],
    ids=["fewer", "another value", "curves", "steps"],
)
def test_what_does_not_contain_the_old_sweep_is_refused(begun, other, told):
    before = parts(begun)
    with pytest.raises(FolderError, match=told):
        run(other, begun)
    assert parts(begun) == before
    assert run(plan(), begun)[0].blocks_left == 0


def test_a_sweep_of_another_version_does_not_grow(begun, monkeypatch):
    monkeypatch.setattr("rvsjax.sweep.plan.plan.TABLE_VERSION", 99)
    with pytest.raises(FolderError, match="holds another sweep"):
        run(plan(seeds=5), begun)


def test_blocks_do_not_depend_on_when_they_are_computed(begun):
    """A block is the same list of runs before and after it is done."""
    asked = plan(seeds=5)
    store = Store(begun)
    there = schedule.extend(store.manifest, asked, store.done())
    known = schedule.Schedule(schedule.plan_revisions(store.manifest | there, asked), 2)
    first = [(b.number, [i.run_id for i in b.items]) for b in known.blocks()]
    run(asked, begun)
    known = schedule.Schedule(schedule.plan_revisions(store.manifest, asked), 2)
    again = [(b.number, [i.run_id for i in b.items]) for b in known.blocks()]
    assert first == again
    assert len({number for number, _ in first}) == len(first)
    assert {number for number, _ in first} == known.numbers


def test_numbers_of_blocks_that_were_lost_are_not_given_again(begun):
    """All that the last growth kept and added is gone: two blocks of one number."""
    run(plan(seeds=5), begun)
    there = Store(begun).manifest
    grown = schedule.extend(there, plan(seeds=6), {0})
    assert grown["first"] >= there["first"] > 1
    revisions = schedule.plan_revisions(there | grown, plan(seeds=6))
    blocks = schedule.Schedule(revisions, 2).blocks()
    numbers = [block.number for block in blocks]
    assert len(set(numbers)) == len(numbers)
