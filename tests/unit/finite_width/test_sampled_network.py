"""One sampled network, layer by layer, against nested derivatives."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64
from jax.flatten_util import ravel_pytree

from ntklab.activations import get_activation
from ntklab.finite_width import sampled_network

pytestmark = pytest.mark.usefixtures("unoptimised")

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
TANH = get_activation("tanh")
SIZES = (3, 4, 3)  # n_0, n_1, n_2


@pytest.fixture
def inputs(rng):
    return rng.normal(size=(4, SIZES[0]))


def test_layers_of_one_network_are_those_of_nested_derivatives(inputs, rng):
    """NTK, dNTK and ddNTK of layer 2, and NTK of layer 3, from their definitions as directional derivatives."""
    lam_w, lam_b = CONSTANTS["lambda_w"], CONSTANTS["lambda_b"]
    sizes = (*SIZES, 2)
    layers = [(rng.normal(size=(b, a)), rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]
    with enable_x64(True):
        flat, unravel = ravel_pytree(layers)
        rates = ravel_pytree([(jnp.full_like(W, lam_w), jnp.full_like(b, lam_b)) for W, b in layers])[0]

        def output(theta, a, depth):
            h = jnp.asarray(inputs)[a]
            for W, b in unravel(theta)[:depth]:
                z = b + W @ h / jnp.sqrt(W.shape[1])
                h = TANH(z, jnp)
            return z

        def v(theta, i, a, depth=2):
            return jax.grad(lambda p: output(p, a, depth)[i])(theta)

        def along(function, *directions):
            """Derivative of function along fixed directions, at the parameters."""
            for direction in directions:
                function = (lambda f, u: lambda p: jax.jvp(f, (p,), (u,))[1])(function, direction)
            return function(flat)

        @jax.jit
        def ntk(i, a, j, b):
            return v(flat, i, a) @ (rates * v(flat, j, b))

        @jax.jit
        def ntk3(i, a, j, b):
            return v(flat, i, a, 3) @ (rates * v(flat, j, b, 3))

        @jax.jit
        def first(legs):
            (i0, a0), *others = legs
            return along(lambda p: output(p, a0, 2)[i0], *(rates * v(flat, i, a) for i, a in others))

        @jax.jit
        def second(legs):
            (i1, a1), (i2, a2), (i3, a3), (i4, a4) = legs
            left = along(lambda p: v(p, i1, a1), rates * v(flat, i3, a3))
            return left @ (rates * along(lambda p: v(p, i2, a2), rates * v(flat, i4, a4)))

        (W1, b1), (W2, b2), (W3, b3) = layers
        z1 = b1 + inputs @ W1.T / np.sqrt(SIZES[0])
        theta = lam_b + lam_w * inputs @ inputs.T / SIZES[0]
        n, (a, b, c, d) = SIZES[2], (2, 0, 3, 1)

        @jax.jit
        def layer_by_layer(z1, theta, W2, b2, W3, b3):
            one = sampled_network.first_layer(TANH, 3, z1, theta)
            two = sampled_network.next_layer(one, TANH, 3, W2, b2, lam_w, lam_b, first=True)
            three = sampled_network.next_layer(two, TANH, 3, W3, b3, lam_w, lam_b, first=False)
            ddI = sampled_network.ddntk_first(two.below, a, b, c, d, n)
            patterns = sampled_network.ddntk_second(two.below, a, b, c, d, n)
            return two.ntk, three.ntk, sampled_network.dntk(two.below, a, b, c, n), ddI, patterns

        two, three, (jkk, jjk), ddI, patterns = layer_by_layer(z1, theta, W2, b2, W3, b3)
        for j, k in itertools.product(range(n), repeat=2):
            close = {"rtol": 1e-10, "atol": 1e-12}
            np.testing.assert_allclose(two[a, b, j, k], ntk(j, a, k, b), **close)
            np.testing.assert_allclose(jkk[j, k], first(((j, a), (k, b), (k, c))), **close)
            np.testing.assert_allclose(jjk[j, k], first(((j, a), (j, b), (k, c))), **close)
            np.testing.assert_allclose(ddI[j, k], first(((j, a), (j, b), (k, c), (k, d))), **close)
            for pattern, (i1, i2, i3, i4) in zip(patterns, [(j, j, k, k), (j, k, j, k), (j, k, k, j)], strict=True):
                np.testing.assert_allclose(pattern[j, k], second(((i1, a), (i2, b), (i3, c), (i4, d))), **close)
        for j, k in itertools.product(range(2), repeat=2):
            np.testing.assert_allclose(three[a, b, j, k], ntk3(j, a, k, b), rtol=1e-10)
            np.testing.assert_allclose(three[b, b, j, k], ntk3(j, b, k, b), rtol=1e-10)
