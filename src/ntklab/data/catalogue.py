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


FULL = "full"
"""The source that means all images of a data set: of Debian's package where it is installed, else downloaded."""

LOCAL = {"fashion_mnist": fashion_mnist.DEBIAN_FOLDER}
"""Name in the config -> the folder in which a package of the system puts the published files."""

ALL = {
    "fashion_mnist": tuple(fashion_mnist.FILES),
    "mnist": tuple(mnist.FILES),
    "cifar10": (cifar10.ARCHIVE,),
    "histology": ("NCT-CRC-HE-100K.zip",),
}
"""Name in the config -> the published files that hold all its images."""


def downloads(data: str, source: str) -> tuple[str, ...]:
    """The files that must be downloaded before image set `data` can be read from `source`: for "full" and file names.

    Sources that need none are "embedded", "stand_in", and what is on this machine: folders and files.
    """
    if source in REMOTES.get(data, {}):
        return (source,)
    return ALL[data] if source == FULL and not _local(data) else ()


def location(data: str, source: str, folder: str) -> str:
    """The source with which to load image set `data`: a path below the downloads' `folder` for what is downloaded."""
    files = downloads(data, source)
    if source == FULL and not files:
        return str(LOCAL[data])
    if not files:
        return source
    return f"{folder}/{data}/{files[0]}" if len(files) == 1 else f"{folder}/{data}"


def _local(data: str) -> bool:
    return data in LOCAL and LOCAL[data].is_dir()


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
