"""A run computed again has its bits; a row that is wrong is found, wherever it is."""

import json
import os
import shutil

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rvsjax.cli.main import main
from rvsjax.results.results import Results
from rvsjax.simulation.kernels import native
from rvsjax.studies.rvscgd.certify import starts_of
from rvsjax.studies.rvscgd.tolerance import RvscgdTolerance
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep import recompute
from rvsjax.sweep.differences import differences, same_bits
from rvsjax.sweep.engine import Engine
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.plan.overrides import override
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.recompute import elsewhere, find_run
from rvsjax.sweep.rerun import rerun, tables_in_folder
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.schedule import Schedule
from rvsjax.sweep.store import FolderError, Store, parts
from rvsjax.sweep.store.kinds import kind
from rvsjax.sweep.verify import stale_tables, verify
from tests import oracle

pytestmark = pytest.mark.slow

TABLES = ("runs", "curves", "pairs", "weights")
SWEEP = """
version = 1
name = "again"
study = "rvscgd"
[constants]
d = 6
nnz = 3
steps = 60
eta = 0.05
penalty = "l1"
beta = 0.3
[grid]
lam = [1e-3, 2e-2]
[seeds]
count = {seeds}
[record]
curves = 5
weights = true
"""
WIDTH = 4
KERNELS = ["plain"] if native.problem() else ["plain", "native"]


def plan(seeds=5):
    return make_plan(parse(SWEEP.format(seeds=seeds)))


def lane():
    return jax.devices()[0]


def run(folder, seeds=5, kernel="plain", **options):
    run_plan(plan(seeds), "", folder, Options(width=WIDTH, kernel=kernel, **options))
    return folder


def ids(folder):
    return Store(folder).load("runs")["run_id"].to_list()


@pytest.fixture(autouse=True)
def _flags_come_back(monkeypatch):
    """Commands that start JAX set it."""
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(tmp_path_factory.mktemp("again") / "out")


@pytest.fixture
def folder(whole, tmp_path):
    """A folder of this test's own."""
    return shutil.copytree(whole, tmp_path / "out")


def table(**columns):
    return {"runs": pa.table({name: pa.array(x) for name, x in columns.items()})}


@pytest.mark.parametrize(
    ("there", "here", "told"),
    [
        (table(x=[0.0]), table(x=[-0.0]), "runs.x: 0.0 there, -0.0 here, off by 0"),
        (table(x=[None, 1]), table(x=[2, 1]), "runs.x: None there, 2 here"),
        (table(x=["a"]), table(x=["b"]), "runs.x: 'a' there, 'b' here"),
        (table(x=[[1.0, 2.0]]), table(x=[[1.0, 2.5]]), "runs.x: 2.0 there, 2.5 here"),
        (table(x=[1]), table(x=[1], y=[3]), "runs.y: None there, 3 here"),
        (table(x=[1, 2, 3]), table(x=[1]), "runs.x: 2 there, None here, and 1 more"),
        (table(x=[1, 2]), {}, "runs.x: 1 there, None here, and 1 more"),
        (table(x=[True]), table(x=[1]), "runs.x: True there, 1 here"),
    ],
)
def test_differences_are_told_column_by_column(there, here, told):
    assert differences(there, there, same_bits) == []
    [difference] = differences(there, here, same_bits)
    assert str(difference).startswith(told)


# -- rerun -----------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_run_has_the_bits_that_it_had(tmp_path, kernel):
    """In full blocks and in the padded one, first and last."""
    folder = run(tmp_path / "out", kernel=kernel)
    for run_id in ids(folder)[::3]:
        found = rerun(folder, run_id, lane())
        assert found.run_id == run_id
        assert found.kernel == kernel
        assert found.differences == []
        assert found.elsewhere == []
        assert found.agrees
        assert found.values > 200


def test_a_folder_that_is_not_finished_can_be_looked_at(folder):
    Store(folder).unseal(["runs", "curves", "pairs", "weights"])
    Store(folder).parts("runs")[1].path.unlink()
    known = ids(folder)
    assert len(known) == 6
    assert rerun(folder, known[-1], lane()).same
    assert len(list(verify(folder, 100, 0, lane()))) == 6


def test_a_block_that_was_halved_is_computed_in_its_pieces(tmp_path, monkeypatch):
    """Of memory for two runs and no more, the blocks of four are made of twos."""
    widths = []
    make = recompute.make_engine

    def watched(study, config, workers, **more):
        widths.append(config.block_size)
        return make(study, config, workers, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "_apply", room_for(2))
        patch.setattr("rvsjax.sweep.execution.choose_block_size", lambda *_: WIDTH)
        options = Options(kernel="plain", workers=(lane(),))
        run_plan(plan(3), "", tmp_path / "out", options)
    folder = tmp_path / "out"
    told = Results(folder).manifest["halved"]
    assert told == [{"block": n, "width": 2} for n in range(2)]
    monkeypatch.setattr(recompute, "make_engine", watched)
    for run_id in ids(folder):
        assert rerun(folder, run_id, lane()).same
    assert widths == [2] * 6
    for part in Store(folder).parts("runs"):  # now there is room for four
        part.path.unlink()
    run_plan(plan(3), "", folder, Options(workers=(lane(),)))
    assert rerun(folder, run_id, lane()).same
    assert widths == [2] * 6 + [WIDTH]


def room_for(most):
    apply = Engine._apply

    def applied(self, items, *where):
        if len(items) > most:
            raise MemoryError
        return apply(self, items, *where)

    return applied


def test_a_folder_that_grew_has_its_blocks_where_they_were(tmp_path):
    folder = run(tmp_path / "out", seeds=3)
    run(folder, seeds=5)
    assert len(Results(folder).manifest["earlier"]) == 1
    known = ids(folder)
    assert len(known) == 10
    for run_id in known:
        assert rerun(folder, run_id, lane()).same
    found = {}
    for block in recompute.recompute(Folder(folder), known, lane()):
        found |= {item.run_id: block.block for item in block.items}
    there = {
        run_id: part.block
        for part in Store(folder).parts("runs")
        for run_id in parts.read(part, None)["run_id"].to_pylist()
    }
    assert {run_id: found[run_id] for run_id in known} == there


def test_certificates_begin_where_a_run_of_a_grown_folder_began(tmp_path):
    """In a sweep that does not record its weights."""
    for seeds in (3, 5):
        text = SWEEP.format(seeds=seeds).replace("weights = true", "weights = false")
        options = Options(width=WIDTH, kernel="plain")
        run_plan(make_plan(parse(text)), text, tmp_path / "out", options)
    results = Results(tmp_path / "out")
    starts = starts_of(results, results.runs["run_id"])
    assert set(starts) == set(results.runs["run_id"])
    assert {start.source for start in starts.values()} == {"computed again"}


def test_elsewhere_rounding_is_no_difference(folder):
    """With the versions of another place in its manifest, and a last bit."""
    run_id = ids(folder)[2]
    plant(folder, "runs", "m_theta", run_id, lambda x: np.nextafter(x, 9))
    here = rerun(folder, run_id, lane())
    assert [x.column for x in here.differences] == ["m_theta"]
    assert here.beyond == []
    assert not here.agrees
    manifest = Results(folder).manifest
    for session in manifest["sessions"]:
        session["versions"]["jax"] = "0.9.9"
        session["processor"] = "Z80"
    write_manifest(folder, manifest)
    there = rerun(folder, run_id, lane())
    [processor, version] = sorted(there.elsewhere, reverse=True)
    assert processor.startswith("processor Z80 there, ")
    assert version == f"jax 0.9.9 there, {jax.__version__} here"
    assert not there.same
    assert there.agrees
    plant(folder, "runs", "m_theta", run_id, lambda x: x + 1e-6)
    found = rerun(folder, run_id, lane())
    assert [x.column for x in found.beyond] == ["m_theta"]
    assert not found.agrees


def test_another_kernel_is_elsewhere(folder):
    write_manifest(folder, Results(folder).manifest | {"kernel": "warp"})
    assert elsewhere(Folder(folder), lane()) == ["kernel warp there, plain here"]


def test_a_run_is_found_by_how_its_id_begins(folder):
    known, store = ids(folder), Store(folder)
    for run_id in known:
        assert find_run(store, run_id) == run_id
        short = next(
            run_id[:n]
            for n in range(1, 20)
            if sum(x.startswith(run_id[:n]) for x in known) == 1
        )
        assert find_run(store, short) == run_id
    with pytest.raises(FolderError, match=r"10 runs of .* begin with \"\".*, \.\.\."):
        find_run(store, "")
    wrong = known[3][:7] + "xyz"
    with pytest.raises(
        FolderError, match=rf"no run {wrong}; did you mean {known[3]}\?"
    ):
        find_run(store, wrong)
    for short in (known[3][:2] + "xyz", "xyz"):  # alike by chance
        with pytest.raises(FolderError, match=f"no run {short}$"):
            find_run(store, short)


def test_a_run_whose_block_failed_is_refused(tmp_path, monkeypatch):
    def fails(*_):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "compute", fails)
        folder = run(tmp_path / "out", seeds=3)
    with pytest.raises(
        FolderError, match=r"failed there \(no room\); .*--retry failed"
    ):
        rerun(folder, ids(folder)[0], lane())
    assert list(verify(folder, 5, 0, lane())) == []


# -- verify ----------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
def test_rows_agree_with_the_plain_reference(tmp_path, kernel):
    folder = run(tmp_path / "out", kernel=kernel)
    found = list(verify(folder, 100, 0, lane()))
    assert [row.run_id for row in found] == ids(folder)
    assert [row.differences for row in found] == [[]] * 10


def test_the_last_row_of_each_block_and_a_drawn_sample(whole, monkeypatch):
    known = ids(whole)
    lasts = {known[3], known[7], known[9]}
    seen = set()
    monkeypatch.setattr(  # which rows are looked at, and not what is found there
        "rvsjax.sweep.verify._alone",
        lambda folder, items, *_: (
            tables_in_folder(folder.store, x.run_id, TABLES) for x in items
        ),
    )
    for seed in (0, 0, 1, 2, 3, 4, 5):
        looked = {row.run_id for row in verify(whole, 2, seed, lane())}
        assert seed or seen <= looked  # the same again
        assert lasts < looked | {None}
        assert len(looked) <= 5
        seen |= looked
    assert len(seen) > 7
    monkeypatch.setattr("rvsjax.sweep.verify.LAST_ROWS", 1)
    assert len({row.run_id for row in verify(whole, 1, 0, lane())}) <= 2


PLANTED = {
    "a measurement": ("runs", "m_theta", lambda x: x * (1 + 1e-9)),
    "a maximum": ("runs", "m_lagrangian_max_increase", lambda x: x + 1e-9),
    "a count": ("runs", "m_nnz_u", lambda x: x + 1),
    "a step": ("runs", "m_steps", lambda x: x - 1),
    "a parameter": ("runs", "p_eta", lambda x: np.nextafter(x, 1)),
    "a number that is gone": ("runs", "m_error", lambda x: None),
    "a status": ("runs", "status", lambda x: "diverged"),
    "a verdict": (
        "runs",
        "verdict_lemma_5_proved",
        lambda x: "holds" if x == "violated" else "violated",
    ),
    "a point of a curve": ("curves", "theta", lambda x: x + 1e-9),
    "a count of verdicts": ("pairs", "holds", lambda x: x + 1),
    "a weight": ("weights", "w", lambda x: [x[0] + 1e-9, *x[1:]]),
}


@pytest.mark.parametrize("names", [list(PLANTED)[:6], list(PLANTED)[6:]], ids=str)
def test_a_planted_error_is_found(folder, names):
    """One value of a part, with its digest made right, before and after compaction."""
    planted = dict(zip(ids(folder)[4:], (PLANTED[name] for name in names)))
    for run_id, (table, column, change) in planted.items():
        plant(folder, table, column, run_id, change)
    expected = {run_id: [spot[:2]] for run_id, spot in planted.items()}

    def spots(differences):
        assert all(x.column in str(x) for x in differences)
        return [(x.table, x.column) for x in differences]

    for _ in range(2):
        wrong = [row for row in verify(folder, 100, 0, lane()) if row.differences]
        assert {row.run_id: spots(row.differences) for row in wrong} == expected
        found = {name: rerun(folder, name, lane()).differences for name in planted}
        assert {name: spots(x) for name, x in found.items()} == expected
        run(folder)  # writes the whole tables anew, from the parts


def plant(folder, table, column, run_id, change):
    """Change the first value of a run in a part, whose name and digest then fit."""
    store = Store(folder)
    store.unseal(["runs", "curves", "pairs", "weights"])
    for part in store.parts(table):
        rows = parts.read(part, None)
        known = rows["run_id"].to_pylist()
        if run_id in known:
            place = known.index(run_id)
            values = rows[column].to_pylist()
            values[place] = change(values[place])
            index = rows.column_names.index(column)
            kind = rows.schema.field(column).type
            changed = rows.set_column(index, column, pa.array(values, kind))
            name, data = parts.encode(
                changed, table, part.block, parts.about(rows.schema)
            )
            part.path.unlink()
            (folder / "parts" / name).write_bytes(data)


def write_manifest(folder, manifest):
    (folder / "manifest.json").write_text(json.dumps(manifest))


# where a change was largest or first, and which steps count at the limit, is rounding
FREE = {
    *("m_theta_max_increase_at", "m_theta_first_increase"),
    *("m_lagrangian_max_increase_at", "m_lagrangian_first_increase"),
    *("hyp_lemma_5_corrected", "why_lemma_5_corrected"),
    *("hyp_lemma_6_corrected", "why_lemma_6_corrected"),
}


def changed(value):
    """Return another value, farther away than rounding could have it."""
    if isinstance(value, list):
        return [changed(value[0]), *value[1:]]
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return 3 * abs(value) + 1e-9
    if isinstance(value, int):
        return value + 1 + value // 10
    return "violated" if value != "violated" else "holds"


def test_every_column_is_looked_at(whole):
    """A change of any is told, but of those that rounding decides; of their own, none.

    Pairs that hold are counted with those undecided, and told as such.
    """
    store = Store(whole)
    item = list(plan())[0]
    there = tables_in_folder(store, item.run_id, TABLES)
    tolerance = RvscgdTolerance(make_trial(item, 5), there)
    assert not tolerance.is_edge
    assert tolerance.differences(there, there) == []
    silent = set()
    for name, table in there.items():
        for place, field in enumerate(table.schema):
            values = table[field.name].to_pylist()
            if values[0] is None or values[0] == "undecided":
                continue
            column = pa.array([changed(values[0]), *values[1:]], field.type)
            other = there | {name: table.set_column(place, field, column)}
            told = [(x.table, x.column) for x in tolerance.differences(other, there)]
            seen = "holds" if field.name == "undecided" else field.name
            assert told in ([], [(name, seen)])
            silent |= set() if told else {field.name}
    assert silent <= FREE
    assert "m_theta_max_increase_at" in silent


def test_what_rounding_may_do_depends_on_the_run(whole):
    """More in float32, with a small step, and from a start near the pole at pi."""
    store, trials = Store(whole), {}
    for name, more in {
        "as it is": {},
        "float32": {"dtype": "float32"},
        "small steps": {"eta": 1e-4, "steps": 100_000},
        "chaos": {"eta": 2.0},
    }.items():
        raw = parse(SWEEP.format(seeds=1))
        for key, value in more.items():
            raw = override(raw, key, value)
        trials[name] = make_trial(list(make_plan(raw))[0], 5)
    there = tables_in_folder(store, list(plan())[0].run_id, TABLES)
    allowed = {name: RvscgdTolerance(x, there).allowed for name, x in trials.items()}
    base = allowed["as it is"]
    assert 1e-15 < base < 1e-12
    assert allowed["float32"] == pytest.approx(2**29 * base)
    assert 50 < allowed["small steps"] / base < 500
    assert allowed["chaos"] == np.inf
    row = there["runs"]
    place = row.column_names.index("m_theta_0")
    pole = there | {
        "runs": row.set_column(place, "m_theta_0", pa.array([np.pi - 0.01]))
    }
    assert 50 < RvscgdTolerance(trials["as it is"], pole).allowed / base < 100


def test_a_part_that_changed_after_the_tables_were_written(folder):
    assert stale_tables(folder) == []
    kept = {n: (folder / f"{n}.parquet").read_bytes() for n in ("curves", "runs")}
    manifest = Results(folder).manifest
    plant(folder, "curves", "loss", ids(folder)[0], lambda x: x + 1)
    for name, data in kept.items():
        (folder / f"{name}.parquet").write_bytes(data)
    write_manifest(folder, manifest)
    assert stale_tables(folder) == ["curves"]
    Store(folder).parts("runs")[-1].path.unlink()
    assert stale_tables(folder) == ["runs", "curves"]  # which have rows too many


# -- commands --------------------------------------------------------------------------


def test_rerun_says_the_same_or_what_differs(folder, capsys):
    run_id = ids(folder)[0]
    assert main(["rerun", str(folder), run_id[:8]]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith(f"run {run_id}, block 0, kernel plain: ")
    assert out.splitlines()[1:] == ["the same, bit for bit"]
    assert err == ""
    plant(folder, "runs", "m_theta", run_id, lambda x: x + 0.125)
    assert main(["rerun", str(folder), run_id]) == 3
    out = capsys.readouterr().out
    assert "1 column with other bits:\n  runs.m_theta: " in out
    assert "off by 0.125\n" in out
    assert out.endswith("by more than rounding explains: runs.m_theta\n")
    assert main(["rerun", str(folder), run_id, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["run_id"] == run_id
    assert (told["same"], told["agrees"]) == (False, False)
    [difference] = told["differences"]
    assert difference["there"] == difference["here"] + 0.125
    assert difference["there"] - difference["here"] == difference["largest"]
    assert told["beyond"] == told["differences"]
    assert main(["rerun", str(folder), f"{run_id[:9]}nobody"]) == 2
    assert f"did you mean {run_id}?" in capsys.readouterr().err


def test_verify_says_how_many_agree_and_which_do_not(folder, capsys):
    assert main(["verify", str(folder), "--sample", "3"]) == 0
    out, err = capsys.readouterr()
    seed = err.split("--seed ")[1].split()[0]
    assert main(["verify", str(folder), "--sample", "3", "--seed", seed]) == 0
    assert capsys.readouterr().out == out
    number = int(out.split()[0])
    assert 3 <= number <= 6
    assert out == f"{number} rows computed again, {number} agree\n"
    run_id = ids(folder)[-1]
    plant(folder, "runs", "m_theta", run_id, lambda x: x + 0.125)
    assert main(["verify", str(folder), "--seed", "0"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"run {run_id}, block 2, does not agree:"
    assert lines[1].startswith("  runs.m_theta: ")
    assert lines[2:] == ["10 rows computed again, 9 agree"]
    assert main(["verify", str(folder), "--seed", "0", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["seed"], told["stale"]) == (10, 0, [])
    assert [row["run_id"] for row in told["wrong"]] == [run_id]


def test_verify_names_a_table_that_is_not_its_parts(folder, capsys):
    manifest, kept = Results(folder).manifest, (folder / "runs.parquet").read_bytes()
    plant(folder, "runs", "m_theta", ids(folder)[0], lambda x: x + 1)
    (folder / "runs.parquet").write_bytes(kept)
    write_manifest(folder, manifest)
    assert main(["verify", str(folder), "--seed", "0"]) == 3
    assert "runs.parquet is not what its parts say" in capsys.readouterr().out


def test_what_cannot_be_looked_at_is_refused_in_a_sentence(folder, capsys):
    cases = {
        "plan": ("0" * 16, "was computed by another version of the study"),
        "asked": ({"name": "x"}, "does not say what was asked"),
    }
    good = Results(folder).manifest
    for key, (value, said) in cases.items():
        write_manifest(folder, good | {key: value})
        for command in (
            ["rerun", str(folder), ids(folder)[0]],
            ["verify", str(folder)],
        ):
            assert main(command) == 2
            err = capsys.readouterr().err.splitlines()
            assert said in err[-1]
    write_manifest(folder, {k: x for k, x in good.items() if k != "width"})
    assert main(["verify", str(folder)]) == 2
    assert "no results yet" in capsys.readouterr().err


# -- what the bits do not depend on ----------------------------------------------------


def tables(folder):
    names = ("runs", "curves", "pairs", "weights")
    return {name: (folder / f"{name}.parquet").read_bytes() for name in names}


def test_the_order_of_blocks_changes_no_byte(whole, tmp_path, monkeypatch):
    seen = []

    def backwards(*given):
        found = list(blocks(*given))[::-1]
        seen.extend(block.number for block in found)
        return found

    blocks = Schedule.blocks
    monkeypatch.setattr(Schedule, "blocks", backwards)
    assert tables(run(tmp_path / "out")) == tables(whole)
    assert seen == [2, 1, 0]


# -- every step ------------------------------------------------------------------------


def test_every_step_is_that_of_another_program(folder, capsys):
    """NumPy's path of the angle, the Lagrangian and u, from the weights that are kept.

    A point of the folder's curve that is another is told, with exit code 3.
    """
    run_id = ids(folder)[6]
    asked = ["rerun", str(folder), run_id, "--every-step"]
    assert main([*asked, "steps.parquet"]) == 0
    out = capsys.readouterr().out
    agree = "that the folder has it differs by no more than rounding explains"
    told = f"every step: 61 rows in steps.parquet; at the 5 steps {agree}"
    assert out.splitlines()[-1] == told
    curve = pq.read_table("steps.parquet").to_pydict()
    assert list(curve) == list(Results(folder).curves)
    weights = Results(folder).weights.set_index("run_id").loc[[run_id]]
    start = [np.stack(weights[name]) for name in ("w_star", "w_start")]
    [row] = Results(folder).runs.query("run_id == @run_id").to_dict("records")
    given = (row[f"p_{name}"] for name in ("lam", "beta", "eta", "steps"))
    path = oracle.recompute(*start, "l1", None, row["p_k"], "sum", *given)
    assert curve["step"] == list(range(61))
    assert set(curve["run_id"]) == {run_id}
    assert np.allclose(curve["theta"], path["theta_path"][:, 0], atol=1e-12)
    assert np.allclose(curve["lagrangian"], path["lagrangian_path"][:, 0], atol=1e-12)
    assert curve["nnz_u"] == path["nnz_u_path"][:, 0].tolist()
    assert len(set(curve["nnz_u"])) > 1

    plant(folder, "curves", "loss", run_id, lambda x: x + 0.125)
    assert main([*asked, "again.parquet", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)["every_step"]
    assert (told["file"], told["rows"], told["compared"]) == ("again.parquet", 61, 5)
    [beyond] = told["beyond"]
    assert (beyond["table"], beyond["column"]) == ("curves", "loss")
    assert beyond["largest"] == pytest.approx(0.125)


def test_runs_whose_numbers_are_none_are_read_as_they_were_left(tmp_path, capsys):
    """beta is below what float32 has, which a processor takes for 0: u is 0/0."""
    lines = {"dtype": '"float32"', "lam": "0.0", "beta": "1e-40"}
    named = "".join(f"\n{name} = {x}" for name, x in lines.items())
    text = f'version = 1\nname = "none"\nstudy = "rvscgd"\n[constants]{named}'
    text += '\npenalty = "l1"\nd = 6\nnnz = 2\nsteps = 40\neta = 0.3'
    text += "\n[record]\nweights = true"
    folder = tmp_path / "none"
    run_plan(make_plan(parse(text)), "", folder, Options(width=1, kernel="plain"))
    [weights] = Results(folder).weights.to_dict("records")
    assert np.isnan(weights["u"]).any()
    [run_id] = ids(folder)
    asked = ["rerun", str(folder), run_id, "--every-step", "steps.parquet"]
    assert main(asked) == 0
    assert "bit for bit" in capsys.readouterr().out
    assert pq.read_table("steps.parquet").num_rows > 0


def test_every_step_is_refused_before_anything_is_computed(folder, capsys, monkeypatch):
    def never(*_, **__):
        raise AssertionError("computed")

    monkeypatch.setattr(Engine, "__call__", never)
    monkeypatch.setattr("rvsjax.sweep.rerun.MOST_STEPS", 59)
    (folder / "there.parquet").touch()
    for file, said in {
        "there.parquet": "is there already; name a new file",
        "none/x.parquet": "there is no folder",
        "x.csv": "x.csv: is written as Parquet; let the name end with .parquet",
        "x": "is written as Parquet",
        "x.parquet": "has 60 steps, and every step is kept of up to 59",
    }.items():
        asked = ["rerun", str(folder), ids(folder)[0], "--every-step"]
        assert main([*asked, str(folder / file)]) == 2
        out, err = capsys.readouterr()
        assert out == "" and said in err.splitlines()[-1]
    assert not (folder / "x.parquet").exists()
    assert (folder / "there.parquet").read_bytes() == b""


# -- tables of strangers ---------------------------------------------------------------

OTHER = {
    "words": pa.array([1.5]),
    "numbers": pa.array(["x"]),
    "truth values": pa.array([1.5]),
    "lists of numbers": pa.array([True]),
    "nothing": pa.array(["x"]),
}


def other_column(table, name):
    values = OTHER[kind(table.schema.field(name).type)]
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.concat_arrays([values] * len(table)))


def answer(folder, run_id):
    """Return what is said of a folder: a sentence, or nothing where it was read."""
    try:
        rerun(folder, run_id, lane())
    except FolderError as error:
        return str(error)
    return ""


def test_a_column_of_another_kind_is_refused(folder, monkeypatch):
    """A column in turn holds what it should not, or is not there."""
    store = Store(folder)
    run_id = ids(folder)[0]
    [computed] = recompute.recompute(Folder(folder), [run_id], lane())
    monkeypatch.setattr("rvsjax.sweep.rerun.recompute", lambda *_: iter([computed]))
    store.update({"whole": {}})  # as in folders from before there were digests
    for name in TABLES:
        path = folder / f"{name}.parquet"
        whole, right = path.read_bytes(), pq.read_table(path)
        names = right.column_names
        for column in {*names[:3], *names[3 :: len(names) // 8 + 1]}:
            pq.write_table(right.drop_columns([column]), path)
            assert (column == "run_id") == bool(answer(folder, run_id))
            pq.write_table(other_column(right, column), path)
            said = answer(folder, run_id)
            nothing = pa.types.is_null(right.schema.field(column).type)
            assert nothing or (column in said and "no table of a sweep" in said)
        path.write_bytes(whole)
