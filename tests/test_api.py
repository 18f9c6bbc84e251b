"""Sweeps written in Python ask what files ask; notebooks see tables and no markup."""

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tomli

import rvsjax
from rvsjax.cli.main import main
from rvsjax.errors import SweepFileError
from rvsjax.results.results import Results
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.store import FolderError, Store

SWEEP = """
version = 1
name = "small"
study = "two_layer"
[constants]
steps = 20
[grid]
eta = [0.05, 0.1]
start = ["teacher", "uniform"]
[seeds]
count = 3
[record]
curves = 4
"""
GIVEN = {"study": "two_layer", "seeds": 3, "record": {"curves": 4}, "steps": 20}


def test_a_grid_in_python_is_that_of_a_file():
    whole = make_plan(parse(SWEEP))
    for eta in ([0.05, 0.1], (0.05, 0.1), np.array([0.05, 0.1])):
        sweep = rvsjax.grid("small", eta=eta, start=["teacher", "uniform"], **GIVEN)
        plan = make_plan(parse(str(sweep)))
        assert plan.fingerprint == whole.fingerprint
        assert [item.run_id for item in plan] == [item.run_id for item in whole]


def test_values_stand_in_the_text_as_they_were_given():
    """Read by tomli, which is not ours; quotes, line ends and controls among them."""
    about = 'a "b" \\ \n\t\x7f\x01 é 𝒲'
    sweep = rvsjax.grid(
        "values",
        about=about,
        eta={"geom": [1e-5, 1e-1], "num": 9},
        lam=np.float64(1e-5),
        beta=[0.1, 1e22, 5e-324],
        k=range(3, 6),
        d=np.int64(7),
        seeds={"count": 2, "base": np.int64(5)},
        record={"weights": True},
    )
    assert tomli.loads(sweep.source) == {
        "version": 1,
        "name": "values",
        "study": "rvscgd",
        "about": about,
        "constants": {"lam": 1e-5, "d": 7},
        "grid": {
            "eta": {"geom": [1e-5, 1e-1], "num": 9},
            "beta": [0.1, 1e22, 5e-324],
            "k": [3, 4, 5],
        },
        "seeds": {"count": 2, "base": 5},
        "record": {"weights": True},
    }


MISTAKES = {
    "all at once": ({"bta": 1, "eta": []}, "eta .*empty list.*bta .*beta"),
    "no number": ({"eta": float("nan")}, "eta .*finite number, got nan"),
    "no value": ({"eta": None}, "eta  must be a number, .* got NoneType"),
    "a complex number": ({"eta": [1j]}, "eta  must be a number, .* got complex"),
    "no text": ({"about": "\udcff"}, "has text that is not Unicode"),
    "too many": ({"eta": np.linspace(0.1, 1, 9999)}, "at most 65536; give a range"),
    "no table": ({"record": 5}, r"record  is a table: write \[record\], got 5"),
    "no seeds": ({"seeds": 0}, "seeds.count .*greater than or equal to 1"),
    "no key": ({"eta": {1: 2}}, "grid.eta"),
}


@pytest.mark.parametrize(("given", "what"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_where_it_is_made(given, what):
    with pytest.raises(SweepFileError, match=f"(?s){what}"):
        rvsjax.grid("x", **given)


def test_a_grid_runs_and_the_command_line_goes_on_with_it(capsys, monkeypatch):
    monkeypatch.setattr(
        "rvsjax.sweep.execution.choose", lambda platform: "plain"
    )  # no C++
    small = {**GIVEN, "eta": [0.05], "seeds": 2}
    results = rvsjax.run(rvsjax.grid("small", **small))
    assert results.folder.as_posix() == "out/small"
    assert len(results.runs) == 2
    text = (results.folder / "sweep.toml").read_text()
    assert text == rvsjax.grid("small", **small).source
    before = (results.folder / "runs.parquet").read_bytes()
    command = ["sweep", "out/small/sweep.toml", "--no-report", "--kernel", "plain"]
    assert main(command) == 0
    assert "2 runs" in capsys.readouterr().err
    assert (results.folder / "runs.parquet").read_bytes() == before
    assert len(results.manifest["sessions"]) == 1
    grown = rvsjax.run("out/small", seeds=3)
    assert grown.folder.as_posix() == "out/small"
    assert sorted(grown.runs["p_seed"]) == [0, 1, 2]
    assert len(rvsjax.run("out/small").manifest["sessions"]) == 2


def test_a_number_of_seeds_is_given_to_run_as_to_grid():
    results = rvsjax.run(rvsjax.grid("few", **GIVEN, eta=[0.05]), steps=5, seeds=2)
    assert sorted(results.runs["p_seed"]) == [0, 1]
    with pytest.raises(
        FolderError, match=r"did not record them: \[record\] weights = t"
    ):
        assert results.weights is None


def test_what_is_no_folder_is_told(tmp_path):
    (tmp_path / "file.toml").touch()
    with pytest.raises(FolderError, match="file.toml is not the folder of a sweep"):
        rvsjax.load(tmp_path / "file.toml")


def test_a_notebook_shows_statuses_and_claims_and_escapes_them(tmp_path):
    folder = tmp_path / "<script>alert(1)<"
    folder.mkdir()
    asked = {"name": "x", "study": "lenet"}
    Store(folder).update({"plan": "0" * 16, "asked": asked})
    counts = ["holds_u_empty", "judged", "holds", "violated", "undecided"]
    rates = [f"{v}_{x}" for v in ("holds", "violated") for x in ("rate", "low", "high")]
    claims = {name: [7] for name in [*counts, "not_applicable"]}
    claims |= {name: [0.5] for name in [*rates, "worst_excess"]}
    claims |= {"claim": ["lemma_5"], "worst_run": ["<b>&"]}
    claims |= {"not_applicable_because": ["never"]}
    pq.write_table(pa.table(claims), folder / "claims.parquet")
    words = ["p_method", "p_penalty", "p_surrogate"]
    numbers = ["lam", "beta", "a", "bits", "learning_rate", "epochs", "seed"]
    runs = {"run_id": list("abc"), "status": ["ok", "failed", "ok"]}
    runs |= {name: ["x"] * 3 for name in [*words, "reason"]}
    runs |= {f"p_{name}": [1.0] * 3 for name in numbers}
    pq.write_table(pa.table(runs), folder / "runs.parquet")
    page = Results(folder)._repr_html_()
    rows = [line.strip() for line in page.splitlines() if "<td>" in line]
    cells = [row.removeprefix("<td>").removesuffix("</td>") for row in rows]
    assert cells[:4] == ["ok", "2", "failed", "1"]
    assert cells[4:] == ["lemma_5", "7", "7", "7", "7", "&lt;b&gt;&amp;"]
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;" in page


def test_the_step_is_an_import_away():
    """One step by the names that the README gives, against the formula in NumPy."""
    from rvsjax import L0, Hyper, Teacher, rvscgd

    with jax.enable_x64(True):
        teacher = Teacher(np.array([0.6, 0.8, 0.0]), k=20)
        hyper = Hyper(*np.float64([1e-2, 0.5, 0.02]))
        w = np.array([0.0, 0.6, -0.8])
        state = rvscgd.init(w, hyper, L0())
        state, length = rvscgd.step(state, hyper, teacher.coarse_gradient, L0())
    u = np.where(np.abs(w) > np.sqrt(2 * 1e-2 / 0.5), w, 0)
    K = 20 / (2 * np.pi)  # noqa: N806
    v = w - 0.02 * K * (w - [0.6, 0.8, 0.0]) - 0.02 * 0.5 * (w - u)
    np.testing.assert_allclose(state.u, u)
    np.testing.assert_allclose(state.w, v / np.linalg.norm(v), atol=1e-14)
    assert float(length) == pytest.approx(np.linalg.norm(v))
