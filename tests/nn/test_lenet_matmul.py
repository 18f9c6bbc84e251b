"""LeNet as matrix products: the logits and gradients of the plain one.

Binary activations jump where rounding decides. So weights and pixels are integers, with
which float32 makes no rounding error up to the last layers, and ties of maxima occur.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rvsjax.nn import lenet, lenet_matmul
from rvsjax.nn.lenet import LeNet
from tests.nn.networks import quick_jit

NETS = {
    "binary": LeNet("clipped"),
    "ends": LeNet("window", full_first=True, full_last=True),
    "normalised": LeNet("clipped", 2, batch_norm=True, inputs="standard"),
}
LABELS = np.arange(12) % 10


def draw(net, seed):
    """Multiples of 1/4, a third of them zero; with normalisation any numbers.

    That would put multiples on the very steps of its quantiser.
    """
    rng = np.random.default_rng(seed)

    def one(x):
        values = rng.integers(-1, 2, x.shape) / 4
        if net.batch_norm:
            values = rng.uniform(-1, 1, x.shape)
        return jnp.asarray(values, jnp.float32)

    return jax.tree.map(one, lenet.init(jnp.uint32(0), net))


def images(seed=0):
    """Pixels 0 and 1, with black corners: ties among the places of a maximum."""
    drawn = np.random.default_rng(seed).integers(0, 2, (12, 28, 28))
    drawn[:, :9, :9] = 0
    return drawn.astype(np.float32)


def logits_and_gradient(apply, net):
    def loss(parameters, images):
        logits, _ = apply(parameters, images, net)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, LABELS)
        return jnp.mean(losses), logits

    return jax.value_and_grad(loss, has_aux=True)


def close(found, expected):
    size = max(abs(np.asarray(expected)).max(), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-5 * size)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETS)
def test_values_and_gradients_of_many_networks_on_shared_images(name):
    """Mapped over three networks, against one after another."""
    net = NETS[name]
    networks = [draw(net, seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)
    fast = quick_jit(jax.vmap(logits_and_gradient(lenet_matmul.apply, net), (0, None)))
    (_, logits), gradients = fast(stacked, images())
    plain = quick_jit(logits_and_gradient(lenet.apply, net))
    for i, parameters in enumerate(networks):
        (_, expected), gradient = plain(parameters, images())
        assert np.std(expected) > 0.01
        close(logits[i], expected)
        for (path, found), right in zip(
            jax.tree.leaves_with_path(gradients), jax.tree.leaves(gradient)
        ):
            if not (net.batch_norm and path[-1].key == "bias"):  # there it is 0
                close(found[i], right)


def test_moments_are_those_of_the_plain_network():
    net = NETS["normalised"]
    parameters = draw(net, 5)
    fast, plain = (quick_jit(f.apply, static_argnums=2) for f in (lenet_matmul, lenet))
    _, found = fast(parameters, images(), net)
    _, expected = plain(parameters, images(), net)
    jax.tree.map(lambda a, b: close(a, b), found, expected)
    part, _ = fast(parameters, images()[:2], net, expected)
    close(part, plain(parameters, images()[:2], net, expected)[0])


def test_of_equal_numbers_the_first_is_the_maximum():
    """As PyTorch and XLA's own pooling have it: all orders of two values."""
    y = np.array(np.meshgrid(*4 * [[0.0, 1.0]])).reshape(4, 1, 16)
    slope = jax.grad(lambda y: jnp.sum(lenet_matmul._maximum(y)))(jnp.asarray(y))
    assert np.array_equal(slope.argmax(0), y.argmax(0))
    assert np.array_equal(slope.sum(0), np.ones((1, 16)))
    assert np.array_equal(lenet_matmul._maximum(jnp.asarray(y)), y.max(0))
