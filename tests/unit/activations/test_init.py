"""Activations by name, and each of them in kernels, recursions and sampled networks alike."""

import numpy as np
import pytest

from ntklab.activations import ACTIVATIONS, get_activation, leaky_relu, polynomial
from ntklab.errors import InputError
from ntklab.finite_width import solve
from ntklab.finite_width.sampling import sample
from ntklab.kernels import Network, mlp_kernel

pytestmark = pytest.mark.usefixtures("unoptimised")

ALL = [*ACTIVATIONS.values(), leaky_relu(0.1), leaky_relu(-0.4), polynomial([0.2, 1.0, 0.3, 0.1], "cubic")]
every = pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
X = np.random.default_rng(5).normal(size=(3, 4))


def test_activations_are_found_by_name_or_given():
    for name, activation in ACTIVATIONS.items():
        assert get_activation(name) is activation is get_activation(activation)
        assert get_activation(activation.name) == activation
    for name, slope in (("leaky_relu(0.1)", 0.1), ("leaky_relu(-0.4)", -0.4), ("leaky_relu(1e-3)", 1e-3)):
        assert get_activation(name) is leaky_relu(slope)
    assert get_activation("leaky_relu(1)") is ACTIVATIONS["identity"]
    names = [activation.name for activation in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["swish", "rely", "ReLU", "leaky_relu()", "leaky_relu(x)", "leaky_relu(0.1", ""])
def test_unknown_nonlinearity_names_the_known_ones(name):
    with pytest.raises(InputError) as error:
        get_activation(name)
    message = str(error.value)
    assert message.startswith(f"unknown activation {name!r}; known: relu, leaky_relu, gelu, ")
    assert "leaky_relu(slope)" in message and "\n" not in message


@every
def test_the_solver_s_kernels_are_those_of_the_fully_connected_network(activation):
    network = Network(dense=2, nonlinearity=activation, weight_variance=1.6, bias_variance=0.2)
    found = solve(X, network=network, tensors=("K", "Theta"), tolerance=1e-9)
    nngp, ntk = mlp_kernel(network, X)
    np.testing.assert_allclose(found["K"][-1], nngp, rtol=1e-10)
    np.testing.assert_allclose(found["Theta"][-1], ntk, rtol=1e-10)


@every
def test_sampled_networks_have_the_solver_s_kernels(activation):
    """Exactly in the mean at layer 2 for any width; one standard error is a few per cent."""
    constants = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
    options = {"networks": 1500, "batches": 30, "seed": 3, "estimator": "averaged", **constants}
    drawn = sample(X, activation, [8], tensors=("K", "Theta"), **options)
    exact = solve(X, activation, depth=2, tensors=("K", "Theta"), **constants)
    for tensor in ("K", "Theta"):
        stderr = drawn.stderr(tensor)[1]
        assert np.all(np.abs(drawn[tensor][1] - exact[tensor][1]) < 4.5 * stderr)
        assert np.diag(stderr).max() < 0.15 * np.abs(exact[tensor][1]).max()
