"""Small files like the published ones."""

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

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


QM9_ROWS = (
    (
        1,
        "C",
        "[4,1,0,0,0]",
        "['C','H','H','H','H']",
        "[[-0.0126981359,1.0858041578,0.0080009958],[0.002150416,-0.0060313176,0.0019761204],"
        "[1.0117308433,1.4637511618,0.0002765748],[-0.540815069,1.4475266138,-0.8766437152],"
        "[-0.5238136345,1.4379326443,0.9063972942]]",
        "0.",
        "-40.47893",
    ),
    (
        3,
        "O",
        "[2,0,0,1,0]",
        "['O','H','H']",
        "[[-0.0343604951,0.9775395708,0.0076015923],[0.0647664923,0.0205721989,0.0015346341],"
        "[0.8717903737,1.3007924048,0.0006931336]]",
        "1.8511",
        "-76.404702",
    ),
    (
        4,
        "C#C",
        "[2,2,0,0,0]",
        "['C','C','H','H']",
        "[[0.5995394918,0.,1.],[-0.5995394918,0.,1.],[-1.6616385861,0.,1.],[1.6616385861,0.,1.]]",
        "0.",
        "-77.308427",
    ),
)
"""Methane, water and ethyne as in the tables of qm9pack; some numbers of the last end with a bare dot."""
QM9_COLUMNS = ("Index", "SMILES", "Stoichiometry", "Elements", "XYZ_Ang", "Dipole_debye", "InternalEnergy_0K_au")


@pytest.fixture
def qm9_table(tmp_path) -> Callable[..., Path]:
    """Writes a table like those of qm9pack, text in double quotes, with some cells replaced, by (row, column)."""

    def write(cells: dict | None = None, name: str = "own.csv", rows=QM9_ROWS, without: tuple[str, ...] = ()) -> Path:
        lines = [",".join(column for column in QM9_COLUMNS if column not in without)]
        for i, row in enumerate(rows):
            named = dict(zip(QM9_COLUMNS, row, strict=True))
            named |= {column: text for (place, column), text in (cells or {}).items() if place == i}
            quoted = (
                str(cell) if column in ("Index", "Dipole_debye", "InternalEnergy_0K_au") else f'"{cell}"'
                for column, cell in named.items()
                if column not in without
            )
            lines.append(",".join(quoted))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
