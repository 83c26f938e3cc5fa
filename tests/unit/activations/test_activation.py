"""What every activation must give, whatever it is: derivatives, and duals by an integral that none of them uses."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.activations import ACTIVATIONS, leaky_relu, polynomial

ALL = [*ACTIVATIONS.values(), leaky_relu(0.1), leaky_relu(-0.4), polynomial([0.2, 1.0, 0.3, 0.1], "cubic")]
every = pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)

PAIRS = [
    (0.3, 1.0, 0.7), (-0.5, 0.4, 1.3), (0.0, 2.0, 0.5), (0.9, 1.0, 1.0), (2.0, 2.0, 3.0),
    (1.3, 1.3, 1.3), (0.99999, 1.0, 1.0), (-0.7999992, 0.8, 0.8), (-0.6, 0.6, 0.6),
]  # fmt: skip
"""Covariance k and variances v, w; then coincident inputs, nearly coincident, nearly opposite and opposite ones."""
REGULAR = PAIRS[:4]
LENGTH = 50


def duals(activation, k, v, w):
    """Dual, derivative dual and variance, elementwise in JAX."""
    d = activation.duals.derivative_dual(k, v, w)
    return activation.duals.dual(k, v, w, d), d, activation.duals.variance(v)


@cache
def compiled(activation):
    return jax.jit(partial(duals, activation))


def evaluate(activation, k, v, w, dtype="float64"):
    """The same of at most LENGTH numbers, all in one shape: one compilation for an activation."""
    with enable_x64(dtype == "float64"):
        filled = [np.concatenate([a, np.ones(LENGTH - len(a))]).astype(dtype) for a in (k, v, w)]
        return tuple(np.asarray(a)[: len(k)] for a in compiled(activation)(*filled))


# ---- derivatives -----------------------------------------------------------------------------------------------------


@every
def test_derivatives_are_slopes_of_the_one_before(activation):
    """Central differences of fourth order, to the fourth derivative, at a kink to the first."""
    h = 1e-3
    z = np.linspace(-3, 3, 30)  # no point within 2 h of zero
    highest = 4 if activation.smooth else 1
    shifted = {n: activation.derivatives(z + n * h, highest, np) for n in (-2, -1, 1, 2)}
    slopes = (8 * (shifted[1] - shifted[-1]) - (shifted[2] - shifted[-2])) / (12 * h)
    found = activation.derivatives(z, highest, np)
    assert found.shape == (highest + 1, len(z))
    np.testing.assert_allclose(found[1:], slopes[:-1], rtol=1e-9, atol=1e-9)


@every
def test_an_activation_is_the_same_in_numpy_and_in_jax(activation):
    z = np.linspace(-3, 3, 30)
    with enable_x64(True):
        np.testing.assert_allclose(activation(jnp.asarray(z), jnp), activation(z), rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(activation(z), activation.derivatives(z, 1, np)[0])


# ---- duals -----------------------------------------------------------------------------------------------------------

RADII, RADIAL = np.polynomial.legendre.leggauss(120)
RADII = 7 * (RADII + 1)
RADIAL = 7 * RADIAL * RADII * np.exp(-(RADII**2) / 2) / (2 * np.pi)
ARCS, ALONG = np.polynomial.legendre.leggauss(60)


def expectation(f, k, v, w):
    """E[f(u) f(u')] in polar coordinates of the plane in which (u, u') is drawn, between the rays where u or u' is zero:
    a kink there does no harm, and the accuracy is that of the arithmetic."""
    turn = np.arccos(np.clip(k / np.sqrt(v * w), -1, 1))
    rays = np.unique((np.array([0, np.pi, turn, turn + np.pi]) + np.pi / 2) % (2 * np.pi))
    rays = np.append(rays, rays[0] + 2 * np.pi)
    half = np.diff(rays)[:, None] / 2
    phi, weights = (rays[:-1, None] + half * (1 + ARCS)).ravel(), (half * ALONG).ravel()
    u, other = (np.sqrt(variance) * np.outer(np.cos(phi - angle), RADII) for variance, angle in ((v, 0.0), (w, turn)))
    return weights @ (f(u) * f(other)) @ RADIAL


@every
def test_duals_are_gaussian_integrals(activation):
    def slope(z):
        return activation.derivatives(z, 1, np)[1]

    k, v, w = np.transpose(PAIRS)
    found = evaluate(activation, k, v, w)
    exact = [
        [expectation(activation, *pair) for pair in PAIRS],
        [expectation(slope, *pair) for pair in PAIRS],
        [expectation(activation, b, b, b) for b in v],
    ]
    # Six digits of a quadrature whose nodes are chosen for covariances of order one.
    atol = 1e-12 if activation.closed_duals or activation.exact else 5e-6
    for quantity, integral, name in zip(found, exact, ("dual", "derivative dual", "variance"), strict=True):
        near = np.full(len(PAIRS), atol)
        if name == "derivative dual" and not activation.smooth:
            # arcsin has an infinite slope at -1: a rounding error eps of the correlation becomes sqrt(2 eps) / (2 pi).
            near[-1] = 1e-8
        assert np.all(np.abs(quantity - integral) < near), name


@every
@pytest.mark.parametrize("pair", REGULAR)
def test_duals_match_monte_carlo_within_error_bars(activation, pair):
    k, v, w = pair
    rng = np.random.default_rng(7)
    u, u2 = np.linalg.cholesky([[v, k], [k, w]]) @ rng.normal(size=(2, 200_000))
    at_u = activation(u)
    dual, _, variance = evaluate(activation, [k], [v], [w])
    for sample, exact in ((at_u * activation(u2), dual[0]), (at_u * at_u, variance[0])):
        assert abs(sample.mean() - exact) < 4.5 * sample.std() / np.sqrt(sample.size)


@every
def test_derivative_dual_is_the_slope_of_the_dual(activation):
    """Price's theorem: d E[s(u) s(u')] / dk = E[s'(u) s'(u')]; of a quadrature each side has its own error."""
    k, v, w = np.transpose(REGULAR)
    step = 1e-5
    slope = (evaluate(activation, k + step, v, w)[0] - evaluate(activation, k - step, v, w)[0]) / (2 * step)
    rtol = 1e-7 if activation.closed_duals or activation.exact else 2e-5
    np.testing.assert_allclose(evaluate(activation, k, v, w)[1], slope, rtol=rtol, atol=1e-10)  # 0 if even, k = 0


@every
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-14), ("float32", 3e-7)])
def test_coincident_inputs_are_exact_despite_rounding(activation, dtype, tolerance):
    v = np.linspace(0.1, 3.0, 50, dtype=dtype)
    _, exact, variance = evaluate(activation, v, v, v, dtype)
    for factor in (1 - 4 * np.finfo(dtype).eps, 1 + 4 * np.finfo(dtype).eps):
        dual, derivative, _ = evaluate(activation, (v * factor).astype(dtype), v, v, dtype)
        assert dual.dtype == derivative.dtype == dtype
        np.testing.assert_allclose(derivative, exact, rtol=20 * tolerance)
        np.testing.assert_allclose(dual, variance, rtol=20 * tolerance)


@every
def test_zero_variance_gives_the_value_at_zero_and_no_nan(activation):
    at_zero = float(activation(np.zeros(1))[0])
    v, w = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    dual, derivative, _ = evaluate(activation, np.zeros(3), v, w)
    mean = 0.0 if at_zero == 0 else expectation(lambda z: 0.5 * (activation(z) + activation(-z)), 0.0, 1.0, 1.0) ** 0.5
    expected = at_zero * np.array([at_zero, mean, mean])
    np.testing.assert_allclose(dual, expected, rtol=1e-12, atol=0 if at_zero == 0 else 1e-15)
    assert np.all(np.isfinite(derivative))


@pytest.mark.parametrize("name", ["relu", "gelu", "tanh"])  # of each kind one: rectifier, closed form, quadrature
def test_variances_broadcast_against_covariances(name):
    activation, rng = ACTIVATIONS[name], np.random.default_rng(2)
    v, w = rng.uniform(0.5, 2, size=(3, 1)), rng.uniform(0.5, 2, size=(1, 4))
    k = 0.4 * np.sqrt(v * w)
    with enable_x64(True):
        together = compiled(activation)(k, v, w)
    apart = evaluate(activation, *(a.ravel() for a in np.broadcast_arrays(k, v, w)))
    for a, b in zip(together[:2], apart[:2], strict=True):
        assert a.shape == (3, 4)
        np.testing.assert_allclose(a.ravel(), b, rtol=1e-13)
