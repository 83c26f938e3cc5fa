"""Histology: the archive and the unpacked folder, PathMNIST, damaged and foreign files, the split, the stand-in."""

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data import histology
from ntklab.data.histology import CLASSES, draw, members, read_images, read_pathmnist, split
from ntklab.data.images import resize

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


def test_the_split_is_that_of_the_paper(rng):
    assert split(10_000) == (9_167, 833) and split(12) == (11, 1)
    training, validation = draw(100_000, 10_000, 833, rng)
    assert len(training) == 9_167 and len(validation) == 833
    assert len(set(training) | set(validation)) == 10_000
    with pytest.raises(ValueError, match="7181 images wanted, the set has 7180"):
        draw(7_180, 7_181, 100, rng)


def test_the_draw_follows_the_seed():
    first, again, other = (draw(1000, 100, 8, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))
    assert set(first[1]) != set(other[1])


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
