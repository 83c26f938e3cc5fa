"""Rotations of images: quarter turns exact, bilinear otherwise, orbits under C_n, distance from a group action."""

import numpy as np
import pytest
from scipy import ndimage

from ntklab.data import fashion_mnist
from ntklab.data.rotation import (
    angles,
    disc_mask,
    group_action_floor,
    interpolation,
    masked,
    orbit,
    rotate,
    rotations,
)
from ntklab.errors import InputError
from ntklab.groups import cyclic

SIZES = [7, 8, 28]


@pytest.fixture(params=SIZES)
def images(request, rng) -> np.ndarray:
    return rng.standard_normal((3, request.param, request.param, 2))


@pytest.fixture(scope="module")
def clothes() -> np.ndarray:
    return fashion_mnist.load("embedded")[1].images[:40, ..., None].astype(np.float32)


# ---- quarter turns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 5, -1, -6])
def test_multiples_of_90_degrees_are_numpys_permutation(images, turns):
    np.testing.assert_array_equal(rotate(images, 90 * turns), np.rot90(images, turns, axes=(1, 2)))


def test_quarter_turns_are_a_group_action(images):
    for a in (0, 90, 180, 270):
        np.testing.assert_array_equal(rotate(rotate(images, a), -a), images)
        for b in (0, 90, 180, 270):
            np.testing.assert_array_equal(rotate(rotate(images, a), b), rotate(images, a + b))


def test_c4_orbits_are_those_of_the_group(images):
    np.testing.assert_array_equal(orbit(images, 4), cyclic(4).orbit(masked(images)))
    np.testing.assert_array_equal(orbit(images, 2), cyclic(2).orbit(masked(images)))


@pytest.mark.parametrize("angle", [22.5, 45.0, 71.0, -22.5, 400.0])
def test_every_rotation_commutes_with_quarter_turns(images, angle):
    np.testing.assert_array_equal(rotate(rotate(images, angle), 90), rotate(images, angle + 90))
    np.testing.assert_allclose(rotate(rotate(images, 90), angle), rotate(images, angle + 90), atol=1e-13)


def test_angles_that_rounding_moved_off_a_quarter_turn_are_quarter_turns(images):
    for angle in (-1e-14, 360 - 1e-13, 1e-13):
        np.testing.assert_array_equal(rotate(images, angle), images)


# ---- other angles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [5.0, 22.5, 45.0, 100.0, 211.3, 337.5, -30.0])
def test_rotations_are_scipys_bilinear_ones(images, angle):
    def scipy_rotated(image: np.ndarray) -> np.ndarray:
        cos, sin, centre = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle)), (len(image) - 1) / 2
        matrix = np.array([[cos, sin], [-sin, cos]])
        offset = centre - matrix @ [centre, centre]
        return ndimage.affine_transform(image, matrix, offset, order=1, mode="grid-constant", cval=0)

    expected = [[scipy_rotated(image[..., c]) for c in range(2)] for image in images]
    np.testing.assert_allclose(rotate(images, angle), np.moveaxis(expected, 1, -1), atol=1e-12)


@pytest.mark.parametrize("angle", [30.0, 45.0, 120.0])
def test_the_sense_of_rotation_is_scipys(clothes, angle):
    """`ndimage.rotate` differs at the rim only, where it does not interpolate towards the outside."""
    inner = disc_mask(28) & (np.hypot(*np.indices((28, 28)) - 13.5) < 12)
    expected = ndimage.rotate(clothes, angle, axes=(1, 2), reshape=False, order=1)
    # Both in 32 bits, and grey levels up to 255.
    np.testing.assert_allclose(rotate(clothes, angle)[:, inner], expected[:, inner], atol=1e-2)


def test_a_point_turns_counter_clockwise():
    image = np.zeros((1, 9, 9, 1))
    image[0, 4, 8] = 1  # to the right of the centre, four pixels
    turned = rotate(image, 45.0)[0, ..., 0]
    row, column = np.unravel_index(turned.argmax(), turned.shape)
    assert row < 4 < column


def test_rotation_is_linear_in_the_images(images):
    x, y = images[:1], images[1:2]
    np.testing.assert_allclose(
        rotate(2 * x - 3 * y, 33.0), 2 * rotate(x, 33.0) - 3 * rotate(y, 33.0), rtol=0, atol=1e-13
    )


def test_images_and_channels_are_rotated_independently(images):
    turned = rotate(images, 33.0)
    np.testing.assert_array_equal(rotate(images[::-1, ..., 1:], 33.0), turned[::-1, ..., 1:])


@pytest.mark.parametrize("angle", [11.0, 45.0])
def test_interpolation_weights_are_means_inside_the_disc(angle):
    """A constant image stays constant where all four neighbours exist, and never exceeds its value."""
    sums = (interpolation(12, angle) @ np.ones(144)).reshape(12, 12)
    assert sums.max() <= 1 + 1e-12
    inner = np.hypot(*np.indices((12, 12)) - 5.5) <= 5
    np.testing.assert_allclose(sums[inner], 1, rtol=1e-12)


def test_rotations_keep_shape_order_and_dtype(images):
    several = rotations(images.astype(np.float32), [10.0, 100.0, 45.0, 10.0])
    assert several.shape == (3, 4, *images.shape[1:]) and several.dtype == np.float32
    for place, angle in enumerate((10.0, 100.0, 45.0, 10.0)):
        np.testing.assert_array_equal(several[:, place], rotate(images.astype(np.float32), angle))


def test_only_square_images_are_rotated():
    with pytest.raises(InputError, match="only square images can be rotated about their centre, not 28 x 27"):
        rotate(np.zeros((2, 28, 27, 1)), 45.0)


# ---- disc and orbits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, 224])
def test_the_disc_is_inscribed_and_keeps_its_symmetries(size):
    mask = disc_mask(size)
    assert mask[0].any() and not mask[0, 0]
    assert mask.mean() == pytest.approx(np.pi / 4, abs=1.2 / size)
    np.testing.assert_array_equal(mask, np.rot90(mask))
    np.testing.assert_array_equal(mask, mask[::-1])


def test_masking_commutes_with_quarter_turns(images):
    for angle in (90, 180, 270):
        np.testing.assert_array_equal(masked(rotate(images, angle)), rotate(masked(images), angle))


@pytest.mark.parametrize("n", [1, 3, 7, 8, 16])
def test_orbits_of_any_order(images, n):
    turned = orbit(images, n)
    assert turned.shape == (3, n, *images.shape[1:])
    np.testing.assert_array_equal(turned[:, 0], masked(images))
    for element, angle in enumerate(angles(n)):
        np.testing.assert_array_equal(turned[:, element], rotate(masked(images), angle))


def test_the_orbit_of_c16_contains_those_of_its_subgroups(images):
    np.testing.assert_array_equal(orbit(images, 16)[:, ::2], orbit(images, 8))
    np.testing.assert_array_equal(orbit(images, 16)[:, ::4], orbit(images, 4))


def test_an_order_is_positive(images):
    with pytest.raises(InputError, match="the order of a cyclic group is a positive integer, not 0"):
        orbit(images, 0)


# ---- how far from a group action -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 4])
def test_rotations_by_quarter_turns_have_no_floor(images, n):
    floor = group_action_floor(images, n)
    assert floor.inverse.shape == (n,) and floor.composition.shape == (n, n)
    assert not floor.inverse.any() and not floor.composition.any()


@pytest.mark.parametrize("n", [3, 8])
def test_the_floor_is_its_definition(clothes, n):
    x = masked(clothes[:5].astype(np.float64))
    mask = disc_mask(28)[..., None]
    floor = group_action_floor(clothes[:5], n)
    for a, angle in enumerate(angles(n)):
        inverse = np.linalg.norm((rotate(rotate(x, angle), -angle) - x) * mask) / np.linalg.norm(x)
        assert floor.inverse[a] == pytest.approx(inverse, abs=1e-12)
        for b, other in enumerate(angles(n)):
            error = (rotate(rotate(x, other), angle) - rotate(x, angle + other)) * mask
            assert floor.composition[a, b] == pytest.approx(np.linalg.norm(error) / np.linalg.norm(x), abs=1e-12)


def test_only_angles_off_the_quarter_turns_have_a_floor(clothes):
    floor = group_action_floor(clothes, 8)
    assert not floor.inverse[::2].any() and (floor.inverse[1::2] > 0.05).all()
    # An eighth turn after a quarter turn is exact, after another eighth turn it is not.
    assert floor.composition[:, ::2].max() < 1e-12 < floor.composition[1, 1]


def test_smooth_images_have_a_lower_floor_than_sharp_ones(clothes, rng):
    noise = rng.standard_normal(clothes.shape)
    smooth = ndimage.gaussian_filter(noise, 2.5, axes=(1, 2))
    floors = [group_action_floor(x, 8).inverse.max() for x in (smooth, clothes, noise)]
    assert floors[0] < floors[1] < floors[2] < 1


def test_zero_images_have_no_floor():
    with pytest.raises(InputError, match="all images are zero inside the disc"):
        group_action_floor(np.zeros((2, 8, 8, 1)), 8)
