"""Labelled image sets by name. A new one is one file here that declares DATA_SET, and one line below."""

from ntklab.data import cifar10, fashion_mnist, histology, mnist
from ntklab.data.data_set import DataSet
from ntklab.data.remote import RemoteFile
from ntklab.errors import InputError

CATALOGUE: dict[str, DataSet] = {
    "fashion_mnist": fashion_mnist.DATA_SET,
    "histology": histology.DATA_SET,
    "mnist": mnist.DATA_SET,
    "cifar10": cifar10.DATA_SET,
}
"""Name in the config -> the image set."""

FULL = "full"
"""The source that means all images of a data set: of a package of the system where it is installed, else downloaded."""


def downloads(data: str, source: str) -> tuple[str, ...]:
    """The files that must be downloaded before image set `data` can be read from `source`: for "full" and file names.

    Sources that need none are "embedded", "stand_in", and what is on this machine: folders and files. Sets without
    published files, such as photographs and noise, need none.
    """
    if data not in CATALOGUE:
        return ()
    if source in CATALOGUE[data].files:
        return (source,)
    return CATALOGUE[data].complete if source == FULL and not _packaged(data) else ()


def location(data: str, source: str, folder: str) -> str:
    """The source with which to load image set `data`: a path below the downloads' `folder` for what is downloaded."""
    files = downloads(data, source)
    if source == FULL and data in CATALOGUE and not files:
        return str(CATALOGUE[data].package_folder)
    if not files:
        return source
    return f"{folder}/{data}/{files[0]}" if len(files) == 1 else f"{folder}/{data}"


def _packaged(data: str) -> bool:
    folder = CATALOGUE[data].package_folder
    return folder is not None and folder.is_dir()


def data_set(name: str) -> DataSet:
    """The image set called `name` in the config; `InputError` names the ones there are."""
    if name not in CATALOGUE:
        raise InputError(f"unknown image set {name!r}; known image sets: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def remote_file(data: str, file: str) -> RemoteFile:
    """A published file of an image set; `InputError` names the ones there are."""
    files = data_set(data).files
    if file not in files:
        raise InputError(f"{data!r} has no file {file!r}; known: {', '.join(files)}")
    return files[file]
