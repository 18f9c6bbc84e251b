"""Every kernel's prox is as exact as the allowances for rounding take it to be."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models.no_overlap import Teacher, unit
from rvsjax.penalties import TransformedL1
from rvsjax.simulation.kernels import native
from rvsjax.simulation.rounding import PROX_ULPS
from rvsjax.simulation.simulate import Run
from rvsjax.theory import RUN_CLAIMS, VERDICTS, Evidence, judge
from rvsjax.types import Hyper
from tests.prox_truth import PENALTIES, draw, is_within
from tests.simulation.kernels.runs import (
    ON_CPU,
    WAYS,
    each_dtype,
    each_kernel,
    kernel,
    make_runs,
    needs_compiler,
    needs_warp,
    plain_path,
    quickly,
)

pytestmark = pytest.mark.slow


@functools.partial(jax.jit, compiler_options=quickly)
@jax.vmap
def first_u(run):
    """Return u of the first step of the plain path."""
    state = run.algorithm.init(run.start, run.hyper, run.penalty)
    gradient = run.teacher.coarse_gradient
    return run.algorithm.step(state, run.hyper, gradient, run.penalty)[0].u


def is_exact(penalty, dtype, x, u, lam, beta, a, *, relative):
    """Say for each entry whether u is the prox of x, but for PROX_ULPS eps of x."""
    room = (
        PROX_ULPS * np.finfo(dtype).eps * (np.abs(x) if relative else np.ones_like(x))
    )
    return [
        is_within(u[i, j], room[i, j], penalty, x[i, j], lam[i], beta[i], a[i])
        for i, j in np.ndindex(x.shape)
    ]


@each_kernel
@pytest.mark.parametrize("penalty", PENALTIES)
@each_dtype
def test_the_prox_is_as_exact_as_the_allowances_assume(name, penalty, dtype):
    """In the span, w itself is known to an eps of its length, not of each entry."""
    x, lam, beta, a = draw(1, 64, dtype)
    given = {"start": x, "lam": lam, "beta": beta, "a": a, "eta": 0.0}
    runs = make_runs(penalty, dtype, runs=64, d=6, steps=1, points=2, **given)
    u = np.asarray(first_u(runs) if name == "plain" else kernel(runs, name).state.u)
    spans = name == "native" and native.way_of(runs) == "span"
    assert 0.2 < np.mean(u != 0) < 0.95
    assert all(is_exact(penalty, dtype, x, u, lam, beta, a, relative=not spans))


@needs_compiler
@each_dtype
def test_the_prox_that_is_carried_from_step_to_step_is_as_exact(dtype):
    """u of step T is the prox of w of step T - 1, in steps of all lengths."""
    x, lam, beta, a = draw(2, 64, dtype)
    eta = 10 ** np.random.default_rng(3).uniform(-4, -1, 64) / (1 + beta)
    given = {"start": x, "lam": lam, "beta": beta, "a": a, "eta": eta}
    before, after = (
        kernel(
            make_runs(
                "transformed-l1", dtype, runs=64, d=6, steps=steps, points=2, **given
            ),
            "direct",
        ).state
        for steps in (40, 41)
    )
    w, u = np.asarray(before.w), np.asarray(after.u)
    assert not np.array_equal(u, before.u)
    assert all(is_exact("transformed-l1", dtype, w, u, lam, beta, a, relative=True))


UNKNOWN = {1: np.nan, 5: np.inf, 6: -np.inf}  # an entry of the start of these runs


@pytest.mark.parametrize(
    ("name", "penalty"),
    [
        pytest.param("plain", "transformed-l1"),
        *(
            pytest.param(way, penalty, marks=needs_compiler)
            for way, penalty, dtype in WAYS
            if dtype == "float64"
        ),
        pytest.param("warp", "l0", marks=needs_warp),
        pytest.param("warp", "transformed-l1", marks=needs_warp),
    ],
)
def test_what_is_no_number_stays_and_ends_the_run(name, penalty):
    """In u as well, by every kernel; the lanes beside it are what they were."""
    runs = make_runs(penalty, "float64", steps=20)
    start, lam = np.array(runs.start), np.array(runs.hyper.lam)
    for run, value in UNKNOWN.items():
        start[run, 3] = value
    lam[9] = np.nan
    broken = make_runs(penalty, "float64", steps=20, start=start, lam=lam)
    path = plain_path if name == "plain" else lambda runs: kernel(runs, name)
    fine, found = path(runs), path(broken)
    stopped = np.isin(np.arange(13), [*UNKNOWN, 9])
    np.testing.assert_array_equal(found.state.w[~stopped], fine.state.w[~stopped])
    np.testing.assert_array_equal(found.state.u[~stopped], fine.state.u[~stopped])
    at = np.where(stopped, 1, fine.monitor.first_bad_step)
    np.testing.assert_array_equal(found.monitor.first_bad_step, at)
    assert not found.monitor.degenerate[stopped].any()
    u = np.asarray(found.state.u)
    assert np.isnan(u[1, 3]) and np.isnan(u[9]).all()
    for run, value in UNKNOWN.items():  # a basis with an infinite weight is of NaN
        assert np.isnan(u[run, 3]) or (name != "span" and u[run, 3] == value)


# runs that start at their limit, a = 1e6
AT_THE_LIMIT = [  # k, beta, lam, eta, w_star, w_start
    (
        *(3, 0.3046245725778348, 0.005840883829020112, 1.2773475738610058),
        [-0.931378367720707, 0.9923772805192402],
        [-0.6839348010201511, 0.7295431364583771],
    ),
    (
        *(20, 2.855084932263282, 0.2165207649555198, 0.1654471003310534),
        [-0.042924253792244314, 0.7294984864356091],
        [-0.03213859063804193, 0.999483422069521],
    ),
    (
        *(20, 0.6703692660226354, 0.07964848666847094, 0.25924698657223566),
        [
            -1.5859712058785191,
            1.1964849175676935,
            0.06499809223778082,
            0.5697667161388394,
            0.8881740640901192,
        ],
        [
            -0.7133378892008793,
            0.5317057268371576,
            0.02482432479063266,
            0.23944336604414576,
            0.3879287347376353,
        ],
    ),
    (
        *(3, 0.3847741359614631, 0.029313968456110003, 1.1586115221842663),
        [-0.4466900645489276, -0.07946503129535401],
        [-0.9924934875853204, -0.12229749425367399],
    ),
    (
        *(20, 1.6273107165926224, 0.22942174896033993, 0.20767462389885297),
        [
            0.2380985047634084,
            -0.5036495638820018,
            -2.196691021636984,
            -1.419386020892132,
            1.1015114923556097,
        ],
        [
            0.059576831350832554,
            -0.12602282050084407,
            -0.7896164637586416,
            -0.4809161870987459,
            0.3546749371282223,
        ],
    ),
    (
        *(3, 0.3558453747035957, 0.046164383132633706, 1.1988332738870888),
        [1.1391461294720553, 0.26130081275706035, -0.07485038147318981],
        [0.9889844098411947, 0.14273870911314546, -0.03918543111638156],
    ),
]


DESCENT = {n: RUN_CLAIMS[n] for n in RUN_CLAIMS if n[:7] in ("lemma_5", "lemma_6")}


@functools.partial(jax.jit, static_argnums=1, compiler_options=quickly)
def judged_descent(run, name):
    return judge(DESCENT, Evidence(run, ON_CPU[name](run)))


@pytest.mark.parametrize("case", AT_THE_LIMIT, ids=range(1, 7))
@pytest.mark.parametrize(
    "name", ["plain", pytest.param("native", marks=needs_compiler)]
)
def test_a_run_at_its_limit_with_large_a_violates_nothing(name, case):
    """In 50 digits it moves by less than rounding; without those of the prox, more."""
    k, beta, lam, eta, w_star, start = case
    w_star, start = (unit(jnp.asarray(x)) for x in (w_star, start))
    run = Run(
        Teacher(w_star, k),
        start,
        TransformedL1(jnp.float64(1e6)),
        Hyper(*map(jnp.float64, (lam, beta, eta))),
        ALGORITHMS["rvscgd"],
        40,
    )
    verdicts = [VERDICTS[i] for i in np.asarray(judged_descent(run, name).verdict)]
    assert len(verdicts) >= 4 and "violated" not in verdicts
