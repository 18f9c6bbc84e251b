"""A folder answers: it goes on by its own name, says how it stands, and how to grow."""

import json
import shutil

import pytest

from rvsjax.cli.main import main
from rvsjax.report.page import write_page
from rvsjax.results.results import Results
from rvsjax.sweep.continuation import continued, kept_source
from rvsjax.sweep.estimate import Estimate
from rvsjax.sweep.outlook import look
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.status import folder_status
from rvsjax.sweep.store import FolderError, Store, page
from tests.sweep.test_schedule import HEAD, SWEEP, parts, plan

TEXT = "# Mine.\n" + HEAD + 'about = "Why?"\n' + SWEEP.format(lam="[1e-2]", seeds=3)
OPTIONS = Options(width=2, kernel="plain")


def as_told(source, **narrowed):
    return make_plan(parse(source), **narrowed)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder of four of six runs: one block is missing."""
    folder = tmp_path_factory.mktemp("answers") / "out"
    run_plan(as_told(TEXT), TEXT, folder, OPTIONS)
    run_plan(as_told(TEXT.replace("count = 3", "count = 4")), TEXT, folder, OPTIONS)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "out")


# -- the sweep file that a folder keeps ------------------------------------------------


def test_the_text_of_the_user_is_kept_unless_options_changed_it():
    assert kept_source(TEXT, as_told(TEXT)) == TEXT
    larger = as_told(TEXT.replace("count = 3", "count = 5"))
    text = kept_source(TEXT, larger)
    assert as_told(text).as_json() == larger.as_json() and 'about = "Why?"' in text
    for narrowed in ({"limit": 2}, {"only": ["lam=0.01"]}, {"smoke": True}):
        some = as_told(TEXT, **narrowed)
        head, _, rest = kept_source(TEXT, some).partition("\n")
        assert head.startswith("# Narrowed: --") and rest == TEXT
        assert kept_source(kept_source(TEXT, some), some) == kept_source(TEXT, some)
        assert kept_source(kept_source(TEXT, some), as_told(TEXT)) == TEXT


@pytest.mark.parametrize("lost", [False, True], ids=["as it is", "no sweep file"])
def test_the_sweep_file_in_a_grown_folder_goes_on_with_it(folder, lost):
    """Folders of before kept the smaller one, which was refused."""
    (folder / "sweep.toml").write_text(TEXT)
    if lost:
        (folder / "sweep.toml").unlink()
    before = parts(folder)
    assert main(["sweep", str(folder), "--no-report"]) == 0
    kept = as_told((folder / "sweep.toml").read_text())
    assert kept.as_json() == Store(folder).manifest["asked"]
    assert kept.sweep_file.about == ("" if lost else "Why?")
    command = ["sweep", str(folder / "sweep.toml"), "--out", str(folder)]
    assert main([*command, "--no-report"]) == 0
    assert parts(folder) == before


def test_a_folder_grows_by_its_name_and_stays_narrowed(tmp_path, folder):
    assert main(["sweep", str(folder), "--seeds", "5", "--no-report"]) == 0
    assert len(Results(folder).runs) == 5
    few = tmp_path / "few"
    run_plan(as_told(TEXT, limit=1), TEXT, few, OPTIONS)
    assert continued(few)[1].size == 1
    assert main(["sweep", str(few), "--limit", "2", "--no-report"]) == 0
    assert len(Results(few).runs) == 2


@pytest.fixture
def no_probe(monkeypatch):
    """No step is timed for an estimate."""
    told = Estimate(*[1] * len(Estimate._fields))
    monkeypatch.setattr("rvsjax.sweep.estimate.estimate", lambda *asked: told)


def test_the_same_sweep_is_run_elsewhere_by_the_name_of_a_folder(
    folder, capsys, no_probe
):
    command = ["sweep", str(folder), "--out", "there", "--dry-run", "--json"]
    assert main([*command, "--kernel", "plain"]) == 0
    found = json.loads(capsys.readouterr().out)["folder"]
    assert (found["folder"], found["runs_to_do"]) == ("there", 4)


@pytest.mark.parametrize("asked", [5, {"name": "x"}, None])
def test_a_folder_that_does_not_tell_what_was_asked_is_refused(folder, asked, capsys):
    Store(folder).update({"asked": asked})
    assert main(["sweep", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and str(folder) in said


def test_what_is_no_folder_of_a_sweep_is_refused(tmp_path, capsys):
    assert main(["sweep", str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# -- a smaller sweep -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "mend"),
    [
        (TEXT, "add --seeds 4, or name the folder"),
        (
            TEXT.replace("count = 3", "count = 2\nbase = 1"),
            "add --seeds 4 and add --set seeds.base=0",
        ),
    ],
    ids=["seeds", "base"],
)
def test_a_smaller_sweep_is_told_what_to_add(folder, now, mend):
    with pytest.raises(FolderError) as refused:
        run_plan(as_told(now), now, folder, OPTIONS)
    assert mend in str(refused.value) and "another folder" not in str(refused.value)
    assert f"rvsjax sweep {folder}" in str(refused.value)


def test_options_that_narrow_are_told_and_values_to_set(tmp_path):
    store = tmp_path / "two"
    run_plan(plan(), "", store, OPTIONS)
    for now, mend in (
        (plan(limit=2), "; leave out --limit, or name"),
        (plan(only=["lam=0.01"], seeds=2), "add --seeds 3 and leave out --only, or"),
        (plan(lam="[0.02]"), "; add --set 'lam=[0.01, 0.02]', or name"),
    ):
        with pytest.raises(FolderError) as refused:
            run_plan(now, "", store, OPTIONS)
        assert mend in str(refused.value)


# -- status and dry run ----------------------------------------------------------------


def test_the_status_of_a_folder(folder, capsys):
    found = folder_status(folder)
    assert (found.runs, found.runs_done, found.status) == (4, 4, {"ok": 4})
    assert (found.blocks, found.blocks_done, found.blocks_to_do) == (3, 3, [])
    assert found.whole and found.running == [] and found.problem is None
    assert (found.block_size, found.kernel, found.report) == (2, "plain", "none")
    assert found.bytes > 10_000 and "jax" in found.versions
    before = {x: x.stat().st_mtime_ns for x in folder.rglob("*")}
    assert main(["status", str(folder)]) == 0
    assert "nothing is left to do" in capsys.readouterr().out
    assert main(["status", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 4
    assert {x: x.stat().st_mtime_ns for x in folder.rglob("*")} == before


def test_the_status_of_a_folder_that_is_not_finished(folder, capsys):
    Store(folder).parts("runs")[1].path.unlink()
    Store(folder).unseal(["runs"])
    found = folder_status(folder)
    assert (found.runs, found.runs_done) == (4, 3)
    assert found.blocks_to_do == [1] and not found.whole
    with Store(folder).hold(2, 3):
        assert main(["status", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "shard 2/3: process" in told and "to do: 1\n" in told
    assert main(["status", str(folder)]) == 0
    assert "running     no" in capsys.readouterr().out


def test_the_status_of_a_folder_of_another_version(folder, monkeypatch, capsys):
    monkeypatch.setattr("rvsjax.sweep.plan.plan.TABLE_VERSION", 99)
    assert main(["status", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "4 done (4 ok)" in told and "another version of the study" in told


def test_a_dry_run_looks_at_the_folder(folder, tmp_path):
    same, larger = continued(folder)[1], as_told(TEXT.replace("= 3\n[rec", "= 7\n[rec"))
    found = look(same, folder, OPTIONS, "cpu")
    assert found[1:4] == (3, 0, 0) and found.refused is None
    found = look(larger, folder, Options(), "cpu")
    assert (found.blocks_done, found.runs_to_do, found.block_size) == (3, 3, 2)
    assert look(same, tmp_path / "new", OPTIONS, "cpu")[1:4] == (0, 2, 4)
    shard = Options(width=2, kernel="plain", shard=(1, 2))
    assert look(same, tmp_path / "new", shard, "cpu").blocks_to_do == 1
    assert not (tmp_path / "new").exists()


def test_a_dry_run_says_why_a_sweep_would_be_refused(
    folder, tmp_path, capsys, no_probe
):
    def refused(asked, options=OPTIONS):
        return look(asked, folder, options, "cpu").refused

    assert "add --seeds 4" in refused(as_told(TEXT))
    assert "another sweep" in refused(plan(lam="[0.5]"))
    assert "--block 2, not 3" in refused(continued(folder)[1], Options(width=3))
    with Store(folder).hold():
        assert "in use by process" in refused(continued(folder)[1])
    (tmp_path / "file.toml").write_text(TEXT)
    command = ["sweep", str(tmp_path / "file.toml"), "--out", str(folder), "--dry-run"]
    assert main(command) == 2
    assert "refused: " in capsys.readouterr().out
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "letter").touch()
    assert "no manifest.json" in look(plan(), tmp_path / "strange", OPTIONS, "cpu")[-1]


# -- the page --------------------------------------------------------------------------


def test_the_page_says_when_its_tables_have_changed(folder):
    pytest.importorskip("plotly")
    write_page(Results(folder))
    assert folder_status(folder).report == "current"
    assert page._OLD not in (folder / "report.html").read_bytes()
    larger = as_told(TEXT.replace("count = 3", "count = 5"))
    run_plan(larger, TEXT, folder, OPTIONS)
    html = (folder / "report.html").read_bytes()
    assert html.count(page._OLD) == 1 and folder_status(folder).report == "old"
    write_page(Results(folder))
    assert page._OLD not in (folder / "report.html").read_bytes()
    assert folder_status(folder).report == "current"


def test_a_page_of_before_is_marked_and_a_link_is_left_alone(folder, tmp_path):
    (folder / "report.html").write_bytes(b"<html>\n<body>\n<p>Old.\n")
    assert folder_status(folder).report == "old"
    page.mark_old(folder)
    page.mark_old(folder)
    assert (folder / "report.html").read_bytes().count(b'id="old"') == 1
    (folder / "report.html").unlink()
    (tmp_path / "mine.html").write_text("<body>\n")
    (folder / "report.html").symlink_to(tmp_path / "mine.html")
    page.mark_old(folder)
    assert (tmp_path / "mine.html").read_text() == "<body>\n"
