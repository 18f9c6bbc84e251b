"""The lowest versions that are promised are those that the tests are run with."""

import re
import runpy
import tomllib

from tests import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
lowest = runpy.run_path(str(ROOT / ".ci" / "lowest.py"))["lowest"]


def test_a_lower_bound_becomes_the_version():
    some = """
        [project]
        dependencies = ["a>=1.2,!=1.3", "b-c[d]>=0.61; python_version < '3.12'", "e"]
        [project.optional-dependencies]
        x = ["f[g]", "h.i>=2"]
    """
    assert list(lowest(some)) == ["a==1.2", "b-c==0.61", "h.i==2"]


def test_every_package_that_is_needed_has_a_lower_bound():
    needed = tomllib.loads(PYPROJECT)["project"]["dependencies"]
    names = [re.split(r"[><=!;\[ ]", requirement)[0] for requirement in needed]
    assert {"jax", "numpy", "pandas", "pyarrow", "matplotlib"} <= set(names)
    assert {line.partition("==")[0] for line in lowest(PYPROJECT)} >= set(names)


def test_tests_are_run_with_them():
    run = (ROOT / ".ci" / "run").read_text()
    made, used = run.index(".ci/lowest.py >"), run.index("PIP_CONSTRAINT=$work/lowest")
    assert made < used < run.index("test_with", used)
