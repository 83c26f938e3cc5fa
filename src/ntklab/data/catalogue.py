"""Image sets by name. A new one is one file here, with `load` and `CLASSES`, and one line below."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ntklab.data import cifar10, fashion_mnist, histology, mnist
from ntklab.data.images import ImageSet
from ntklab.data.remote import RemoteFile


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

REMOTES: dict[str, Mapping[str, RemoteFile]] = {
    "fashion_mnist": fashion_mnist.FILES,
    "mnist": mnist.FILES,
    "cifar10": cifar10.FILES,
    "histology": histology.FILES,
}
"""Name in the config -> the files that can be downloaded, by name."""


def data_set(name: str) -> DataSet:
    """The image set called `name` in the config; `ValueError` names the ones there are."""
    if name not in CATALOGUE:
        raise ValueError(f"unknown image set {name!r}; known image sets: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def remote_file(data: str, file: str) -> RemoteFile:
    """A published file of an image set; `ValueError` names the ones there are."""
    if data not in REMOTES:
        raise ValueError(f"no files of {data!r} can be downloaded; known: {', '.join(REMOTES)}")
    if file not in REMOTES[data]:
        raise ValueError(f"{data!r} has no file {file!r}; known: {', '.join(REMOTES[data])}")
    return REMOTES[data][file]
