"""The step that prepares histology: published archives, folders and PathMNIST, and the stand-in, marked as one."""

import hashlib

import numpy as np
import pytest

from ntklab.data import histology
from ntklab.data.histology import CLASSES, check, members, read_images
from ntklab.data.histology_stand_in import NOTE, STAND_IN
from ntklab.data.images import resize
from ntklab.errors import InputError
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_histology import prepare_histology


def prepare(tmp_path, **changes) -> Arrays:
    settings = {"source": STAND_IN, "size": 8, "images": 20, "validation_images": 5, "seed": 1}
    prepare_histology(**{**settings, **changes}, output=tmp_path / "images.npz")
    return Arrays(tmp_path / "images.npz")


def test_the_stand_in_is_marked(tmp_path):
    arrays = prepare(tmp_path)
    assert arrays.header["stand_in"] is True and arrays.header["source"] == "stand_in"
    assert arrays.header["note"] == NOTE and arrays.header["classes"] == list(CLASSES)
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert shapes == {
        "training/inputs": ((15, 8, 8, 3), np.float32),
        "training/labels": ((15,), np.int64),
        "test/inputs": ((5, 8, 8, 3), np.float32),
        "test/labels": ((5,), np.int64),
    }
    first = (tmp_path / "images.npz").read_bytes()
    prepare(tmp_path)
    assert (tmp_path / "images.npz").read_bytes() == first


@pytest.fixture
def published(histology_archive, monkeypatch):
    """The small archive, with its own size and checksum as the published ones."""
    content = histology_archive.read_bytes()
    checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    remote = histology.FILES[histology_archive.name]._replace(checksum=checksum, size=len(content))
    monkeypatch.setitem(histology.FILES, histology_archive.name, remote)
    return histology_archive


def test_real_images_are_drawn_by_seed_alike_from_archive_and_folder(tmp_path, published, histology_folder):
    arrays = prepare(tmp_path, source=str(published))
    assert arrays.header["stand_in"] is False and arrays.header["note"] == ""
    inputs = np.concatenate([arrays["training/inputs"], arrays["test/inputs"]])
    labels = np.concatenate([arrays["training/labels"], arrays["test/labels"]])
    found = members(published)
    every = read_images(published, found, 8)
    index = among(inputs, every)
    assert len(set(index)) == 20 and [found[i].label for i in index] == labels.tolist()
    again = prepare(tmp_path, source=str(histology_folder))
    np.testing.assert_array_equal(again["training/inputs"], inputs[:15])
    assert (prepare(tmp_path, source=str(histology_folder), seed=2)["training/inputs"] != inputs[:15]).any()


def among(images: np.ndarray, pool: np.ndarray) -> list[int]:
    """The places in the pool of images that are in it."""
    return [int(np.flatnonzero((pool == image).all(axis=(1, 2, 3)))[0]) for image in images]


def test_pathmnist_is_prepared_with_its_own_test_set(tmp_path, pathmnist):
    path = pathmnist()
    prepared = prepare(tmp_path, source=str(path), size=28, images=24 + 10, validation_images=10)
    assert prepared.header["stand_in"] is False and prepared.header["classes"] == list(CLASSES)
    with np.load(path) as arrays:
        for part, names, number in (("training", ("train", "val"), 24), ("test", ("test",), 10)):
            images, labels = (np.concatenate([arrays[f"{n}_{what}"] for n in names]) for what in ("images", "labels"))
            inputs = prepared[f"{part}/inputs"]
            assert inputs.shape == (number, 28, 28, 3) and inputs.dtype == np.float32
            index = among(inputs, images)
            assert len(set(index)) == number
            np.testing.assert_array_equal(prepared[f"{part}/labels"], labels[index, 0])
    first = prepared["training/inputs"]
    smaller = prepare(tmp_path, source=str(path), size=14, images=24 + 10, validation_images=10)
    np.testing.assert_array_equal(smaller["training/inputs"], resize(first, 14))
    other = prepare(tmp_path, source=str(path), size=28, images=24 + 10, validation_images=10, seed=2)
    assert (other["training/inputs"] != first).any()


def test_pathmnist_in_another_format_leaves_nothing(tmp_path, pathmnist):
    path = pathmnist()
    for changes, said in (
        ({"size": 32}, "image_size: 32 is larger than its images, 28 x 28; set image_size: 28 or less"),
        ({"images": 39, "validation_images": 19}, "19 images wanted, the set has 18"),
        ({"images": 39, "validation_images": 2}, "37 images wanted, the set has 36"),
    ):
        with pytest.raises(InputError, match=said):
            prepare(tmp_path, source=str(path), **changes)
    pathmnist(val_images=None)
    with pytest.raises(InputError, match=r"pathmnist\.npz: no array val_images; PathMNIST has train_images,"):
        prepare(tmp_path, source=str(path))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InputError, match=r"pathmnist\.npz: wrong md5: expected \w{32}, found \w{32}; fetch it again"):
        prepare(tmp_path, source=str(path))
    renamed = path.rename(tmp_path / "tissue.npz")
    with pytest.raises(InputError, match=r"tissue\.npz: files are known by their .* names, which are .*pathmnist\.npz"):
        prepare(tmp_path, source=str(renamed))
    assert not (tmp_path / "images.npz").exists()


def test_files_are_checked_before_they_are_read(tmp_path, histology_archive):
    with pytest.raises(
        InputError, match=r"NCT-CRC-HE-100K\.zip: wrong size: expected 11,690,284,003 bytes, found [\d,]+;"
    ):
        prepare(tmp_path, source=str(histology_archive))
    other = histology_archive.rename(tmp_path / "mine.zip")
    with pytest.raises(
        InputError, match=r"mine\.zip: files are known by their published names, which are NCT-CRC-HE-100K"
    ):
        check(other)
    assert not (tmp_path / "images.npz").exists()


def test_more_images_than_there_are_and_empty_parts_are_refused(tmp_path, published):
    with pytest.raises(InputError, match="28 images wanted, the set has 27"):
        prepare(tmp_path, source=str(published), images=28)
    for validation in (0, 20):
        with pytest.raises(InputError, match=rf"{validation} of 20 images for validation: some must be left"):
            prepare(tmp_path, validation_images=validation)
