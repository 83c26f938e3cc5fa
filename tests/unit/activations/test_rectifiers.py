"""Rectifiers: the kink, special slopes, and what is done about rounding at coincident inputs."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.activations import leaky_relu
from ntklab.activations.rectifiers import RECTIFIERS
from ntklab.activations.smooth import IDENTITY


@pytest.mark.parametrize("activation", [*RECTIFIERS.values(), leaky_relu(0.1), leaky_relu(-0.4)], ids=lambda a: a.name)
def test_kinks_have_slopes_and_no_second_derivative(activation):
    below, above = activation.slopes
    np.testing.assert_allclose(
        activation.derivatives(np.array([-2.0, 3.0]), 1, np), [[-2 * below, 3 * above], [below, above]]
    )
    with pytest.raises(ValueError, match="delta function"):
        activation.derivatives(np.zeros(1), 2, np)


def test_leaky_relu_joins_relu_and_identity():
    assert leaky_relu(0.0) is leaky_relu(0) and leaky_relu(0.0) == RECTIFIERS["relu"]
    assert leaky_relu(1.0) is IDENTITY and leaky_relu(1.0).smooth
    assert leaky_relu(0.2) != leaky_relu(0.1)
    assert leaky_relu() == RECTIFIERS["leaky_relu"] == leaky_relu(0.01)
    z = np.linspace(-2, 2, 9)
    np.testing.assert_array_equal(leaky_relu(0)(z), np.maximum(z, 0))


def test_one_slope_is_one_object_and_names_tell_slopes_apart():
    """Networks compare by their activations, and files of cached kernels are named after them."""
    for again in (leaky_relu(slope=0.25), leaky_relu(0.25, True), leaky_relu(0.25, snap=True)):
        assert again is leaky_relu(0.25)
    assert leaky_relu(0.1234567).name != leaky_relu(0.12345674).name


def test_without_the_snap_coincident_inputs_lose_half_the_digits():
    v = np.linspace(0.1, 3.0, 50)
    bare, snapped = leaky_relu(0, snap=False), leaky_relu(0)
    assert bare.name != snapped.name
    with enable_x64(True):
        k, v = jnp.asarray(v * (1 - 4 * np.finfo(float).eps)), jnp.asarray(v)
        np.testing.assert_allclose(snapped.duals.derivative_dual(k, v, v), 0.5, rtol=1e-15)
        error = np.abs(bare.duals.derivative_dual(k, v, v) - 0.5)
    assert 1e-9 < error.max() < 1e-7
