"""Group convolutions in JAX are equivariant for any weights, except for even filters with zero padding."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.kernels.group_convolution import group_convolution, lifting_convolution

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(11)


def turned_features(z, s):
    """What features become when the input is turned by s: z'[:, r] = rot^s z[:, r + s]."""
    return np.rot90(np.roll(z, -s, axis=1), s, axes=(2, 3))


def forward_error(q, padding):
    """Worst violation of equivariance of lifting and group convolution over all rotations, for random weights."""
    x, z = RNG.normal(size=(2, 5, 5, 2)), RNG.normal(size=(2, 4, 5, 5, 2))
    lifting, group = RNG.normal(size=(q, q, 2, 3)), RNG.normal(size=(q, q, 3, 2, 3))

    def features(layer, inputs, w):
        with enable_x64(True):
            return np.asarray(layer(jnp.asarray(inputs), jnp.asarray(w), padding))

    errors = []
    for s in range(4):
        x2, z2 = np.rot90(x, s, axes=(1, 2)), turned_features(z, s)
        for layer, plain, turned, w in [(lifting_convolution, x, x2, lifting), (group_convolution, z, z2, group)]:
            errors.append(np.abs(features(layer, turned, w) - turned_features(features(layer, plain, w), s)).max())
    return max(errors)


@pytest.mark.parametrize("q, padding", [(3, "SAME"), (3, "VALID"), (2, "VALID"), (3, "CIRCULAR")])
def test_forward_pass_is_equivariant_for_any_weights(q, padding):
    assert forward_error(q, padding) < 1e-12


def test_even_filters_with_zero_padding_are_not_equivariant():
    assert forward_error(2, "SAME") > 0.1
