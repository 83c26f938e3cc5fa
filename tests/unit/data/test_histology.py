"""Histology: the archive and the unpacked folder, PathMNIST, damaged and foreign files, the split."""

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data.histology import members, pathmnist_labels, read_images, read_pathmnist, split
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
    assert "zenodo.org/records/10519652/files/pathmnist.npz" in message
    assert "\n" not in message


# ---- subset, split, PathMNIST ----------------------------------------------------------------------------------------


def test_the_split_is_that_of_the_paper():
    assert split(10_000) == (9_167, 833) and split(12) == (11, 1)


@pytest.mark.parametrize(("part", "names"), [("training", ("train", "val")), ("test", ("test",))])
def test_pathmnist_is_read_with_its_division_undone(pathmnist, part, names):
    path = pathmnist()
    with np.load(path) as arrays:
        images = np.concatenate([arrays[f"{name}_images"] for name in names])
        labels = np.concatenate([arrays[f"{name}_labels"] for name in names])[:, 0]
    found = pathmnist_labels(path, part)
    np.testing.assert_array_equal(found, labels)
    assert found.dtype == np.int64
    chosen = np.array([len(labels) - 1, 0, 7])
    lines: list[str] = []
    np.testing.assert_array_equal(read_pathmnist(path, part, chosen, 28, lines.append), images[chosen])
    assert lines == ["image 3/3  about 0.0 min left"]
    np.testing.assert_array_equal(read_pathmnist(path, part, chosen, 8), resize(images[chosen], 8))


@pytest.mark.parametrize("content", [lambda c: c[: len(c) // 2], lambda c: b"text"], ids=["cut", "text"])
def test_damaged_pathmnist_is_one_line(pathmnist, content):
    path = pathmnist()
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(InputError, match=r"pathmnist\.npz: its arrays cannot be read, truncated or damaged \(.*\)"):
        pathmnist_labels(path, "training")


WITHOUT_FAT = (np.arange(18, dtype=np.uint8) % 8 + 1)[:, None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"val_labels": None}, r"no array val_labels; PathMNIST has train_images, train_labels, val_images, val_labels,"),
        ({"test_labels": np.full((18, 1), 9, np.uint8)}, r"test_labels has 9, expected 0 to 8"),
        ({"test_labels": np.full((18, 1), -1)}, r"test_labels has -1, expected 0 to 8"),
        ({"test_labels": WITHOUT_FAT}, r"no test images of ADI; expected some of each of ADI, BACK, DEB"),
        ({"test_labels": np.zeros(18, np.uint8)}, r"test_labels is uint8 \(18,\), expected integers \(18, 1\)"),
        ({"test_labels": np.zeros((17, 1), np.uint8)}, r"test_labels is uint8 \(17, 1\), expected integers \(18, 1\)"),
        ({"test_labels": np.zeros((18, 1))}, r"test_labels is float64 \(18, 1\), expected integers \(18, 1\)"),
        ({"test_labels": np.array([["TUM"]], dtype=object)}, r"its arrays cannot be read, .*Object arrays"),
        ({"test_images": np.zeros((18, 28, 28, 3))}, r"test_images is float64 \(18, 28, 28, 3\) in C order, expected uint8"),
        ({"test_images": np.zeros((18, 28, 28), np.uint8)}, r"test_images is uint8 \(18, 28, 28\) in C order, expected"),
        ({"test_images": np.zeros((18, 28, 32, 3), np.uint8)}, r"test_images is uint8 \(18, 28, 32, 3\) in C order"),
        ({"test_images": np.zeros((3, 28, 28, 18), np.uint8).T}, r"test_images is uint8 \(18, 28, 28, 3\) in Fortran"),
    ],
)  # fmt: skip
def test_another_format_than_pathmnists_is_one_line(pathmnist, changes, said):
    path = pathmnist(**changes)
    with pytest.raises(InputError, match=rf"pathmnist\.npz: {said}") as error:
        pathmnist_labels(path, "test")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("size", "remedy"), [(29, "28 or less, or source: pathmnist_64.npz"), (224, "28 or less, or source: pathmnist_224.npz"),
                         (225, "28 or less")]
)  # fmt: skip
def test_images_are_not_enlarged(pathmnist, size, remedy):
    path = pathmnist()
    with pytest.raises(InputError) as error:
        read_pathmnist(path, "test", np.arange(2), size)
    said = f"image_size: {size} is larger than its images, 28 x 28; set image_size: {remedy}"
    assert str(error.value) == f"{path}: {said}"


def test_images_of_the_archive_are_not_enlarged(histology_archive):
    said = rf"zip: image_size: {SIDE + 1} is larger than its images, {SIDE} x {SIDE}; set image_size: {SIDE} or less"
    with pytest.raises(InputError, match=said):
        read_images(histology_archive, members(histology_archive), SIDE + 1)
