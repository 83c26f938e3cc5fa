"""Kernels between many molecules in tiles, kept on disk: a run that is killed loses one tile, and sets that grow share them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ntklab.kernels.molecules import Molecules
from ntklab.kernels.result import Kernels
from ntklab.kernels.tiles import cached_tile
from ntklab.progress import Progress

BLOCK = 256
"""Molecules; a tile of an SO(3)-equivariant network takes about half a minute."""
VERSION = 2
"""Part of every key; raise it when a change of the code changes the numbers."""


def tiled_molecule_kernels(
    kernel: Callable[[Molecules, Molecules | None], Kernels],
    name: str,
    x: Molecules,
    y: Molecules | None = None,
    *,
    cache: Path | str,
    block: int = BLOCK,
    log: Callable[[str], None] = lambda line: None,
) -> Kernels:
    """`kernel(x, y)` between blocks of `block` consecutive molecules; of y=None (y = x) the symmetric half.

    A tile's file is named by a hash of both blocks and of `name`, which says all that decides the kernel: network, tolerance.
    """
    starts_x, starts_y = (range(0, len(z), block) for z in (x, x if y is None else y))
    plans = [(a, b) for a in starts_x for b in starts_y if y is not None or a <= b]
    total = np.zeros((2, len(x), len(x if y is None else y)))
    progress = Progress(log, len(plans))
    for number, (a, b) in enumerate(plans, 1):
        rows, columns = slice(a, a + block), slice(b, b + block)
        # A block with itself has half of the pairs only.
        left, right = x[rows], (None if a == b else x[columns]) if y is None else y[columns]
        tile = cached_tile(Path(cache), _key(name, left, right), lambda u=left, v=right: np.stack(kernel(u, v)))
        total[:, rows, columns] = tile
        if y is None:
            total[:, columns, rows] = tile.swapaxes(1, 2)
        progress(number, f"tile {number}/{len(plans)}")
    return Kernels(*total)


def _key(name: str, left: np.ndarray, right: np.ndarray | None) -> str:
    """Name of a tile's file."""
    blocks = [left] if right is None else [left, right]
    digest = hashlib.sha256(repr((VERSION, name, [(z.shape, z.dtype.name) for z in blocks])).encode())
    for z in blocks:
        digest.update(np.ascontiguousarray(z))
    return digest.hexdigest()[:32]
