"""Quantised activations: values by search among the levels, slopes by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.nn.activations import activation, binary_relu, quantised_relu
from tests.nn.networks import SLOPES, quantise, quick_jit

POINTS = np.array([-2, -1, -0.5, 0, 1e-9, 0.2, 1 / 3, 0.5, 2 / 3, 0.9, 1, 1.5, 1e9])


@pytest.mark.parametrize("bits", [1, 2, 3, 8])
def test_values_are_the_next_level(bits):
    near = np.random.default_rng(0).uniform(-0.5, 1.5, 1000)
    x = np.concatenate([POINTS, near]).astype(np.float32)
    found = quantised_relu(jnp.asarray(x), "relu", bits)
    assert found.dtype == jnp.float32
    assert len(np.unique(found)) == min(2**bits, len(np.unique(found)))
    # between two levels there is no doubt; at one, its rounding decides
    wide = np.asarray(x, float) * (2**bits - 1)
    sure = (abs(wide - np.round(wide)) > 1e-4) | (wide == np.round(wide))
    assert np.allclose(found[sure], quantise(x.astype(float), bits)[sure], atol=1e-7)
    assert sure.mean() > 0.9


@pytest.mark.parametrize("surrogate", SLOPES)
def test_one_bit_is_the_indicator(surrogate):
    x = jnp.asarray(POINTS, jnp.float32)
    assert np.array_equal(binary_relu(x, surrogate), POINTS > 0)
    slopes = jax.vmap(jax.grad(lambda x: binary_relu(x, surrogate)))(x)
    assert np.array_equal(slopes, SLOPES[surrogate](POINTS))


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_a_level_stays_as_it_is(dtype):
    """Quantised again, and the levels that NumPy rounds, such as k/255 of an image."""
    x = jnp.linspace(0, 1, 1001).astype(dtype)
    each = range(1, 7 if dtype == "bfloat16" else 10)  # as far as levels differ
    levels = [(np.arange(2**b) / (2**b - 1)).astype(x.dtype) for b in each]

    @quick_jit
    def quantised(x, levels):
        once = [quantised_relu(x, "relu", bits) for bits in each]
        again = [quantised_relu(y, "relu", bits) for bits, y in zip(each, once)]
        return once, again, [quantised_relu(y, "relu", b) for b, y in zip(each, levels)]

    for once, again, same, given in zip(*quantised(x, levels), levels):
        assert once.dtype == dtype
        assert np.array_equal(once, again) and np.array_equal(same, given)
        assert np.all(once >= x * (1 - 3 * jnp.finfo(dtype).eps)) and np.all(
            np.isin(once, given)
        )
    grey = levels[-1 if dtype == "bfloat16" else 7]  # without a program of its own
    bits = int(np.log2(len(grey)))
    assert np.array_equal(quantised_relu(grey, "relu", bits), grey)
    if dtype != "bfloat16":  # whose eps is not small against 1/63
        for rounded in (np.nextafter(grey, 0), np.nextafter(grey, grey.dtype.type(2))):
            found = quantised_relu(np.clip(rounded, 0, 1), "relu", bits)
            assert np.array_equal(found[1:], grey[1:])


def test_what_is_no_activation_is_told_where_it_is_made():
    x = jnp.ones(2)
    for bits in (0, -1, 33, 2.0, True, "2", None):
        with pytest.raises(ValueError, match="bits is .*whole number, at least 1, at"):
            quantised_relu(x, "relu", bits)
    for surrogate in ("Relu", "", None, ["relu"]):
        with pytest.raises(ValueError, match="one of relu, clipped, identity, window"):
            binary_relu(x, surrogate)
    for bits in (np.int64(2), jnp.int32(2)):
        assert np.array_equal(
            quantised_relu([0.3, 2], bits=bits), quantise([0.3, 2], 2)
        )


def test_nan_stays():
    assert np.isnan(quantised_relu(jnp.float32(jnp.nan)))


@pytest.mark.parametrize("surrogate", SLOPES)
@pytest.mark.parametrize("bits", [1, 4])
def test_backward_is_the_surrogate(surrogate, bits):
    x = jnp.asarray(POINTS, jnp.float32)
    slope = SLOPES[surrogate](POINTS)

    def one(x):
        return activation(x, surrogate, bits)

    assert np.array_equal(jax.vmap(jax.grad(one))(x), slope)
    value, tangent = jax.jvp(one, (x,), (3 * jnp.ones_like(x),))
    assert np.array_equal(value, one(x))
    assert np.array_equal(tangent, 3 * slope)


def test_no_bits_is_relu():
    x = jnp.asarray(POINTS, jnp.float32)
    assert np.array_equal(activation(x, "identity", None), np.maximum(x, 0))
    slopes = jax.vmap(jax.grad(lambda x: activation(x, "identity", None)))(x)
    assert np.array_equal(slopes, POINTS > 0)
