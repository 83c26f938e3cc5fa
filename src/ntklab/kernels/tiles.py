"""Kernels of many pairs of images in tiles of 16 x 16, kept on disk.

A tile holds B[g, i, j] for one group element g, one block of 16 consecutive images x_i and one block y_j. Its file name is
a hash of the block x, the block y as g has moved it, the architecture and the dtype: training sets that grow by whole blocks
share their tiles, all groups that have the element and every kernel function share them too, and a run that is killed loses
one tile.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jax import enable_x64
from jaxtyping import Float, Int, Shaped

from ntklab.files import atomic
from ntklab.groups import FiniteGroup
from ntklab.kernels.pairs import compiled_pairs
from ntklab.network import Network
from ntklab.progress import Progress

BLOCK = 16
VERSION = 1
"""Part of every key; raise it when a change of the code changes the numbers."""

Tile = Float[np.ndarray, "2 row column"]


class Plan(NamedTuple):
    """One tile: rows of x, columns of y, the element that moves y, and whether only pairs i <= j are needed."""

    rows: slice
    columns: slice
    element: int
    triangle: bool


def blocks(n: int) -> list[slice]:
    """0..n in consecutive slices of at most 16."""
    return [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]


def tile_plans(n: int, m: int, group: FiniteGroup, symmetric: bool) -> Iterator[Plan]:
    """The tiles to compute; if y is x, those on and above the diagonal, where B[g, j, i] = B[g^-1, i, j] gives the rest.

    On the diagonal elements that are their own inverse need only i <= j, and of the others one in two gives both.
    """
    inverses = [group.inverse(g) for g in group.elements]
    for a, rows in enumerate(blocks(n)):
        for b, columns in enumerate(blocks(m)):
            for g in group.elements:
                if not symmetric or a < b:
                    yield Plan(rows, columns, g, False)
                elif a == b and g <= inverses[g]:
                    yield Plan(rows, columns, g, g == inverses[g])


def tile_pairs(rows: int, columns: int, triangle: bool) -> Int[np.ndarray, "pair 2"]:
    """The index pairs of a tile, all of them or those with i <= j."""
    pairs = np.argwhere(np.ones((rows, columns), dtype=bool))
    return pairs[pairs[:, 0] <= pairs[:, 1]] if triangle else pairs


def _padded(x: Shaped[np.ndarray, "n ..."], length: int) -> Shaped[np.ndarray, "length ..."]:
    """x followed by zeros: every tile has the same shape, hence one compilation."""
    return np.concatenate([x, np.zeros((length - len(x), *x.shape[1:]), x.dtype)])


def compute_tile(network: Network, x: np.ndarray, y: np.ndarray, triangle: bool) -> Tile:
    """K and Theta after pooling between the images of two blocks, y already moved."""
    pairs = tile_pairs(len(x), len(y), triangle)
    with enable_x64(x.dtype == np.float64):
        values = compiled_pairs()(network, _padded(x, BLOCK), _padded(y, BLOCK), _padded(pairs, BLOCK**2), len(pairs))
        values = np.stack([np.asarray(value)[: len(pairs)] for value in values])
    tile = np.zeros((2, len(x), len(y)))
    tile[:, pairs[:, 0], pairs[:, 1]] = values
    return tile + np.triu(tile, 1).transpose(0, 2, 1) if triangle else tile


def tile_key(network: Network, x: np.ndarray, y: np.ndarray) -> str:
    """Name of a tile's file: hash of both blocks (y moved), the image size, the architecture and the dtype."""
    architecture = (*astuple(network)[:2], network.nonlinearity.name, *astuple(network)[3:])
    digest = hashlib.sha256(repr((VERSION, architecture, x.dtype.name, x.shape, y.shape)).encode())
    for block in (x, y):
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()[:32]


def cached_tile(directory: Path, key: str, compute: Callable[[], Tile]) -> Tile:
    """The tile of that key, from disk if it is there; written under a temporary name first, so never half a file."""
    path = directory / key[:2] / f"{key}.npy"
    if path.exists():
        return np.load(path)
    tile = compute()
    with atomic(path) as temporary:
        np.save(temporary, tile)
    return tile


def tiled_kernels(
    network: Network,
    x: Float[np.ndarray, "n row column channel"],
    y: Float[np.ndarray, "m row column channel"] | None,
    group: FiniteGroup,
    cache: Path | str | None = None,
    log: Callable[[str], None] | None = None,
) -> Float[np.ndarray, "2 element n m"]:
    """K and Theta of x_i and rho(g) y_j after pooling, for each element g; y=None means y = x.

    For y = x the symmetric half is computed. `log` is told how far it is.
    """
    network = replace(network, dense=0)  # the head comes after the tiles: networks that differ in it share them
    symmetric, y = y is None, x if y is None else y
    moved = [np.ascontiguousarray(group.act(g, y)) for g in group.elements]
    result = np.zeros((2, group.order, len(x), len(y)))

    plans = list(tile_plans(len(x), len(y), group, symmetric))
    progress = Progress(log or (lambda line: None), len(plans))
    for number, plan in enumerate(plans, 1):
        left, right = x[plan.rows], moved[plan.element][plan.columns]
        compute = partial(compute_tile, network, left, right, plan.triangle)
        tile = cached_tile(Path(cache), tile_key(network, left, right), compute) if cache else compute()
        result[:, plan.element, plan.rows, plan.columns] = tile
        if symmetric:
            result[:, group.inverse(plan.element), plan.columns, plan.rows] = tile.transpose(0, 2, 1)
        progress(number, f"tile {number}/{len(plans)}")
    return result
