"""What a user has set for matplotlib changes no figure, and breaks none.

The reference is what an untouched process draws of the same folder. A figure that
cannot be drawn costs itself, and a sentence.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from rvsjax.cli.commands.report import report
from rvsjax.cli.main import main
from rvsjax.report import figures, style
from rvsjax.report.figures import draw, draw_one
from rvsjax.report.page import is_possible
from rvsjax.report.style import NotDrawn
from rvsjax.results.results import Results
from tests import ROOT

EARLIER = ROOT / "tests" / "sweep" / "earlier"  # runs of a sweep, read without JAX


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(EARLIER, tmp_path / "out")
    return tmp_path / "out"


ONE = ["--figure", "curves", "--x", "step", "--y", "theta"]


def drawn(folder):
    files = draw_one(folder, figure="curves", x="step", y="theta")
    return {path.name: path.read_bytes() for path in files}


def test_settings_change_no_byte_and_stay_as_they_are(folder):
    plain = drawn(folder)
    ours = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight"}
    ours |= {"axes.prop_cycle": mpl.cycler(color=["red"]), "svg.fonttype": "none"}
    ours |= {"axes.formatter.use_mathtext": True, "figure.facecolor": "black"}
    with mpl.rc_context(ours):
        before = dict(mpl.rcParams.copy())
        assert drawn(folder) == plain
        assert dict(mpl.rcParams.copy()) == before


@pytest.mark.slow
def test_a_notebook_and_broken_files_of_settings_change_no_byte(folder):
    """The backend is not installed here; no line of the file can be read."""
    plain = drawn(folder)
    shutil.rmtree(folder / "figures")
    (folder.parent / "matplotlibrc").write_bytes(b"text.usetex: \xff\xfe\n")
    (folder.parent / "usetex").write_text("text.usetex: true\nbackend: nonsense\n")
    told = {"MPLBACKEND": "module://a_notebook.that_is_not_here"}
    told |= {"MATPLOTLIBRC": str(folder.parent / "usetex")}
    told |= {"PYTHONPATH": str(ROOT)}
    command = "from rvsjax.cli.main import run_command; run_command('report')"
    done = subprocess.run(
        [sys.executable, "-c", command, "out", *ONE],
        env=os.environ | told,
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    found = {name: (folder / "figures" / name).read_bytes() for name in plain}
    assert found == plain


def test_the_settings_of_the_environment_stay(monkeypatch):
    for name in ("MPLBACKEND", "MATPLOTLIBRC"):
        monkeypatch.setenv(name, "mine")
    style._import_plain()
    assert os.environ["MPLBACKEND"] == os.environ["MATPLOTLIBRC"] == "mine"
    monkeypatch.delenv("MATPLOTLIBRC")
    style._import_plain()
    assert "MATPLOTLIBRC" not in os.environ


def empty(results):
    return Figure()


def fail(*_):
    raise RuntimeError("no such thing\nand more")


def test_a_figure_that_fails_costs_that_figure_and_a_sentence(
    folder, monkeypatch, capsys
):
    monkeypatch.setattr(figures, "_FORMATS", {"svg": {"Date": None}})
    monkeypatch.setattr(figures, "find_figure", lambda name: lambda _: empty)
    monkeypatch.setattr(figures, "draw_claims", fail)
    said = []
    files = report(folder, said.append)
    rest = {f"{Results(folder).name}.{ending}" for ending in ("svg", "csv")}
    assert {path.name for path in files} - {"report.html"} == rest
    sentence = "figures/claims could not be drawn (RuntimeError: no such thing)"
    assert sentence in said[-1] and "more" not in said[-1]
    assert len(said) == 1 + (not is_possible())
    with pytest.raises(NotDrawn, match="claims"):
        draw(folder)
    assert main(["report", str(folder)]) == 3
    out, err = capsys.readouterr()
    assert sentence in err and "Traceback" not in err
    assert {Path(path).name for path in out.split()} - {"report.html"} == rest


def test_no_matplotlib_costs_the_figures_alone(folder, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "matplotlib")
    monkeypatch.setattr(style, "_import_plain", fail)
    said = []
    files = report(folder, said.append)
    assert {path.name for path in files} <= {"report.html"}
    assert "the figures could not be drawn (RuntimeError: no such thing)" in said[-1]
    assert main(["report", str(folder), *ONE]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "could not be drawn" in err and "Traceback" not in err
