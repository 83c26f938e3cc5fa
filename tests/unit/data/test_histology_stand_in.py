"""The stand-in for histology: balanced, seeded, stained, learnable, and without a preferred direction."""

import numpy as np
import pytest

from ntklab.data.histology import CLASSES
from ntklab.data.histology_stand_in import TEXTURES, stand_in_images


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
