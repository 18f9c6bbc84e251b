"""How networks become sparse: each method against a NumPy loop on a tree of two layers.

Gradients are drawn, so that no loss is needed, and the descent is SGD with momentum and
decay. Single precision against double: 12 steps of rounding stay below 2e-6.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import LeNet
from rvsjax.nn.sparsifiers import METHODS, gradual_pruning
from rvsjax.nn.training import begin, train_epoch
from rvsjax.penalties import L0, L1
from rvsjax.studies.lenet import study as lenet
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from tests.nn.networks import digits, quick_jit

SHAPES = {
    "first": {"kernel": (6, 5), "bias": (5,)},
    "last": {"kernel": (5, 4), "bias": (4,), "scale": (4,)},
}
STEPS = 12
RATE, MOMENTUM, DECAY, LAM, BETA = 0.1, 0.9, 1e-2, 3e-2, 0.4
KERNELS = 50


def draw(seed):
    rng = np.random.default_rng(seed)
    is_size = {"is_leaf": lambda x: isinstance(x, tuple)}
    return jax.tree.map(lambda size: rng.normal(size=size), SHAPES, **is_size)


def narrow(tree):
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), tree)


W = draw(0)
GRADIENTS = [draw(seed) for seed in range(1, STEPS + 1)]


def make(method, penalty=None, sparsity=0.7, growth=1.0, **others):
    numbers = (RATE, MOMENTUM, DECAY, LAM, BETA, growth, sparsity, 1.0)
    leaves = [np.float32(x) for x in numbers]
    chosen = {"penalty": penalty or L1(), "method": method}
    return Network(np.uint32(3), *leaves, **chosen, **others)


def optimiser(network):
    descent = optax.chain(
        optax.add_decayed_weights(network.weight_decay),
        optax.sgd(network.learning_rate, momentum=network.momentum),
    )
    made = METHODS[network.method].optimiser(network, descent)
    return optax.with_extra_args_support(made)


def steps(network, w=W, gradients=GRADIENTS):
    """Yield w and u after each step, as training takes it."""
    step = jax.jit(lambda g, s, w, p: optimiser(network).update(g, s, w, progress=p))
    sparse = jax.jit(lambda w, s: METHODS[network.method].sparse(network, w, s))
    w, state = narrow(w), optimiser(network).init(narrow(w))
    for number, g in enumerate(gradients):
        progress = np.float32(number / len(gradients))
        updates, state = step(narrow(g), state, w, progress)
        w = optax.apply_updates(w, updates)
        yield w, sparse(w, state)


def sgd(w, buffer, g):
    buffer = jax.tree.map(lambda b, g, w: MOMENTUM * b + g + DECAY * w, buffer, g, w)
    return jax.tree.map(lambda w, b: w - RATE * b, w, buffer), buffer


def kernels(tree):
    return np.concatenate([np.asarray(x["kernel"]).ravel() for x in tree.values()])


def close(found, expected):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=2e-6),
        *(found, expected),
    )


PROX = {
    L0: lambda x: np.where(abs(x) > np.sqrt(2 * LAM / BETA), x, 0),
    L1: lambda x: np.sign(x) * np.maximum(abs(x) - LAM / BETA, 0),
}


@pytest.mark.parametrize("growth", [1.0, 30.0])
@pytest.mark.parametrize("penalty", [L0(), L1()])
def test_rvscgd_is_the_loop_and_binds_ever_closer(penalty, growth):
    """The threshold, a matter of lam/beta, stays while both grow."""
    prox = PROX[type(penalty)]
    w, buffer = W, jax.tree.map(np.zeros_like, W)
    network = make("rvscgd", penalty, growth=growth)
    for i, (g, (found, sparse)) in enumerate(zip(GRADIENTS, steps(network))):
        beta, u = BETA * growth ** (i / STEPS), jax.tree.map(prox, w)
        slope = jax.tree.map(
            lambda g, w, u, beta=beta: g + beta * (w - u) if g.ndim > 1 else g, g, w, u
        )
        w, buffer = sgd(w, buffer, slope)
        close(found, w)
        close(sparse, jax.tree.map(lambda u, w: u if u.ndim > 1 else w, u, w))
    assert 0 < np.mean(kernels(sparse) == 0) < 1


@pytest.mark.parametrize("penalty", [L0(), L1()])
def test_admm_is_the_loop(penalty):
    prox = PROX[type(penalty)]
    w, buffer = W, jax.tree.map(np.zeros_like, W)
    u, z = jax.tree.map(prox, W), jax.tree.map(np.zeros_like, W)
    for g, (found, sparse) in zip(GRADIENTS, steps(make("admm", penalty))):
        slope = jax.tree.map(
            lambda g, w, u, z: g + z + BETA * (w - u) if g.ndim > 1 else g, g, w, u, z
        )
        w, buffer = sgd(w, buffer, slope)
        u = jax.tree.map(lambda w, z: prox(w + z / BETA), w, z)
        z = jax.tree.map(lambda z, w, u: z + BETA * (w - u), z, w, u)
        close(found, w)
        close(sparse, jax.tree.map(lambda u, w: u if u.ndim > 1 else w, u, w))
    assert 0 < np.mean(kernels(sparse) == 0) < 1


def test_admm_solves_a_problem_with_a_known_solution():
    """min |w - c|^2/2 + DECAY |w|^2/2 + LAM |w|_1 at soft(c) / (1 + DECAY): w and u."""
    network = dataclasses.replace(make("admm"), momentum=np.float32(0))
    made = optimiser(network)
    w = narrow(W)

    def step(at, _):
        w, state = at
        g = jax.tree.map(lambda w, c: w - jnp.float32(c), w, W)
        updates, state = made.update(g, state, w, progress=0)
        return (optax.apply_updates(w, updates), state), None

    start = narrow(GRADIENTS[0])
    (w, state), _ = jax.lax.scan(step, (start, made.init(start)), length=2000)
    soft = np.sign(kernels(W)) * np.maximum(abs(kernels(W)) - LAM, 0) / (1 + DECAY)
    for found in (w, METHODS["admm"].sparse(network, w, state)):
        np.testing.assert_allclose(kernels(found), soft, atol=1e-5)
        bias = W["first"]["bias"] / (1 + DECAY)
        np.testing.assert_allclose(found["first"]["bias"], bias, atol=1e-5)


@pytest.mark.parametrize("sparsity", [0, 0.3, 0.9])
def test_magnitude_trains_as_plain_and_drops_the_smallest(sparsity):
    w, buffer = W, jax.tree.map(np.zeros_like, W)
    for g, (found, u) in zip(GRADIENTS, steps(make("magnitude", sparsity=sparsity))):
        w, buffer = sgd(w, buffer, g)
        close(found, w)
        out = np.argsort(abs(kernels(w)))[: round(sparsity * KERNELS)]
        expected = kernels(w).copy()
        expected[out] = 0
        np.testing.assert_allclose(kernels(u), expected, rtol=0, atol=2e-6)
        assert np.sum(kernels(u) == 0) == round(sparsity * KERNELS)
        np.testing.assert_array_equal(u["last"]["scale"], found["last"]["scale"])


def test_gradual_is_the_loop():
    """Masks by NumPy's sort, step by step; what was masked never comes back."""
    w, buffer = W, jax.tree.map(np.zeros_like, W)
    masks = [np.zeros(KERNELS, bool)]
    for number, (found, u) in enumerate(steps(make("gradual"))):
        w, buffer = sgd(w, buffer, GRADIENTS[number])
        t = min(number / STEPS / 0.75, 1)
        zeros = round(0.7 * (1 - (1 - t) ** 3) * KERNELS)
        size = np.where(masks[-1], -1, abs(kernels(w)))
        mask = np.zeros(KERNELS, bool)
        mask[np.argsort(size)[:zeros]] = True
        masks.append(mask)
        w["first"]["kernel"].flat[mask[:30]] = 0
        w["last"]["kernel"].flat[mask[30:]] = 0
        close(found, w)
        close(u, w)
        assert np.sum(kernels(u) == 0) == zeros
    assert all(np.all(after >= before) for before, after in zip(masks, masks[1:]))
    assert masks[1].sum() == 0 and masks[-1].sum() == 35


def test_no_gradient_wakes_what_is_masked():
    huge = [jax.tree.map(lambda g: 1e4 * g, g) for g in GRADIENTS]
    before = np.zeros(KERNELS, bool)
    for w, _ in steps(make("gradual"), gradients=huge):
        assert np.all(kernels(w)[before] == 0)
        before = kernels(w) == 0
    assert before.sum() == 35


def test_gradual_without_sparsity_is_plain():
    for (a, _), (b, _) in zip(steps(make("gradual", sparsity=0)), steps(make("plain"))):
        jax.tree.map(np.testing.assert_array_equal, a, b)


def test_the_share_grows_as_published():
    """Zhu and Gupta, equation 1, from no zeros: s (1 - (1 - t)^3)."""
    shares = gradual_pruning.share(np.float32(0.8), np.float32([0, 0.375, 0.75, 0.99]))
    np.testing.assert_allclose(shares, [0, 0.7, 0.8, 0.8], rtol=1e-6)
    fine = gradual_pruning.share(
        np.float32(0.9), np.linspace(0, 1, 999, dtype=np.float32)
    )
    assert np.all(np.diff(fine) >= 0) and fine.dtype == np.float32


@pytest.mark.slow
def test_training_prunes_networks_of_any_sparsity_with_one_program():
    """Told its progress, LeNet ends at the share asked for; no share recompiles."""
    images, labels = map(jnp.asarray, digits(0, 60))
    order = jnp.arange(60, dtype=jnp.int32).reshape(4, 15)
    shares = (0.0, 0.5, 0.9)
    net = LeNet(bits=None)
    networks = [
        make("gradual", sparsity=s, architecture=net, epochs=1, batch=15)
        for s in shares
    ]
    traces = []

    def epoch(network):
        traces.append(1)
        training = begin(network)
        return train_epoch(network, training, images, labels, order, np.int32(0)).w

    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *networks)
    trained = quick_jit(jax.vmap(epoch))
    w = trained(stacked)
    trained(jax.tree.map(lambda x: x[::-1], stacked))
    assert len(traces) == 1
    for i, share in enumerate(shares):
        zeros = kernels(jax.tree.map(lambda x, i=i: x[i], w)) == 0
        assert zeros.sum() == round(share * 61_470)


# -- the study -------------------------------------------------------------------------

IDS = ["ac77e64aee3d954b83ef", "bcbd8e1f8c6a89d8535f", "daeb623d2e8a8c5510a8"]
HEAD = 'version = 1\nname = "x"\nstudy = "lenet"\n'


def items(lines):
    return list(make_plan(parse(HEAD + lines)))


def test_older_runs_keep_their_names():
    """As they were before there were `sparsity`, `inputs`, `gain` and `growth`."""
    lines = '[[case]]\nmethod = "plain"\n[[case]]\npenalty = ["l0", "transformed-l1"]'
    ids = [item.run_id for item in items(lines)]
    assert ids == IDS


@pytest.mark.parametrize("method", ["admm", "magnitude", "gradual"])
def test_a_parameter_without_meaning_is_none(method):
    [item] = items(f'[constants]\nmethod = "{method}"')
    given = item.parameters
    assert (given["sparsity"] is None) == (method == "admm")
    assert (given["lam"] is None) == (given["beta"] is None) == (method != "admm")
    network = lenet.STUDY.trial(item, 2).network
    assert network.method == method
    assert float(network.sparsity) == pytest.approx(0 if method == "admm" else 0.9)
    name = "lam" if method != "admm" else "sparsity"
    with pytest.raises(Exception, match="meaning"):
        items(f'[constants]\nmethod = "{method}"\n[grid]\n{name} = [0.1, 0.2]')


@pytest.mark.parametrize("sparsity", ["1.0", "-0.1", "nan"])
def test_a_share_of_one_or_more_is_refused(sparsity):
    with pytest.raises(Exception, match="sparsity"):
        items(f'[constants]\nmethod = "gradual"\nsparsity = {sparsity}')
