"""FashionMNIST: 28 x 28 grey photographs of ten kinds of clothing (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747)."""

from pathlib import Path

from ntklab.data.data_set import DataSet
from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet, read_idx_pair
from ntklab.data.remote import RemoteFile

CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""

MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
"""File -> checksum of its uncompressed bytes: Debian's .gz files differ from the published ones, their content not."""

FILES = {
    f"{name}.gz": RemoteFile(
        (
            f"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}.gz",
            f"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}.gz",
        ),
        f"unpacked-md5:{md5}",
    )
    for name, md5 in MD5.items()
}
"""MIT licence, Copyright 2017 Zalando SE."""

REMEDY = (
    f"FashionMNIST is Debian's package dataset-fashion-mnist (`apt-get install dataset-fashion-mnist`, folder "
    f'{DEBIAN_FOLDER}) or a download; or use source "embedded"'
)


def load(source: str) -> tuple[ImageSet, ImageSet]:
    """Training and test set, images (image, 28, 28) uint8.

    `source` is "embedded" (5,000 + 1,000 images, equally many of each class) or a folder with the four published idx
    files, plain or .gz (60,000 + 10,000 images), such as DEBIAN_FOLDER. `MissingFileError` for a missing file,
    `InputError` for a wrong checksum.
    """
    if source == "embedded":
        return embedded("fashion_mnist", "training"), embedded("fashion_mnist", "test")
    training, test = (read_idx_pair(Path(source), part, MD5, REMEDY) for part in ("train", "t10k"))
    return training, test


DATA_SET = DataSet(CLASSES, FILES, tuple(FILES), load, package_folder=DEBIAN_FOLDER)
