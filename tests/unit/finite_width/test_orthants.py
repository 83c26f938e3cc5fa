"""Gaussian expectations at kinks: limits of smooth ones, what does not exist, and convergence of orthants."""

import numpy as np
import pytest
from scipy.stats import norm

from ntklab.activations import get_activation
from ntklab.finite_width import gaussian_expectations

KINKED = ["relu", "leaky_relu(0.1)"]


@pytest.fixture
def covariance(rng):
    root = rng.normal(size=(4, 4)) / 2
    return root @ root.T + 0.1 * np.eye(4)


@pytest.mark.parametrize("name", KINKED)
def test_second_derivatives_of_kinks_are_limits_of_narrow_smooth_ones(covariance, name):
    """sigma'' as a narrow Gaussian: <sigma''_0 sigma'_0 ... > with one smoothing in all slots tends to the value used."""
    activation = get_activation(name)
    below, above = activation.slopes
    E = gaussian_expectations(activation, covariance)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400_000, 4)) @ np.linalg.cholesky(covariance).T
    width = 0.02 * np.sqrt(covariance[0, 0])

    def slope(x):
        return below + (above - below) * norm.cdf(x / width)

    second = (above - below) * norm.pdf(z[:, 0] / width) / width
    s, d = activation.derivatives(z, 1, np)
    for others, factors in (
        (d[:, 1] * d[:, 2] * s[:, 3], [(0, 2), (1, 1), (2, 1), (3, 0)]),
        (slope(z[:, 0]) * d[:, 2] * s[:, 3], [(0, 2), (0, 1), (2, 1), (3, 0)]),
        (slope(z[:, 0]) ** 2 * s[:, 3], [(0, 2), (0, 1), (0, 1), (3, 0)]),
    ):
        drawn = second * others
        error = drawn.std() / np.sqrt(len(z))
        assert abs(E.product(factors) - drawn.mean()) < 5 * error + 0.02 * abs(drawn.mean()), factors
    assert E.product([(0, 2), (0, 0), (1, 1), (2, 1)]) == 0.0  # delta(z) sigma(z)


def test_products_that_do_not_exist_at_a_kink_are_refused(covariance):
    E = gaussian_expectations(get_activation("relu"), covariance)
    for factors in ([(0, 2), (1, 2), (2, 1), (3, 1)], [(0, 3), (1, 1), (2, 1), (3, 1)]):
        with pytest.raises(ValueError, match="at a kink is not defined"):
            E.product(factors)
    with pytest.raises(ValueError, match="variance 0"):
        gaussian_expectations(get_activation("relu"), np.zeros((1, 1)))


def test_orthant_probabilities_converge_with_the_nodes(covariance):
    products = [[(0, 1), (1, 1), (2, 1), (3, 1)], [(0, 0), (1, 0), (2, 0), (3, 0)]]
    coarse, fine = (gaussian_expectations(get_activation("relu"), covariance, nodes) for nodes in (20, 80))
    for factors in products:
        assert coarse.product(factors) == pytest.approx(fine.product(factors), rel=1e-7)
