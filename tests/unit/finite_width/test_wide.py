"""Expectations at large variances against closed forms, one-dimensional integrals in many digits, and limits."""

import mpmath as mp
import numpy as np
import pytest

from ntklab.activations import ACTIVATIONS, get_activation
from ntklab.finite_width import gaussian_expectations
from ntklab.finite_width.wide import InputGrid


def erf_dual(k, v, w):
    return 2 / np.pi * np.arcsin(2 * k / np.sqrt((1 + 2 * v) * (1 + 2 * w)))


def erf_slope(k, v, w):
    return 4 / np.pi / np.sqrt((1 + 2 * v) * (1 + 2 * w) - 4 * k * k)


@pytest.mark.parametrize("variance", [3.0, 50.0, 1e4])
@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.4, 0.99, 0.99999])
def test_pairs_have_their_closed_forms(variance, correlation):
    v, w = variance, 0.3 * variance
    k = correlation * np.sqrt(v * w)
    E = gaussian_expectations(get_activation("erf"), np.array([[v, k], [k, w]]))
    assert E.pair(0, 0)[0, 1] == pytest.approx(erf_dual(k, v, w), rel=1e-9, abs=1e-12)
    assert E.pair(1, 1)[1, 0] == pytest.approx(erf_slope(k, v, w), rel=1e-8)
    assert E.pair(0, 0)[0, 0] == pytest.approx(erf_dual(v, v, v), rel=1e-12)


@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_independent_pairs_of_four_inputs_factorise(name):
    """Two pairs of one variable each: products of one-dimensional integrals, and of a grid over four inputs."""
    activation, variance = ACTIVATIONS[name], 50.0
    K = variance * np.eye(4)
    orders = (3, 1), (1, 1), (0, 0)

    def one(p, q):
        def integrand(t):
            z = mp.sinh(t)
            d = activation.derivatives(np.array([float(z)]), 3, np)[:, 0]
            return d[p] * d[q] * mp.cosh(t) * mp.exp(-(z**2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)

        return float(mp.quad(integrand, np.linspace(-5, 5, 21).tolist()))

    grid = InputGrid.of(K[:2, :2], 56)
    for (p, q), (r, s) in [(orders[0], orders[1]), (orders[1], orders[2])]:
        found = grid.sums(activation, [((p, q), (r, s))])[0]
        assert found == pytest.approx(one(p, q) * one(r, s), rel=1e-9)
    E = gaussian_expectations(activation, K)
    found = E.product(((0, 1), (1, 1), (2, 1), (3, 1)))
    assert found == pytest.approx(one(0, 1) ** 0 * _mean_slope(activation, variance) ** 4, rel=1e-6)


def _mean_slope(activation, variance):
    z = np.sinh(np.linspace(-5, 5, 4001))
    density = np.exp(-(z**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return np.sum(activation.derivatives(z, 1, np)[1] * density * np.sqrt(1 + z**2)) * (10 / 4000)


def test_a_steep_function_of_four_inputs_is_their_sign():
    """tanh at variance 1e8: two independent pairs have the product of the arcsine kernels of the sign."""
    rho = np.array([0.4, -0.7])
    block = [np.array([[1, r], [r, 1]]) for r in rho]
    K = 1e8 * np.block([[block[0], np.zeros((2, 2))], [np.zeros((2, 2)), block[1]]])
    found = gaussian_expectations(get_activation("tanh"), K).product(((0, 0), (1, 0), (2, 0), (3, 0)))
    assert found == pytest.approx(np.prod(2 / np.pi * np.arcsin(rho)), rel=1e-3)


def test_a_function_that_bends_everywhere_takes_many_nodes():
    """sin: E[cos u cos u'] = exp(-(v + w)/2) cosh k, at a deviation of one period, where inputs are alike."""
    sin = get_activation("sin")
    assert not sin.bends_at_zero and get_activation("tanh").bends_at_zero and get_activation("gelu").bends_at_zero
    v, k = 50.0, 49.5
    E = gaussian_expectations(sin, np.array([[v, k], [k, v]]))
    assert E.pair(1, 1)[0, 1] == pytest.approx(np.exp(k - v) / 2, rel=1e-10)


def test_dependent_inputs_are_left_to_the_root():
    K = 20 * np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 2]])
    assert InputGrid.of(K, 28) is None
    E = gaussian_expectations(get_activation("erf"), K, 56)
    # sigma' of the sum: E[erf(u) erf(v) erf'(u + v)], by Monte Carlo.
    rng = np.random.default_rng(0)
    u, v = np.sqrt(20) * rng.normal(size=(2, 400_000))
    erf = get_activation("erf")
    values = erf(u) * erf(v) * erf.derivatives(u + v, 1, np)[1]
    found = E.product(((0, 0), (1, 0), (2, 1)))
    assert abs(values.mean() - found) < 4.5 * values.std() / np.sqrt(values.size)


def test_a_grid_within_a_number_of_points():
    grid = InputGrid.of(50 * (0.1 * np.eye(4) + 0.9), 56)
    assert grid.within(10**5).size <= 10**5 < grid.size
