"""Gaussian expectations of smooth activations by Gauss-Hermite quadrature on reduced dimensions."""

import itertools
from collections.abc import Iterable
from functools import cached_property, lru_cache, reduce
from operator import mul

import numpy as np
from jaxtyping import Float
from scipy.linalg import lapack
from scipy.special import roots_hermitenorm

from ntklab.activations import Activation
from ntklab.finite_width.gaussian import Factors, GaussianExpectations

HIGHEST_PAIR_ORDER = 6
RANK_TOLERANCE = 1e-14
"""Pivots below this fraction of the largest variance are rounding errors of a singular covariance."""
NEGLIGIBLE_WEIGHT = 1e-17
"""Nodes of smaller weight (the weights sum to one) are dropped: beyond nine standard deviations."""
CHUNK = 2**18
"""Grid points at a time: a few arrays of that size stay in the cache."""


@lru_cache(maxsize=64)
def hermite(nodes: int) -> tuple[Float[np.ndarray, " node"], Float[np.ndarray, " node"]]:
    """Nodes and weights of Gauss-Hermite quadrature for the standard normal density, without negligible nodes."""
    points, weights = roots_hermitenorm(nodes)
    weights = weights / weights.sum()
    kept = weights > NEGLIGIBLE_WEIGHT
    return points[kept], weights[kept]


def square_root(covariance: Float[np.ndarray, "n n"]) -> tuple[np.ndarray, list[int]]:
    """Rank-revealing triangular root of a covariance: K[order][:, order] = L L^T with L (input, rank), and the order.

    Cholesky with pivoting; pivots below `RANK_TOLERANCE` times the largest variance are dropped. K = 0 gets one column.
    """
    factor, pivots, rank, _ = lapack.dpstrf(covariance, lower=1, tol=RANK_TOLERANCE * covariance.diagonal().max())
    return np.tril(factor)[:, : max(int(rank), 1)], [int(pivot) - 1 for pivot in pivots]


class SmoothExpectations(GaussianExpectations):
    """Gauss-Hermite quadrature on the triangular root of each covariance block.

    In that root the first input depends on one coordinate, the second on two, and so on: the sum over the last coordinate
    involves the last input alone, and every sum over a further coordinate one input more. All products of the same inputs
    share one grid and all their partial sums.
    """

    def moments(self, products: Iterable[Factors]) -> dict[Factors, float]:
        blocks: dict[tuple[int, ...], list[Factors]] = {}
        for factors in products:
            blocks.setdefault(tuple(sorted({a for a, _ in factors})), []).append(factors)
        values = {}
        for inputs, wanted in blocks.items():
            values.update(zip(wanted, self._block(inputs, wanted), strict=True))
        return values

    def _block(self, inputs: tuple[int, ...], wanted: list[Factors]) -> np.ndarray:
        if not inputs:
            return np.ones(len(wanted))
        root, order = square_root(self.covariance[np.ix_(inputs, inputs)])
        ordered = [inputs[k] for k in order]
        # Orders of derivatives at each input, in the order of the root.
        orders = [tuple(tuple(p for a, p in factors if a == b) for b in ordered) for factors in wanted]
        return _sums(self.activation, root, orders, self._nodes(len(inputs)))

    def _nodes(self, dimension: int) -> int:
        """Few inputs share few, steep functions (products of derivatives at one input): more nodes, which are cheap."""
        return self.nodes * {1: 4, 2: 4, 3: 2}.get(dimension, 1) if not self.activation.exact else self.nodes

    @cached_property
    def _pairs(self) -> Float[np.ndarray, "order order n n"]:
        size, count = len(self.covariance), HIGHEST_PAIR_ORDER + 1
        table = np.empty((count, count, size, size))
        for a, b in itertools.combinations_with_replacement(range(size), 2):
            table[:, :, a, b] = self._pair_table(a, b)
            table[:, :, b, a] = table[:, :, a, b].T
        return table

    def _pair_table(self, a: int, b: int) -> Float[np.ndarray, "order order"]:
        points, weights = hermite(self._nodes(2))
        block = self.covariance[np.ix_([a, b], [a, b])]
        if a == b:
            values = self.activation.derivatives(np.sqrt(block[0, 0]) * points, HIGHEST_PAIR_ORDER, np)
            return values * weights @ values.T
        root, order = square_root(block)
        first = self.activation.derivatives(root[0, 0] * points, HIGHEST_PAIR_ORDER, np)
        if root.shape[1] == 1:
            second = self.activation.derivatives(root[1, 0] * points, HIGHEST_PAIR_ORDER, np)
        else:
            z = root[1, 0] * points[:, None] + root[1, 1] * points
            second = self.activation.derivatives(z, HIGHEST_PAIR_ORDER, np) @ weights
        table = first * weights @ second.T
        return table if order == [0, 1] else table.T

    def pair(self, p: int, q: int) -> Float[np.ndarray, "n n"]:
        return self._pairs[p, q]


def _sums(
    activation: Activation, root: np.ndarray, orders: list[tuple[tuple[int, ...], ...]], nodes: int
) -> np.ndarray:
    """Quadrature sums of products; orders[product][input] lists the derivatives at each input, in the root's order."""
    points, weights = hermite(nodes)
    inputs, rank = root.shape
    highest = [max(p for product in orders for p in product[i]) for i in range(inputs)]
    per_chunk = max(1, CHUNK // len(points) ** (rank - 1))
    totals = np.zeros(len(orders))
    for start in range(0, len(points), per_chunk):
        part = slice(start, start + per_chunk)
        derivatives = [
            activation.derivatives(_coordinates(root[i, : i + 1], points, part), highest[i], np) for i in range(inputs)
        ]
        partial: dict[tuple, np.ndarray] = {}

        def remaining(i: int, suffix: tuple, derivatives=derivatives, partial=partial, part=part):
            """Sum over coordinates i, i+1, ... of the factors of inputs i, i+1, ..., on the grid of the earlier ones."""
            if suffix not in partial:
                value = reduce(mul, (derivatives[i][p] for p in suffix[0]))
                if len(suffix) > 1:
                    value = value * remaining(i + 1, suffix[1:])
                if i < rank:
                    value = value @ (weights[part] if i == 0 else weights)
                partial[suffix] = value
            return partial[suffix]

        totals += [remaining(0, product) for product in orders]
    return totals


def _coordinates(row: np.ndarray, points: np.ndarray, part: slice) -> np.ndarray:
    """z of one input on the grid of the coordinates it depends on, the first of them restricted to a part."""
    z = 0.0
    for axis, slope in enumerate(row):
        nodes = points if axis else points[part]
        z = z + slope * nodes.reshape(nodes.shape + (1,) * (len(row) - 1 - axis))
    return z
