"""Duals of the nonlinearities: quadrature, Monte Carlo, Price's theorem, and the numerics at coincident inputs."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import enable_x64
from ntklab.kernels._arcsine import arcsine
from ntklab.kernels.nonlinearities import REGISTRY, leaky_relu, nonlinearity

NAMES = sorted(REGISTRY)
PAIRS = [(0.3, 1.0, 0.7), (-0.5, 0.4, 1.3), (0.0, 2.0, 0.5), (0.9, 1.0, 1.0)]


def evaluate(name, k, v, w):
    s = nonlinearity(name)
    with enable_x64():
        k, v, w = (jnp.asarray(a, "float64") for a in (k, v, w))
        d = s.derivative_dual(k, v, w)
        return float(s.dual(k, v, w, d)), float(d), float(s.variance(v))


def gauss_hermite_dual(name, k, v, w, nodes=80):
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    u = np.sqrt(v) * points[:, None]
    u2 = k / np.sqrt(v) * points[:, None] + np.sqrt(w - k * k / v) * points[None, :]
    with enable_x64():
        s = nonlinearity(name).function
        return weights @ np.asarray(s(jnp.asarray(u)) * s(jnp.asarray(u2))) @ weights


@pytest.mark.parametrize("name", ["erf", "gelu", "identity"])
@pytest.mark.parametrize("pair", PAIRS)
def test_smooth_duals_match_gauss_hermite_quadrature(name, pair):
    np.testing.assert_allclose(evaluate(name, *pair)[0], gauss_hermite_dual(name, *pair), rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pair", PAIRS)
def test_duals_match_monte_carlo_within_error_bars(name, pair):
    k, v, w = pair
    rng = np.random.default_rng(7)
    u, u2 = np.linalg.cholesky([[v, k], [k, w]]) @ rng.normal(size=(2, 200_000))
    s = nonlinearity(name).function
    with enable_x64():
        samples = [np.asarray(s(jnp.asarray(u)) * s(jnp.asarray(z))) for z in (u2, u)]
    dual, _, variance = evaluate(name, *pair)
    for sample, exact in zip(samples, (dual, variance), strict=True):
        assert abs(sample.mean() - exact) < 4.5 * sample.std() / np.sqrt(sample.size)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pair", PAIRS)
def test_derivative_dual_is_the_slope_of_the_dual(name, pair):
    """Price's theorem: d E[s(u) s(u')] / dk = E[s'(u) s'(u')]."""
    k, v, w = pair
    step = 1e-5
    slope = (evaluate(name, k + step, v, w)[0] - evaluate(name, k - step, v, w)[0]) / (2 * step)
    np.testing.assert_allclose(evaluate(name, *pair)[1], slope, rtol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-14), ("float32", 3e-7)])
def test_coincident_inputs_are_exact_despite_rounding(name, dtype, tolerance):
    s = nonlinearity(name)
    with enable_x64(dtype == "float64"):
        v = jnp.linspace(0.1, 3.0, 50, dtype=dtype)
        exact = s.derivative_dual(v, v, v)
        for factor in (1 - 4 * np.finfo(dtype).eps, 1 + 4 * np.finfo(dtype).eps):
            k = (v * factor).astype(dtype)
            d = s.derivative_dual(k, v, v)
            np.testing.assert_allclose(d, exact, rtol=20 * tolerance)
            np.testing.assert_allclose(s.dual(k, v, v, d), s.variance(v), rtol=20 * tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_zero_variance_gives_zero_kernel_and_no_nan(name):
    for v, w in [(0.0, 0.0), (0.0, 1.0)]:
        dual, derivative, _ = evaluate(name, 0.0, v, w)
        assert dual == 0.0
        assert np.isfinite(derivative)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 2.3e-16), ("float32", 1.7e-7)])
def test_arcsine_is_accurate_to_the_last_digit(dtype, tolerance):
    with enable_x64(dtype == "float64"):
        x = np.concatenate([np.linspace(-1, 1, 100_001), [0.5, -0.5, 0.0, 1.0, -1.0, 1e-300]]).astype(dtype)
        assert (
            np.abs(np.asarray(arcsine(jnp.asarray(x)), "float64") - np.arcsin(x.astype("float64"))).max() <= tolerance
        )


def test_leaky_relu_joins_relu_and_identity():
    assert leaky_relu(0.0) == REGISTRY["relu"]
    assert leaky_relu(1.0).name == "identity"
    assert leaky_relu(0.2) != leaky_relu(0.1)


def test_unknown_nonlinearity_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown nonlinearity 'swish'; known: relu, .*leaky_relu"):
        nonlinearity("swish")
