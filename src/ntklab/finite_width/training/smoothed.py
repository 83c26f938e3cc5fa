"""Gaussian expectations for many sets of inputs at once, with the last input of each set integrated beforehand.

Given the others, the last input z of a set is normal with a mean m that is linear in their coordinates and a variance v, the
same at every node. Its factor enters as h_q(m, v) = E[sigma^(q)(m + sqrt(v) x)], a function of two numbers that all sets
share; h_q is the q-th derivative of h_0 with respect to m. It is tabulated once, and a set of four inputs costs a
three-dimensional grid in place of a four-dimensional one, a set of three a two-dimensional one. All products of a set share
every evaluation and partial sum.

The other coordinates are summed over by the trapezoid rule, whose error for the normal density times an analytic function
falls like exp(-c n^2) with the number n of nodes, as against exp(-c sqrt n) for Gauss-Hermite nodes, which are further apart
where the integrand is and reach further out than it does. Points whose weight does not matter, most of the corners, are left
out. Polynomials keep Gauss-Hermite nodes, which are exact.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from ntklab.finite_width.gaussian import Factors, GaussianExpectations
from ntklab.finite_width.quadrature import HIGHEST_PAIR_ORDER, hermite
from ntklab.finite_width.training.grids import Plane, triangular_roots
from ntklab.finite_width.training.tables import REACH, Table

POINTS = 2**14
"""Grid points times sets at a time: long enough to hide the cost of a call, a few arrays of that size stay in the cache."""
ALIKE = 32
"""Sets that share a grid."""
WIDEST = 0.8
"""Spacing of the trapezoid rule at which the normal density alone is integrated to rounding."""


class SmoothedQuadrature(GaussianExpectations):
    """Products of four factors of a smooth activation for many sets of inputs of one shape, in batches.

    `nodes` per dimension for four distinct inputs; twice as many for three, four times for two or one, where products of
    derivatives at one input are steeper and nodes are cheap.
    """

    def pair(self, p: int, q: int) -> Float[np.ndarray, "n n"]:
        return self._moments_of_pairs[p, q]

    def moments(self, products: Iterable[Factors]) -> dict[Factors, float]:
        """Product by product, for few of them; `values` is for many sets."""
        found = {}
        for factors in products:
            inputs = sorted({a for a, _ in factors}, key=lambda a: (-sum(a == b for b, _ in factors), a))
            key = tuple(tuple(sorted(p for a, p in factors if a == b)) for b in inputs)
            found[factors] = float(self.values(np.array([inputs]), [key])[0, 0])
        return found

    @cached_property
    def _moments_of_pairs(self) -> Float[np.ndarray, "order order n n"]:
        size = len(self.covariance)
        sets, (points, weights) = np.argwhere(np.tri(size, dtype=bool)), self._points(4)
        chunks = _chunks(sets, len(points) ** 2)
        found = np.concatenate([self._tables_of_pairs(some, points, weights) for some in chunks])
        table = np.empty((HIGHEST_PAIR_ORDER + 1, HIGHEST_PAIR_ORDER + 1, size, size))
        a, b = sets.T
        table[:, :, a, b], table[:, :, b, a] = found.transpose(1, 2, 0), found.transpose(2, 1, 0)
        return table

    def _tables_of_pairs(self, sets: np.ndarray, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
        first, second = self._two_inputs(sets, points, HIGHEST_PAIR_ORDER)
        return (first * weights).transpose(1, 0, 2) @ (second @ weights).transpose(1, 2, 0)

    def _two_inputs(self, sets: np.ndarray, points: np.ndarray, highest: int) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives at the first input, (order, set, node), and at the second, (order, set, node, node)."""
        L, _ = triangular_roots(self._blocks(sets), first=2)
        z = L[:, 1, 0, None, None] * points[:, None] + L[:, 1, 1, None, None] * points
        d = self.activation.derivatives
        return d(L[:, 0, 0, None] * points, highest, np), d(z, highest, np)

    def values(self, sets: Int[np.ndarray, "set input"], keys: Sequence) -> np.ndarray:
        """(set, key): the distinct inputs of each set, and the orders of derivatives at each of them.

        Where three inputs are distinct, the first one has two factors.
        """
        if not len(sets):
            return np.zeros((0, len(keys)))
        method = {4: self._four, 3: self._three, 2: self._two, 1: self._one}[sets.shape[1]]
        return method(sets, keys)

    def _points(self, factor: int, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Nodes and weights in one dimension; `wider` multiplies the spacing."""
        if self.activation.exact:
            return hermite(self.nodes)
        spacing = 2 * REACH / (self.nodes * factor)
        spacing = max(spacing, min(WIDEST, wider * spacing))
        # Even, so that no node is zero.
        number = 2 * int(np.ceil(REACH / spacing))
        points = spacing * (np.arange(number) - (number - 1) / 2)
        weights = np.exp(-0.5 * points**2)
        return points, weights / weights.sum()

    def _planes(
        self, L: np.ndarray, factor: int, multiplicities: Sequence[int]
    ) -> Iterator[tuple[Int[np.ndarray, " some"], Plane]]:
        """Numbers of sets and a grid for them: wider where their inputs depend less on a coordinate.

        A product of functions like exp(-z_i^2 / 2) at inputs z_i = sum_k L_ik x_k is as narrow in x_k as one over the square
        root of 1 + sum_i L_ik^2, so that with spacings in this ratio the error is that of the steepest set everywhere.
        """
        steepness = 1 + np.einsum("i,sik->sk", np.array(multiplicities, float), np.square(L))[:, : min(3, L.shape[2])]
        order, steepest = np.argsort(steepness.prod(axis=1), kind="stable"), steepness.max()
        for start in range(0, len(L), ALIKE):
            some = order[start : start + ALIKE]
            wider = np.sqrt(steepest / steepness[some].max(axis=0))
            grid = Plane.of([self._points(factor, float(w)) for w in wider])
            size = max(1, POINTS // len(grid.weights))
            for first in range(0, len(some), size):
                yield some[first : first + size], grid

    def _table(self, L: np.ndarray, highest: int) -> Table:
        """For the last inputs of these roots."""
        largest = float(np.square(L[:, -1, -1]).max())
        # The grid of polynomials has all its corners.
        reach = np.sqrt(3) * self._points(1)[0].max() if self.activation.exact else REACH
        return Table.of(self.activation, largest, float(reach * np.sqrt(self.covariance.diagonal().max())), highest)

    def _blocks(self, sets: np.ndarray) -> np.ndarray:
        return self.covariance[sets[:, :, None], sets[:, None, :]]

    def _one(self, sets: np.ndarray, keys: Sequence) -> np.ndarray:
        points, weights = self._points(4)
        z = np.sqrt(self.covariance[sets[:, 0], sets[:, 0]])[:, None] * points
        d = self.activation.derivatives(z, _highest(keys), np)
        return np.stack([_product(d, orders) @ weights for (orders,) in keys], axis=1)

    def _two(self, sets: np.ndarray, keys: Sequence) -> np.ndarray:
        points, weights = self._points(4)
        return np.concatenate([self._pairs(some, keys, points, weights) for some in _chunks(sets, len(points) ** 2)])

    def _pairs(self, sets: np.ndarray, keys: Sequence, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
        first, second = self._two_inputs(sets, points, _highest(keys))
        summed = {orders: _product(second, orders) @ weights for orders in {key[1] for key in keys}}
        return np.stack([(_product(first, a) * summed[b]) @ weights for a, b in keys], axis=1)

    def _three(self, sets: np.ndarray, keys: Sequence) -> np.ndarray:
        """The input with two factors first, the last one tabulated."""
        L, order = triangular_roots(self._blocks(sets), first=1)
        table, found = self._table(L, _highest(keys)), np.empty((len(sets), len(keys)))
        for some, grid in self._planes(L, 2, (2, 1, 1)):
            found[some] = self._triples(L[some], order[some], table, keys, grid)
        return found

    def _triples(self, L: np.ndarray, order: np.ndarray, table: Table, keys: Sequence, grid: Plane) -> np.ndarray:
        highest = _highest(keys)
        first = self.activation.derivatives(L[:, 0, 0, None] * grid.axes[0][0], highest, np)[..., grid.first]
        second = self.activation.derivatives(grid.affine(L[:, 1]), highest, np)
        third = table.at(L[:, 2, 2] ** 2)(grid.affine(L[:, 2]), highest)
        left = sorted({key[0] for key in keys})
        pairs = sorted({(a, b) for key in keys for (a,), (b,) in itertools.permutations(key[1:])})
        A = np.stack([_product(first, orders) * grid.weights for orders in left], axis=1)
        B = np.stack([second[a] * third[b] for a, b in pairs], axis=1)
        gram = A @ B.transpose(0, 2, 1)
        # In the order of the root the second and third input may be exchanged.
        kept, swapped = ([pairs.index(tuple(key[k][0] for k in o)) for key in keys] for o in ((1, 2), (2, 1)))
        rows = [left.index(key[0]) for key in keys]
        return np.where(order[:, 1:2] == 1, gram[:, rows, kept], gram[:, rows, swapped])

    def _four(self, sets: np.ndarray, keys: Sequence) -> np.ndarray:
        L, order = triangular_roots(self._blocks(sets))
        table, found = self._table(L, _highest(keys)), np.empty((len(sets), len(keys)))
        for some, grid in self._planes(L, 1, (1, 1, 1, 1)):
            found[some] = self._quadruples(L[some], order[some], table, np.array(keys)[:, :, 0], grid)
        return found

    def _quadruples(
        self, L: np.ndarray, order: np.ndarray, table: Table, orders: Int[np.ndarray, "key 4"], grid: Plane
    ) -> np.ndarray:
        pairs = sorted({pair for row in orders.tolist() for pair in itertools.permutations(row, 2)})
        right = self._right(L, table, pairs, grid)
        gram = self._left(L, pairs, grid) @ right.transpose(0, 2, 1)
        number = np.zeros((orders.max() + 1,) * 2, dtype=int)
        number[tuple(np.array(pairs).T)] = np.arange(len(pairs))
        wanted = orders[:, order]  # (key, set, input in the order of the root)
        left, right = number[wanted[..., 0], wanted[..., 1]], number[wanted[..., 2], wanted[..., 3]]
        return gram[np.arange(len(L)), left, right].T

    def _left(self, L: np.ndarray, pairs: list[tuple[int, int]], grid: Plane) -> np.ndarray:
        """Weighted products of the first two inputs on the plane of their coordinates, (set, pair, point)."""
        highest = max(max(pair) for pair in pairs)
        first = self.activation.derivatives(L[:, 0, 0, None] * grid.axes[0][0], highest, np)
        first = first[..., grid.first] * grid.weights
        second = self.activation.derivatives(grid.affine(L[:, 1]), highest, np)
        return np.stack([first[p] * second[q] for p, q in pairs], axis=1)

    def _right(self, L: np.ndarray, table: Table, pairs: list[tuple[int, int]], grid: Plane) -> np.ndarray:
        """Products of the last two inputs, summed over the third coordinate and integrated over the fourth."""
        highest = max(max(pair) for pair in pairs)
        # The table serves for sigma too: the same cost for every activation.
        sigma, means = table.sigma, table.at(L[:, 3, 3] ** 2)
        base3, base4 = grid.affine(L[:, 2]), grid.affine(L[:, 3])
        total = np.zeros((len(L), len(pairs), len(grid.weights)))
        for x, weight in zip(*grid.axes[2], strict=True):
            count = grid.count(weight)
            third = sigma(base3[:, :count] + L[:, 2, 2, None] * x, highest)
            fourth = [weight * h for h in means(base4[:, :count] + L[:, 3, 2, None] * x, highest)]
            for k, (p, q) in enumerate(pairs):
                total[:, k, :count] += third[p] * fourth[q]
        return total


def _chunks(array: np.ndarray, points: int) -> list[np.ndarray]:
    size = max(1, POINTS // points)
    return [array[start : start + size] for start in range(0, len(array), size)]


def _highest(keys: Sequence) -> int:
    return max(p for key in keys for orders in key for p in orders)


def _product(derivatives: np.ndarray, orders: Sequence[int]) -> np.ndarray:
    value = derivatives[orders[0]]
    for p in orders[1:]:
        value = value * derivatives[p]
    return value
