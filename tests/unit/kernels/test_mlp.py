"""Kernels of fully connected networks: neural-tangents, the arc-cosine recursion, invariance after augmentation."""

from dataclasses import replace

import numpy as np
import pytest

from ntklab.activations import ACTIVATIONS
from ntklab.errors import InputError, QuadratureError, QuadratureWarning
from ntklab.kernels import (
    Network,
    mlp_kernel,
)
from ntklab.kernels.direct import mlp_layers

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))


def assert_close(left, right, rtol=1e-12):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "erf", "gelu", "identity"])
def test_mlp_kernel_is_that_of_neural_tangents(layer_kernel, name):
    network = Network(dense=3, nonlinearity=name, weight_variance=1.7, bias_variance=0.2)
    assert_close(mlp_kernel(network, X, Y), layer_kernel(mlp_layers(network))(X, Y))


def relu_step(k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arc-cosine kernels of degree 1 and 0, times weight variance 2."""
    norm = np.sqrt(np.outer(np.diag(k), np.diag(k)))
    angle = np.arccos(np.clip(k / norm, -1, 1))
    return norm * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi, (np.pi - angle) / np.pi


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_kernels_equal_the_arc_cosine_recursion(depth, rng):
    x = rng.normal(size=(5, 2, 2))
    flat = x.reshape(5, -1)
    k = theta = 2 * flat @ flat.T / 4
    for _ in range(depth):
        k, derivative = relu_step(k)
        theta = k + theta * derivative
    ours = mlp_kernel(Network(dense=depth, weight_variance=2.0), x, x)
    # arccos is good to the square root of the rounding unit at coincident inputs, the diagonal.
    np.testing.assert_allclose(ours.nngp, k, rtol=1e-7)
    np.testing.assert_allclose(ours.ntk, theta, rtol=1e-7)


def test_inputs_are_taken_in_any_form_and_refused_in_one_line():
    network = Network(dense=1, nonlinearity="erf")
    expected = mlp_kernel(network, X[:, :1, :1, 0])
    assert_close(mlp_kernel(network, X[:, 0, 0, :1].tolist()), expected)
    for x, message in (
        (np.ones(3), r"x: shape \(3,\)"),
        (np.ones((3, 0)), "an axis is empty"),
        (np.ones((3, 2)) * 1j, "complex numbers"),
    ):
        with pytest.raises(InputError, match=message) as error:
            mlp_kernel(network, x)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="has filters"):
        mlp_kernel(Network(filters=(3,)), X)


def test_an_inaccurate_quadrature_is_said_and_a_wrong_one_refused():
    """The sine without its closed forms: at some deviation of many periods its phase turns once from node to node."""
    network = Network(dense=1, nonlinearity=replace(ACTIVATIONS["sin"], closed_duals=None))
    x, deviation = np.array([[1.0, -1.0], [1.0, 1.0]]), np.pi * 128 / 17
    with pytest.warns(QuadratureWarning, match="with twice the nodes, more than 1e-06"):
        mlp_kernel(network, (deviation - 2.1) * x)
    with pytest.raises(QuadratureError, match=r"no kernel is returned above 0\.01"):
        mlp_kernel(network, deviation * x)
