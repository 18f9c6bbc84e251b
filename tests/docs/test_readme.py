"""The README is run: its Python, its commands' options and its files are there."""

import json
import re
import subprocess
import sys

import pytest

from rvsjax import STUDIES, __version__
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_parameters, find_schema
from tests import ROOT
from tests.docs.pages import follow

README = (ROOT / "README.md").read_text()
REFERENCE = ROOT / "docs" / "reference"
LIST, COLUMNS, CLAIMS_PAGE, COMMAND_LINE, SWEEP_FILE = (
    (REFERENCE / f"{name}.md").read_text()
    for name in ("sweeps", "columns", "claims", "command_line", "sweep_file")
)


def test_it_is_read_in_two_minutes():
    assert len(README.splitlines()) < 110


@pytest.mark.slow
def test_its_python_prints_what_it_shows():
    follow(ROOT / "README.md")


def test_the_two_commands_are_there():
    sweep = "python -m rvsjax.sweep sweeps/figure4.toml"
    first = f"python -m pip install -e '.[report]' && {sweep}"
    install = "python -m pip install -e '.[test]'"
    second = f"{install} && python -m pytest -n 2 --dist loadfile"
    assert first in README
    assert second in README
    assert second in (ROOT / ".ci" / "run").read_text()


COMMANDS = ["sweep", "report", "compare", "theory", "certify", "shrink"]
COMMANDS += ["rerun", "verify"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command):
    called = subprocess.run(
        [sys.executable, "-m", "rvsjax", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = set(re.findall(r"(--[a-z-]+)", called.stdout)) - {"--help"}
    assert len(options) > (15 if command == "sweep" else 0)
    assert {option for option in options if f"`{option}" not in COMMAND_LINE} == set()


def test_every_parameter_and_column_is_documented():
    for words in map(find_parameters, STUDIES):
        for name in words.names:
            assert f"`{name}`" in SWEEP_FILE, name
    from rvsjax.simulation.metrics import Measurements
    from rvsjax.studies.lenet.tables import Points
    from rvsjax.studies.two_layer.evaluate import TwoLayerMeasurements
    from rvsjax.theory import CLAIMS

    told = (Measurements._fields, TwoLayerMeasurements._fields, Points._fields[1:])
    measured = {f"m_{name}" for fields in told for name in (*fields, "ended")}
    rows = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", COLUMNS, re.MULTILINE)
    assert {*measured, *Points._fields[1:]} <= set(rows)
    for name in CLAIMS:
        assert f"`{name}`" in CLAIMS_PAGE, name


@pytest.mark.parametrize("study", STUDIES)
def test_every_column_has_a_meaning(study):
    """Parameters have it in the help of the sweep file."""
    for table, columns in find_schema(study).items():
        for name, column in columns.items():
            assert column.statement or name.startswith("p_"), (table, name)


SWEEPS = sorted((ROOT / "sweeps").glob("*.toml"))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: p.name)
def test_sweep_files_are_good(path):
    plan = make_plan(parse(path.read_text()))
    assert sum(count for _, count in plan.groups()) > 0
    assert plan.sweep_file.about and plan.notes == []
    assert f"sweeps/{path.name}" in LIST


def test_files_that_the_readme_links_are_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_it_is_cited_as_this_version():
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()


CERTIFICATES = sorted((ROOT / "docs" / "certificates").rglob("*.json"))


def test_what_the_readme_calls_violated_is_certified():
    """The worst run of each sweep that it names, and every hypothesis true."""
    claims = {(path.parent.name, path.name.split("-")[0]) for path in CERTIFICATES}
    sweeps = ("theorem", "descent", "figure4", "counterexample")
    assert claims == {(s, f"lemma_{n}_stated") for s in sweeps for n in (5, 6)}
    for path in CERTIFICATES:
        told = json.loads(path.read_text())
        assert told["stands"] is True, path
        assert all(told["hypotheses"].values()), path
        assert float(told["excess"]) > 1e30 * float(told["error"]), path
