"""Image sets by name. A new one is one file here, with `load` and `CLASSES`, and one line below."""

from collections.abc import Callable
from typing import NamedTuple

from ntklab.data import fashion_mnist
from ntklab.data.images import ImageSet


class DataSet(NamedTuple):
    """How to load a labelled image set, and what its labels mean."""

    load: Callable[[str], tuple[ImageSet, ImageSet]]
    """Source ("embedded" or a folder) -> training set, test set."""
    classes: tuple[str, ...]
    """Names of the classes, in the order of the labels."""


CATALOGUE: dict[str, DataSet] = {
    "fashion_mnist": DataSet(fashion_mnist.load, fashion_mnist.CLASSES),
}
"""Name in the config -> the image set."""


def data_set(name: str) -> DataSet:
    """The image set called `name` in the config; `ValueError` names the ones there are."""
    if name not in CATALOGUE:
        raise ValueError(f"unknown image set {name!r}; known image sets: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
