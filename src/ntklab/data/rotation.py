"""Rotations of images by any angle, orbits under C_n for any n, and how far these are from a group action.

Angles are in degrees and counter-clockwise, as in `numpy.rot90`. Multiples of 90 degrees permute the pixels; other
angles interpolate bilinearly, with zeros outside the image. A rotation is split into quarter turns and a rest in
[0, 90): rho(90) rho(a) = rho(a + 90) then holds to the last bit, and C_n for 4 | n contains C4 unchanged.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.sparse import csr_array

from ntklab.errors import InputError

Grids = Float[np.ndarray, "image row column channel"]
"""Square images of real numbers; zero is what lies outside them."""


def rotate(images: Grids, degrees: float | int) -> Grids:
    """rho(degrees) of every image, of the same shape and dtype; `InputError` for images that are not square."""
    return rotations(images, [degrees])[:, 0]


def rotations(images: Grids, degrees: Sequence[float | int]) -> Float[np.ndarray, "image angle row column channel"]:
    """Every image rotated by every angle, in the order of the angles.

    Costs 4 multiplications a pixel and angle, the quarter turns of an angle only a copy. `InputError` for images that
    are not square.
    """
    n, rows, columns, channels = images.shape
    if rows != columns:
        raise InputError(f"only square images can be rotated about their centre, not {rows} x {columns}")
    rotated = np.empty((n, len(degrees), rows, columns, channels), dtype=images.dtype)
    places: dict[float, list[tuple[int, int]]] = {}
    for place, angle in enumerate(degrees):
        turns, rest = _quarter_turns(angle)
        places.setdefault(rest, []).append((place, turns))
    # Pixels first and images last, as the product with a sparse matrix needs them: sorted once for all angles.
    pixels_first = np.ascontiguousarray(np.moveaxis(images, 0, -1)).reshape(rows * columns, channels * n)
    for rest, turned in places.items():
        interpolated = images
        if rest:
            product = interpolation(rows, rest).astype(images.dtype) @ pixels_first
            interpolated = np.moveaxis(product.reshape(rows, columns, channels, n), -1, 0)
        for place, turns in turned:
            rotated[:, place] = np.rot90(interpolated, turns, axes=(1, 2))
    return rotated


def _quarter_turns(degrees: float | int) -> tuple[int, float]:
    """Number of quarter turns and rest in [0, 90) degrees; rounded, so that -1e-14 is not 90 degrees less an atom."""
    turns, rest = divmod(round(degrees, 9), 90.0)
    return int(turns) % 4, rest


@lru_cache(maxsize=128)
def interpolation(size: int, degrees: float) -> csr_array:
    """Sparse matrix (size^2, size^2) of the bilinear rotation of one image: new pixels = matrix @ old pixels.

    The new pixel at (u, v), counted from the centre down and to the right, takes its value from the old image at
    (u cos a + v sin a, -u sin a + v cos a), which is between four pixels; those outside the image are zero.
    """
    angle = np.deg2rad(degrees)
    u, v = np.meshgrid(*2 * [np.arange(size) - (size - 1) / 2], indexing="ij")
    row = u * np.cos(angle) + v * np.sin(angle) + (size - 1) / 2
    column = -u * np.sin(angle) + v * np.cos(angle) + (size - 1) / 2
    new = np.arange(size * size).reshape(size, size)
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for down in (0, 1):
        for right in (0, 1):
            i, j = np.floor(row).astype(int) + down, np.floor(column).astype(int) + right
            weight = (1 - np.abs(row - i)) * (1 - np.abs(column - j))
            inside = (i >= 0) & (i < size) & (j >= 0) & (j < size) & (weight > 0)
            entries.append((weight[inside], new[inside], (i * size + j)[inside]))
    weights, rows, columns = (np.concatenate(part) for part in zip(*entries, strict=True))
    return csr_array((weights, (rows, columns)), shape=(size * size, size * size))


def disc_mask(size: int) -> Bool[np.ndarray, "{size} {size}"]:
    """True where a pixel's centre is inside the inscribed circle; unchanged by quarter turns and reflections."""
    # Twice the distance from the centre is an integer: no rounding decides on the circle.
    squares = (2 * np.arange(size) - (size - 1)) ** 2
    return squares[:, None] + squares <= size**2


def masked(images: Grids) -> Grids:
    """The images inside the inscribed disc, zero outside: the corners, which no rotation keeps, are gone before."""
    return images * disc_mask(images.shape[1])[..., None].astype(images.dtype)


def angles(n: int) -> list[float]:
    """The angles 0, 360/n, 2 * 360/n, ... of C_n in degrees, multiples of 90 without rounding error."""
    if n < 1:
        raise InputError(f"the order of a cyclic group is a positive integer, not {n}")
    return [360 * element / n for element in range(n)]


def orbit(images: Grids, n: int) -> Float[np.ndarray, "image {n} row column channel"]:
    """The disc of every image under the n rotations of C_n, the identity first; `InputError` unless n >= 1."""
    return rotations(masked(images), angles(n))


class ActionFloor(NamedTuple):
    """How far the interpolated rotations of C_n are from a group action, relative to the images; 0 for an action."""

    inverse: Float64[np.ndarray, " element"]
    """|rho(-a) rho(a) x - x| / |x| for every angle a of the group."""
    composition: Float64[np.ndarray, "element element"]
    """|rho(a) rho(b) x - rho(a + b) x| / |x| for every pair [a, b]."""


def group_action_floor(images: Grids, n: int) -> ActionFloor:
    """Failure of C_n to act on these images: what no network, however equivariant, can be held responsible for.

    Norms are over all images together and over the pixels of the disc; x are the images inside the disc. Angles
    off the multiples of 90 degrees blur: sharp images have a high floor, smooth ones a low one. Memory: two
    orbits; cost: n of them. `InputError` unless n >= 1, or if the images are zero.
    """
    mask = disc_mask(images.shape[1])
    rotated = orbit(images.astype(np.float64), n)
    norm = np.linalg.norm(rotated[:, 0])
    if norm == 0:
        raise InputError("relative errors of rotations are undefined: all images are zero inside the disc")
    composition = np.empty((n, n))
    for b in range(n):
        twice = rotations(rotated[:, b], angles(n))
        errors = twice - rotated[:, (np.arange(n) + b) % n]
        composition[:, b] = np.sqrt((errors[:, :, mask] ** 2).sum(axis=(0, 2, 3))) / norm
    elements = np.arange(n)
    return ActionFloor(composition[-elements % n, elements], composition)
