"""CIFAR10: 32 x 32 colour photographs of ten kinds of things (Krizhevsky 2009, "Learning multiple layers of features").

Read from the binary version: the Python version holds the same images as pickles, which run what they contain.
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from ntklab.data.data_set import DataSet
from ntklab.data.images import ImageSet
from ntklab.data.remote import RemoteFile, verify
from ntklab.errors import InputError, MissingFileError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ARCHIVE = "cifar-10-binary.tar.gz"

FILES = {
    ARCHIVE: RemoteFile(
        (f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}", f"https://cave.cs.toronto.edu/kriz/{ARCHIVE}"),
        "md5:c32a1d4ab5d03f1284b67883e8d87530",
        170_052_171,
    )
}
"""No licence stated; the authors ask for a citation."""

RECORD = 1 + 3 * 32 * 32
"""Bytes of an image in the archive: the label, then 32 rows of 32 columns of red, of green and of blue."""

TRAINING = tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6))
TEST = ("cifar-10-batches-bin/test_batch.bin",)


def load(source: str) -> tuple[ImageSet, ImageSet]:
    """Training (50,000) and test set (10,000), images (image, 32, 32, 3) uint8, from the path of ARCHIVE.

    The archive is read without unpacking it. `MissingFileError` if it is not there, `InputError` if it is another
    file.
    """
    path = Path(source)
    if not path.is_file():
        raise MissingFileError(
            f'CIFAR10: no file {path}: it is a download, {FILES[ARCHIVE].urls[0]}; or use data "photographs"'
        )
    verify(path, FILES[ARCHIVE])
    try:
        with tarfile.open(path, "r:gz") as archive:
            training, test = _read(archive, TRAINING), _read(archive, TEST)
    except (tarfile.TarError, KeyError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path}: not the archive {ARCHIVE} ({error})") from error
    return training, test


def _read(archive: tarfile.TarFile, names: tuple[str, ...]) -> ImageSet:
    contents = []
    for name in names:
        if (file := archive.extractfile(name)) is None:
            raise KeyError(f"{name} is not a file")
        contents.append(file.read())
    records = np.frombuffer(b"".join(contents), dtype=np.uint8).reshape(-1, RECORD)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return ImageSet(np.ascontiguousarray(images), records[:, 0].astype(np.int64))


DATA_SET = DataSet(CLASSES, FILES, (ARCHIVE,), load, channels=3)
