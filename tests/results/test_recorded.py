"""A run of a folder, taken out of it: the same numbers when it is simulated again."""

import math
import types

import jax
import numpy as np
import pytest

import rvsjax
from rvsjax.nn.config import Network
from rvsjax.simulation.two_layer import TwoLayerRun, descend
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_study
from rvsjax.sweep.store import FolderError
from tests import ROOT

EARLIER = ROOT / "tests" / "sweep" / "earlier"


def test_a_run_ends_where_its_row_says():
    results = rvsjax.load(EARLIER)
    row = results.runs.iloc[1]
    found = results.trial(row["run_id"][:8])
    assert found.run_id == row["run_id"] and found.row.equals(row)
    assert (found.seed, found.parameters["lam"]) == (row["p_seed"], 0.02)
    assert f"{found!r}".startswith(
        f"RecordedRun({row['run_id']}: seed={row['p_seed']}, "
    )
    assert "d=5" in f"{found!r}" and "None" not in f"{found!r}"
    kept = results.weights.set_index("run_id").loc[row["run_id"]]
    np.testing.assert_allclose(found.run.teacher.w_star, kept["w_star"], atol=1e-15)
    np.testing.assert_allclose(found.run.start, kept["w_start"], atol=1e-15)
    end = jax.jit(rvsjax.simulate)(found.run)
    np.testing.assert_allclose(end.state.w, kept["w"], atol=1e-14)
    assert math.isclose(end.monitor.theta_max, row["m_theta_max"], rel_tol=1e-13)


def test_a_run_that_is_not_there_is_told():
    results = rvsjax.load(EARLIER)
    with pytest.raises(FolderError, match="has no run zzz"):
        results.trial("zzz")
    with pytest.raises(FolderError, match='2 runs of .* begin with ""'):
        results.trial("")
    with pytest.raises(FolderError, match="named by its id.* not 3"):
        results.trial(3)


DRAWN = {"rvscgd": rvsjax.Run, "two_layer": TwoLayerRun, "lenet": Network}


@pytest.mark.parametrize("name", rvsjax.STUDIES)
def test_every_study_says_what_its_method_takes(name):
    source = f'version = 1\nname = "x"\nstudy = "{name}"\n'
    study, item = find_study(name), next(iter(make_plan(parse(source))))
    with jax.enable_x64(True):
        assert isinstance(study.draw(study.trial(item, 2, "plain")), DRAWN[name])


def test_a_float64_run_is_computed_so_where_64_bit_types_are_off(monkeypatch):
    def enabled(run):
        return jax.config.jax_enable_x64  # type: ignore[attr-defined]

    monkeypatch.setattr("rvsjax.simulation.simulate._simulate", enabled)
    with jax.enable_x64(False):
        for dtype, wide in ((np.float64, True), (np.float32, False)):
            run = types.SimpleNamespace(start=np.zeros(3, dtype))
            assert rvsjax.simulate(run) is wide


def test_both_layers_keep_their_precision():
    study = find_study("two_layer")
    source = 'version = 1\nname = "x"\nstudy = "two_layer"\n[constants]\nsteps = 3\n'
    [item] = make_plan(parse(source))
    with jax.enable_x64(True):
        run = study.draw(study.trial(item, 2, "plain"))
    with jax.enable_x64(False):
        assert descend(run).w.dtype == np.float64
