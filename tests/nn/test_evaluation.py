"""Scores of networks: against NumPy, and of a network that has learned."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.nn import lenet
from rvsjax.nn.evaluation import calibrate, examine, sparsity
from rvsjax.nn.lenet import LeNet
from rvsjax.nn.training import train_epoch
from rvsjax.penalties import L0
from tests.nn.networks import cross_entropy, digits, forward, quick_jit
from tests.nn.test_training import make, start

pytestmark = pytest.mark.slow

IMAGES, LABELS = digits(5, 37)


def test_scores_by_loops():
    """37 images in batches of 15: none is counted twice, none is left out."""
    network = make(lam=1e-3, architecture=LeNet("relu", 3))
    training = start(network)
    scores = quick_jit(examine)(network, training, IMAGES, LABELS, IMAGES[:0])
    u = jax.tree.map(
        lambda w: np.where((w.ndim < 2) | (abs(w) > np.sqrt(2e-3 / 0.3)), w, 0),
        training.w,
    )
    for found, weights in ((scores.w, training.w), (scores.u, u)):
        logits = forward(weights, IMAGES, network.architecture)
        assert np.isclose(found.accuracy, np.mean(logits.argmax(1) == LABELS))
        assert np.isclose(found.loss, cross_entropy(logits, LABELS), rtol=1e-4)
        kernels = [np.asarray(layer["kernel"]) for layer in weights.values()]
        zeros = sum((kernel == 0).sum() for kernel in kernels)
        assert np.isclose(found.sparsity, zeros / sum(k.size for k in kernels))
        for share, kernel in zip(found.layers.values(), kernels):
            assert np.isclose(share, np.mean(kernel == 0))
    assert scores.w.sparsity == 0 and 0.1 < scores.u.sparsity < 1
    assert scores.w.loss != scores.u.loss


def test_biases_are_not_counted():
    w = jax.tree.map(jnp.zeros_like, lenet.init(jnp.uint32(0), LeNet(batch_norm=True)))
    w["conv1"]["kernel"] += 1
    share, layers = sparsity(w)
    assert layers["conv1"] == 0 and layers["dense3"] == 1
    assert np.isclose(share, 1 - 150 / 61_470, atol=1e-6)


def test_moments_are_means_over_batches():
    network = make(architecture=LeNet("clipped", 2, batch_norm=True))
    w = start(network).w
    found = quick_jit(calibrate)(network, w, IMAGES)
    apply = quick_jit(lenet.apply, static_argnums=2)
    parts = [apply(w, IMAGES[i : i + 15], network.architecture)[1] for i in (0, 15)]
    mean = jax.tree.map(lambda a, b: (a + b) / 2, *parts)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), found, mean
    )
    with pytest.raises(ValueError, match=r"14 images; .* one batch of 15 .* pass more"):
        calibrate(network, w, IMAGES[:14])


def test_a_binary_network_learns_and_its_sparse_copy_too():
    """Ten blobs at ten places; a test set that was not trained on. Chance is 0.1."""
    images, labels = digits(1, 300)
    network = make(
        rate=0.05,
        lam=2e-6,
        beta=1e-2,
        penalty=L0(),
        epochs=5,
        batch=20,
        architecture=LeNet("clipped", 1, batch_norm=True),
    )
    epoch = quick_jit(train_epoch)
    training = start(network)
    rng = np.random.default_rng(0)
    for number in range(5):
        order = rng.permutation(300).reshape(15, 20).astype(np.int32)
        training = epoch(network, training, images, labels, order, np.int32(number))
    unseen = digits(2, 200)
    scores = quick_jit(examine)(network, training, *unseen, images)
    assert scores.w.accuracy > 0.9
    assert scores.u.accuracy > 0.8 and scores.u.sparsity > 0.1
