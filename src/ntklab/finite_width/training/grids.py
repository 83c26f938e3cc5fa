"""Coordinates of sets of Gaussian inputs, and the points of a plane of them that matter."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ntklab.finite_width.quadrature import RANK_TOLERANCE

SMALLEST_WEIGHT = 1e-15
"""Grid points of smaller weight (all weights sum to one) are dropped: what they carry is below 1e-10 of an expectation."""


def triangular_roots(
    blocks: Float[np.ndarray, "set n n"], first: int = 0
) -> tuple[Float[np.ndarray, "set n n"], Int[np.ndarray, "set n"]]:
    """Rank-revealing triangular roots, as `quadrature.square_root`, of many covariances; the first inputs keep their place.

    Returns L, (set, input in the order, coordinate), and the order; columns of negligible pivots are zero.
    """
    number, size = blocks.shape[:2]
    rest, root = blocks.copy(), np.zeros_like(blocks)
    order = np.tile(np.arange(size), (number, 1))
    rows = np.arange(number)
    smallest = RANK_TOLERANCE * np.einsum("saa->sa", blocks).max(axis=1)
    for k in range(size):
        if k >= first:
            pivot = k + np.einsum("saa->sa", rest)[:, k:].argmax(axis=1)
            _exchange(rest, root, order, rows, k, pivot)
        diagonal = rest[:, k, k]
        kept = diagonal > smallest
        scale = np.sqrt(np.where(kept, diagonal, 1))
        column = np.where(kept[:, None], rest[:, :, k] / scale[:, None], 0)
        column[:, :k] = 0
        root[:, :, k] = column
        rest -= column[:, :, None] * column[:, None, :]
    return root, order


def _exchange(
    rest: np.ndarray, root: np.ndarray, order: np.ndarray, rows: np.ndarray, k: int, pivot: np.ndarray
) -> None:
    """Exchange input k of every set with its pivot, in place."""
    for array in (rest, root, order):
        at_k = array[rows, k].copy()
        array[rows, k] = array[rows, pivot]
        array[rows, pivot] = at_k
    at_k = rest[rows, :, k].copy()
    rest[rows, :, k] = rest[rows, :, pivot]
    rest[rows, :, pivot] = at_k


@dataclass(frozen=True)
class Plane:
    """Two-dimensional grid, its points sorted by falling weight.

    Attributes:
        axes: nodes and weights of the coordinates, of the third one too.
        first, second: node of each coordinate, for each grid point.
        weights: products of two weights.
    """

    axes: list[tuple[Float[np.ndarray, " _node"], Float[np.ndarray, " _node"]]]
    first: Int[np.ndarray, " point"]
    second: Int[np.ndarray, " point"]
    weights: Float[np.ndarray, " point"]

    @classmethod
    def of(cls, axes: list[tuple[np.ndarray, np.ndarray]]) -> "Plane":
        both = np.outer(axes[0][1], axes[1][1]).ravel()
        order = np.argsort(-both, kind="stable")
        order = order[both[order] >= SMALLEST_WEIGHT]
        first, second = np.divmod(order, len(axes[1][0]))
        return cls(axes, first, second, both[order])

    def affine(self, rows: Float[np.ndarray, "set n"]) -> Float[np.ndarray, "set point"]:
        """rows[0] x_0 + rows[1] x_1 at every grid point."""
        (x, _), (y, _) = self.axes[:2]
        return (rows[:, 0, None] * x)[:, self.first] + (rows[:, 1, None] * y)[:, self.second]

    def count(self, weight: float) -> int:
        """How many of the points matter where the third coordinate has this weight."""
        return int(np.searchsorted(-self.weights, -SMALLEST_WEIGHT / weight, side="right"))
