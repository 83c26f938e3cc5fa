"""Histology: nine kinds of tissue in stained slices of colorectal cancer (Kather, Halama, Marx 2018, CC BY 4.0).

NCT-CRC-HE-100K (100,000 images, colour-normalised) and CRC-VAL-HE-7K (7,180 images of other patients), 224 x 224 RGB at
0.5 um a pixel, doi 10.5281/zenodo.1214456: one zip archive each, of a folder of .tif files for each class. PathMNIST
(MedMNIST 3.0.2, CC BY 4.0, doi 10.5281/zenodo.10519652) holds the same images at 28, 64, 128 and 224 pixels.
"""

import itertools
import math
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, UInt8

from ntklab.data.data_set import DataSet
from ntklab.data.images import Labels, resize
from ntklab.data.remote import RemoteFile, verify
from ntklab.errors import InputError, MissingFileError, require
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

PATHMNIST = {"training": ("train", "val"), "test": ("test",)}
"""Our parts -> those of PathMNIST: it divides NCT-CRC-HE-100K in two, which is undone; its test set is CRC-VAL-HE-7K."""

SIDES = {"pathmnist.npz": 28, "pathmnist_64.npz": 64, "pathmnist_128.npz": 128, "pathmnist_224.npz": 224}
"""File of PathMNIST -> rows and columns of its images."""

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Version of NumPy's array files -> what reads their headers."""

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
    if missing := _absent({member.label for member in found}):
        raise InputError(
            f"{source}: no .tif images in a folder {missing}; expected one folder for each of {', '.join(CLASSES)}"
        )
    return sorted(found, key=lambda member: (member.label, PurePosixPath(member.name).name))


def _absent(labels: set[int]) -> str:
    return ", ".join(name for label, name in enumerate(CLASSES) if label not in labels)


def _names(source: Path) -> Iterable[str]:
    _require(source)
    if source.is_dir():
        return [path.relative_to(source).as_posix() for path in source.rglob("*.tif")]
    with _whole(source, "the list of its files"), zipfile.ZipFile(source) as archive:
        return archive.namelist()


def _require(source: Path) -> None:
    if not source.exists():
        raise MissingFileError(
            f"histology: no file or folder {source}: download pathmnist.npz (0.2 GB, {FILES['pathmnist.npz'].urls[0]}) or "
            f"NCT-CRC-HE-100K.zip (11.7 GB, {FILES['NCT-CRC-HE-100K.zip'].urls[0]}), give the path of a file or folder you "
            f'have, or use source "stand_in"'
        )


@contextmanager
def _whole(source: Path, what: str) -> Iterator[None]:
    """Turns what a damaged archive or image raises into one line that says where it is and what to do."""
    try:
        yield
    except InputError:  # Is a ValueError, but says by itself what is wrong.
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{source}: {what} cannot be read, truncated or damaged ({reason}); fetch it again") from error


def split(images: int) -> tuple[int, int]:
    """Numbers of training and validation images out of so many, 11/12 and 1/12 (E1: 9,167 and 833 of 10,000)."""
    return images - images // VALIDATION, images // VALIDATION


def read_images(
    source: Path, chosen: Sequence[Member], size: int, log: Callable[[str], None] = lambda line: None
) -> Float32[np.ndarray, "image {size} {size} 3"]:
    """The chosen images of an archive or folder, resized, values 0..255; the archive is not unpacked.

    `InputError` for a damaged image, for one that is not SIDE x SIDE RGB, and for a larger size.
    """
    _no_larger(size, SIDE, source)
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
    require("workflow", "PIL")
    from PIL import Image

    with _whole(source, name), (folder / name).open("rb") as file, Image.open(file) as image:
        found = f"{image.height} x {image.width} {image.mode}"
        right = found == f"{SIDE} x {SIDE} RGB"
        pixels = np.asarray(image) if right else None
    if pixels is None:
        raise InputError(f"{source}: {name} is {found}, expected {SIDE} x {SIDE} RGB")
    return pixels


def _no_larger(size: int, side: int, source: Path) -> None:
    """Enlarged images would hold nothing that the smaller ones do not, at a higher cost, and look as if they did."""
    if size > side:
        larger = [f", or source: {name}" for name, other in SIDES.items() if other >= size]
        raise InputError(
            f"{source}: image_size: {size} is larger than its images, {side} x {side}; set image_size: {side} or less"
            + "".join(larger[:1])
        )


def pathmnist_labels(path: Path, part: str) -> Labels:
    """Classes of all images of a part, "training" or "test", of PathMNIST at any of its resolutions.

    `InputError` for a damaged file, for one in another format, and for one that lacks a class.
    """
    with _pathmnist(path) as archive:
        labels = np.concatenate([_labels(path, archive, name) for name in PATHMNIST[part]])
    if missing := _absent(set(labels.tolist())):
        raise InputError(f"{path}: no {part} images of {missing}; expected some of each of {', '.join(CLASSES)}")
    return labels


def read_pathmnist(
    path: Path,
    part: str,
    chosen: Int[np.ndarray, " image"],
    size: int,
    log: Callable[[str], None] = lambda line: None,
) -> Float32[np.ndarray, "image {size} {size} 3"]:
    """The chosen images of a part of PathMNIST, resized, values 0..255; no others are kept in memory, of up to 16 GB.

    `InputError` for a damaged file, for one in another format, and for a size above its resolution.
    """
    images = np.empty((len(chosen), size, size, 3), dtype=np.float32)
    places = {int(index): place for place, index in enumerate(chosen)}
    progress = Progress(log, len(chosen))
    with _pathmnist(path) as archive:
        every = itertools.chain.from_iterable(_pixels_of(path, archive, name, size) for name in PATHMNIST[part])
        found = (pair for pair in enumerate(every) if pair[0] in places)
        for done, (index, pixels) in enumerate(itertools.islice(found, len(chosen)), start=1):
            images[places[index]] = resize(pixels[None], size)[0]
            progress(done, f"image {done:,}/{len(chosen):,}")
    return images


@contextmanager
def _pathmnist(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive of arrays, in which all that PathMNIST has are found."""
    _require(path)
    with _whole(path, "its arrays"), zipfile.ZipFile(path) as archive:
        expected = [f"{part}_{what}" for part in ("train", "val", "test") for what in ("images", "labels")]
        if missing := [name for name in expected if f"{name}.npy" not in archive.namelist()]:
            raise InputError(f"{path}: no array {', '.join(missing)}; PathMNIST has {', '.join(expected)}")
        yield archive


def _labels(path: Path, archive: zipfile.ZipFile, part: str) -> Labels:
    with archive.open(f"{part}_images.npy") as file:
        images, _ = _shape(path, part, file)
    with archive.open(f"{part}_labels.npy") as file:
        labels = np.lib.format.read_array(file, allow_pickle=False)
    if labels.dtype.kind not in "iu" or labels.shape != (images, 1):
        raise InputError(
            f"{path}: {part}_labels is {labels.dtype} {labels.shape}, expected integers {(images, 1)}, one for each image"
        )
    if outside := sorted(set(labels.ravel().tolist()) - set(range(len(CLASSES)))):
        raise InputError(f"{path}: {part}_labels has {outside[0]}, expected 0 to {len(CLASSES) - 1}")
    return labels.ravel().astype(np.int64)


def _shape(path: Path, part: str, file: zipfile.ZipExtFile) -> tuple[int, int]:
    """Number and side of the images of a part, from the head of its file, after which the pixels follow."""
    shape, columns_first, dtype = HEADERS[np.lib.format.read_magic(file)](file)
    if dtype != np.uint8 or columns_first or len(shape) != 4 or shape[1:] != (shape[1], shape[1], 3):
        order = "Fortran" if columns_first else "C"
        raise InputError(
            f"{path}: {part}_images is {dtype} {shape} in {order} order, expected uint8 (image, side, side, 3) in C order"
        )
    return shape[0], shape[1]


def _pixels_of(
    path: Path, archive: zipfile.ZipFile, part: str, size: int
) -> Iterator[UInt8[np.ndarray, "side side 3"]]:
    """The images of a part, one after the other."""
    with archive.open(f"{part}_images.npy") as file:
        number, side = _shape(path, part, file)
        _no_larger(size, side, path)
        shape = (side, side, 3)
        for _ in range(number):
            yield np.frombuffer(file.read(math.prod(shape)), dtype=np.uint8).reshape(shape)
