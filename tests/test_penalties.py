"""Each prox is the minimiser that it claims to be, to rounding."""

import contextlib
import itertools
from types import SimpleNamespace

import chex
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pyproximal
import pytest

import rvsjax.penalties as registry
from rvsjax.penalties import L0, L1, Largest, NoPenalty, TransformedL1
from rvsjax.penalties.properties import has_pieces, is_cone
from rvsjax.penalties.transformed_l1 import sine_of_third
from rvsjax.simulation.rounding import PROX_ULPS
from rvsjax.sweep.registry import find_parameters
from rvsjax.theory.exact.arithmetic import fixed, precisely, real
from rvsjax.theory.exact.penalties import exact_penalty
from tests.prox_truth import draw, is_within, root, threshold

SHAPES = (0.1, 1.0, 10.0)  # times the default of a parameter, where it may be that


def settings(spec):
    """Return values of the parameters of a penalty, all that fit, by name."""
    values = [
        sorted({type(start)(start * factor) for factor in SHAPES})
        for start in (field.default or 2 for field in spec.parameters.values())
    ]
    for chosen in itertools.product(*values):
        own = dict(zip(spec.parameters, chosen))
        with contextlib.suppress(ValueError):
            check_one(spec, own)
            yield own


def check_one(spec, own):
    """Raise ValueError where parameters are beyond their bounds, or do not fit."""
    check = find_parameters("rvscgd").check
    if any(check(name, value, "")[1] for name, value in own.items()):
        raise ValueError(own)
    spec.make(lambda name: jnp.asarray(own[name]))


REGISTERED = {
    ", ".join([name, *(f"{n} = {x}" for n, x in own.items())]): (name, own)
    for name, spec in registry.PENALTIES.items()
    for own in settings(spec)
}
registered = pytest.mark.parametrize(
    ("name", "own"), REGISTERED.values(), ids=REGISTERED.keys()
)


def make(name, own):
    return registry.make_penalty(name, lambda parameter: jnp.asarray(own[parameter]))


PENALTIES = {key: make(*of) for key, of in REGISTERED.items()} | {"none": NoPenalty()}


@registered
@pytest.mark.parametrize("m", [1e-3, 0.05, 0.4, 2.0])
def test_it_is_the_same_in_exact_numbers(name, own, m):
    """Value, threshold, prox and jump; and what is declared of it is so."""
    penalty, x = make(name, own), np.linspace(-3, 3, 61) + 1e-3  # 2.2 is a break
    kind = registry.PENALTIES[name].cls
    with precisely():
        case = SimpleNamespace(penalty=name, own=tuple(own.items()), kind=kind)
        exact = exact_penalty(case, mpmath.mpf(m))
        u = [float(real(p)) for p in exact.prox([fixed(float(p)) for p in x])]
        value = float(real(exact.value([fixed(float(p)) for p in x])))
        t, jumps = float(exact.threshold), exact.jumps
    assert np.allclose(penalty.prox(x, m), u, rtol=0, atol=1e-14)
    assert float(penalty.value(x)) == pytest.approx(value, rel=1e-14)
    assert float(penalty.threshold(jnp.float64(m))) == pytest.approx(t, rel=1e-14)
    if not has_pieces(penalty):
        assert (penalty.jump(jnp.float64(m)) > 0) == jumps
    if registry.is_in_corollary_1_1(penalty):
        assert np.max(np.abs(x - np.array(u))) <= t * (1 + 1e-14)


@registered
@pytest.mark.parametrize("m", [1e-3, 0.05, 0.4, 2.0])
def test_slopes_of_the_branch_do_not_rise_beyond_the_threshold(name, own, m):
    """Bounds on rounding, and the proof that a run has converged, rest on it."""
    penalty = make(name, own)
    if has_pieces(penalty):
        return
    x = float(penalty.threshold(jnp.float64(m))) + np.linspace(1e-6, 3, 200)
    slopes = jax.jvp(lambda x: penalty.branch(x, m), (x,), (np.ones_like(x),))[1]
    assert np.all(np.diff(slopes) <= 1e-12 * np.abs(slopes[1:]))


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES.keys())
@pytest.mark.parametrize("m", [1e-3, 0.05, 0.4, 2.0])
def test_prox_is_the_argmin_on_a_grid(penalty, m):
    grid = np.arange(-30_000, 30_001) / 1e4  # contains 0
    value = jax.vmap(lambda u: penalty.value(u[None]))(grid)
    slope = 1 + 3 * getattr(penalty, "ridge", 1 / 3 / min(SHAPES))
    xs = np.random.default_rng(1).uniform(-3, 3, (60, 1))
    us = jax.vmap(lambda x: penalty.prox(x, m))(jnp.asarray(xs))
    costs = np.asarray(m * jax.vmap(penalty.value)(us) + (us - xs)[:, 0] ** 2 / 2)
    value, us = np.asarray(value), np.asarray(us)
    for (x,), u, here in zip(xs, us, costs):
        objective = m * value + (grid - x) ** 2 / 2
        # on the grid the minimum is off by half a spacing times the slope (under 3 + m
        # times the penalty's), squared terms aside; the prox may only be lower
        assert here <= objective.min() + 1e-15
        assert objective.min() - here < 1e-4 * (3 + m * slope)
        best = grid[objective <= here + 1e-8 * (1 + m * getattr(penalty, "ridge", 0))]
        assert np.min(np.abs(best - u[0])) < 2e-4


OF_PAIRS = {
    "group-l1": {"group": 2},
    "group-l0": {"group": 2},
    "group-transformed-l1": {"group": 2, "a": 0.5},
    "group-mcp": {"group": 2, "gamma": 0.5},
    "l1-l2": {"alpha": 0.7},
    "n-of-m": {"n": 1, "m": 2},
    "largest": {"s": 1},
}


@pytest.mark.parametrize(("name", "own"), OF_PAIRS.items(), ids=OF_PAIRS)
@pytest.mark.parametrize("m", [1e-3, 0.2, 0.6, 2.0])
def test_the_prox_of_a_vector_is_the_argmin_on_a_grid(name, own, m):
    """In the plane, and no point near the prox or far from it costs less."""
    penalty, line = make(name, own), np.linspace(-2, 2, 201)
    grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    if is_cone(penalty):
        grid = grid[(grid == 0).any(axis=1)]
    value = np.asarray(jax.vmap(penalty.value)(jnp.asarray(grid)))
    xs = np.random.default_rng(3).uniform(-1.8, 1.8, (40, 2))
    us = jax.vmap(lambda x: penalty.prox(x, m))(jnp.asarray(xs))
    costs = np.asarray(m * jax.vmap(penalty.value)(us) + ((us - xs) ** 2).sum(1) / 2)
    for x, u, here in zip(xs, np.asarray(us), costs):
        objective = m * value + np.sum((grid - x) ** 2, axis=1) / 2
        assert here <= objective.min() + 1e-14
        assert np.sum(u * u) <= np.sum(u * x) + 1e-14  # the lemma of all penalties
        assert not is_cone(penalty) or np.count_nonzero(u) <= 1


@pytest.mark.parametrize(
    ("a", "m", "expected"),
    [
        (1, 0.1, [0.397610, 0.733440, 0.947255, 1.467142, 1.977440]),
        (1, 0.5, [0, 0, 0.618034, 1.313099, 1.879385]),
        (2, 0.3, [0.086563, 0.515549, 0.764468, 1.338501, 1.880462]),
        (0.5, 0.02, [0.484525, 0.791000, 0.993273, 1.496236, 1.997595]),
    ],
)
def test_transformed_l1_reference_values(a, m, expected):
    x = jnp.array([0.5, 0.8, 1, 1.5, 2])
    prox = TransformedL1(jnp.float64(a)).prox
    assert np.allclose(prox(x, m), expected, atol=5.1e-7, rtol=0)  # six digits given
    assert np.array_equal(prox(-x, m), -prox(x, m))


@pytest.mark.parametrize(
    ("a", "m", "t"), [(1, 0.1, 0.2), (1, 0.5, 0.9142135624), (2, 0.3, 0.45)]
)
def test_transformed_l1_threshold(a, m, t):
    penalty = TransformedL1(jnp.float64(a))
    assert np.isclose(penalty.threshold(m), t, rtol=1e-9)
    around = jnp.array([t - 1e-6, t + 1e-6])
    assert np.array_equal(penalty.prox(around, m) != 0, [False, True])


def test_transformed_l1_agrees_with_pyproximal():
    x = np.random.default_rng(2).uniform(-3, 3, 2000)
    for a, m in [(0.2, 0.01), (1, 0.1), (1, 0.7), (5, 0.3), (50, 1.0)]:
        theirs = pyproximal.Geman(sigma=(a + 1) * m, gamma=a).prox(x, 1.0)
        # 4.5e-14 is what the two closed forms were seen to differ by; more for large a,
        # where theirs cancels
        assert np.allclose(
            TransformedL1(jnp.float64(a)).prox(x, m),
            theirs,
            rtol=0,
            atol=1e-12 * (1 + a),
        )


def test_l1_and_l0_agree_with_pyproximal():
    x = np.random.default_rng(3).uniform(-2, 2, 500)
    for m in (0.01, 0.3, 1.5):
        assert np.allclose(L1().prox(x, m), pyproximal.L1().prox(x, m), atol=1e-15)
        hard = np.where(np.abs(x) > np.sqrt(2 * m), x, 0)
        assert np.array_equal(L0().prox(x, m), hard)


def test_prox_is_zero_where_the_minimiser_jumps():
    m = 0.5
    assert L0().prox(jnp.array([1.0]), m) == 0  # |x| = sqrt(2 m), exactly
    penalty = TransformedL1(jnp.float64(1.0))
    assert penalty.prox(penalty.threshold(m)[None], m) == 0


def test_transformed_l1_tends_to_l1_and_l0():
    x = jnp.arange(-200, 201) / 100  # contains 0
    m = 0.1
    assert np.allclose(
        TransformedL1(jnp.float64(1e6)).prox(x, m), L1().prox(x, m), atol=1e-5
    )
    near_l0 = TransformedL1(jnp.float64(1e-6)).prox(x, m)
    assert np.allclose(near_l0, L0().prox(x, m), atol=1e-5)
    assert np.isclose(
        TransformedL1(jnp.float64(1e6)).value(x), L1().value(x), rtol=1e-5
    )
    assert np.isclose(
        TransformedL1(jnp.float64(1e-9)).value(x), L0().value(x), rtol=1e-5
    )


@pytest.mark.parametrize("a", [1e-3, 1.0, 1e3, 1e6])
def test_transformed_l1_keeps_its_digits(a):
    """Against Lemma 8 in the paper's form, with 50 digits."""
    mpmath.mp.dps = 50
    m, penalty = 0.01, TransformedL1(jnp.float64(a))
    for x in (0.3, 0.9, 1.7):
        big_a, big_x, big_m = map(mpmath.mpf, (a, x, m))
        cosine = 1 - 27 * big_m * big_a * (big_a + 1) / (2 * (big_a + big_x) ** 3)
        phi = mpmath.acos(cosine)
        third = mpmath.mpf(1) / 3
        exact = (
            2 * third * (big_a + big_x) * mpmath.cos(phi / 3)
            - 2 * third * big_a
            + third * big_x
        )
        error = abs(mpmath.mpf(float(penalty.prox(jnp.array([x]), m)[0])) - exact)
        assert error < 4e-16 * x


@pytest.mark.parametrize(("dtype", "unit"), [("float64", 1.2e-16), ("float32", 6e-8)])
def test_sine_of_third_to_rounding(dtype, unit):
    s = np.concatenate(
        [
            np.linspace(0, 1, 2001),
            1 - np.logspace(-16, -1, 100),
            np.logspace(-12, 0, 100),
        ]
    ).astype(dtype)
    got = np.asarray(sine_of_third(jnp.asarray(s)))
    exact = [mpmath.sin(mpmath.asin(mpmath.mpf(float(v))) / 3) for v in s]
    errors = [float(abs(mpmath.mpf(float(g)) - e)) for g, e in zip(got, exact)]
    assert got.dtype == dtype
    assert max(errors) < unit


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_prox_of_transformed_l1_is_within_rounding_for_every_a(dtype):
    """In single entries, at and next to where it begins to jump as well."""
    x, lam, beta, a = draw(0, 100, dtype)
    prox = jax.jit(jax.vmap(lambda a, x, m: TransformedL1(a).prox(x, m)))
    u = np.asarray(prox(a, x, lam / beta))
    room = PROX_ULPS * np.finfo(dtype).eps * np.abs(x)
    assert 0.2 < np.mean(u != 0) < 0.95
    for i, j in np.ndindex(x.shape):
        given = lam[i], beta[i], a[i]
        assert is_within(u[i, j], room[i, j], "transformed-l1", x[i, j], *given)


def test_slopes_of_the_prox_of_transformed_l1():
    """Against mpmath's differences of the root; 0 below, finite at m = 0, no NaN."""

    def prox(x, m, a):
        return TransformedL1(a).prox(x, m)

    slopes = jax.jit(jax.vmap(jax.grad(prox, (0, 1, 2))))
    points = [(0.9, 0.2, 1.3), (-0.5, 1e-3, 1e-2), (0.7, 0.3, 1e6), (0.6, 0.1, 0.5)]
    found = slopes(*jnp.array(points).T)
    with mpmath.workdps(40):
        for at, got in zip(points, np.array(found).T):
            sign = np.sign(at[0])
            at = [mpmath.mpf(abs(v)) for v in at]
            for i, value in enumerate(got):
                h = mpmath.mpf("1e-12") * at[i]
                ends = [root(*at[:i], at[i] + by, *at[i + 1 :]) for by in (h, -h)]
                exact = (ends[0] - ends[1]) / (2 * h) * (sign if i else 1)
                assert float(value) == pytest.approx(float(exact), rel=1e-13)
    below = slopes(jnp.array([0.0, 0.1, -0.1]), jnp.full(3, 0.5), jnp.ones(3))
    assert np.array_equal(below, np.zeros((3, 3)))
    at_zero = slopes(jnp.array([0.0, 0.1, 1.0]), jnp.zeros(3), jnp.ones(3))
    assert np.array_equal(at_zero[0], [0, 1, 1]) and np.isfinite(at_zero).all()


EACH = {**PENALTIES, "largest": Largest(jnp.int32(2))}
each = pytest.mark.parametrize("penalty", EACH.values(), ids=EACH.keys())


@each
def test_what_is_no_number_stays(penalty):
    """Also in all entries at once, more than a cone keeps, and where m is none."""
    x = jnp.array([np.nan, np.inf, -np.inf, np.nan, np.nan])
    m = jnp.float64(0.1)
    u = np.array(penalty.prox(x, m))
    few = getattr(penalty, "s", getattr(penalty, "n", 9)) < 4
    kept = x.at[1:3].set(0) if few else x  # NaN is larger
    assert np.array_equal(u, kept, equal_nan=True)
    if not (is_cone(penalty) or isinstance(penalty, NoPenalty)):  # which read no m
        assert np.isnan(penalty.prox(jnp.array([0.5, -1e-9, 0.0]), jnp.nan)).all()


def both_ways(penalty, x, m):
    """The slopes of the prox in x and in m, forward and reverse."""
    ones = jnp.ones_like(x), jnp.ones_like(m)
    ahead = jax.jvp(lambda x: penalty.prox(x, m), (x,), ones[:1])[1]
    ahead_m = jax.jvp(lambda m: penalty.prox(x, m), (m,), ones[1:])[1]
    back, back_m = jax.vjp(penalty.prox, x, m)[1](ones[0])
    assert np.allclose(ahead, back, rtol=1e-14, atol=1e-15)  # a symmetric Jacobian
    assert np.isclose(ahead_m.sum(), back_m, rtol=1e-14)
    return ahead, ahead_m


@pytest.mark.slow
@each
def test_derivatives_are_those_of_the_piece_of_x(penalty):
    """By differences where the pieces are smooth; at m = 0 the prox is x."""
    x, h = jnp.array([0.05, 0.95, -0.9]), 1e-6
    if isinstance(penalty, TransformedL1 | L1 | L0 | Largest):  # t(0.2) in (0.1, 0.8)
        x = x.at[0].set(0.01)
    ahead, ahead_m = both_ways(penalty, x, jnp.float64(0.1))
    ends = [penalty.prox(x + by, 0.1) for by in (h, -h)]
    assert np.allclose(ahead, (ends[0] - ends[1]) / (2 * h), rtol=1e-7)
    ends = [penalty.prox(x, 0.1 + by) for by in (h, -h)]
    assert np.allclose(ahead_m, (ends[0] - ends[1]) / (2 * h), rtol=1e-7)
    zero, zero_m = both_ways(penalty, x, jnp.float64(0))
    ends = [penalty.prox(x + by, 0.0) for by in (h, -h)]
    assert np.allclose(zero, (ends[0] - ends[1]) / (2 * h), rtol=1e-7)
    slope = jax.grad(penalty.value)(x)  # P'
    assert np.allclose(zero_m, -slope, rtol=1e-14)


@pytest.mark.parametrize("a", SHAPES)
def test_threshold_and_jump_of_transformed_l1_have_slopes_at_zero(a):
    penalty = TransformedL1(jnp.float64(a))
    for m in (0.0, 1e-9):  # far below where the prox begins to jump
        slopes = [jax.grad(f)(m) for f in (penalty.threshold, penalty.jump)]
        assert np.allclose(slopes, [(a + 1) / a, 0], rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_jump_is_the_prox_just_beyond_the_threshold(dtype):
    """Of transformed l1 against mpmath, and 0 exactly where the prox is continuous."""
    eps = np.finfo(dtype).eps
    for a in 10.0 ** np.arange(-6, 7):
        a = mpmath.mpf(float(np.dtype(dtype).type(a)))
        edge = a**2 / (2 * (a + 1))
        for share in (1e-3, 0.5, 1 - 1e-5, 1 + 1e-5, 1.5, 1e3):
            m = np.dtype(dtype).type(float(edge * share))
            got = TransformedL1(jnp.asarray(float(a), dtype)).jump(jnp.asarray(m))
            assert got.dtype == dtype
            z = mpmath.sqrt(2 * mpmath.mpf(float(m)) * (a + 1))
            assert (got == 0) == (share < 1)
            assert abs(float(got) - max(z - a, 0)) <= 4 * eps * z
    m = jnp.asarray(0.125, dtype)
    assert [p.jump(m) for p in (L0(), L1(), NoPenalty())] == [0.5, 0, 0]
    assert Largest(jnp.int32(2)).jump(m) == np.inf
    for penalty in (L0(), L1(), NoPenalty(), Largest(jnp.int32(2))):
        assert penalty.jump(m).dtype == dtype


@pytest.mark.parametrize("a", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_the_threshold_keeps_its_digits(a):
    for m in [*10.0 ** np.arange(-8, 2), a**2 / (2 * (a + 1)) * (1 + 1e-9)]:
        with mpmath.workdps(40):
            exact = threshold("transformed-l1", mpmath.mpf(m), mpmath.mpf(a))
        found = TransformedL1(jnp.float64(a)).threshold(jnp.float64(m))
        assert float(found) == pytest.approx(float(exact), rel=6e-16)


def largest(x, s):
    return np.asarray(Largest(jnp.int32(s)).prox(jnp.asarray(x), jnp.float64(0.3)))


@pytest.mark.parametrize("d", [1, 3, 6])
def test_largest_is_the_nearest_of_all_supports(d):
    """Whatever is left out, no other choice of s entries is nearer to x."""
    rng = np.random.default_rng(d)
    for x in [*rng.normal(size=(4, d)), rng.integers(-2, 3, d).astype(float)]:
        for s in range(d + 1):
            nearest = min(
                sum(x[j] ** 2 for j in range(d) if j not in support)
                for support in itertools.combinations(range(d), s)
            )
            u = largest(x, s)
            assert np.isclose(np.sum((u - x) ** 2), nearest, rtol=1e-14, atol=0)
            assert np.count_nonzero(u) == min(s, np.count_nonzero(x))
            assert np.all((u == x) | (u == 0))


def test_largest_agrees_with_pyproximal():
    for x in np.random.default_rng(4).normal(size=(5, 200)):
        for s in (1, 20, 199):
            assert np.array_equal(largest(x, s), pyproximal.L0Ball(s).prox(x, 1.0))


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        (-1, [0, 0, 0, 0, 0]),
        (0, [0, 0, 0, 0, 0]),
        (1, [0, 0, 3, 0, 0]),
        (2, [1, 0, 3, 0, 0]),
        (3, [1, -1, 3, 0, 0]),
        (4, [1, -1, 3, 0, -1]),
        (99, [1, -1, 3, 0, -1]),
    ],
)
def test_of_equal_magnitudes_the_lower_index_stays(s, expected):
    assert np.array_equal(largest([1.0, -1.0, 3.0, 0.0, -1.0], s), expected)


def test_the_number_of_entries_is_traced_and_mapped():
    x = jnp.asarray(np.random.default_rng(5).normal(size=9), jnp.float32)
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def prox(s, x):
        return Largest(s).prox(x, jnp.float32(0.1))

    one_by_one = [prox(jnp.int32(s), x) for s in range(12)]
    together = jax.vmap(lambda s: Largest(s).prox(x, 0.1))(jnp.arange(12))
    assert np.array_equal(together, one_by_one)
    assert together.dtype == np.float32
    assert [np.count_nonzero(u) for u in together] == [*range(10), 9, 9]


def test_largest_does_not_lose_what_is_no_number():
    assert np.isnan(largest([5.0, np.nan, 7.0], 1)[1])


def test_largest_has_no_threshold_and_no_cost():
    penalty, x = Largest(jnp.int32(2)), jnp.array([0.5, -2.0])
    assert penalty.value(x) == penalty.threshold(jnp.float64(0.3)) == 0
    assert np.array_equal(penalty.branch(x, jnp.float64(0.3)), x)
