"""Activations made from a function: the built-in ones again, others against sampled networks, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntklab.activations import ACTIVATIONS, activation_from, get_activation
from ntklab.errors import InputError
from ntklab.finite_width import solve
from ntklab.finite_width.sampling import sample
from ntklab.kernels import Network, cnn_kernel, mlp_kernel

pytestmark = pytest.mark.usefixtures("unoptimised")

X = np.random.default_rng(5).normal(size=(3, 4))
SAME = {
    "tanh": jnp.tanh,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "erf": jax.scipy.special.erf,
    "sin": jnp.sin,
}


def softplus(z):
    return jax.nn.softplus(z)  # JAX has no Taylor rule for it


@pytest.mark.parametrize("name", SAME)
def test_derivatives_are_those_of_the_built_in_one(name):
    z = np.linspace(-4, 4, 301).reshape(7, 43)
    ours, theirs = activation_from(SAME[name], name), ACTIVATIONS[name]
    for highest in (0, 1, 8):
        expected = theirs.derivatives(z, highest, np)
        found = ours.derivatives(z, highest, np)
        assert found.dtype == np.float64 and found.shape == expected.shape
        scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
        assert np.all(np.abs(found - expected) < 1e-12 * scale)
    assert ours.bends_at_zero == theirs.bends_at_zero


def test_derivatives_without_taylor_rules_are_nested():
    """softplus' is the logistic function, softplus'' its product with one minus it."""
    z = np.linspace(-5, 5, 40_000)  # more than are evaluated at a time
    found = activation_from(softplus).derivatives(z, 2, np)
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(found, [np.log1p(np.exp(z)), p, p * (1 - p)], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_kernels_and_recursions_are_those_of_the_built_in_one(name):
    constants = {"weight_variance": 1.5, "bias_variance": 0.1}
    ours, theirs = (Network(dense=1, nonlinearity=a, **constants) for a in (activation_from(SAME[name], name), name))
    for a, b in zip(mlp_kernel(ours, X), mlp_kernel(theirs, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)
    tensors = ("Theta1", "R")
    a, b = (solve(X[:2], network=network, tensors=tensors) for network in (ours, theirs))
    for tensor in tensors:
        np.testing.assert_allclose(a[tensor][-1], b[tensor][-1], rtol=1e-9, atol=1e-9 * np.abs(b[tensor][-1]).max())


def test_convolutional_kernels_are_those_of_the_built_in_one():
    images = np.random.default_rng(6).normal(size=(2, 4, 4, 1))
    ours, theirs = (
        Network(filters=(3,), dense=1, nonlinearity=a, padding="CIRCULAR") for a in (activation_from(jnp.tanh), "tanh")
    )
    for a, b in zip(cnn_kernel(ours, images), cnn_kernel(theirs, images), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_kernels_of_a_function_of_ones_own_are_those_of_sampled_networks():
    network = Network(dense=1, nonlinearity=activation_from(softplus), weight_variance=1.3, bias_variance=0.1)
    nngp, ntk = mlp_kernel(network, X)
    options = {"networks": 1500, "batches": 30, "seed": 3, "estimator": "averaged"}
    drawn = sample(X, network=network, widths=[8], tensors=("K", "Theta"), **options)
    for tensor, exact in (("K", nngp), ("Theta", ntk)):
        assert np.all(np.abs(drawn[tensor][1] - exact) < 4.5 * drawn.stderr(tensor)[1])


def test_a_function_is_one_activation_and_its_name_tells_functions_apart():
    assert activation_from(softplus) is activation_from(softplus)
    assert activation_from(softplus).name.startswith("softplus#")
    names = {activation_from(lambda z, a=a: jnp.tanh(a * z), "steep").name for a in (1.0, 1.5, 2.0)}
    assert len(names) == 3
    assert get_activation(activation_from(softplus)) is activation_from(softplus)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (jax.nn.relu, "derivative 1 jumps near z = 0"),
        (jax.nn.elu, "derivative 2 jumps near z = 0"),
        (jnp.floor, "derivative 0 jumps"),
        (lambda z: 1 / z, "not finite at z = 0"),
        (lambda z: z.sum(), r"gives float32\[\] for float32\[3\]"),
        (lambda z: z + 1j, "gives complex64"),
        (np.tanh, "not a function of one JAX array"),
    ],
)
def test_other_functions_are_refused_in_one_line(function, message):
    with pytest.raises(InputError, match=message) as error:
        activation_from(function)
    assert "\n" not in str(error.value)


def test_a_function_instead_of_an_activation_is_refused():
    with pytest.raises(InputError, match=r"activation_from\(function\) makes one"):
        get_activation(jnp.tanh)
