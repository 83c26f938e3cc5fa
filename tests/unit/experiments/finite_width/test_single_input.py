"""Corrections at one input by parts: those of the solver where it differentiates, none where the activation is homogeneous."""

import numpy as np
import pytest

from ntklab.activations import Activation
from ntklab.experiments.finite_width.single_input import by_parts
from ntklab.finite_width import solve

X = np.array([0.9, -0.4, 0.7])


@pytest.mark.parametrize("activation", ["gelu", "erf", "tanh", "sin"])
def test_smooth_activations_have_the_solver_s_corrections(activation):
    found = by_parts(activation, X, 1.4, 6)
    exact = solve(X[None], activation, 6, c_w=1.4, tensors=("K", "Theta", "K1", "Theta1"), tolerance=1e-9)
    for tensor in exact:
        expected = np.array([float(layer.ravel()[0]) for layer in exact[tensor]])
        np.testing.assert_allclose(found.values[tensor], expected, rtol=1e-6, atol=1e-9, err_msg=tensor)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(0.1)", "identity"])
def test_scale_invariant_activations_have_none_within_the_error_bound(activation):
    found = by_parts(activation, X, 2.0, 30)
    for tensor in ("K1", "Theta1"):
        assert np.all(np.abs(found.values[tensor]) <= found.errors[tensor])
        assert np.all(found.errors[tensor] > 0)


def test_a_kink_that_is_not_at_zero_has_some():
    """Nothing in the quadrature knows which activations are homogeneous."""
    shifted = Activation("shifted relu", lambda z, highest, xp: xp.stack([xp.maximum(z - 0.5, 0), 1.0 * (z > 0.5)]))
    assert np.abs(by_parts(shifted, X, 2.0, 4).values["K1"][3]) > 0.05
