"""The Hessian product of sampled networks, from its definition by automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from ntklab.activations import get_activation
from ntklab.experiments.diagrams.curvature import Ensemble, SecondLayer, extrapolated


class Network:
    """One tanh network of two hidden layers with biases, differentiated by JAX in float64."""

    def __init__(self, width=3, inputs=2):
        rng = np.random.default_rng(3)
        self.x = rng.normal(size=(inputs, 2))
        self.ensemble = Ensemble(self.x, "tanh", 1.3, 0.1, 0.8, 0.3)
        shapes = [(width, 2), (width,), (width, width), (width,)]
        self.parameters = [rng.normal(size=shape) for shape in shapes]
        self.width = width

    def second(self, parameters, x):
        """Preactivations of layer 2."""
        w1, b1, w2, b2 = parameters
        return w2 @ jnp.tanh(w1 @ x / jnp.sqrt(2.0) + b1) / jnp.sqrt(1.0 * self.width) + b2

    def products(self, function, parameters, rates, a, b):
        """sum_mn lambda_m lambda_n d_m d_n f_j(a) d_m d_n f_k(b)."""
        flat, unravel = ravel_pytree(parameters)
        lam, _ = ravel_pytree(rates)
        first, second = (jax.hessian(lambda p, x=x: function(unravel(p), x))(flat) for x in (self.x[a], self.x[b]))
        return np.einsum("jmn,kmn,m,n->jk", first, second, lam, lam)

    def rates(self):
        e = self.ensemble
        return [np.full(p.shape, e.lambda_w if p.ndim == 2 else e.lambda_b) for p in self.parameters]

    def sampled(self) -> SecondLayer:
        """The same network as the sampler holds it. Its first layer's NTK is that of infinite width: layer 1 is exact."""
        w1, b1, w2, b2 = self.parameters
        z1 = self.x @ w1.T / np.sqrt(2.0) + b1
        z2 = np.tanh(z1) @ w2.T / np.sqrt(self.width) + b2
        tanh = get_activation("tanh")
        s = [tanh.derivatives(z.T[None].swapaxes(1, 2), 2, np) for z in (z2, z1)]
        return SecondLayer(s[0], s[1], w2[None], self.ensemble.first()[1], self.ensemble)


@pytest.fixture(scope="module")
def network():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield Network()
    jax.config.update("jax_enable_x64", before)


def test_hessian_products_of_one_network_are_those_of_the_definition(network):
    sampled = network.sampled()
    expected = network.products(network.second, network.parameters, network.rates(), 0, 1)
    np.testing.assert_allclose(sampled.hessians(0, 1)[0], expected, rtol=1e-12, atol=1e-13)
    activated = lambda parameters, x: jnp.tanh(network.second(parameters, x))  # noqa: E731
    expected = network.products(activated, network.parameters, network.rates(), 0, 1)
    np.testing.assert_allclose(sampled.second(0, 1)[0], expected, rtol=1e-12, atol=1e-13)


def test_the_mean_over_the_last_weights_is_exact(network):
    """Hhat is a quadratic form in the last weights: its mean is that at zero, and the form at each unit vector."""
    rates = [*network.rates(), np.full(network.width, network.ensemble.lambda_w)]

    def output(parameters, x):
        return (parameters[4] @ jnp.tanh(network.second(parameters[:4], x)) / jnp.sqrt(1.0 * network.width))[None]

    def value(last):
        return network.products(output, [*network.parameters, last], rates, 0, 1)[0, 0]

    zero = value(np.zeros(network.width))
    form = [value(unit) - zero for unit in np.sqrt(network.ensemble.c_w) * np.eye(network.width)]
    sampled = network.sampled()
    assert sampled.traced(sampled.second(0, 1), 0, 1)[0] == pytest.approx(zero + sum(form), rel=1e-12)


def test_extrapolation_takes_out_powers_of_the_inverse_width():
    value, error = extrapolated([8, 16, 32], [(3 + 2 / n - 5 / n**2, 0.1) for n in (8, 16, 32)])
    assert value == pytest.approx(3)
    assert error == pytest.approx(0.1 * np.sqrt((1 / 3) ** 2 + 2**2 + (8 / 3) ** 2))
