"""The table of packages, kept: each imports only from those it names."""

import ast
import re

import pytest

from tests import ROOT

ROW = re.compile(r"^\| `([a-z_]+)(?:\.py|/)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "explanation" / "architecture.md").read_text())
PACKAGES = [name for name, _ in ROWS]
MAY_IMPORT = {
    name: {*PACKAGES[:i]}
    if words.strip() == "all above"
    else set(re.findall("[a-z]+", words))
    for i, (name, words) in enumerate(ROWS)
}
OF_ALL = {"__version__", "STUDIES", "USUAL_STUDY"}
"""Constants of `rvsjax` itself."""

ALONE = {"sweep/engine", "sweep/store", "theory/exact"}
"""Packages within a package that import nothing else of it."""


def modules_of(path):
    """Yield the modules that a file imports, in functions as well, as their parts."""
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        yield from (module.split(".") for module in modules)


def parts_of(path):
    return path.relative_to(ROOT / "rvsjax").with_suffix("").parts


# `__init__` and the doors of `python -m rvsjax...` only hand over to packages
DOORS = {"__init__", "__main__", "compare", "rerun", "verify"}
FILES = sorted(
    path
    for path in (ROOT / "rvsjax").rglob("*.py")
    if path.stem != "__main__" and parts_of(path)[0] not in DOORS
)


def test_the_table_has_every_package():
    assert {parts_of(path)[0] for path in FILES} == set(PACKAGES)


def test_no_package_imports_one_below_it():
    for i, name in enumerate(PACKAGES):
        assert MAY_IMPORT[name] <= set(PACKAGES[:i])


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_what_its_package_may(path):
    package, *inner = parts_of(path)
    used = [parts[1:] for parts in modules_of(path) if parts[0] == "rvsjax"]
    allowed = MAY_IMPORT[package] | {package, *OF_ALL}
    assert {parts[0] for parts in used} <= allowed
    room = "/".join([package, *inner[:1]])
    if room in ALONE:
        within = {"/".join(parts[:2]) for parts in used if parts[0] == package}
        others = {parts[0] for parts in used if parts[0] != package}
        assert within <= {room} and others <= {"errors", "environment"}


def test_packages_that_must_not_know_jax():
    for path in FILES:
        room = "/".join(parts_of(path)[:2])
        if room.startswith(("sweep/store", "sweep/plan", "results", "report")):
            assert "jax" not in {parts[0] for parts in modules_of(path)}, path


def test_no_module_for_odds_and_ends():
    names = {path.stem for path in FILES}
    assert not names & {"utils", "helpers", "common", "misc"}


def test_few_things_lie_at_the_top():
    there = {parts_of(path)[0] for path in (ROOT / "rvsjax").rglob("*.py")}
    assert len(there - {"__init__", "__main__"}) <= 18


def test_tables_of_strangers_are_read_in_one_place():
    """So whatever a reader of `sweep/store` stands, every command stands."""
    for path in FILES:
        if parts_of(path)[:2] != ("sweep", "store"):
            found = re.search(r"ParquetFile|read_(table|parquet)\b", path.read_text())
            assert not found, path
