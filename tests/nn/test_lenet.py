"""LeNet against loops in NumPy; the same seed is the same network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.nn import lenet
from rvsjax.nn.data.idx import read_idx
from rvsjax.nn.lenet import SHAPES, LeNet
from tests import ROOT
from tests.nn.networks import forward, quick_jit

DIGITS = ROOT / "tests" / "digits"
NETS = {
    "relu": LeNet(bits=None),
    "normalised": LeNet("relu", 2, batch_norm=True),
    "standard": LeNet(bits=None, inputs="standard"),
    "first": LeNet("relu", 1, full_first=True),
    "last": LeNet("relu", 3, batch_norm=True, full_last=True),
}


def network(net, seed=1):
    """Parameters of a seed, the normalisations' not as they begin."""
    parameters = lenet.init(jnp.uint32(seed), net)
    rng = np.random.default_rng(seed)
    for layer in parameters.values():
        for name in ("scale", "shift"):
            if name in layer:
                drawn = rng.uniform(0.2, 1, layer[name].shape)
                layer[name] = jnp.asarray(drawn, jnp.float32)
    return parameters


@pytest.mark.parametrize("name", NETS)
def test_logits_by_loops(name):
    """Fixed images: no value lies within rounding of a step of the quantiser."""
    images = np.random.default_rng(2).integers(0, 256, (8, 28, 28)).astype(np.uint8)
    parameters = network(NETS[name])
    logits, _ = quick_jit(lenet.apply, static_argnums=2)(parameters, images, NETS[name])
    assert logits.dtype == jnp.float32
    expected = forward(parameters, images, NETS[name])
    assert np.allclose(logits, expected, rtol=1e-4, atol=1e-4)
    assert np.std(expected, 0).min() > 1e-3  # the images can be told apart


def test_float_images_are_taken_as_they_are():
    images = np.random.default_rng(2).normal(size=(3, 28, 28))
    parameters = network(NETS["relu"])
    apply = quick_jit(lenet.apply, static_argnums=2)
    logits, _ = apply(parameters, jnp.asarray(images), NETS["relu"])
    expected = forward(parameters, images, NETS["relu"])
    assert np.allclose(logits, expected, rtol=1e-4, atol=1e-4)


def test_given_moments_take_the_place_of_the_images():
    net = NETS["normalised"]
    images = np.random.default_rng(2).integers(0, 256, (6, 28, 28)).astype(np.uint8)
    apply = quick_jit(lenet.apply, static_argnums=2)
    whole, moments = apply(network(net), images, net)
    part, same = apply(network(net), images[:2], net, moments)
    assert set(moments) == set(SHAPES) - {"dense3"}
    assert np.allclose(part, whole[:2], rtol=1e-4, atol=1e-4)
    alone, _ = apply(network(net), images[:2], net)
    assert abs(alone - part).max() > 0.01
    jax.tree.map(np.testing.assert_array_equal, moments, same)


def test_a_seed_is_one_network():
    first = lenet.init(jnp.uint32(7), LeNet())
    assert {k: v["kernel"].shape for k, v in first.items()} == SHAPES
    for net in NETS.values():
        other = lenet.init(jnp.uint32(7), net)
        for layer, given in first.items():
            for name, value in given.items():
                assert value.dtype == jnp.float32
                assert np.array_equal(value, other[layer][name])
    with jax.enable_x64(False):
        narrow = lenet.init(jnp.uint32(7), LeNet())
    jax.tree.map(np.testing.assert_array_equal, first, narrow)
    another = lenet.init(jnp.uint32(8), LeNet())
    assert not np.array_equal(first["conv1"]["kernel"], another["conv1"]["kernel"])


@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_kernels_fill_their_range(gain):
    for layer in lenet.init(jnp.uint32(0), LeNet(), gain).values():
        bound = np.prod(layer["kernel"].shape[:-1]) ** -0.5
        size = abs(np.asarray(layer["kernel"])) / bound / gain
        assert 0.9 < size.max() <= 1 + 1e-6
        assert abs(layer["bias"]).max() <= bound


def test_the_standard_is_that_of_mnist():
    """As far as 240 of its images tell."""
    mean, deviation = lenet.INPUTS["standard"]
    pixels = read_idx(DIGITS / "train-images-idx3-ubyte.gz", axes=3).array / 255
    assert abs(pixels.mean() - mean) < 0.002
    assert abs(pixels.std() - deviation) < 0.002
