"""Histology: the archive and the unpacked folder, PathMNIST, damaged and foreign files, the split, the stand-in."""

import hashlib
import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data import histology
from ntklab.data.histology import CLASSES, check, members, read_images, read_pathmnist, split
from ntklab.data.histology_stand_in import NOTE, STAND_IN, TEXTURES, stand_in_images
from ntklab.data.images import resize
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_histology import prepare_histology

SIDE, PER_CLASS = 16, 3


def tif(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "TIFF")
    return content.getvalue()


@pytest.fixture
def layout(rng, monkeypatch) -> dict[str, np.ndarray]:
    """Pixels by path, in the layout of the published archive, in another order than that of the names."""
    monkeypatch.setattr(histology, "SIDE", SIDE)
    return {
        f"NCT-CRC-HE-100K/{name}/{name}-{letters}.tif": rng.integers(0, 256, size=(SIDE, SIDE, 3), dtype=np.uint8)
        for name in reversed(CLASSES)
        for letters in ("TCGA", "AAFQ", "MNOP")[:PER_CLASS]
    }


@pytest.fixture
def archive(tmp_path, layout):
    """A small archive of that layout, with what other systems add to archives."""
    path = tmp_path / "NCT-CRC-HE-100K.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("NCT-CRC-HE-100K/", b"")
        for name, pixels in layout.items():
            file.writestr(name, tif(pixels))
        file.writestr("__MACOSX/NCT-CRC-HE-100K/ADI/._ADI-AAFQ.tif", b"junk")
        file.writestr("NCT-CRC-HE-100K/ADI/Thumbs.db", b"junk")
    return path


@pytest.fixture
def folder(tmp_path, archive):
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def rewrite(archive, change) -> None:
    """The archive with members changed by `change(name, content)`, left out where that is nothing."""
    with zipfile.ZipFile(archive) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in contents.items():
            if (changed := change(name, content)) is not None:
                file.writestr(name, changed)


# ---- archive and folder ----------------------------------------------------------------------------------------------


def test_members_are_the_images_by_class_and_name(archive):
    found = members(archive)
    assert [member.label for member in found] == sorted(list(range(9)) * PER_CLASS)
    assert [member.name for member in found[:4]] == [
        "NCT-CRC-HE-100K/ADI/ADI-AAFQ.tif",
        "NCT-CRC-HE-100K/ADI/ADI-MNOP.tif",
        "NCT-CRC-HE-100K/ADI/ADI-TCGA.tif",
        "NCT-CRC-HE-100K/BACK/BACK-AAFQ.tif",
    ]


def test_the_folder_and_its_parent_give_the_same_images_as_the_archive(archive, folder):
    expected = members(archive)
    for unpacked in (folder, folder / "NCT-CRC-HE-100K"):
        found = members(unpacked)
        assert [m.label for m in found] == [m.label for m in expected]
        np.testing.assert_array_equal(read_images(unpacked, found, 8), read_images(archive, expected, 8))


def test_chosen_images_are_read_and_resized(archive, layout):
    found = members(archive)
    chosen = [found[i] for i in (20, 3, 11)]
    lines: list[str] = []
    images = read_images(archive, chosen, 8, lines.append)
    expected = resize(np.stack([layout[member.name] for member in chosen]), 8)
    np.testing.assert_array_equal(images, expected)
    assert images.dtype == np.float32 and lines == ["image 3/3  about 0.0 min left"]


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_archive_is_one_line(archive, kept):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(
        ValueError, match=r"100K\.zip: the list of its files cannot be read, truncated or damaged \(.*\)"
    ):
        members(archive)


def test_a_damaged_image_is_named(archive):
    found = members(archive)
    with zipfile.ZipFile(archive) as file:
        start = file.getinfo(found[5].name).header_offset
    content = bytearray(archive.read_bytes())
    content[start + 200 : start + 220] = bytes(20)
    archive.write_bytes(content)
    read_images(archive, found[:5], 8)
    with pytest.raises(ValueError, match=rf"{re.escape(found[5].name)} cannot be read, truncated or damaged \(.*\)"):
        read_images(archive, found, 8)


def test_what_is_no_image_is_named(archive):
    rewrite(archive, lambda name, content: b"text" if "LYM-MNOP" in name else content)
    with pytest.raises(ValueError, match=r"LYM/LYM-MNOP\.tif cannot be read"):
        read_images(archive, members(archive), 8)


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (np.zeros((SIDE, SIDE + 1, 3), np.uint8), f"{SIDE} x {SIDE + 1} RGB"),
        (np.zeros((28, 28, 3), np.uint8), "28 x 28 RGB"),
        (np.zeros((SIDE, SIDE), np.uint8), f"{SIDE} x {SIDE} L"),
    ],
    ids=["not square", "smaller", "grey"],
)
def test_an_image_of_another_size_or_kind_is_refused(archive, pixels, found):
    rewrite(archive, lambda name, content: tif(pixels) if "STR-AAFQ" in name else content)
    with pytest.raises(ValueError, match=rf"STR/STR-AAFQ\.tif is {found}, expected {SIDE} x {SIDE} RGB"):
        read_images(archive, members(archive), 8)


def test_missing_class_folders_are_named(archive):
    rewrite(archive, lambda name, content: None if "/DEB/" in name or "/MUS/" in name else content)
    with pytest.raises(
        ValueError, match=r"zip: no \.tif images in a folder DEB, MUS; expected one folder for each of ADI"
    ):
        members(archive)


def test_an_absent_source_has_a_remedy(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        members(tmp_path / "nothing.zip")
    message = str(error.value)
    assert "no file or folder" in message and "zenodo.org/records/1214456" in message and 'source "stand_in"' in message
    assert "\n" not in message


# ---- subset, split, PathMNIST ----------------------------------------------------------------------------------------


def test_the_split_is_that_of_the_paper():
    assert split(10_000) == (9_167, 833) and split(12) == (11, 1)


def test_pathmnist_is_read_with_its_division_undone(tmp_path, rng):
    arrays = {}
    for part, n in (("train", 5), ("val", 2), ("test", 3)):
        arrays[f"{part}_images"] = rng.integers(0, 256, size=(n, 28, 28, 3), dtype=np.uint8)
        arrays[f"{part}_labels"] = rng.integers(0, 9, size=(n, 1), dtype=np.uint8)
    np.savez_compressed(tmp_path / "pathmnist.npz", **arrays)
    crc, val7k = read_pathmnist(tmp_path / "pathmnist.npz")
    np.testing.assert_array_equal(crc.images, np.concatenate([arrays["train_images"], arrays["val_images"]]))
    np.testing.assert_array_equal(crc.labels, np.concatenate([arrays["train_labels"], arrays["val_labels"]])[:, 0])
    assert val7k.images.shape == (3, 28, 28, 3) and val7k.labels.dtype == np.int64


@pytest.mark.parametrize("content", [lambda c: c[: len(c) // 2], lambda c: b"text"], ids=["cut", "text"])
def test_damaged_pathmnist_is_one_line(tmp_path, content):
    path = tmp_path / "pathmnist.npz"
    np.savez_compressed(path, train_images=np.zeros((2, 28, 28, 3), np.uint8))
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(ValueError, match=r"pathmnist\.npz: its arrays cannot be read"):
        read_pathmnist(path)


# ---- the stand-in ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def textures():
    """Twenty of each class, in the order of the classes."""
    return stand_in_images(20, 32, np.random.default_rng(11))


def test_the_stand_in_is_balanced_and_takes_turns(textures):
    assert textures.images.shape == (180, 32, 32, 3) and textures.images.dtype == np.uint8
    np.testing.assert_array_equal(textures.labels, np.arange(180) % 9)
    assert tuple(TEXTURES) == CLASSES


def test_the_stand_in_follows_the_generator_and_grows(textures):
    fewer = stand_in_images(2, 32, np.random.default_rng(11))
    np.testing.assert_array_equal(fewer.images, textures.images[:18])
    assert (stand_in_images(2, 32, np.random.default_rng(12)).images != fewer.images).any(axis=(1, 2, 3)).all()


def test_the_stand_in_has_any_size():
    for size in (1, 9, 40):
        assert stand_in_images(1, size, np.random.default_rng(3)).images.shape == (9, size, size, 3)


def test_the_stand_in_has_the_colours_of_the_stains(textures):
    """Nuclei are bluer than the pink of the rest; background is nearly white."""
    mean = {name: textures.images[textures.labels == i].mean(axis=(0, 1, 2)) for i, name in enumerate(CLASSES)}
    assert mean["BACK"].min() > 190
    for name in ("MUS", "STR", "TUM", "LYM"):
        red, green, blue = mean[name]
        assert green < min(red, blue)
    assert mean["LYM"][0] < mean["MUS"][0] - 40  # red light is what haematoxylin takes


def test_classes_can_be_learned_but_not_from_their_colour_alone(textures):
    """Nearest neighbour on a few statistics of colour and roughness beats the one on mean colours; chance is 11 %."""

    def statistics(images: np.ndarray) -> np.ndarray:
        x = images.astype(float)
        rough = np.abs(np.diff(x, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(x, axis=2)).mean(axis=(1, 2))
        return np.concatenate([x.mean(axis=(1, 2)), x.std(axis=(1, 2)), rough], axis=1)

    other = stand_in_images(10, 32, np.random.default_rng(12))
    known, new = statistics(textures.images), statistics(other.images)

    def accuracy(columns: slice) -> float:
        a, b = (values[:, columns] / known[:, columns].std(axis=0) for values in (known, new))
        nearest = ((b[:, None] - a) ** 2).sum(axis=-1).argmin(axis=1)
        return (textures.labels[nearest] == other.labels).mean()

    assert 0.35 < accuracy(slice(3)) < 0.8 < accuracy(slice(None)) < 0.99


@pytest.fixture(scope="module")
def small_textures():
    return stand_in_images(60, 24, np.random.default_rng(13))


@pytest.mark.parametrize("name", CLASSES)
def test_no_direction_is_preferred(small_textures, name):
    """The structure tensor inside the disc has no mean anisotropy, along the axes or along the diagonals."""
    images = small_textures
    x = images.images[images.labels == CLASSES.index(name)].astype(float).mean(axis=-1)
    down, right = x[:, 2:, 1:-1] - x[:, :-2, 1:-1], x[:, 1:-1, 2:] - x[:, 1:-1, :-2]
    disc = np.hypot(*np.indices((22, 22)) - 10.5) < 11
    for product in (down**2 - right**2, 2 * down * right):
        anisotropy = product[:, disc].mean(axis=1)
        assert abs(anisotropy.mean()) < 4 * anisotropy.std() / np.sqrt(len(x))


# ---- the step --------------------------------------------------------------------------------------------------------


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
def published(archive, monkeypatch):
    """The small archive, with its own size and checksum as the published ones."""
    content = archive.read_bytes()
    checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    remote = histology.FILES[archive.name]._replace(checksum=checksum, size=len(content))
    monkeypatch.setitem(histology.FILES, archive.name, remote)
    return archive


def test_real_images_are_drawn_by_seed_alike_from_archive_and_folder(tmp_path, published, folder):
    arrays = prepare(tmp_path, source=str(published))
    assert arrays.header["stand_in"] is False and arrays.header["note"] == ""
    inputs = np.concatenate([arrays["training/inputs"], arrays["test/inputs"]])
    labels = np.concatenate([arrays["training/labels"], arrays["test/labels"]])
    found = members(published)
    every = read_images(published, found, 8)
    index = [int(np.flatnonzero((every == image).all(axis=(1, 2, 3)))[0]) for image in inputs]
    assert len(set(index)) == 20 and [found[i].label for i in index] == labels.tolist()
    again = prepare(tmp_path, source=str(folder))
    np.testing.assert_array_equal(again["training/inputs"], inputs[:15])
    assert (prepare(tmp_path, source=str(folder), seed=2)["training/inputs"] != inputs[:15]).any()


def test_pathmnist_is_prepared_too(tmp_path, rng, monkeypatch):
    path = tmp_path / "pathmnist.npz"
    arrays = {f"{part}_images": rng.integers(0, 256, (n, 28, 28, 3), dtype=np.uint8) for part, n in PARTS.items()}
    labels = {f"{part}_labels": rng.integers(0, 9, (n, 1), dtype=np.uint8) for part, n in PARTS.items()}
    np.savez(path, **arrays, **labels)
    checksum = f"md5:{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"
    monkeypatch.setitem(histology.FILES, path.name, histology.FILES[path.name]._replace(checksum=checksum))
    prepared = prepare(tmp_path, source=str(path), size=14)
    assert prepared["training/inputs"].shape == (15, 14, 14, 3) and prepared["test/labels"].shape == (5,)


PARTS = {"train": 15, "val": 6, "test": 3}


def test_files_are_checked_before_they_are_read(tmp_path, archive):
    with pytest.raises(
        ValueError, match=r"NCT-CRC-HE-100K\.zip: wrong size: expected 11,690,284,003 bytes, found [\d,]+;"
    ):
        prepare(tmp_path, source=str(archive))
    other = archive.rename(tmp_path / "mine.zip")
    with pytest.raises(
        ValueError, match=r"mine\.zip: files are known by their published names, which are NCT-CRC-HE-100K"
    ):
        check(other)
    assert not (tmp_path / "images.npz").exists()


def test_more_images_than_there_are_and_empty_parts_are_refused(tmp_path, published):
    with pytest.raises(ValueError, match="28 images wanted, the set has 27"):
        prepare(tmp_path, source=str(published), images=28)
    for validation in (0, 20):
        with pytest.raises(ValueError, match=rf"{validation} of 20 images for validation: some must be left"):
            prepare(tmp_path, validation_images=validation)
