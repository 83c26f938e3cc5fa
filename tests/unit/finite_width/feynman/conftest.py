"""All diagrams, and random layers on which they and what they are compared with are evaluated."""

import itertools

import numpy as np
import pytest
from networkx.algorithms.isomorphism import GraphMatcher

from ntklab.finite_width.feynman.diagram import SAME_KIND, Diagram, pattern
from ntklab.finite_width.feynman.enumeration import enumerate_diagrams
from ntklab.finite_width.feynman.numeric import Layer
from ntklab.finite_width.feynman.rules import TENSORS, Tensor

INPUTS = 3


def _symmetrised(tensor: Tensor, array: np.ndarray) -> np.ndarray:
    """The mean of an array over the symmetries of a tensor: those of its colours and neural deltas."""
    shape = pattern(dict(enumerate(tensor.colours)), tensor.pairs)
    maps = GraphMatcher(shape, shape, node_match=SAME_KIND).isomorphisms_iter()
    orders = {tuple(found["leg", slot][1] for slot in range(array.ndim)) for found in maps}
    return sum(array.transpose(order) for order in orders) / len(orders)


class Quadrature:
    """Expectations of a polynomial activation over N(0, K), K of full rank, on one Gauss-Hermite grid: exact."""

    def __init__(self, coefficients: np.ndarray, covariance: np.ndarray):
        points, weights = np.polynomial.hermite_e.hermegauss(14)
        grid = np.array(list(itertools.product(points, repeat=len(covariance))))
        self.weights = np.prod(list(itertools.product(weights / weights.sum(), repeat=len(covariance))), axis=1)
        z = np.linalg.cholesky(covariance) @ grid.T
        polynomial = np.polynomial.Polynomial(coefficients)
        self.derivatives = np.array([polynomial.deriv(order)(z) if order else polynomial(z) for order in range(9)])

    def __call__(self, orders: tuple[int, ...]) -> np.ndarray:
        axes = "abcdefgh"[: len(orders)]
        values = [self.derivatives[order] for order in orders]
        return np.einsum(f"{','.join(a + 'z' for a in axes)},z->{axes}", *values, self.weights, optimize=True)


def random_layer(seed: int) -> Layer:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(INPUTS, INPUTS))
    tensors = {
        name: _symmetrised(tensor, rng.normal(size=(INPUTS,) * len(tensor.colours))) for name, tensor in TENSORS.items()
    }
    c_w, lambda_w, ratio, c_b, lambda_b = rng.uniform(0.3, 2.0, size=5).tolist()
    moments = Quadrature(rng.normal(size=5) / [1, 1, 2, 3, 6], root @ root.T / INPUTS + 0.3 * np.eye(INPUTS))
    return Layer(moments, tensors, c_w, lambda_w, ratio, c_b, lambda_b)


@pytest.fixture(scope="session")
def layers() -> list[Layer]:
    return [random_layer(seed) for seed in range(3)]


@pytest.fixture(scope="session")
def enumerated() -> dict[str, list[Diagram]]:
    """The diagrams of every tensor, by name."""
    return {name: enumerate_diagrams(tensor) for name, tensor in TENSORS.items()}


@pytest.fixture(scope="session")
def symmetrised():
    """(tensor, array) -> the mean of the array over the symmetries of the tensor."""
    return _symmetrised
