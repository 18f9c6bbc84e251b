"""The training of networks: each step by hand, many at once as one after another."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rvsjax.nn import lenet
from rvsjax.nn.config import Network
from rvsjax.nn.lenet import LeNet
from rvsjax.nn.training import begin, learning_rate, train_epoch
from rvsjax.penalties import L0, L1
from tests.nn.networks import digits, quick_jit

pytestmark = pytest.mark.slow

IMAGES, LABELS = digits(0, 60)
ORDER = np.random.default_rng(1).permutation(60).reshape(4, 15).astype(np.int32)
NET = LeNet(bits=None)  # no steps: rounding stays small


def make(seed=3, rate=0.02, lam=2e-4, beta=0.3, growth=1.0, **others):
    """A network of float32 leaves; float64 ones would hide what the flag does."""
    numbers = (rate, 0.9, 5e-4, lam, beta, growth, 0.9, 1.0)
    leaves = [np.float32(x) for x in numbers]
    options = {"penalty": L0(), "architecture": NET, "epochs": 10, "batch": 15}
    return Network(np.uint32(seed), *leaves, **(options | others))


start = quick_jit(begin)


def by_hand(network, epochs, u_of):
    """SGD as torch has it, in float64; the gradient is the plain network's."""

    @quick_jit
    def gradient(w, images, labels):
        def loss(w):
            logits, _ = lenet.apply(w, images, NET)
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
            return jnp.mean(losses)

        return jax.value_and_grad(loss)(w)

    begun = lenet.init(jnp.uint32(network.seed), NET)
    w = {a: {b: np.asarray(x, float) for b, x in c.items()} for a, c in begun.items()}
    buffer = jax.tree.map(np.zeros_like, w)
    u, losses = None, []
    for epoch in epochs:
        rate = 0.02 * (0.1 if epoch >= 6 else 1)
        for rows in ORDER:
            narrow = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), w)
            loss, g = gradient(narrow, IMAGES[rows], LABELS[rows].astype(int))
            losses.append(loss)
            u = jax.tree.map(u_of, w)
            pull = jax.tree.map(lambda w, u: 0.3 * (w - u), w, u)
            total = jax.tree.map(lambda g, p, w: g + p + 5e-4 * w, g, pull, w)
            buffer = jax.tree.map(lambda b, t: 0.9 * b + t, buffer, total)
            w = jax.tree.map(lambda w, b, r=rate: w - r * b, w, buffer)
    return w, u, losses[-len(ORDER) :]


def hard(w):
    """prox of l0 at m = lam/beta; biases have none."""
    return np.where(abs(w) > np.sqrt(2 * 2e-4 / 0.3), w, 0) if w.ndim > 1 else w


def close(found, expected):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=2e-5),
        *(found, expected),
    )


@pytest.fixture(scope="module")
def trained():
    """Two epochs around the change of the learning rate, of three networks at once."""
    networks = [make(), make(beta=0.05, rate=0.01), make(seed=9)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *networks)
    traces = []

    def counted(*arguments):
        traces.append(1)
        return train_epoch(*arguments)

    many = quick_jit(jax.vmap(counted, (0, 0, None, None, None, None)))
    training = jax.vmap(start)(stacked)
    for epoch in (5, 6):
        training = many(stacked, training, IMAGES, LABELS, ORDER, np.int32(epoch))
    return networks, training, len(traces)


def test_every_step_is_the_methods(trained):
    networks, training, _ = trained
    first = jax.tree.map(lambda x: x[0], training)
    w, u, losses = by_hand(networks[0], (5, 6), hard)
    close(first.w, w)
    assert np.isclose(first.loss, np.mean(losses), rtol=1e-4)
    kept = first.state[0].u  # of relaxed_splitting, chained first
    for layer in lenet.SHAPES:
        close(kept[layer]["kernel"], u[layer]["kernel"])
        assert 0 < np.mean(np.asarray(kept[layer]["kernel"]) == 0) < 1


def test_plain_training_has_no_coupling():
    network = make(method="plain")
    training = quick_jit(train_epoch)(
        network, start(network), IMAGES, LABELS, ORDER, np.int32(0)
    )
    w, _, _ = by_hand(network, (0,), lambda w: w)
    close(training.w, w)


def test_many_at_once_are_one_after_another(trained):
    networks, training, traces = trained
    assert traces == 1  # a new epoch does not recompile
    alone = quick_jit(train_epoch)
    for i, network in enumerate(networks):
        single = start(network)
        for epoch in (5, 6):
            single = alone(network, single, IMAGES, LABELS, ORDER, np.int32(epoch))
        close(jax.tree.map(lambda x, i=i: x[i], training.w), single.w)


def test_the_64_bit_flag_changes_nothing(trained):
    networks, training, _ = trained
    wide = {x.dtype for x in jax.tree.leaves(training) if x.dtype != np.int32}
    assert wide == {np.dtype("float32")}
    results = []
    for flag in (True, False):
        with jax.enable_x64(flag):
            given = networks[0], start(networks[0]), IMAGES, LABELS, ORDER[:1]
            results.append(quick_jit(train_epoch)(*given, np.int32(0)))
    jax.tree.map(np.testing.assert_array_equal, *results)


def test_the_learning_rate_falls_at_epoch_60_of_100():
    network = make(rate=1e-3, epochs=100)
    rates = [float(learning_rate(network, np.int32(e))) for e in (0, 59, 60, 99)]
    assert np.allclose(rates, [1e-3, 1e-3, 1e-4, 1e-4], rtol=1e-6)
    assert learning_rate(network, np.int32(0)).dtype == np.float32
    few = [float(learning_rate(make(rate=1, epochs=3), np.int32(e))) for e in range(3)]
    assert np.allclose(few, [1, 1, 0.1])  # 60 % of 3 epochs are 1.8


def test_an_epoch_takes_what_an_epoch_leaves():
    """To the weak types, or the second epoch would be compiled again."""
    network = make(architecture=LeNet("clipped", batch_norm=True))
    begun = jax.eval_shape(begin, network)
    left = jax.eval_shape(
        train_epoch, network, begun, IMAGES, LABELS, ORDER, np.int32(0)
    )

    def described(x):
        return x.shape, x.dtype, x.weak_type

    assert jax.tree.map(described, begun) == jax.tree.map(described, left)


def test_a_penalty_is_part_of_the_type_not_its_weight():
    kinds = {jax.tree.structure(make(penalty=p)) for p in (L0(), L1())}
    assert len(kinds) == 2
    assert jax.tree.structure(make(lam=1)) == jax.tree.structure(make(lam=2))
