"""The peers of the benchmark do the work that they are timed for."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rvsjax
from benchmarks.peers import MODULES, jax_layouts, load
from benchmarks.peers.problem import Problem, Setting, draw
from rvsjax.algorithms import ALGORITHMS
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0, L1, TransformedL1
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.types import Hyper
from tests import ROOT

pytestmark = pytest.mark.slow

RUNS, D, STEPS = 33, 12, 300  # 33: the last block of numba is not full
SETTINGS = [
    Setting("l0", "float64", 0.02, lam=5e-3, beta=0.2),
    Setting("l1", "float64", 0.02, lam=5e-3, beta=0.2),
    Setting("transformed-l1", "float64", 0.02, lam=5e-3, beta=0.2, a=0.7),
]
PENALTIES = {
    "l0": lambda setting: L0(),
    "l1": lambda setting: L1(),
    "transformed-l1": lambda setting: TransformedL1(jnp.asarray(setting.a)),
}


def reference(problem, steps):
    """Return what the plain reference says, in the order of `Result`."""
    setting = problem.setting
    hyper = Hyper(*map(jnp.asarray, (setting.lam, setting.beta, setting.eta)))

    def one(start, w_star):
        penalty = PENALTIES[setting.penalty](setting)
        teacher = Teacher(w_star, setting.k)
        method = ALGORITHMS["rvscgd"]
        out = simulate(Run(teacher, start, penalty, hyper, method, steps, points=2))
        theta, value = out.monitor.theta, out.monitor.lagrangian
        return (
            *out.state[:2],
            theta.value,
            value.value,
            theta.max_increase,
            value.max_increase,
        )

    return jax.jit(jax.vmap(one))(problem.w0, problem.w_star)


def peer(name):
    package = {"numba-libm": "numba"}.get(name, name)
    if package in ("numba", "torch"):
        pytest.importorskip(package)
    return load(name)


CASES = [
    pytest.param(name, setting, id=f"{name}-{setting.penalty}")
    for name in MODULES
    for setting in SETTINGS
    # numba-libm is numba with another arctangent, whatever the penalty
    if name != "numba-libm" or setting == SETTINGS[-1]
]


@pytest.mark.parametrize(("name", "setting"), CASES)
def test_a_peer_agrees_with_the_plain_reference(name, setting):
    """To rounding: sums are taken in other orders, and products fused."""
    prepare, problem = peer(name), draw(setting, RUNS, D)
    expected = reference(problem, STEPS)
    assert np.ptp(np.count_nonzero(expected[1], axis=1)) > 0
    assert min(expected[4]) < 0 < max(expected[4])
    call = prepare(problem, STEPS)
    for _ in range(2):  # a second call starts anew
        for got, wanted in zip(call(), expected, strict=True):
            assert np.shape(got) == wanted.shape
            assert np.allclose(got, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("way", "error"), [("columns", 1e-12), ("blocks", 1e-12), ("one pass", 1e-6)]
)
def test_a_layout_agrees_with_the_plain_reference(way, error):
    """In one pass the angle is that of its cosine: half of the digits, near 0."""
    problem = draw(SETTINGS[0], 2 * jax_layouts.BLOCK, D)
    w, _, *numbers = reference(problem, STEPS)
    found, *told = jax_layouts.prepare(problem, STEPS, way)()
    assert np.allclose(np.swapaxes(found, -1, -2).reshape(w.shape), w, atol=1e-12)
    for got, wanted in zip(told, numbers, strict=True):
        assert np.allclose(np.ravel(got), wanted, rtol=0, atol=error)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_arctangent_of_the_numba_peer(dtype):
    """Within two units in the last place, from 0 to infinity and at its branches."""
    pytest.importorskip("numba")
    from numba import njit

    from benchmarks.peers.numba_penalties import arctangent

    kind = np.dtype(dtype).type
    atan2 = njit(arctangent(kind).py_func, error_model="numpy")
    tangents = np.concatenate([[0, 0.66, 1], np.logspace(-12, 12, 400)])
    tangents = np.concatenate([tangents, np.tan(np.pi / 8 * np.array([1, 3]))])
    for y in tangents.astype(dtype):
        wanted = np.arctan(np.float64(y))
        assert abs(atan2(y, kind(1)) - wanted) <= 2 * np.spacing(kind(wanted))
    assert atan2(kind(1), kind(0)) == kind(np.pi / 2)


def test_the_sweep_of_our_own_peer_is_the_same_work():
    """The numbers of the sweep file, given to a peer, end where the sweep ends."""
    from benchmarks.peers.package import sweep_file

    setting = SETTINGS[0]._replace(eta=0.05)
    source = sweep_file(setting, RUNS, D, 50) + "weights = true\n"
    Path("sweep.toml").write_text(source)
    results = rvsjax.run("sweep.toml", out="out")
    weights = rvsjax.sweep.store.Store("out").load("weights").to_dict("list")
    vectors = {name: np.array(weights[name]) for name in ("w_star", "w_start", "w")}
    problem = Problem(setting, vectors["w_start"], vectors["w_star"])
    got = load("numpy")(problem, 50)()
    assert np.allclose(got.w, vectors["w"], rtol=0, atol=1e-12)
    runs = results.runs
    assert np.array_equal(runs["run_id"], weights["run_id"])
    for name in ("theta", "lagrangian"):
        assert np.allclose(getattr(got, name), runs[f"m_{name}"], rtol=0, atol=1e-12)
        increase = getattr(got, f"{name}_increase")
        assert np.allclose(increase, runs[f"m_{name}_max_increase"], atol=1e-12)


def test_the_command_prints_a_table_and_writes_json():
    script = ROOT / "benchmarks" / "throughput.py"
    small = "--peers numpy --runs 8 --d 4 --penalty l1 --rounds 3 --seconds 0.01"
    command = [sys.executable, script, *small.split(), "--dtype", "float32"]
    done = subprocess.run(
        [*command, "--json", "x.json"], capture_output=True, text=True, check=True
    )
    assert "numpy" in done.stdout.splitlines()[2]
    [result] = json.loads(Path("x.json").read_text())["results"]
    assert result["case"]["runs"] == 8
    assert len(result["rounds"]) == 3
    assert sorted(r["numpy"] for r in result["rounds"])[1] == result["rates"]["numpy"]
