"""What the pipeline needs to know of a labelled image set; each file of one declares it once, as DATA_SET."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ntklab.data.images import ImageSet
from ntklab.data.remote import RemoteFile


@dataclass(frozen=True)
class DataSet:
    """A labelled image set.

    Attributes:
        classes: names of the classes, in the order of the labels.
        files: what can be downloaded, by name.
        complete: names of those files that hold all images.
        load: source ("embedded", a file or a folder) -> training set, test set; None for a set so large that a step of
            its own reads the chosen images only.
        channels: 1 for grey images, 3 for red, green and blue.
        package_folder: where a package of the system puts the published files.
    """

    classes: tuple[str, ...]
    files: Mapping[str, RemoteFile]
    complete: tuple[str, ...]
    load: Callable[[str], tuple[ImageSet, ImageSet]] | None = None
    channels: int = 1
    package_folder: Path | None = None
