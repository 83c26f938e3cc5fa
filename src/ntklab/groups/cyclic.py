"""Cyclic groups of planar rotations acting on square lattices and images."""

import numpy as np

from ntklab.groups.group import FiniteGroup


class CyclicGroup(FiniteGroup):
    """C_n for n in {1, 2, 4}: rotations by multiples of 360/n degrees that permute the pixels of a square grid.

    Inputs have shape (input, height, width, ...) with height = width. Element r is r counter-clockwise turns by
    360/n degrees, `numpy.rot90` on axes (1, 2): an exact permutation, without interpolation.
    """

    def __init__(self, n: int):
        if n not in (1, 2, 4):
            raise ValueError(f"cyclic({n}): only rotations by multiples of 90 degrees permute pixels; n is 1, 2 or 4")
        self.order = n
        self.name = f"c{n}"

    def multiply(self, g: int, h: int) -> int:
        return (g + h) % self.order

    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        if x.ndim < 3 or x.shape[1] != x.shape[2]:
            raise ValueError(
                f"cyclic({self.order}) acts on arrays (input, height, width, ...) of squares, not {x.shape}"
            )
        return np.rot90(x, g * 4 // self.order, axes=(1, 2))


def cyclic(n: int) -> CyclicGroup:
    """C_n, rotations of square grids by multiples of 360/n degrees; `ValueError` unless n is 1, 2 or 4."""
    return CyclicGroup(n)
