"""CIFAR10 read from an archive like the published one, and what is said of any other."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ntklab.data import cifar10
from ntklab.errors import InputError, MissingFileError


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def cifar_archive(path: Path, images: np.ndarray, labels: np.ndarray, files: tuple[str, ...]) -> None:
    """An archive like the published one, the images shared out evenly."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    records = np.column_stack([labels.astype(np.uint8), planes])
    with tarfile.open(path, "w:gz") as archive:
        for name, part in zip(files, np.array_split(records, len(files)), strict=True):
            info = tarfile.TarInfo(name)
            info.size = part.size
            archive.addfile(info, io.BytesIO(part.tobytes()))


@pytest.fixture
def cifar(tmp_path, rng, monkeypatch):
    """Writes an archive with these files and makes its checksum the published one; the images, the labels, the path."""

    def write(files: tuple[str, ...] = cifar10.TRAINING + cifar10.TEST):
        images = rng.integers(0, 256, size=(12, 32, 32, 3), dtype=np.uint8)
        labels, path = np.arange(12) % 10, tmp_path / cifar10.ARCHIVE
        cifar_archive(path, images, labels, files)
        remote = cifar10.FILES[cifar10.ARCHIVE]._replace(
            checksum=f"md5:{md5(path.read_bytes())}", size=path.stat().st_size
        )
        monkeypatch.setitem(cifar10.FILES, cifar10.ARCHIVE, remote)
        return images, labels, path

    return write


def test_cifar10_is_read_from_the_archive(cifar):
    images, labels, path = cifar()
    training, test = cifar10.load(str(path))
    np.testing.assert_array_equal(np.concatenate([training.images, test.images]), images)
    np.testing.assert_array_equal(np.concatenate([training.labels, test.labels]), labels)
    assert len(training.images) == 10 and training.images.flags.c_contiguous and training.labels.dtype == np.int64
    assert len(cifar10.CLASSES) == 10


def test_the_cifar10_archive_is_verified(cifar):
    _, _, path = cifar()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"cifar-10-binary\.tar\.gz: wrong size: expected [\d,]+ bytes, found [\d,]+"):
        cifar10.load(str(path))


def test_another_archive_in_the_place_of_cifar10_is_one_line(cifar):
    _, _, path = cifar(cifar10.TRAINING[:3])
    with pytest.raises(InputError, match=r"not the archive cifar-10-binary\.tar\.gz \(.*data_batch_4\.bin.*\)$"):
        cifar10.load(str(path))


def test_absent_cifar10_has_a_remedy():
    with pytest.raises(MissingFileError, match=r'CIFAR10: no file nowhere/x: .* or use data "photographs"'):
        cifar10.load("nowhere/x")
