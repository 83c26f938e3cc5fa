"""What sets of labelled images share: their type, idx files, balanced selection, resizing."""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int, Shaped, UInt8

from ntklab.errors import InputError, MissingFileError

Images = Shaped[np.ndarray, "image row column *channel"]
"""Pixel values 0..255; without a channel axis when grey."""

Labels = Int[np.ndarray, " image"]
"""Class of every image, an index into the CLASSES of its data set."""


class ImageSet(NamedTuple):
    """Labelled images, one label each."""

    images: Images
    labels: Labels


def read_idx(path: Path, axes: int, md5: str | None = None) -> UInt8[np.ndarray, "..."]:
    """The array of an idx file of unsigned bytes with that many axes, plain or gzip, whatever its name.

    Format (as described where MNIST was first published): two zero bytes, 0x08 for unsigned bytes, the number of axes,
    the length of each as a big-endian 32-bit integer, the values. `md5` is that of the uncompressed bytes, because the
    same data come in several packings. `InputError` for anything else.
    """
    content = _uncompressed(path)
    if md5 is not None and (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != md5:
        raise InputError(f"{path}: wrong md5 of the uncompressed bytes: expected {md5}, found {found}; fetch it again")
    magic, start = bytes([0, 0, 8, axes]), 4 + 4 * axes
    shape = struct.unpack_from(f">{axes}I", content, offset=4) if len(content) >= start else ()
    if content[:4] != magic or len(content) != start + math.prod(shape):
        raise InputError(
            f"{path}: not a complete idx file of unsigned bytes with {axes} axes: expected first bytes {magic.hex()} "
            f"and as many values as announced, found {content[:4].hex()}, shape {shape}, {len(content)} bytes in all"
        )
    # A copy, because an array over `bytes` cannot be written to, which torch warns of.
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape).copy()


def read_idx_pair(folder: Path, part: str, md5: Mapping[str, str], remedy: str) -> ImageSet:
    """Images and labels of one part, "train" or "t10k", of a data set published as four idx files, plain or .gz.

    `md5` is by file name without .gz and of the uncompressed bytes. `MissingFileError` with the `remedy` for a missing
    file, `InputError` for a wrong one.
    """
    images, labels = (
        read_idx(_find(folder, name, remedy), axes, md5[name])
        for name, axes in ((f"{part}-images-idx3-ubyte", 3), (f"{part}-labels-idx1-ubyte", 1))
    )
    return ImageSet(images, labels.astype("int64"))


def _find(folder: Path, name: str, remedy: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise MissingFileError(f"no file {name} or {name}.gz in folder {folder}: {remedy}")


def _uncompressed(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); fetch it again") from error


def balanced(labels: Labels, per_class: int, rng: np.random.Generator) -> Int[np.ndarray, " chosen"]:
    """Indices of `per_class` random images of each class 0 .. max(labels), without repetition.

    The classes take turns (0, 1, 2, ..., 0, 1, 2, ...), so that the first m rounds are a balanced set as well.
    `InputError` if a class has too few.
    """
    classes = range(labels.max() + 1)
    chosen = [rng.permutation(np.flatnonzero(labels == label))[:per_class] for label in classes]
    if (fewest := min(len(indices) for indices in chosen)) < per_class:
        raise InputError(f"{per_class} images per class wanted, but one class has only {fewest}")
    return np.stack(chosen, axis=1).ravel()


def resize(images: Images, size: int) -> Float32[np.ndarray, "image {size} {size} channel"]:
    """Square images at another resolution, each new pixel the mean of the old image over the new pixel's area.

    Values keep their scale, 0..255; grey images get a channel axis of length 1; the same size changes nothing. The
    overlaps are integers, and so are all sums for images of integers: resizing then commutes exactly with rotations by
    multiples of 90 degrees and with reflections. Pillow's BOX filter does not: it counts an old pixel in full or not at
    all, by its centre, and breaks ties to one side (for noise, 28 -> 16, an error of up to 114 grey levels).
    `InputError` for images that are not square.
    """
    rows, columns = images.shape[1:3]
    if rows != columns or images.ndim not in (3, 4) or size < 1:
        raise InputError(f"only square images can be resized, and to a positive size: {images.shape} to {size}")
    images = images if images.ndim == 4 else images[..., None]
    overlap = _overlap(rows, size)
    resized = np.empty((len(images), size, size, images.shape[3]), dtype=np.float32)
    # One image at a time: large sets never exist in float64.
    for image, out in zip(images, resized, strict=True):
        # Channels first in memory too: NumPy multiplies matrices with other strides without BLAS, many times slower.
        sums = overlap @ np.moveaxis(image, 2, 0).astype(np.float64, order="C") @ overlap.T
        out[:] = np.moveaxis(sums / rows**2, 0, 2)
    return resized


def _overlap(old: int, new: int) -> Float64[np.ndarray, "{new} {old}"]:
    """Length shared by new pixel [i old, (i + 1) old] and old pixel [j new, (j + 1) new], the image side old * new."""
    new_edges, old_edges = old * np.arange(new + 1)[:, None], new * np.arange(old + 1)
    shared = np.minimum(new_edges[1:], old_edges[1:]) - np.maximum(new_edges[:-1], old_edges[:-1])
    return np.maximum(shared, 0).astype(np.float64)


def grey(images: UInt8[np.ndarray, "image row column 3"]) -> UInt8[np.ndarray, "image row column"]:
    """Luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded to whole grey levels."""
    # One image at a time, and in integers, rounded half up: large sets never exist in another type.
    levels = np.empty(images.shape[:3], dtype=np.uint8)
    for image, out in zip(images, levels, strict=True):
        out[:] = (image @ np.array([299, 587, 114]) + 500) // 1000
    return levels


def random_subset(n: int, size: int, rng: np.random.Generator) -> Int[np.ndarray, " chosen"]:
    """Indices of `size` of n images, without repetition; with the same rng a larger subset begins with the smaller."""
    if size > n:
        raise InputError(f"{size} images wanted, the set has {n}")
    return rng.permutation(n)[:size]


def disjoint_subset(n: int, size: int, number: int, rng: np.random.Generator) -> Int[np.ndarray, " chosen"]:
    """Indices of the subset with that number: with the same rng, subsets of different numbers share no image."""
    if size * (number + 1) > n:
        raise InputError(f"{number + 1} disjoint sets of {size} images wanted, the set has {n}")
    return rng.permutation(n)[size * number : size * (number + 1)]
