"""Histology: the archive and the unpacked folder, PathMNIST, damaged and foreign files, the split."""

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data.histology import members, read_images, read_pathmnist, split
from ntklab.data.images import resize
from ntklab.errors import InputError, MissingFileError

SIDE, PER_CLASS = 16, 3
"""Of the images in the archive of the fixture."""


def tif(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "TIFF")
    return content.getvalue()


def rewrite(archive, change) -> None:
    """The archive with members changed by `change(name, content)`, left out where that is nothing."""
    with zipfile.ZipFile(archive) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in contents.items():
            if (changed := change(name, content)) is not None:
                file.writestr(name, changed)


# ---- archive and folder ----------------------------------------------------------------------------------------------


def test_members_are_the_images_by_class_and_name(histology_archive):
    found = members(histology_archive)
    assert [member.label for member in found] == sorted(list(range(9)) * PER_CLASS)
    assert [member.name for member in found[:4]] == [
        "NCT-CRC-HE-100K/ADI/ADI-AAFQ.tif",
        "NCT-CRC-HE-100K/ADI/ADI-MNOP.tif",
        "NCT-CRC-HE-100K/ADI/ADI-TCGA.tif",
        "NCT-CRC-HE-100K/BACK/BACK-AAFQ.tif",
    ]


def test_the_folder_and_its_parent_give_the_same_images_as_the_archive(histology_archive, histology_folder):
    expected = members(histology_archive)
    for unpacked in (histology_folder, histology_folder / "NCT-CRC-HE-100K"):
        found = members(unpacked)
        assert [m.label for m in found] == [m.label for m in expected]
        np.testing.assert_array_equal(read_images(unpacked, found, 8), read_images(histology_archive, expected, 8))


def test_chosen_images_are_read_and_resized(histology_archive, histology_layout):
    found = members(histology_archive)
    chosen = [found[i] for i in (20, 3, 11)]
    lines: list[str] = []
    images = read_images(histology_archive, chosen, 8, lines.append)
    expected = resize(np.stack([histology_layout[member.name] for member in chosen]), 8)
    np.testing.assert_array_equal(images, expected)
    assert images.dtype == np.float32 and lines == ["image 3/3  about 0.0 min left"]


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_archive_is_one_line(histology_archive, kept):
    content = histology_archive.read_bytes()
    histology_archive.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(
        InputError, match=r"100K\.zip: the list of its files cannot be read, truncated or damaged \(.*\)"
    ):
        members(histology_archive)


def test_a_damaged_image_is_named(histology_archive):
    found = members(histology_archive)
    with zipfile.ZipFile(histology_archive) as file:
        start = file.getinfo(found[5].name).header_offset
    content = bytearray(histology_archive.read_bytes())
    content[start + 200 : start + 220] = bytes(20)
    histology_archive.write_bytes(content)
    read_images(histology_archive, found[:5], 8)
    with pytest.raises(InputError, match=rf"{re.escape(found[5].name)} cannot be read, truncated or damaged \(.*\)"):
        read_images(histology_archive, found, 8)


def test_what_is_no_image_is_named(histology_archive):
    rewrite(histology_archive, lambda name, content: b"text" if "LYM-MNOP" in name else content)
    with pytest.raises(InputError, match=r"LYM/LYM-MNOP\.tif cannot be read"):
        read_images(histology_archive, members(histology_archive), 8)


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (np.zeros((SIDE, SIDE + 1, 3), np.uint8), f"{SIDE} x {SIDE + 1} RGB"),
        (np.zeros((28, 28, 3), np.uint8), "28 x 28 RGB"),
        (np.zeros((SIDE, SIDE), np.uint8), f"{SIDE} x {SIDE} L"),
    ],
    ids=["not square", "smaller", "grey"],
)
def test_an_image_of_another_size_or_kind_is_refused(histology_archive, pixels, found):
    rewrite(histology_archive, lambda name, content: tif(pixels) if "STR-AAFQ" in name else content)
    with pytest.raises(InputError, match=rf"STR/STR-AAFQ\.tif is {found}, expected {SIDE} x {SIDE} RGB"):
        read_images(histology_archive, members(histology_archive), 8)


def test_missing_class_folders_are_named(histology_archive):
    rewrite(histology_archive, lambda name, content: None if "/DEB/" in name or "/MUS/" in name else content)
    with pytest.raises(
        InputError, match=r"zip: no \.tif images in a folder DEB, MUS; expected one folder for each of ADI"
    ):
        members(histology_archive)


def test_an_absent_source_has_a_remedy(tmp_path):
    with pytest.raises(MissingFileError) as error:
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
    with pytest.raises(InputError, match=r"pathmnist\.npz: its arrays cannot be read"):
        read_pathmnist(path)
