"""Cyclic groups of planar rotations acting on square lattices and images."""

import numpy as np

from ntklab.errors import InputError
from ntklab.groups.group import FiniteGroup


class CyclicGroup(FiniteGroup):
    """C_n: rotations by multiples of 360/n degrees, which permute the pixels of a square grid for n in {1, 2, 4}.

    Inputs have shape (input, height, width, ...) with height = width. Element r is r counter-clockwise turns by
    360/n degrees, `numpy.rot90` on axes (1, 2): an exact permutation, without interpolation. Larger groups act on images
    by interpolation, `ntklab.data.rotation`, which is no group action.
    """

    def __init__(self, n: int):
        if n < 1:
            raise InputError(f"cyclic({n}): a group has at least one element")
        self.order = n
        self.name = f"c{n}"

    def multiply(self, g: int, h: int) -> int:
        return (g + h) % self.order

    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        if self.order not in (1, 2, 4):
            raise InputError(f"cyclic({self.order}): only rotations by multiples of 90 degrees permute pixels")
        if x.ndim < 3 or x.shape[1] != x.shape[2]:
            raise InputError(
                f"cyclic({self.order}) acts on arrays (input, height, width, ...) of squares, not {x.shape}"
            )
        return np.rot90(x, g * 4 // self.order, axes=(1, 2))


def cyclic(n: int) -> CyclicGroup:
    """C_n, rotations of the plane by multiples of 360/n degrees; for n = 1, 2, 4 it acts on square grids."""
    return CyclicGroup(n)
