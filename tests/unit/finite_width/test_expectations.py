"""Gaussian expectations by either method: Price's theorem and Monte Carlo."""

import numpy as np
import pytest

from ntklab.activations import get_activation
from ntklab.finite_width import gaussian_expectations
from ntklab.finite_width.orthants import KinkedExpectations
from ntklab.finite_width.quadrature import SmoothExpectations

KINKED = ["relu", "leaky_relu(0.1)"]


@pytest.fixture
def covariance(rng):
    root = rng.normal(size=(4, 4)) / 2
    return root @ root.T + 0.1 * np.eye(4)


@pytest.mark.parametrize("name", ["gelu", "erf", "tanh", *KINKED])
def test_price(covariance, name):
    """dM_pq / dK_01 = M_{p+1,q+1} and dM_pq / dK_00 = M_{p+2,q} / 2, by central differences."""
    activation = get_activation(name)
    K, h = covariance[:2, :2] + np.diag([0.3, 0.2]), 1e-4

    def derivative(p, q, direction):
        up, down = (gaussian_expectations(activation, K + s * h * direction, 48).pair(p, q)[0, 1] for s in (1, -1))
        return (up - down) / (2 * h)

    E = gaussian_expectations(activation, K, 48)
    cross, own = np.array([[0, 1.0], [1, 0]]), np.array([[1.0, 0], [0, 0]])
    for p, q in [(0, 0), (1, 1), (2, 0), (0, 2), (2, 2), (3, 1), (0, 4)]:
        assert derivative(p, q, cross) == pytest.approx(E.pair(p + 1, q + 1)[0, 1], rel=1e-4, abs=1e-5)
        assert derivative(p, q, own) == pytest.approx(E.pair(p + 2, q)[0, 1] / 2, rel=1e-4, abs=1e-5)


FACTORS = [
    [(0, 0), (1, 0), (2, 0), (3, 0)], [(0, 0), (1, 0), (2, 1), (3, 1)], [(0, 1), (1, 1), (2, 1), (3, 1)],
    [(0, 0), (0, 1), (2, 1), (3, 0)], [(0, 0), (1, 1), (1, 1), (0, 0)], [(3, 0), (3, 1), (3, 1), (1, 0)],
]  # fmt: skip


@pytest.mark.parametrize("kind", ["regular", "rank 3", "coplanar triple", "rank 2", "parallel", "antiparallel"])
@pytest.mark.parametrize("name", ["gelu", *KINKED])
def test_products_of_four_agree_with_sampled_ones(rng, name, kind):
    root = rng.normal(size=(4, {"rank 3": 3, "coplanar triple": 3, "rank 2": 2}.get(kind, 4))) / 1.5
    if kind == "coplanar triple":
        root[3] = root[1] + 0.5 * root[2]
    if "parallel" in kind:
        root[1] = (2.0 if kind == "parallel" else -0.7) * root[0]
    activation = get_activation(name)
    samples = 200_000
    z = rng.normal(size=(samples, root.shape[1])) @ root.T
    derivatives = activation.derivatives(z, 1, np)
    E = gaussian_expectations(activation, root @ root.T)
    for factors in FACTORS:
        drawn = np.prod([derivatives[order, :, a] for a, order in factors], axis=0)
        assert abs(E.product(factors) - drawn.mean()) < 5 * drawn.std() / np.sqrt(samples) + 1e-9, factors


def test_the_method_follows_from_the_activation(covariance):
    assert isinstance(gaussian_expectations(get_activation("gelu"), covariance), SmoothExpectations)
    assert isinstance(gaussian_expectations(get_activation("relu"), covariance), KinkedExpectations)
