"""Relaxed splitting is Algorithm 1 on every penalised leaf, whatever optimiser follows.

Truth is plain NumPy: the prox of `oracle.py`, and SGD, momentum and Adam written out.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax.transforms import MultiSteps

from rvsjax.nn import SplittingState, relaxed_splitting, u_params
from rvsjax.penalties import L0, L1, Largest, NoPenalty, TransformedL1
from rvsjax.types import pytree
from tests import oracle

LAM, BETA, STEPS = 2e-3, 0.1, 7


def largest(x, m):
    keep = np.sort(np.abs(x), axis=None)[-5]
    return np.where(np.abs(x) >= keep, x, 0)


PENALTIES = {
    "l0": (L0(), oracle.hard),
    "l1": (L1(), oracle.soft),
    "transformed-l1": (
        TransformedL1(jnp.float64(0.7)),
        functools.partial(oracle.transformed_l1, a=0.7),
    ),
    "none": (NoPenalty(), lambda x, m: x),
    "largest": (Largest(jnp.array(5)), largest),
}


def network(seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    return {
        "w": jnp.array(rng.normal(0, 0.3, (4, 3)), dtype),
        "b": jnp.array(rng.normal(0, 0.3, 3), dtype),
        "kernel": jnp.array(rng.normal(0, 0.3, (2, 2, 3)), dtype),
    }


PULLS = {"w": 0.4, "b": -0.2, "kernel": 0.1}


def gradient(params):
    """Of a loss that differs from leaf to leaf: |w - pull|^2 / 2."""
    return {name: params[name] - PULLS[name] for name in params}


def train(tx, params, steps=STEPS):
    state = tx.init(params)
    for _ in range(steps):
        updates, state = tx.update(gradient(params), state, params)
        params = optax.apply_updates(params, updates)
    return params, state


def check_same(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for name in expected:
        # a few dozen operations, each to 2^-53 of numbers below 1
        assert np.allclose(found[name], expected[name], atol=1e-14, rtol=0), name


# -- the same in NumPy -----------------------------------------------------------------


def sgd(eta, momentum=0.0):
    def step(w, g, memory, t):
        memory = momentum * memory.get("trace", 0) + g
        return w - eta * memory, {"trace": memory}

    return step


def adam(eta, b1=0.9, b2=0.999, eps=1e-8):
    def step(w, g, memory, t):
        mean = b1 * memory.get("mean", 0) + (1 - b1) * g
        square = b2 * memory.get("square", 0) + (1 - b2) * g**2
        scaled = mean / (1 - b1**t) / (np.sqrt(square / (1 - b2**t)) + eps)
        return w - eta * scaled, {"mean": mean, "square": square}

    return step


def numpy_loop(optimiser, prox, lam=LAM, beta=BETA, penalised=("w", "kernel")):
    """Return w and u after the steps; u of what is not penalised is the last w^t."""
    w, u = {name: np.array(leaf) for name, leaf in network().items()}, {}
    memory = {name: {} for name in w}
    for t in range(STEPS):
        lam_t, beta_t = (v(t) if callable(v) else v for v in (lam, beta))
        for name in w:
            g, u[name] = gradient(w)[name], w[name]
            if name in penalised:
                u[name] = prox(w[name], lam_t / beta_t)
                g = g + beta_t * (w[name] - u[name])
            w[name], memory[name] = optimiser(w[name], g, memory[name], t + 1)
    return w, u


OPTIMISERS = {
    "sgd": (optax.sgd(0.1), sgd(0.1)),
    "momentum": (optax.sgd(0.1, momentum=0.9), sgd(0.1, 0.9)),
    "adam": (optax.adam(0.1), adam(0.1)),
}


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("name", PENALTIES)
def test_it_is_a_loop_in_numpy(optimiser, name):
    penalty, prox = PENALTIES[name]
    theirs, ours = OPTIMISERS[optimiser]
    tx = optax.chain(relaxed_splitting(penalty, LAM, BETA), theirs)
    params, state = train(tx, network())
    w, u = numpy_loop(ours, prox)
    check_same(params, w)
    check_same(u_params(state), u)
    check_same(u_params(state, params), {**u, "b": w["b"]})
    if name not in ("none", "l1"):
        assert 0 < np.count_nonzero(u["w"]) + np.count_nonzero(u["kernel"]) < 24


def test_schedules_count_the_steps():
    lam = lambda t: 1e-3 * (1 + t)  # noqa: E731
    beta = lambda t: 0.5 / (1 + t)  # noqa: E731
    tx = optax.chain(relaxed_splitting(L1(), lam, beta), optax.sgd(0.1))
    params, state = train(tx, network())
    w, u = numpy_loop(sgd(0.1), oracle.soft, lam, beta)
    check_same(params, w)
    check_same(u_params(state), u)
    constant, _ = numpy_loop(sgd(0.1), oracle.soft, lam(0), beta(0))
    assert not np.allclose(constant["w"], w["w"], atol=1e-4)


@pytree
class Bools:
    """Bools in a module of others' making, which one can call besides."""

    b: bool

    def __call__(self):
        raise AssertionError("a mask of bools is not called")


def test_a_mask_may_be_a_module():
    params = Bools(jnp.ones(3))
    state = relaxed_splitting(Largest(jnp.array(0)), 1, 1, Bools(True)).init(params)
    assert not u_params(state).b.any()


@pytest.mark.parametrize(
    "mask",
    [
        {"w": False, "b": True, "kernel": False},
        lambda params: {name: name == "b" for name in params},
    ],
)
def test_a_mask_says_which_leaves(mask):
    tx = optax.chain(relaxed_splitting(L0(), LAM, BETA, mask), optax.sgd(0.1))
    params, state = train(tx, network())
    w, u = numpy_loop(sgd(0.1), oracle.hard, penalised=("b",))
    check_same(params, w)
    check_same(u_params(state), u)


def test_a_mask_may_be_a_prefix_and_must_fit():
    params = {"body": network(), "head": network(1)}
    tx = relaxed_splitting(Largest(jnp.array(0)), 1, 1, {"body": True, "head": None})
    u = u_params(tx.init(params))
    assert not any(leaf.any() for leaf in jax.tree.leaves(u["body"]))
    check_same(u["head"], params["head"])
    with pytest.raises(ValueError, match="mask does not fit the parameters"):
        relaxed_splitting(L0(), 1, 1, {"boody": True}).init(params)


# -- programs --------------------------------------------------------------------------


def test_many_lam_are_one_program_and_the_same_as_one_by_one():
    traced = []

    @jax.jit
    def run(lam, beta):
        traced.append(None)
        tx = optax.chain(relaxed_splitting(L1(), lam, beta), optax.sgd(0.1))
        return u_params(train(tx, network())[1])

    lams = np.array([0, 1e-3, 1e-2, 0.1])
    alone = [run(lam, BETA) for lam in lams]
    assert len(traced) == 1
    together = jax.vmap(run, (0, None))(lams, BETA)
    for i, lam in enumerate(lams):
        _, u = numpy_loop(sgd(0.1), oracle.soft, lam)
        check_same(alone[i], u)
        check_same({name: leaf[i] for name, leaf in together.items()}, u)


def test_hyperparameters_can_be_injected():
    inject = optax.inject_hyperparams(relaxed_splitting, static_args=("mask",))
    schedule = optax.linear_schedule(0.5, 0.1, 10)
    tx = optax.chain(
        inject(
            L0(),
            lam=LAM,
            beta=schedule,
            mask=lambda params: {n: n != "b" for n in params},
        ),
        optax.sgd(0.1),
    )
    params, state = train(tx, network())
    w, u = numpy_loop(sgd(0.1), oracle.hard, beta=lambda t: 0.5 - 0.04 * t)
    # inject_hyperparams keeps numbers in float32, 6e-8 of a beta and lam below 1
    assert all(np.allclose(params[name], w[name], atol=1e-6, rtol=0) for name in w)
    assert (np.array(u_params(state)["w"] != 0) == (u["w"] != 0)).all()


@pytest.mark.parametrize("mask", [True, False])
def test_state_and_weights_may_be_donated(mask):
    """Also those of `init`, which must not share memory with the weights."""
    tx = optax.chain(relaxed_splitting(NoPenalty(), LAM, BETA, mask), optax.sgd(0.1))

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state):
        updates, state = tx.update(gradient(params), state, params)
        return optax.apply_updates(params, updates), state

    params = network()
    state = tx.init(params)
    for leaf in jax.tree.leaves(u_params(state)):  # a CPU would let it pass
        assert all(leaf is not w for w in params.values())
    for _ in range(STEPS):
        params, state = step(params, state)
    w, u = numpy_loop(sgd(0.1), lambda x, m: x, penalised=network() if mask else ())
    check_same(params, w)
    check_same(u_params(state), u)


# -- where the state lies --------------------------------------------------------------


def test_u_is_found_in_any_nest():
    params = network()
    plain = relaxed_splitting(L0(), LAM, BETA)
    expected = plain.init(params).u["w"]
    assert 0 < np.count_nonzero(expected) < expected.size
    for tx in (
        plain,
        optax.chain(optax.clip(1.0), optax.chain(plain, optax.adam(0.1))),
        MultiSteps(optax.chain(plain, optax.sgd(0.1)), 2),
        optax.apply_if_finite(optax.chain(plain, optax.sgd(0.1)), 3),
        optax.multi_transform({"all": plain}, "all"),
    ):
        u = u_params(tx.init(params))
        assert (u["w"] == expected).all()
        assert (u["b"] == params["b"]).all()


def test_penalties_by_group_need_the_parameters():
    params = {"body": network(), "head": network(1), "out": network(2)}
    groups = {"body": "l0", "head": "l1", "out": "free"}
    transforms = {
        "l0": optax.chain(relaxed_splitting(L0(), LAM, BETA), optax.sgd(0.1)),
        "l1": optax.chain(relaxed_splitting(L1(), LAM, BETA), optax.sgd(0.1)),
        "free": optax.sgd(0.1),
    }
    tx = optax.multi_transform(transforms, groups)
    state = tx.init(params)
    u = u_params(state, params)
    assert (u["body"]["w"] == oracle.hard(params["body"]["w"], LAM / BETA)).all()
    assert np.allclose(u["head"]["w"], oracle.soft(params["head"]["w"], LAM / BETA))
    assert (u["out"]["w"] == params["out"]["w"]).all()
    assert (u["body"]["b"] == params["body"]["b"]).all()
    with pytest.raises(ValueError, match=r"u_params\(state, params\)"):
        u_params(state)


def test_penalties_by_mask_are_found_together():
    """One transformation for each of two leaves, chained."""
    params = network()
    one = relaxed_splitting(L0(), LAM, BETA, {"w": True, "b": False, "kernel": False})
    two = relaxed_splitting(L1(), LAM, BETA, {"w": False, "b": True, "kernel": False})
    state = optax.chain(one, two, optax.sgd(0.1)).init(params)
    for u in (u_params(state), u_params(state, params)):
        check_same(
            u,
            {
                "w": oracle.hard(params["w"], LAM / BETA),
                "b": oracle.soft(params["b"], LAM / BETA),
                "kernel": params["kernel"],
            },
        )


def test_what_is_asked_in_vain_is_told():
    params, split = network(), relaxed_splitting(L0(), LAM, BETA)
    with pytest.raises(ValueError, match="no state of relaxed_splitting"):
        u_params(optax.adam(0.1).init(params))
    masked = optax.masked(split, {"w": True, "b": False, "kernel": False})
    with pytest.raises(ValueError, match="only a part of the network"):
        u_params(masked.init(params))
    for given in ((), (params,)):
        with pytest.raises(ValueError, match="two states"):
            u_params(optax.chain(split, split).init(params), *given)
    with pytest.raises(ValueError, match=r"no leaf at \['kernel'\]"):
        u_params(split.init(params), {"w": params["w"]})
    with pytest.raises(ValueError, match="needs them"):
        split.update(params, split.init(params))
    for bad in (-1e-3, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="lam is .*at least 0"):
            relaxed_splitting(L0(), bad, BETA)
        with pytest.raises(ValueError, match="beta is .*at least 0"):
            relaxed_splitting(L0(), LAM, bad)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_step_has_derivatives_reverse(name):
    """In the weights, lam and beta; where lam is 0 and weights are 0 as well."""
    params = network()
    params["kernel"] = params["kernel"].at[0].set(0)

    def after(w, lam, beta):
        split = relaxed_splitting(PENALTIES[name][0], lam, beta)
        pulled, state = split.update(w, split.init(w), w)
        return sum(jnp.sum(x**2) for x in jax.tree.leaves((pulled, u_params(state))))

    found = jax.jit(jax.grad(after, (0, 1, 2)))
    for given in ((LAM, BETA), (0.0, BETA), (LAM, 0.0)):
        slopes = found(params, *given)
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(slopes))
    ends = [after(params, LAM, BETA + by) for by in (1e-6, -1e-6)]
    by_beta = found(params, LAM, BETA)[2]
    assert float(by_beta) == pytest.approx(float(ends[0] - ends[1]) / 2e-6, rel=1e-5)


NUMBERS = (np.float64, np.float32, jnp.float32, np.array, jnp.array)


@pytest.mark.parametrize("make", NUMBERS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_numbers_of_numpy_and_jax_are_numbers(make):
    params = {"w": jnp.array([[0.3, -0.05]])}
    u = relaxed_splitting(L0(), make(1e-3), make(0.1)).init(params).u["w"]
    assert np.array_equal(u, [[0.3, 0]])  # sqrt(2 lam / beta) = 0.14
    for bad in (-1e-3, np.nan, np.inf):
        with pytest.raises(ValueError, match="lam is .*; it must be finite, at least"):
            relaxed_splitting(L0(), make(bad), 0.1)
        with pytest.raises(ValueError, match="beta is .*at least 0"):
            relaxed_splitting(L0(), 0.1, make(bad))


@pytest.mark.parametrize("bad", ["0.1", None, [0.1], np.ones(2), 1j, True])
def test_what_is_no_number_is_told(bad):
    with pytest.raises(ValueError, match="relaxed_splitting: lam is .*must be finite"):
        relaxed_splitting(L0(), bad, 0.1)


@pytest.mark.parametrize("bad", [L0, "l0", None, 1.0])
def test_what_is_no_penalty_is_told(bad):
    with pytest.raises(TypeError, match=r"the penalty is .*; give an object such as"):
        relaxed_splitting(bad, 0.1, 0.1)


def test_a_network_of_nan_has_no_sparse_u():
    params = {"w": jnp.full((2, 2), jnp.nan)}
    for penalty, _ in PENALTIES.values():
        assert np.isnan(relaxed_splitting(penalty, 1e-2, 0.1).init(params).u["w"]).all()


def test_optax_maps_over_the_state_as_over_its_own():
    params = network()
    for mask in (None, {"w": True, "b": False, "kernel": False}):
        tx = optax.chain(relaxed_splitting(L0(), LAM, BETA, mask), optax.adam(0.1))
        zeros = optax.tree_map_params(tx, jnp.zeros_like, tx.init(params))
        assert not any(x.any() for x in jax.tree.leaves(u_params(zeros)))


# -- odd leaves ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PENALTIES)
def test_without_coupling_u_is_w(name):
    """Also for a projection, whose prox is not the identity for m = 0 either."""
    for beta in (0, 0.0, jnp.array(0.0)):
        split = relaxed_splitting(PENALTIES[name][0], LAM, beta)
        params = network()
        updates, state = split.update(gradient(params), split.init(params), params)
        check_same(updates, gradient(params))
        check_same(u_params(state), params)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_short_numbers_are_thresholded_in_float32(dtype):
    """sqrt(2 m) = 0.2236068; of its neighbour in bfloat16, 0.22363281, u is not 0."""
    w = jnp.array([[0.22363281, 0.2226562, -1.0, 0.0]], dtype)
    g = jnp.full_like(w, 0.5)
    split = relaxed_splitting(L0(), 0.025, 1.0)
    updates, state = split.update({"w": g}, split.init({"w": w}), {"w": w})
    u = u_params(state)["w"]
    assert u.dtype == updates["w"].dtype == w.dtype
    assert (u == jnp.array([[0.22363281, 0, -1, 0]], dtype)).all()
    pulled = np.float32(0.5) + np.array(w - u, np.float32)
    assert (updates["w"] == jnp.array(pulled, dtype)).all()
    mixed, _ = split.update({"w": g.astype(float)}, state, {"w": w})
    assert mixed["w"].dtype == np.float64


@pytest.mark.parametrize("mask", [None, True])
def test_what_is_no_weight_is_left_alone(mask):
    params = {
        "none": None,
        "count": jnp.ones((2, 2), int),
        "complex": jnp.ones((2, 2), complex),
        "number": 0.5,
        "nothing": {},
        "empty": jnp.zeros((0, 3)),
    }
    split = relaxed_splitting(Largest(jnp.array(0)), LAM, BETA, mask)
    updates, state = split.update(params, split.init(params), params)
    assert jax.tree.structure(u_params(state)) == jax.tree.structure(params)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, u_params(state), params))
    assert jax.tree.all(jax.tree.map(jnp.array_equal, updates, params))
    state = split.init({})
    assert split.update({}, state, {})[0] == u_params(state) == {}


def test_gradients_that_are_none_stay_none():
    params = network()
    split = relaxed_splitting(L0(), LAM, BETA)
    grads = {**gradient(params), "w": None}
    updates, state = split.update(grads, split.init(params), params)
    assert updates["w"] is None
    assert isinstance(state, SplittingState)


# -- other people's networks -----------------------------------------------------------

X = np.random.default_rng(3).normal(size=(32, 4))
Y = X[:, :1] * 2 - X[:, 1:2]


def loss(outputs):
    return jnp.mean((outputs - Y) ** 2)


def sparse_and_good(weights, outputs, before):
    zeros = np.mean([np.mean(np.array(w) == 0) for w in weights])
    assert 0.1 < zeros < 0.95
    assert loss(outputs) < before / 3


SPLIT = optax.chain(relaxed_splitting(L0(), 1e-2, 0.5), optax.adam(0.05))


def test_a_network_of_flax_linen():
    nn = pytest.importorskip("flax.linen")
    model = nn.Sequential([nn.Dense(16, param_dtype=float), nn.relu, nn.Dense(1)])
    params = model.init(jax.random.key(0), X)
    state, before = SPLIT.init(params), loss(model.apply(params, X))

    @jax.jit
    def step(params, state):
        g = jax.grad(lambda params: loss(model.apply(params, X)))(params)
        updates, state = SPLIT.update(g, state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(60):
        params, state = step(params, state)
    u = u_params(state, params)
    kernels = [layer["kernel"] for layer in u["params"].values()]
    sparse_and_good(kernels, model.apply(u, X), before)


def test_a_network_of_flax_nnx():
    nnx = pytest.importorskip("flax.nnx")
    rngs = nnx.Rngs(0)
    model = nnx.Sequential(nnx.Linear(4, 16, rngs=rngs), nnx.relu)
    model.layers.append(nnx.Linear(16, 1, rngs=rngs))
    optimiser = nnx.Optimizer(model, SPLIT, wrt=nnx.Param)
    before = loss(model(X))

    @nnx.jit
    def step(model, optimiser):
        optimiser.update(model, nnx.grad(lambda model: loss(model(X)))(model))

    for _ in range(60):
        step(model, optimiser)
    weights = nnx.state(model, nnx.Param)
    for u in (u_params(optimiser.opt_state, weights), u_params(optimiser.opt_state)):
        nnx.update(model, u)
        kernels = [model.layers[i].kernel[...] for i in (0, 2)]
        sparse_and_good(kernels, model(X), before)


def test_a_network_of_equinox():
    eqx = pytest.importorskip("equinox")
    model = eqx.nn.MLP(4, 1, 16, 1, key=jax.random.key(0), dtype=float)
    state, before = (
        SPLIT.init(eqx.filter(model, eqx.is_array)),
        loss(jax.vmap(model)(X)),
    )

    @eqx.filter_jit
    def step(model, state):
        g = eqx.filter_grad(lambda model: loss(jax.vmap(model)(X)))(model)
        updates, state = SPLIT.update(g, state, model)  # functions and all
        return eqx.apply_updates(model, updates), state

    for _ in range(60):
        model, state = step(model, state)
    for u in (u_params(state, model), eqx.combine(u_params(state), model)):
        kernels = [layer.weight for layer in u.layers]
        sparse_and_good(kernels, jax.vmap(u)(X), before)
