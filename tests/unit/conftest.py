"""Programs compiled in less time, and small histology archives like the published ones, for the reader and for the step."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from ntklab.data import histology
from ntklab.data.histology import CLASSES


@pytest.fixture
def unoptimised():
    """For tests whose JAX programs run once or twice: compiled without optimising, they take half the time."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


SIDE, PER_CLASS = 16, 3


def tif(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "TIFF")
    return content.getvalue()


@pytest.fixture
def histology_layout(rng, monkeypatch) -> dict[str, np.ndarray]:
    """Pixels by path, in the layout of the published archive, in another order than that of the names."""
    monkeypatch.setattr(histology, "SIDE", SIDE)
    return {
        f"NCT-CRC-HE-100K/{name}/{name}-{letters}.tif": rng.integers(0, 256, size=(SIDE, SIDE, 3), dtype=np.uint8)
        for name in reversed(CLASSES)
        for letters in ("TCGA", "AAFQ", "MNOP")[:PER_CLASS]
    }


@pytest.fixture
def histology_archive(tmp_path, histology_layout):
    """A small archive of that layout, with what other systems add to archives."""
    path = tmp_path / "NCT-CRC-HE-100K.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("NCT-CRC-HE-100K/", b"")
        for name, pixels in histology_layout.items():
            file.writestr(name, tif(pixels))
        file.writestr("__MACOSX/NCT-CRC-HE-100K/ADI/._ADI-AAFQ.tif", b"junk")
        file.writestr("NCT-CRC-HE-100K/ADI/Thumbs.db", b"junk")
    return path


@pytest.fixture
def histology_folder(tmp_path, histology_archive):
    """The same archive, unpacked."""
    with zipfile.ZipFile(histology_archive) as file:
        file.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


PATHMNIST = {"train": 3, "val": 1, "test": 2}
"""Images of each class in the parts of the small PathMNIST."""


@pytest.fixture
def pathmnist(tmp_path, rng, monkeypatch) -> Callable[..., Path]:
    """Writes a small file in the format of PathMNIST, with its own checksum as the published one.

    Images of 28 x 28, labels in disorder and with an axis of length 1, as MedMNIST has them; arrays given by name
    replace those of the file, nothing leaves them out.
    """

    def write(**changes: np.ndarray | None) -> Path:
        arrays = {}
        for part, per_class in PATHMNIST.items():
            labels = rng.permutation(np.repeat(np.arange(9, dtype=np.uint8), per_class))
            arrays[f"{part}_images"] = rng.integers(0, 256, size=(len(labels), 28, 28, 3), dtype=np.uint8)
            arrays[f"{part}_labels"] = labels[:, None]
        path = tmp_path / "pathmnist.npz"
        np.savez_compressed(path, **{name: x for name, x in (arrays | changes).items() if x is not None})
        checksum = f"md5:{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"
        remote = histology.FILES[path.name]._replace(checksum=checksum)
        monkeypatch.setitem(histology.FILES, path.name, remote)
        return path

    return write
