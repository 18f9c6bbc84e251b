"""The allowances bound what rounding does, and not by much more than they must."""

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models.no_overlap import Teacher, angle, unit
from rvsjax.penalties import L0, L1
from rvsjax.simulation import rounding
from rvsjax.simulation.run import lagrangian
from rvsjax.types import Hyper, State
from tests.simulation.test_simulate import make_run


def one_step(dtype, w, w_star, penalty, numbers):
    """One step from a float32 state: theta, Lagrangian and direction, in `dtype`."""
    hyper = Hyper(*(jnp.asarray(x, dtype) for x in numbers))
    teacher = Teacher(jnp.asarray(w_star, dtype), 20)
    run = make_run(penalty, teacher=teacher, start=jnp.asarray(w, dtype), hyper=hyper)
    old = State(run.start, penalty.prox(run.start, hyper.lam / hyper.beta))
    method = ALGORITHMS["rvscgd"]
    new, length = method.step(old, hyper, teacher.coarse_gradient, penalty)
    thetas = [float(angle(s.w, teacher.w_star)) for s in (old, new)]
    values = [float(lagrangian(run, s)) for s in (old, new)]
    return np.diff(thetas)[0], np.diff(values)[0], np.asarray(new.w), length, run


def one_step_term_by_term(w, w_star, penalty, numbers):
    """The same step in NumPy and float32, each sum in the order of its terms."""
    lam, beta, eta = numbers
    K = np.float32(20 / (2 * np.pi))  # noqa: N806

    def total(x):
        return np.cumsum(x, dtype=np.float32)[-1]

    def norm(x):
        return np.sqrt(total(x * x))

    def theta(a):
        return 2 * np.arctan2(norm(a - w_star), norm(a + w_star))

    def value(u, a):
        size = np.abs(u) if isinstance(penalty, L1) else np.float32(u != 0)
        near = beta / 2 * total((a - u) ** 2)
        return K * theta(a / norm(a)) + lam * total(size) + near

    u = np.asarray(penalty.prox(w, lam / beta))
    v = w - eta * K * (w / norm(w) - w_star) - eta * beta * (w - u)
    new = v / norm(v)
    return theta(new) - theta(w), value(u, new) - value(u, w), new


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [L1(), L0()], ids=["l1", "l0"])
@pytest.mark.parametrize("d", [2, 50, 1000])
def test_float32_steps_against_the_same_steps_in_float64(d, penalty):
    """float64 is the truth here: its own error is 5e8 times smaller."""
    rng = np.random.default_rng(d)
    ratios = []
    for _ in range(40):
        w, w_star = rng.normal(size=(2, d)).astype("float32")
        w_star = w + w_star * rng.choice([1e-4, 1e-2, 1, 100])  # angles of all sizes
        w, w_star = (np.asarray(unit(jnp.asarray(x))) for x in (w, w_star))
        numbers = np.float32([0.02 / d, rng.uniform(0.01, 1), rng.uniform(1e-5, 0.4)])
        low = one_step("float32", w, w_star, penalty, numbers)
        high = one_step("float64", w, w_star, penalty, numbers)
        if np.any((low[2] == 0) != (high[2] == 0)):
            continue  # a prox at its jump is not covered
        K, hyper, length = low[4].teacher.K, low[4].hyper, low[3]  # noqa: N806
        bounds = [
            rounding.angle_step_error(d, K, hyper, length),
            rounding.lagrangian_step_error(d, K, hyper, length),
            rounding.direction_error(K, hyper, length),
        ]
        # XLA chooses the order of sums, and the bounds hold for every order
        for found in (low, one_step_term_by_term(w, w_star, penalty, numbers)):
            # both starts are the same vector, of the same length that is not quite 1
            way = unit(jnp.asarray(found[2], "float64"))
            turned = np.linalg.norm(way - unit(high[2]))
            apart = abs(found[0] - high[0]), abs(found[1] - high[1]), turned
            ratios.append([x / bound for x, bound in zip(apart, bounds)])
    worst = np.max(ratios, axis=0)
    assert len(ratios) > 60
    assert np.all(worst <= 1)  # a bound
    assert np.all(worst > 1e-3)  # and not an empty one


@pytest.mark.parametrize("d", [2, 50, 1000])
def test_float32_angles_against_mpmath(d):
    """Angles of all sizes; the vectors are what they are, of a length not quite 1."""
    rng = np.random.default_rng(d)
    hyper = Hyper(*(jnp.float32(1),) * 3)
    errors = []
    for size in np.repeat([1e-6, 1e-3, 1, 1e3, 1e6], 20):
        a, b = rng.normal(size=(2, d))
        sign = rng.choice([-1, 1])
        a, b = (x / np.linalg.norm(x) for x in (a, sign * a + size * b))
        a, b = a.astype("float32"), b.astype("float32")
        x, y = ([mpmath.mpf(float(v)) for v in vector] for vector in (a, b))
        length = mpmath.sqrt(mpmath.fdot(x, x) * mpmath.fdot(y, y))
        exact = mpmath.acos(mpmath.fdot(x, y) / length)
        errors.append(abs(float(exact - mpmath.mpf(float(angle(a, b))))))
    assert max(errors) <= rounding.angle_error(d, hyper)
    assert max(errors) > rounding.angle_error(d, hyper) / 1000


@pytest.mark.parametrize("beta", [0.0, 60.0])
def test_a_drift_can_move_any_change_on_the_axis(beta):
    """At pi, as float32 has it, the sine is -9e-8: nothing may become negative."""
    hyper = Hyper(*(jnp.float32(x) for x in (0.0, beta, 0.01)))
    for sine in (jnp.sin(jnp.float32(np.pi)), jnp.float32(0), jnp.float32(1e-30)):
        found = float(rounding.follow(3.0, hyper, sine))
        assert found == pytest.approx(np.pi if beta else 4 * 0.01 * 3, rel=1e-6)


def test_the_allowances_are_far_below_what_they_must_not_hide():
    """Real increases at the paper's setting start at 1e-10 and 1e-12 in theta."""
    hyper = Hyper(*map(jnp.float64, (1e-4, 4e-3, 1e-5)))
    K = 20 / (2 * np.pi)  # noqa: N806
    assert rounding.angle_step_error(50, K, hyper, jnp.float64(1)) < 3e-14
    assert rounding.lagrangian_step_error(50, K, hyper, jnp.float64(1)) < 1e-13
