"""Gauss-Hermite expectations of smooth activations: closed forms, polynomials, integration by parts."""

import itertools

import numpy as np
import pytest

from ntklab.activations import get_activation
from ntklab.finite_width import gaussian_expectations, polynomial
from ntklab.finite_width.quadrature import square_root

CUBIC = polynomial([0.2, 1.0, 0.3, 0.1])


@pytest.fixture
def covariance(rng):
    root = rng.normal(size=(4, 4)) / 2
    return root @ root.T + 0.1 * np.eye(4)


def test_the_square_root_reveals_the_rank(rng):
    for rank in (1, 2, 3, 4):
        root = rng.normal(size=(4, rank))
        K = root @ root.T
        L, order = square_root(K)
        assert L.shape == (4, rank)
        np.testing.assert_allclose(L @ L.T, K[np.ix_(order, order)], atol=1e-13)


def test_erf_has_its_closed_form(covariance):
    """<erf erf> = (2 / pi) arcsin(2 K_ab / sqrt((1 + 2 K_aa)(1 + 2 K_bb)))."""
    d = 1 + 2 * covariance.diagonal()
    expected = 2 / np.pi * np.arcsin(2 * covariance / np.sqrt(np.outer(d, d)))
    np.testing.assert_allclose(
        gaussian_expectations(get_activation("erf"), covariance).pair(0, 0), expected, atol=1e-12
    )


def _isserlis(powers, K):
    """E[prod z_i^powers_i] by E[z_i f] = sum_j K_ij E[df/dz_j]."""
    i = next((i for i, p in enumerate(powers) if p), None)
    if i is None:
        return 1.0
    rest = [p - (k == i) for k, p in enumerate(powers)]
    return sum(
        K[i, j] * rest[j] * _isserlis([p - (k == j) for k, p in enumerate(rest)], K) for j in range(len(K)) if rest[j]
    )


@pytest.mark.parametrize("factors", [[(0, 0), (1, 0), (2, 1), (3, 1)], [(0, 2), (0, 0), (1, 1), (2, 1)], [(0, 0)] * 4])
def test_polynomials_are_exact(covariance, factors):
    coefficients = [np.polynomial.Polynomial([0.2, 1.0, 0.3, 0.1]).deriv(order).coef for _, order in factors]
    expected = 0.0
    for exponents in itertools.product(*[range(len(c)) for c in coefficients]):
        powers = [0] * 4
        for (a, _), e in zip(factors, exponents, strict=True):
            powers[a] += e
        expected += np.prod([c[e] for c, e in zip(coefficients, exponents, strict=True)]) * _isserlis(
            powers, covariance
        )
    assert gaussian_expectations(CUBIC, covariance).product(factors) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["gelu", "tanh"])
def test_integration_by_parts(covariance, name):
    """sum_b K_ab <d_b f> = <z_a f>, with z_a from the identity: f = sigma_0 sigma'_1, both sides by quadrature."""
    activation = get_activation(name)
    E = gaussian_expectations(activation, covariance, 48)
    # <z_0 f> = d/de <(sigma_0)(sigma'_1) exp(e z_0)> is not of product form: integrate on a plain grid instead.
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    L = np.linalg.cholesky(covariance[:2, :2])
    z0, z1 = L[0, 0] * x[:, None] + 0 * x, L[1, 0] * x[:, None] + L[1, 1] * x
    f = activation.derivatives(z0, 1, np)[0] * activation.derivatives(z1, 1, np)[1]
    for a, z in enumerate((z0, z1)):
        left = covariance[a, 0] * E.pair(1, 1)[0, 1] + covariance[a, 1] * E.pair(0, 2)[0, 1]
        assert left == pytest.approx(w @ (z * f) @ w, abs=1e-9)
