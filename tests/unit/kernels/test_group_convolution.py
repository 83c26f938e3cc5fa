"""Group convolutions in JAX are equivariant for any weights, except for even filters with zero padding."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.groups import REGISTRY, group
from ntklab.kernels.group_convolution import group_convolution, lifting_convolution

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(11)


def moved_features(G, z, s):
    """What features become when the input is moved by s: z'[:, g] = rho(s) z[:, g s]."""
    z = z[:, G.multiplication_table[:, s]]
    return np.stack([G.act(s, z[:, g]) for g in G.elements], axis=1)


def forward_error(G, q, padding):
    """Worst violation of equivariance of lifting and group convolution over all elements, for random weights."""
    x, z = RNG.normal(size=(2, 5, 5, 2)), RNG.normal(size=(2, G.order, 5, 5, 2))
    support = max(1, G.order - 1)
    lifting, on_group = RNG.normal(size=(q, q, 2, 3)), RNG.normal(size=(q, q, support, 2, 3))

    def features(layer, inputs, w):
        with enable_x64(True):
            return np.asarray(layer(G, jnp.asarray(inputs), jnp.asarray(w), padding))

    errors = []
    for s in G.elements:
        x2, z2 = G.act(s, x), moved_features(G, z, s)
        for layer, plain, moved, w in [(lifting_convolution, x, x2, lifting), (group_convolution, z, z2, on_group)]:
            errors.append(np.abs(features(layer, moved, w) - moved_features(G, features(layer, plain, w), s)).max())
    return max(errors)


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize("q, padding", [(3, "SAME"), (3, "VALID"), (2, "VALID"), (3, "CIRCULAR")])
def test_forward_pass_is_equivariant_for_any_weights(name, q, padding):
    assert forward_error(group(name), q, padding) < 1e-12


@pytest.mark.parametrize("name", ["c4", "d1", "d4"])
def test_even_filters_with_zero_padding_are_not_equivariant(name):
    assert forward_error(group(name), 2, "SAME") > 0.1
