"""Small real data sets kept in the package, so that small runs need no network; README.md says where they are from."""

from pathlib import Path

import numpy as np

from ntklab.data.images import ImageSet
from ntklab.errors import InputError
from ntklab.files import Arrays, file_hash

FOLDER = Path(__file__).parent
SHA256 = {
    "fashion_mnist": "666d322172d1001a6adb6eb22b456c7beebad8c9aae72b5ba64b71707f698223",
    "mnist": "ecc442c0a28e935f17e6d68f6afe76f265e2cec3a41fecd9b3186ea5c20ebb0e",
    "photographs": "2b1ff07783e2d7bb7cbdeca91fb18c1b532ba2bea4ff1e9e8ef473dea166c8ca",
    "qm9": "1ac0938c1100514acd4c13aa26ecd8379261f2a547fb4bd8ef839e33874cf44f",
    "tissue": "88cd8cd6732a3f52ffb79ea7af3cd5bf997904fdd5158edfce681cb1d02a0fc1",
}
"""Data set -> checksum of its file, made by make.py, make_photographs.py, make_qm9.py and make_tissue.py."""


def verified(name: str) -> Arrays:
    """The arrays of an embedded data set; `InputError` if its file was changed."""
    path = FOLDER / f"{name}.npz"
    if (found := file_hash(path)) != SHA256[name]:
        raise InputError(f"{path}: wrong sha256: expected {SHA256[name]}, found {found}; install ntklab again")
    return Arrays(path)


def embedded(name: str, part: str) -> ImageSet:
    """One part of an embedded set of images, uint8, grey or with 3 channels; `InputError` if its file was changed."""
    arrays = verified(name)
    return ImageSet(arrays[f"{part}/images"], arrays[f"{part}/labels"].astype(np.int64))
