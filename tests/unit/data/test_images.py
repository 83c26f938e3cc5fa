"""What image sets share: idx files, balanced and disjoint choices, resizing, grey levels."""

import gzip
import hashlib

import numpy as np
import pytest

from ntklab.data.images import balanced, disjoint_subset, grey, random_subset, read_idx, resize
from ntklab.errors import InputError


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def images(rng) -> np.ndarray:
    return rng.integers(0, 256, size=(4, 28, 28), dtype=np.uint8)


# ---- idx files -------------------------------------------------------------------------------------------------------


SIX = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])
"""One image of two rows and three columns, by hand."""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_is_read_plain_and_gzipped(tmp_path, pack):
    path = tmp_path / "six"
    path.write_bytes(pack(SIX))
    array = read_idx(path, 3, md5(SIX))
    np.testing.assert_array_equal(array, [[[1, 2, 3], [4, 5, 255]]])
    assert array.dtype == np.uint8 and array.flags.writeable


@pytest.mark.parametrize(
    ("content", "axes"),
    [
        (SIX[:-1], 3),
        (SIX + b"\0", 3),
        (SIX[:10], 3),
        (b"", 3),
        (SIX, 1),
        (SIX[:2] + b"\x0d" + SIX[3:], 3),
    ],
    ids=["short", "long", "header cut", "empty", "other number of axes", "floats"],
)
def test_what_is_not_a_whole_idx_file_is_refused(tmp_path, content, axes):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError, match=rf"bad: not a complete idx file of unsigned bytes with {axes} axes"):
        read_idx(tmp_path / "bad", axes)


@pytest.mark.parametrize("damage", [lambda c: c[:-9], lambda c: c[:12] + b"\xff\xff" + c[14:]], ids=["cut", "changed"])
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    (tmp_path / "bad.gz").write_bytes(damage(gzip.compress(SIX * 20)))
    with pytest.raises(InputError, match=r"bad\.gz: damaged gzip file"):
        read_idx(tmp_path / "bad.gz", 3)


def test_a_wrong_checksum_says_expected_found_and_file(tmp_path):
    (tmp_path / "six").write_bytes(SIX)
    with pytest.raises(InputError, match=rf"six: wrong md5 of the uncompressed bytes: expected 0123, found {md5(SIX)}"):
        read_idx(tmp_path / "six", 3, "0123")


# ---- choices ---------------------------------------------------------------------------------------------------------


def test_balanced_indices_take_turns_and_do_not_repeat(rng):
    labels = rng.permutation(np.repeat(np.arange(3), [5, 9, 7]))
    index = balanced(labels, 5, rng)
    assert len(set(index)) == 15
    np.testing.assert_array_equal(labels[index], [0, 1, 2] * 5)
    with pytest.raises(InputError, match="6 images per class wanted, but one class has only 5"):
        balanced(labels, 6, rng)


def test_subsets_nest_or_are_disjoint():
    def rng():
        return np.random.default_rng(4)

    small, large = random_subset(50, 5, rng()), random_subset(50, 20, rng())
    assert list(large[:5]) == list(small) and len(set(large)) == 20
    parts = np.concatenate([disjoint_subset(50, 10, number, rng()) for number in range(5)])
    assert sorted(parts) == list(range(50))
    with pytest.raises(InputError, match="51 images wanted, the set has 50"):
        random_subset(50, 51, rng())
    with pytest.raises(InputError, match="6 disjoint sets of 10 images wanted, the set has 50"):
        disjoint_subset(50, 10, 5, rng())


# ---- pixels ----------------------------------------------------------------------------------------------------------


def test_grey_is_the_luminance():
    colours = np.array(
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [7, 7, 7], [10, 20, 30]], dtype=np.uint8
    )
    assert grey(colours[None, None]).tolist() == [[[76, 150, 29, 255, 7, 18]]]


def test_halving_is_the_mean_of_blocks(images):
    blocks = images.reshape(4, 14, 2, 14, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(resize(images, 14)[..., 0], blocks.astype(np.float32))


@pytest.mark.parametrize("size", [5, 16, 20, 27])
def test_resizing_is_the_mean_over_the_area_of_the_new_pixel(images, size):
    """Each old pixel cut into size x size equal squares; a new pixel is then a block of 28 x 28 of them."""
    fine = images.repeat(size, axis=1).repeat(size, axis=2)
    expected = fine.reshape(4, size, 28, size, 28).mean(axis=(2, 4))
    np.testing.assert_allclose(resize(images, size)[..., 0], expected, rtol=1e-6)


def test_resizing_to_the_same_size_changes_nothing(images):
    np.testing.assert_array_equal(resize(images, 28), images[..., None].astype(np.float32))
    fractions = (images / 7).astype(np.float32)
    np.testing.assert_array_equal(resize(fractions, 28)[..., 0], fractions)


@pytest.mark.parametrize("size", [7, 12, 14, 16, 24, 40])
def test_resizing_commutes_exactly_with_rotations_and_reflections(images, size):
    small = resize(images, size)
    for quarter_turns in range(4):
        turned = np.rot90(images, quarter_turns, axes=(1, 2))
        np.testing.assert_array_equal(resize(turned, size), np.rot90(small, quarter_turns, axes=(1, 2)))
    np.testing.assert_array_equal(resize(images[:, ::-1], size), small[:, ::-1])


def test_channels_are_resized_independently(images):
    colour = np.stack([images, images[::-1], 255 - images], axis=-1)
    small = resize(colour, 16)
    assert small.shape == (4, 16, 16, 3) and small.dtype == np.float32
    np.testing.assert_array_equal(small[..., 1], resize(images[::-1], 16)[..., 0])
    np.testing.assert_allclose(small[..., 2], 255 - small[..., 0], atol=2e-5)


@pytest.mark.parametrize(("shape", "size"), [((2, 28, 27), 14), ((2, 28, 28), 0)])
def test_only_square_images_are_resized(shape, size):
    with pytest.raises(InputError, match="only square images can be resized"):
        resize(np.zeros(shape), size)
