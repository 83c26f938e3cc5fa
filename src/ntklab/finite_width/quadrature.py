"""Gaussian expectations of smooth activations by Gauss-Hermite quadrature on reduced dimensions."""

import itertools
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache, reduce
from operator import mul

import numpy as np
from jaxtyping import Float
from scipy.linalg import lapack
from scipy.special import roots_hermitenorm

from ntklab.activations import Activation
from ntklab.finite_width.gaussian import Factors, GaussianExpectations
from ntklab.finite_width.wide import REACH, InputGrid

HIGHEST_PAIR_ORDER = 6
RANK_TOLERANCE = 1e-14
"""Pivots below this fraction of the largest variance are rounding errors of a singular covariance."""
NEGLIGIBLE_WEIGHT = 1e-17
"""Nodes of smaller weight (the weights sum to one) are dropped: beyond nine standard deviations."""
CHUNK = 2**18
"""Grid points at a time: a few arrays of that size stay in the cache."""
WIDE, NARROW = 2.0, 0.5
"""Variance up to which Gauss-Hermite nodes serve, unless they have been doubled twice; and in units of which a coordinate that
moves an input more has more nodes."""
LARGEST = 2**27
"""Grid points of one covariance: some ten seconds. Beyond, nodes are left out, which the change on doubling shows."""


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
        block = self.covariance[np.ix_(inputs, inputs)]
        root, order = square_root(block)
        # Orders of derivatives at each input, in the order of the root.
        ordered = [inputs[k] for k in order]
        orders = [tuple(tuple(p for a, p in factors if a == b) for b in ordered) for factors in wanted]
        grid, axes = self._grids(block[np.ix_(order, order)], root)
        return grid.sums(self.activation, orders) if grid else _sums(self.activation, root, orders, axes)

    def _grids(self, block: np.ndarray, root: np.ndarray) -> tuple[InputGrid | None, list["Axis"]]:
        """A grid of the inputs where that is the better one, else None, and one of the root's coordinates."""
        nodes, moderate = self._nodes(len(block)), bool(block.diagonal().max() <= WIDE)
        if self.activation.exact or (moderate and self.nodes <= 2 * self.activation.nodes):
            return None, [hermite(nodes)] * root.shape[1]
        numbers = _widened(nodes, root)
        if self.activation.bends_at_zero:
            grid = InputGrid.of(block, self._fineness(len(block), moderate))
            if grid and grid.size <= max(CHUNK, _size(numbers)):
                return grid.within(LARGEST), []
        while _size(numbers) > LARGEST:
            numbers = [0.8 * number for number in numbers]
        return None, [uniform(number) for number in numbers]

    def _fineness(self, inputs: int, moderate: bool) -> int:
        """Of a grid of the inputs, which one doubling settles: from then on it grows with the root of the nodes, as the accuracy
        of Gauss-Hermite quadrature does. A moderate variance comes to it one doubling later."""
        settled, nodes = 2 * self.activation.nodes, self.nodes / (2 if moderate else 1)
        fineness = nodes if nodes <= settled else np.sqrt(nodes * settled)
        return round(fineness * (2 if inputs < 3 else 1))

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
        block = self.covariance[np.ix_([a], [a])] if a == b else self.covariance[np.ix_([a, b], [a, b])]
        root, order = square_root(block)
        grid, axes = self._grids(block[np.ix_(order, order)], root)
        table = self._on_inputs(grid) if grid else self._on_coordinates(root, axes)
        return table if order[0] == 0 else table.T

    def _on_inputs(self, grid: InputGrid) -> Float[np.ndarray, "order order"]:
        """The table of one or two inputs, in the order of the root."""
        derivatives = [self.activation.derivatives(z, HIGHEST_PAIR_ORDER, np) for z, _ in grid.axes]
        if len(derivatives) == 2:
            return grid.table(derivatives)
        ((values,), ((z, _),)) = derivatives, grid.axes
        products = (values[:, None] * values).reshape(-1, len(z))
        return grid.table([products]).reshape(len(values), -1)

    def _on_coordinates(self, root: np.ndarray, axes: list["Axis"]) -> Float[np.ndarray, "order order"]:
        points, weights = axes[0]
        first = self.activation.derivatives(root[0, 0] * points, HIGHEST_PAIR_ORDER, np)
        if len(axes) == 1:
            # A second input is a multiple of the first.
            second = self.activation.derivatives(root[-1, 0] * points, HIGHEST_PAIR_ORDER, np)
            return first * weights @ second.T
        table, (inner, inner_weights) = 0.0, axes[1]
        size = max(1, CHUNK // len(inner))
        for start in range(0, len(points), size):
            part = slice(start, start + size)
            z = root[1, 0] * points[part, None] + root[1, 1] * inner
            second = self.activation.derivatives(z, HIGHEST_PAIR_ORDER, np) @ inner_weights
            table = table + first[:, part] * weights[part] @ second.T
        return table

    def pair(self, p: int, q: int) -> Float[np.ndarray, "n n"]:
        return self._pairs[p, q]


Axis = tuple[Float[np.ndarray, " _node"], Float[np.ndarray, " _node"]]
"""Nodes and weights of one coordinate."""


def _widened(nodes: int, root: np.ndarray) -> list[float]:
    """Numbers of nodes of each coordinate: as many times more as the variance that it gives an input is above `NARROW`, for
    the spacing of Gauss-Hermite nodes falls with the root of their number."""
    return [nodes * max(1.0, float(variance) / NARROW) for variance in np.square(root).max(axis=0)]


def uniform(number: float) -> Axis:
    """The trapezoidal rule with the spacing of `number` Gauss-Hermite nodes near zero: as good and easier to have for many."""
    spacing = np.pi / np.sqrt(number)
    half = int(np.ceil(REACH / spacing))
    points = spacing * (np.arange(2 * half) - (half - 0.5))
    weights = np.exp(-0.5 * points**2)
    return points, weights / weights.sum()


def _size(numbers: Sequence[float]) -> float:
    """Grid points of `uniform` axes."""
    return float(np.prod([2 * REACH * np.sqrt(number) / np.pi + 1 for number in numbers]))


def _sums(
    activation: Activation, root: np.ndarray, orders: list[tuple[tuple[int, ...], ...]], axes: list[Axis]
) -> np.ndarray:
    """Quadrature sums of products; orders[product][input] lists the derivatives at each input, in the root's order."""
    (inputs, rank), count = root.shape, len(axes[0][0])
    highest = [max(p for product in orders for p in product[i]) for i in range(inputs)]
    per_chunk = max(1, CHUNK // int(np.prod([len(points) for points, _ in axes[1:]])))
    totals = np.zeros(len(orders))
    for start in range(0, count, per_chunk):
        (points, weights), *others = axes
        part = slice(start, start + per_chunk)
        here = [(points[part], weights[part]), *others]
        derivatives = [
            activation.derivatives(_coordinates(root[i, : i + 1], here), highest[i], np) for i in range(inputs)
        ]
        partial: dict[tuple, np.ndarray] = {}

        def remaining(i: int, suffix: tuple, derivatives=derivatives, partial=partial, here=here):
            """Sum over coordinates i, i+1, ... of the factors of inputs i, i+1, ..., on the grid of the earlier ones."""
            if suffix not in partial:
                value = reduce(mul, (derivatives[i][p] for p in suffix[0]))
                if len(suffix) > 1:
                    value = value * remaining(i + 1, suffix[1:])
                if i < rank:
                    value = value @ here[i][1]
                partial[suffix] = value
            return partial[suffix]

        totals += [remaining(0, product) for product in orders]
    return totals


def _coordinates(row: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """z of one input on the grid of the coordinates it depends on."""
    z = 0.0
    for k, (slope, (points, _)) in enumerate(zip(row, axes, strict=False)):
        z = z + slope * points.reshape(points.shape + (1,) * (len(row) - 1 - k))
    return z
