"""Folders merged: every run once, every block computed again as it was."""

import json
import re
import shlex
import shutil
import threading
from pathlib import Path

import pandas as pd
import pytest

from rvsjax.cli.main import main
from rvsjax.results.results import Results
from rvsjax.sweep import merging
from rvsjax.sweep.continuation import about_of, continued
from rvsjax.sweep.engine import devices
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.merge import Stopped, merge
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.plan.union import UnionPlan
from rvsjax.sweep.rerun import rerun
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store, atomic
from rvsjax.sweep.verify import stale_tables, verify
from tests.sweep.test_schedule import HEAD, SWEEP, TABLES, parts, plan, same_rows

pytestmark = pytest.mark.slow

DEVICE = devices("cpu")[0]


def run(asked, folder, width=2, **options):
    said = []
    options |= {"width": width, "kernel": "plain", "say": said.append}
    ending = run_plan(asked, "", folder, Options(**options))
    return ending, said


def based(count, base, **others):
    """The sweep with other seeds."""
    raw = parse(plan_text(**others))
    return make_plan(raw | {"seeds": {"count": count, "base": base}})


def plan_text(lam="[0.01, 0.02]"):
    return HEAD + SWEEP.format(lam=lam, seeds=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders of one study: grown, with seeds in common, of another axis, wider."""
    place = tmp_path_factory.mktemp("merge")
    run(plan(), place / "a")
    run(plan(seeds=4), place / "a")
    run(based(4, 2), place / "b")
    run(based(1, 0, lam="[0.03, 0.04]"), place / "c")
    run(based(4, 4), place / "wide", width=4)
    return place


@pytest.fixture
def folders(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "made"))


def check(folder, expected):
    """The runs are these, each once in every table, and can be computed again."""
    results = Results(folder)
    ids = sorted(item.run_id for item in expected)
    assert sorted(results.runs["run_id"]) == ids
    for name in TABLES:
        assert sorted(set(Store(folder).load(name)["run_id"])) == ids
    assert stale_tables(folder) == []
    rows = list(verify(folder, 1000, 0, DEVICE))
    assert sorted(row.run_id for row in rows) == ids
    assert not any(row.differences for row in rows)
    last = results.runs["run_id"].iloc[-1]  # of a block that lost others, often
    assert rerun(folder, last, DEVICE).same


def test_seeds_in_common_are_there_once(folders, tmp_path):
    before = {name: parts(folders / name) for name in "ab"}
    merged = merge([folders / "a", folders / "b"], tmp_path / "out")
    assert merged == (tmp_path / "out", 12, 4, 0, 0)
    whole = plan(seeds=6)
    check(tmp_path / "out", whole)
    assert {name: parts(folders / name) for name in "ab"} == before
    run(whole, tmp_path / "fresh")
    for name in TABLES:
        same_rows(*(Store(tmp_path / x).load(name) for x in ("out", "fresh")))
    one, two = (Results(tmp_path / x).claims for x in ("out", "fresh"))
    pd.testing.assert_series_equal(one["holds"], two["holds"])
    sessions = Results(tmp_path / "out").manifest["sessions"]
    assert [Path(x["folder"]).name for x in sessions] == ["a", "a", "b"]


def test_the_sweep_of_a_merged_folder_is_one_where_it_can_be(folders, tmp_path):
    merge([folders / "a", folders / "b"], tmp_path / "out")
    kept = make_plan(parse((tmp_path / "out" / "sweep.toml").read_text()))
    assert kept.fingerprint == plan(seeds=6).fingerprint
    ending, _ = run(kept, tmp_path / "out")
    assert ending.blocks_left == 0
    assert len(Results(tmp_path / "out").manifest["sessions"]) == 3
    run(plan(seeds=7), tmp_path / "out")
    check(tmp_path / "out", plan(seeds=7))


def test_any_folders_of_a_study_are_merged(folders, tmp_path):
    """Their runs are no product; the folder itself goes on, and a product grows it."""
    out = tmp_path / "out"
    asked = folders / "a" / "sweep.toml"
    asked.write_text('about = "Why?"\n' + asked.read_text())
    merge([folders / "a", folders / "c"], out)
    assert about_of(out) == "Why?"
    expected = [*plan(seeds=4), *based(1, 0, lam="[0.03, 0.04]")]
    check(out, expected)
    source, again = continued(out)
    assert isinstance(again, UnionPlan)
    assert [x.run_id for x in again] == [x.run_id for x in expected]
    assert make_plan(parse(source)).size == 8
    with pytest.raises(FolderError, match="name the folder in place of the file"):
        run(plan(seeds=4), out)
    assert run(again, out)[0].blocks_left == 0
    larger = plan(lam="[0.01, 0.02, 0.03, 0.04]", seeds=4)
    run(larger, out)
    check(out, larger)


def test_blocks_keep_the_setting_that_they_were_computed_with(folders, tmp_path):
    out = tmp_path / "out"
    merge([folders / "b", folders / "wide"], out)
    check(out, based(6, 2))
    told = Results(out).manifest["merged"]
    assert [x["setting"]["width"] for x in told] == [2, 4]
    assert [Path(x["folder"]).name for x in told] == ["b", "wide"]


def test_a_merged_folder_is_merged_and_grown_again(folders, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    merge([folders / "b", folders / "a"], one)
    run(plan(seeds=7), one)
    merge([folders / "wide", one, folders / "c"], two)
    check(two, [*plan(seeds=8), *based(1, 0, lam="[0.03, 0.04]")])


def test_what_is_not_finished_goes_on_from_there(folders, tmp_path):
    """A block is missing in each, and one could not be computed."""
    out = tmp_path / "out"
    Store(folders / "a").parts("runs")[1].path.unlink()
    Store(folders / "a").parts("runs")[-1].path.unlink()
    Store(folders / "b").parts("runs")[0].path.unlink()
    fail(folders / "b", Store(folders / "b").parts("runs")[-1])
    merged = merge([folders / "a", folders / "b"], out)
    assert merged.failed == 1 and merged.blocks_left > 0
    there = Results(out).runs["run_id"]
    assert there.is_unique and 0 < len(there) < 12
    assert main(["sweep", str(out), "--no-report"]) == 0
    check(out, plan(seeds=6))


def fail(folder, part):
    """Say of a block that it failed."""
    store = Store(folder)
    table = merging.parts.read(part, None)
    told = merging.parts.about(table.schema)
    rows = table.drop_columns(["status"]).append_column(
        "status", [["failed"] * len(table)]
    )
    kept = {name: told[name] for name in ("plan", "setting")}
    name, data = merging.parts.encode(rows, "runs", part.block, kept)
    part.path.unlink()
    store.write(f"parts/{name}", data)


def test_a_damaged_block_is_computed_anew(folders, tmp_path):
    """It had rows that others have; its own become rows of the sweep."""
    out = tmp_path / "out"
    merge([folders / "a", folders / "wide", folders / "b"], out)
    for part in Store(out).parts("runs")[1], Store(out).parts("runs")[-1]:
        part.path.write_bytes(b"damaged")
    _, said = run(continued(out)[1], out, width=None)
    assert any("damaged" in sentence for sentence in said)
    check(out, plan(seeds=8))
    _, said = run(continued(out)[1], out, width=None)
    assert said == []


def test_merged_blocks_are_not_tried_again(folders, tmp_path):
    out = tmp_path / "out"
    merge([folders / "a", folders / "b"], out)
    before = parts(out)
    _, said = run(plan(seeds=6), out, retry=frozenset({"ok"}))
    assert "6 blocks from merged folders stay as they are" in said[0]
    assert parts(out) == before


# -- refused ---------------------------------------------------------------------------


def other_values(place):
    """The same runs with another number in one of them."""
    store = Store(place / "b")
    part = store.parts("runs")[0]
    table = merging.parts.read(part, None)
    told = merging.parts.about(table.schema)
    changed = [x + 1e-12 for x in table["m_theta"].to_pylist()]
    rows = table.set_column(table.column_names.index("m_theta"), "m_theta", [changed])
    kept = {name: told[name] for name in ("plan", "setting")}
    name, data = merging.parts.encode(rows, "runs", part.block, kept)
    part.path.unlink()
    store.write(f"parts/{name}", data)


def damage(place):
    Store(place / "b").parts("curves")[0].path.write_bytes(b"x")


def record_more(place):
    shutil.rmtree(place / "b")
    raw = parse(plan_text())
    run(make_plan(raw | {"record": {"curves": 3, "weights": True}}), place / "b")


def be_there(place):
    (place.parent / "out").mkdir()


def no_manifest(place):
    (place / "b" / "manifest.json").unlink()


def nothing_done(place):
    for part in (place / "b" / "parts").iterdir():
        part.unlink()


REFUSED = {
    "m_theta": other_values,
    "is damaged": damage,
    "have record.weights False and True": record_more,
    "is there already": be_there,
    "no manifest.json": no_manifest,
    "has no finished block": nothing_done,
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_does_not_go_together_is_refused(folders, tmp_path, capsys, told):
    REFUSED[told](folders)
    before = parts(folders / "b"), sorted(tmp_path.iterdir())
    command = ["merge", *(str(folders / x) for x in "ab"), "--out", "out"]
    assert main(command) == 2
    said = capsys.readouterr()
    assert told in said.err and said.out == "" and said.err.count("\n") == 1
    assert (parts(folders / "b"), sorted(tmp_path.iterdir())) == before


def test_a_folder_in_use_or_named_twice_is_refused(folders, tmp_path, capsys):
    with Store(folders / "b").hold():
        with pytest.raises(FolderError, match="b is in use by process"):
            merge([folders / "a", folders / "b"], tmp_path / "out")
    for inside in (folders / "a" / "x", folders / "b" / "x" / "y"):
        with pytest.raises(FolderError, match="is inside .*; name a folder beside it"):
            merge([folders / "a", folders / "b"], inside)
        assert not inside.exists()
    with pytest.raises(FolderError, match="named twice"):
        merge([folders / "a", folders / "a"], tmp_path / "out")
    assert main(["merge", str(folders / "a"), "--out", "out"]) == 2
    assert "two folders or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# -- nothing half done -----------------------------------------------------------------


class Killed(BaseException):
    pass


def steps_of(folders, out, monkeypatch, stop_at=None):
    """Merge, and die before a step that changes the disk; return their number."""
    steps = []

    def count(step, path):
        if step in ("open", "rename", "make"):
            steps.append(step)
            if len(steps) == stop_at:
                raise Killed

    monkeypatch.setattr(atomic, "failpoint", count)
    try:
        merge([folders / "a", folders / "b"], out)
    finally:
        monkeypatch.setattr(atomic, "failpoint", atomic._nothing)
    return len(steps)


def test_a_merge_that_dies_leaves_nothing_and_is_made_again(
    folders, tmp_path, monkeypatch
):
    """Where it is killed, a folder of another name stays until the next merge."""
    steps = steps_of(folders, tmp_path / "whole", monkeypatch)
    before = {name: parts(folders / name) for name in "ab"}
    remove = shutil.rmtree
    for step in (1, 5, steps // 2, steps - 1, steps):
        out = tmp_path / f"out-{step}"
        in_place = step > 3  # the folder is made, and held
        for is_killed in (False, True):
            monkeypatch.setattr(
                shutil, "rmtree", (lambda *a, **b: None) if is_killed else remove
            )
            with pytest.raises(Killed):
                steps_of(folders, out, monkeypatch, step)
            assert not out.exists()
            left = (tmp_path / f".{out.name}.merging").exists()
            assert left == is_killed or not in_place
        monkeypatch.setattr(shutil, "rmtree", remove)
        merge([folders / "a", folders / "b"], out)
        assert parts(out) == parts(tmp_path / "whole")
        assert not (tmp_path / f".{out.name}.merging").exists()
    assert {name: parts(folders / name) for name in "ab"} == before


def test_a_merge_is_stopped(folders, tmp_path):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        merge([folders / "a", folders / "b"], tmp_path / "out", stop)
    assert [x.name for x in tmp_path.iterdir()] == ["made"]


def test_the_command_tells_what_it_made(folders, capsys):
    command = ["merge", *(str(folders / x) for x in "ab"), "--out", "out"]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "folder": "out",
        "runs": 12,
        "twice": 4,
        "failed": 0,
        "blocks_left": 0,
    }
    assert main(["status", "out"]) == 0
    assert "12 of 12 done" in capsys.readouterr().out
    odd = [*command[:-1], "it's new"]
    assert main(odd) == 0  # and what is advised is what a shell takes
    told = capsys.readouterr().err + str(main(["status", odd[-1]]))
    told += capsys.readouterr().out
    found = re.findall("rvsjax report (.*) makes", told)
    assert [shlex.split(x) for x in found] == [["it's new"]] * 2
    assert main(["compare", "out", str(folders / "b")]) == 0
    assert Folder("out").plan.size == 12
