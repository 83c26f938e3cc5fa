"""MNIST: 28 x 28 grey handwritten digits (LeCun, Bottou, Bengio, Haffner 1998)."""

from pathlib import Path

from ntklab.data.data_set import DataSet
from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet, read_idx_pair
from ntklab.data.remote import RemoteFile

CLASSES = tuple("0123456789")

MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""File -> checksum of its uncompressed bytes, as several public loaders have it; nobody signs them."""

PUBLISHED_MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""File as published -> its checksum."""

FILES = {
    name: RemoteFile(
        (
            f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}",
            f"https://storage.googleapis.com/cvdf-datasets/mnist/{name}",
        ),
        f"md5:{md5}",
    )
    for name, md5 in PUBLISHED_MD5.items()
}
"""Copyright Yann LeCun and Corinna Cortes; Creative Commons Attribution-Share Alike 3.0 (as Keras says)."""

REMEDY = 'MNIST is a download; or use source "embedded"'
PARTS = {"training": "train", "test": "t10k"}


def load(source: str, part: str = "training") -> ImageSet:
    """Digits, images (image, 28, 28) uint8.

    `source` is "embedded" (1,000 digits, 100 of each class, whatever the part: where in MNIST they stand is not known)
    or a folder with the published idx files, plain or .gz, of which the `part` is read: "training" (60,000) or "test"
    (10,000). `MissingFileError` for a missing file, `InputError` for a wrong checksum.
    """
    if source == "embedded":
        return embedded("mnist", "digits")
    return read_idx_pair(Path(source), PARTS[part], MD5, REMEDY)


def load_split(source: str) -> tuple[ImageSet, ImageSet]:
    """Training and test set from a source as for `load`; of the embedded digits the last 200, 20 of each class, are the
    test set."""
    if source == "embedded":
        images, labels = load(source)
        return ImageSet(images[:800], labels[:800]), ImageSet(images[800:], labels[800:])
    return load(source, "training"), load(source, "test")


DATA_SET = DataSet(CLASSES, FILES, tuple(FILES), load_split)
