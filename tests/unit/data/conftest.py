"""Small image files like the published ones."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

from ntklab.data import fashion_mnist


def idx(array: np.ndarray) -> bytes:
    """An idx file written from its description."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def fashion_folder(tmp_path, rng, monkeypatch):
    """A folder like Debian's with 60 + 30 random images, six and three of each class; two files plain, two gzipped."""
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    checksums = {}
    for part, n in (("train", 60), ("t10k", 30)):
        pixels = rng.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
        labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
        for name, content in ((f"{part}-images-idx3-ubyte", idx(pixels)), (f"{part}-labels-idx1-ubyte", idx(labels))):
            checksums[name] = md5(content)
            if part == "train":
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    monkeypatch.setattr(fashion_mnist, "MD5", checksums)
    return folder
