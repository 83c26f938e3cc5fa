"""Smooth activations: their definitions, derivatives of every order, and duals in closed form against quadrature."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax import enable_x64

from ntklab.activations import polynomial, quadrature_error
from ntklab.activations.activation import quadrature_duals
from ntklab.activations.smooth import SMOOTH

CUBIC = polynomial([0.2, 1.0, 0.3, 0.1])
DEFINITIONS = {
    "gelu": lambda z: z * mpmath.ncdf(z),
    "erf": mpmath.erf,
    "tanh": mpmath.tanh,
    "sin": mpmath.sin,
    "identity": lambda z: z,
}
CLOSED = [name for name, activation in SMOOTH.items() if activation.closed_duals]
PAIRS = [(0.3, 1.0, 0.7), (-0.5, 0.4, 1.3), (0.0, 2.0, 0.5), (0.9, 1.0, 1.0)]


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_are_those_of_the_definition(name):
    z = np.array([-6.0, -2.3, -0.7, 0.0, 0.4, 1.5, 5.0])
    with mpmath.workdps(50):
        exact = [[float(mpmath.diff(DEFINITIONS[name], value, order)) for value in z] for order in range(5)]
    np.testing.assert_allclose(SMOOTH[name].derivatives(z, 4, np), exact, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", [*SMOOTH.values(), CUBIC], ids=lambda a: a.name)
def test_derivatives_are_those_of_automatic_differentiation(activation):
    z = np.linspace(-2.5, 2.5, 11)
    ours = activation.derivatives(z, 6, np)
    np.testing.assert_allclose(ours[0], activation(z))
    with enable_x64(True):
        ones = jnp.ones_like(z)
        slopes = jax.jvp(lambda v: activation.derivatives(v, 5, jnp), (jnp.asarray(z),), (ones,))[1]
        np.testing.assert_allclose(slopes, ours[1:], rtol=1e-10, atol=1e-12)


def gauss_hermite_dual(activation, k, v, w, nodes=80):
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    u = np.sqrt(v) * points[:, None]
    u2 = k / np.sqrt(v) * points[:, None] + np.sqrt(w - k * k / v) * points[None, :]
    return weights @ (activation(u) * activation(u2)) @ weights


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("pair", PAIRS)
def test_smooth_duals_match_gauss_hermite_quadrature(name, pair):
    duals = SMOOTH[name].duals
    with enable_x64(True):
        k, v, w = map(jnp.asarray, pair)
        found = duals.dual(k, v, w, duals.derivative_dual(k, v, w))
    np.testing.assert_allclose(found, gauss_hermite_dual(SMOOTH[name], *pair), rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_duals_are_those_of_the_quadrature_that_stands_in_for_them(name):
    """Also at coincident and at opposite inputs, and at inputs of variance zero, which the quadrature takes as they are."""
    closed, stand_in = SMOOTH[name].duals, quadrature_duals(SMOOTH[name].derivatives, 120)
    pairs = np.array([*PAIRS, (0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (0.0, 0.0, 0.7), (0.0, 0.7, 0.0)])
    with enable_x64(True):
        k, v, w = jnp.asarray(pairs.T)
        found, expected = (
            [duals.dual(k, v, w, duals.derivative_dual(k, v, w)), duals.derivative_dual(k, v, w), duals.variance(v)]
            for duals in (closed, stand_in)
        )
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def test_polynomials_are_evaluated_by_their_coefficients_and_named_after_them():
    z = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(CUBIC(z), 0.2 + z + 0.3 * z**2 + 0.1 * z**3, rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(CUBIC.derivatives(z, 5, np)[4:], np.zeros((2, 9)))
    assert polynomial([0.2, 1, 0.3, 0.1]) is CUBIC
    assert polynomial([0, 1, 1 / 3]).name != polynomial([0, 1, 0.33333333]).name
    assert polynomial([0, 1], "line").name == "line"


LARGE = [
    (v, w, rho) for v, w in ((0.1, 0.1), (2, 2), (10, 10), (50, 50), (0.1, 50), (400, 7)) for rho in (-0.9, 0.3, 0.9)
]


@pytest.mark.parametrize("name", ["erf", "gelu"])
def test_the_quadrature_of_the_duals_is_good_at_every_variance(name):
    """Against the closed forms, from variances of 0.1 to 400."""
    closed, stand_in = SMOOTH[name].duals, quadrature_duals(SMOOTH[name].derivatives)
    v, w, rho = np.array(LARGE).T
    with enable_x64(True):
        k, v, w = jnp.asarray(rho * np.sqrt(v * w)), jnp.asarray(v), jnp.asarray(w)
        found, expected = (
            [d.dual(k, v, w, d.derivative_dual(k, v, w)), d.derivative_dual(k, v, w), d.variance(v)]
            for d in (stand_in, closed)
        )
    tolerance = np.where(np.maximum(v, w) > 10, 2e-6, 1e-9)
    for a, b in zip(found, expected, strict=True):
        assert np.all(np.abs(a - b) < tolerance * np.abs(b))


def test_what_the_quadrature_of_a_kernel_is_worth_is_said():
    sin = replace(SMOOTH["sin"], closed_duals=None)
    error, variance = quadrature_error(sin, np.array([0.5, 2.0]))
    assert error < 1e-12
    np.testing.assert_allclose(variance, -np.expm1(-2 * np.array([0.5, 2.0])) / 2, rtol=1e-12)
    assert quadrature_error(SMOOTH["tanh"], np.array([0.1, 50.0]))[0] < 1e-6
    # 2 sin(u)^2 = 1 - cos(2u), whose phase turns once from each node to the next.
    spacing = 17 / 128
    assert quadrature_error(sin, np.array([(np.pi / spacing) ** 2]))[0] > 0.1
