"""FashionMNIST: 28 x 28 grey photographs of ten kinds of clothing (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747)."""

from pathlib import Path

from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet, read_idx

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


def load(source: str) -> tuple[ImageSet, ImageSet]:
    """Training and test set, images (image, 28, 28) uint8.

    `source` is "embedded" (5,000 + 1,000 images, equally many of each class) or a folder with the four published idx
    files, plain or .gz (60,000 + 10,000 images), such as DEBIAN_FOLDER. `FileNotFoundError` for a missing file,
    `ValueError` for a wrong checksum.
    """
    if source == "embedded":
        return embedded("fashion_mnist", "training"), embedded("fashion_mnist", "test")
    return _read(Path(source), "train"), _read(Path(source), "t10k")


def _read(folder: Path, part: str) -> ImageSet:
    images, labels = (
        read_idx(_find(folder, name), axes, MD5[name])
        for name, axes in ((f"{part}-images-idx3-ubyte", 3), (f"{part}-labels-idx1-ubyte", 1))
    )
    return ImageSet(images, labels.astype("int64"))


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"FashionMNIST: no file {name} or {name}.gz in folder {folder}: run `apt-get install dataset-fashion-mnist` "
        f'(Debian, folder {DEBIAN_FOLDER}), or use source "embedded"'
    )
