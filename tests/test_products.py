"""LeNet as matrix products: the logits and gradients of the plain one.

Binary activations jump where rounding decides. So weights and pixels are integers, with
which float32 makes no rounding error up to the last layers, and ties of maxima occur.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rvsjax.nn import lenet, products
from rvsjax.nn.lenet import LeNet

NETS = {
    "relu": LeNet("relu"),
    "clipped": LeNet("clipped"),
    "window": LeNet("window", full_first=True, full_last=True),
    "real": LeNet(bits=None),
    "normalised": LeNet("clipped", 2, batch_norm=True),
}
LABELS = np.arange(12) % 10


def whole_numbers(net, seed):
    """Parameters that are multiples of 1/4, a third of them zero."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda x: jnp.asarray(rng.integers(-1, 2, x.shape) / 4, jnp.float32),
        lenet.init(jnp.uint32(0), net),
    )


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


@pytest.mark.parametrize("name", NETS)
def test_values_and_gradients_of_many_networks_on_shared_images(name):
    """Mapped over three networks, against one after another."""
    net = NETS[name]
    networks = [whole_numbers(net, seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)
    fast = jax.jit(jax.vmap(logits_and_gradient(products.apply, net), (0, None)))
    (_, logits), gradients = fast(stacked, images())
    plain = jax.jit(logits_and_gradient(lenet.apply, net))
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
    parameters = whole_numbers(net, 5)
    _, found = products.apply(parameters, images(), net)
    _, expected = lenet.apply(parameters, images(), net)
    jax.tree.map(lambda a, b: close(a, b), found, expected)
    part, _ = products.apply(parameters, images()[:2], net, expected)
    close(part, lenet.apply(parameters, images()[:2], net, expected)[0])


def test_of_equal_numbers_the_first_is_the_maximum():
    """A flat image, a kernel of ones: the gradient sees the first of four places."""
    x = jnp.ones((1, 6, 6, 1))
    kernel = jnp.ones((5, 5, 1, 1))

    def total(x):
        return jnp.sum(products._convolve_and_pool(kernel, x))

    seen = jax.grad(total)(x)[0, :, :, 0]
    assert np.array_equal(seen, np.pad(np.ones((5, 5)), ((0, 1), (0, 1))))
