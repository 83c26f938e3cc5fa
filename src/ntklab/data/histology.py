"""Histology: nine kinds of tissue in stained slices of colorectal cancer (Kather, Halama, Marx 2018, CC BY 4.0).

NCT-CRC-HE-100K (100,000 images, colour-normalised) and CRC-VAL-HE-7K (7,180 images of other patients), 224 x 224 RGB at
0.5 um a pixel, doi 10.5281/zenodo.1214456: one zip archive each, of a folder of .tif files for each class. PathMNIST
(MedMNIST 3.0.2, CC BY 4.0, doi 10.5281/zenodo.10519652) holds the same images at 28, 64, 128 and 224 pixels.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, UnidentifiedImageError

from ntklab.data.data_set import DataSet
from ntklab.data.images import ImageSet, resize
from ntklab.data.remote import RemoteFile, verify
from ntklab.errors import InputError, MissingFileError
from ntklab.progress import Progress

CLASSES = ("ADI", "BACK", "DEB", "LYM", "MUC", "MUS", "NORM", "STR", "TUM")
"""Adipose tissue, background, debris, lymphocytes, mucus, smooth muscle, normal colon mucosa, cancer-associated stroma,
colorectal adenocarcinoma epithelium: the folders of the archive in alphabetical order, and PathMNIST's order."""

SIDE = 224
"""Rows and columns of the images in the archives."""

VALIDATION = 12
"""One image in so many is for validation: 9,167 and 833 of 10,000 (E1)."""

ZENODO = "https://zenodo.org/records/{}/files/{}?download=1"
FILES = {
    name: RemoteFile((ZENODO.format(record, name),), f"md5:{md5}", size)
    for name, record, md5, size in (
        ("NCT-CRC-HE-100K.zip", 1214456, "6fd702d11df6292bc054397ae038a464", 11_690_284_003),
        ("NCT-CRC-HE-100K-NONORM.zip", 1214456, "035777cf327776a71a05c95da6d6325f", None),
        ("CRC-VAL-HE-7K.zip", 1214456, "2fd1651b4f94ebd818ebf90ad2b6ce06", 800_276_929),
        ("pathmnist.npz", 10519652, "a8b06965200029087d5bd730944a56c1", None),
        ("pathmnist_64.npz", 10519652, "55aa9c1e0525abe5a6b9d8343a507616", None),
        ("pathmnist_128.npz", 10519652, "ac42d08fb904d92c244187169d1fd1d9", None),
        ("pathmnist_224.npz", 10519652, "2c51a510bcdc9cf8ddb2af93af1eadec", None),
    )
}

DATA_SET = DataSet(CLASSES, FILES, ("NCT-CRC-HE-100K.zip",), channels=3)


def check(source: Path) -> None:
    """`InputError` unless a file has the published size and checksum, known by its name; a folder has none to check."""
    _require(source)
    if source.is_dir():
        return
    if source.name not in FILES:
        raise InputError(f"{source}: files are known by their published names, which are {', '.join(FILES)}; rename it")
    verify(source, FILES[source.name])


class Member(NamedTuple):
    """One image of an archive or folder, not read yet."""

    name: str
    """Path inside the archive or folder."""
    label: int
    """Index into CLASSES: the folder it is in."""


def members(source: Path) -> list[Member]:
    """The .tif images of a zip archive or an unpacked folder, by class and file name: the same order for both.

    `MissingFileError` if there is no such file or folder, `InputError` for a damaged archive or a missing class.
    """
    found = [
        Member(str(path), CLASSES.index(path.parent.name))
        for path in map(PurePosixPath, _names(source))
        if path.suffix == ".tif" and path.parent.name in CLASSES and not path.name.startswith("._")
    ]
    missing = [name for label, name in enumerate(CLASSES) if label not in {member.label for member in found}]
    if missing:
        raise InputError(
            f"{source}: no .tif images in a folder {', '.join(missing)}; expected one folder for each of "
            f"{', '.join(CLASSES)}"
        )
    return sorted(found, key=lambda member: (member.label, PurePosixPath(member.name).name))


def _names(source: Path) -> Iterable[str]:
    _require(source)
    if source.is_dir():
        return [path.relative_to(source).as_posix() for path in source.rglob("*.tif")]
    with _whole(source, "the list of its files"), zipfile.ZipFile(source) as archive:
        return archive.namelist()


def _require(source: Path) -> None:
    if not source.exists():
        raise MissingFileError(
            f"histology: no file or folder {source}: download NCT-CRC-HE-100K.zip (11.7 GB, "
            f'{FILES["NCT-CRC-HE-100K.zip"].urls[0]}), give a folder or zip you have, or use source "stand_in"'
        )


@contextmanager
def _whole(source: Path, what: str) -> Iterator[None]:
    """Turns what a damaged archive or image raises into one line that says where it is and what to do."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, UnidentifiedImageError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{source}: {what} cannot be read, truncated or damaged ({reason}); fetch it again") from error


def split(images: int) -> tuple[int, int]:
    """Numbers of training and validation images out of so many, 11/12 and 1/12 (E1: 9,167 and 833 of 10,000)."""
    return images - images // VALIDATION, images // VALIDATION


def read_images(
    source: Path, chosen: Sequence[Member], size: int, log: Callable[[str], None] = lambda line: None
) -> Float32[np.ndarray, "image {size} {size} 3"]:
    """The chosen images of an archive or folder, resized, values 0..255; the archive is not unpacked.

    `InputError` for a damaged image, and for one that is not SIDE x SIDE RGB.
    """
    images = np.empty((len(chosen), size, size, 3), dtype=np.float32)
    progress = Progress(log, len(chosen))
    with _opened(source) as folder:
        for i, member in enumerate(chosen):
            images[i] = resize(_pixels(source, member.name, folder)[None], size)[0]
            progress(i + 1, f"image {i + 1:,}/{len(chosen):,}")
    return images


@contextmanager
def _opened(source: Path) -> Iterator[Path | zipfile.Path]:
    """The folder of the members, on disk or in an archive that stays open."""
    if source.is_dir():
        yield source
    else:
        with zipfile.ZipFile(source) as archive:
            yield zipfile.Path(archive)


def _pixels(source: Path, name: str, folder: Path | zipfile.Path) -> UInt8[np.ndarray, "row column 3"]:
    with _whole(source, name), (folder / name).open("rb") as file, Image.open(file) as image:
        found = f"{image.height} x {image.width} {image.mode}"
        right = found == f"{SIDE} x {SIDE} RGB"
        pixels = np.asarray(image) if right else None
    if pixels is None:
        raise InputError(f"{source}: {name} is {found}, expected {SIDE} x {SIDE} RGB")
    return pixels


def read_pathmnist(path: Path) -> tuple[ImageSet, ImageSet]:
    """PathMNIST at any of its resolutions: the images of NCT-CRC-HE-100K, and those of CRC-VAL-HE-7K, all in memory.

    Images (image, size, size, 3) uint8. MedMNIST's own division of the first into training and validation images is
    undone. `InputError` for a damaged file.
    """
    _require(path)
    with _whole(path, "its arrays"):
        if not zipfile.is_zipfile(path):  # Else NumPy guesses at other formats.
            raise zipfile.BadZipFile("not a zip file")
        with np.load(path, allow_pickle=False) as archive:
            parts = {
                part: ImageSet(archive[f"{part}_images"], archive[f"{part}_labels"].ravel().astype(np.int64))
                for part in ("train", "val", "test")
            }
    both = (np.concatenate(arrays) for arrays in zip(parts["train"], parts["val"], strict=True))
    return ImageSet(*both), parts["test"]
