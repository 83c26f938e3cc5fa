"""Training and evaluation images at all angles: rotations of the same images, at the angles of every group."""

import numpy as np
import pytest

from ntklab.data.embedded import embedded
from ntklab.data.rotation import disc_mask, rotate, rotations
from ntklab.experiments.rotated_images.prepare_image_orbits import prepare_image_orbits
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_histology import prepare_histology

SETS = ["test", "mnist", "photographs", "noise"]


def test_training_and_evaluation_orbits_are_rotations_of_the_same_masked_images(orbits):
    arrays = Arrays(orbits)
    x = arrays["training/orbits"]
    assert x.shape == (40, 8, 28, 28, 1) and x.dtype == np.float32 and x.min() >= 0 and x.max() <= 1
    np.testing.assert_array_equal(x[:, 2], np.rot90(x[:, 0], axes=(1, 2)))
    assert not x[:, 0][:, ~disc_mask(28)].any() and x[:, 0][:, disc_mask(28)].any()
    assert np.bincount(arrays["training/labels"]).tolist() == [4] * 10
    assert arrays["test/orbits"].shape[:2] == (24, 8) and arrays["noise/orbits"].shape[:2] == (20, 8)
    real = embedded("fashion_mnist", "training").images / np.float32(255) * disc_mask(28)
    assert (x[0, 0, ..., 0] == real).all(axis=(1, 2)).any()
    assert arrays.header["sources"] == {
        "mnist": "embedded", "photographs": "embedded", "noise": "generated", "test": "embedded"
    }  # fmt: skip


def test_the_first_images_of_every_set_but_noise_are_there_at_all_angles(orbits):
    arrays = Arrays(orbits)
    assert arrays.groups("angles") == [name for name in SETS if name != "noise"]
    for name in arrays.groups("angles"):
        x, of_group = arrays[f"{name}/angles"], arrays[f"{name}/orbits"]
        assert x.shape == (6, 16, 28, 28, 1)
        np.testing.assert_array_equal(x[:, ::2], of_group[:6])
        np.testing.assert_allclose(x[:, 3], rotate(of_group[:6, 0], 3 * 22.5), atol=1e-6)


def test_without_angles_images_are_on_the_orbits_of_the_groups_only(orbits_of):
    arrays = Arrays(orbits_of([4, 8], 0))
    assert arrays.groups("angles") == [] and arrays.groups("orbits") == ["training", *SETS]
    assert arrays.groups("returned") == SETS


@pytest.mark.parametrize(
    ("orders", "there"), [([4, 8], [45]), ([4, 16], [22.5, 45, 67.5]), ([8, 12], [15, 30, 45, 60, 75])]
)
def test_returned_images_are_turned_there_and_back(orbits_of, orders, there):
    """By every angle below a quarter turn: beyond, they would be returned from the same pixels, moved."""
    arrays = Arrays(orbits_of(orders, 0))
    for name in SETS:
        x, returned = arrays[f"{name}/orbits"][:, 0], arrays[f"{name}/returned"]
        assert returned.shape[:2] == (len(x), len(there))
        for i, angle in enumerate(there):
            np.testing.assert_allclose(returned[:, i], rotate(rotate(x, angle), -angle), atol=1e-6)
            beyond = rotate(rotate(x, angle + 90), -angle - 90)
            np.testing.assert_allclose(returned[:, i], beyond, atol=1e-6)


def test_returned_images_differ_from_the_images_by_interpolation_only(orbits):
    """Upright and in place, but blurred: nearer to the image than any of its quarter turns, and noise is changed most."""
    arrays, relative = Arrays(orbits), {}
    for name in SETS:
        x, returned = arrays[f"{name}/orbits"][:, ::2], arrays[f"{name}/returned"]
        distances = np.linalg.norm((x - returned).reshape(*x.shape[:2], -1), axis=2)
        assert (distances[:, 0] > 1e-3).all() and (distances.argmin(axis=1) == 0).all()
        relative[name] = (distances[:, 0] / np.linalg.norm(x[:, 0].reshape(len(x), -1), axis=1)).mean()
    assert max(relative, key=relative.get) == "noise" and relative["test"] < 0.3


def test_quarter_turns_alone_interpolate_nothing(orbits_of):
    """So that there is nothing to return from; whole images, with their corners."""
    arrays = Arrays(orbits_of([4], 0))
    assert arrays.groups("returned") == [] and arrays["noise/orbits"][:, 0][:, ~disc_mask(28)].any()
    turned = Arrays(orbits_of([4], 8))
    assert turned.groups("returned") == [] and not turned["noise/orbits"][:, 0][:, ~disc_mask(28)].any()


def test_quarter_turns_alone_leave_the_corners_and_carry_the_mark_of_stand_in_data(tmp_path, train):
    prepare_histology(
        source="stand_in", size=16, images=36, validation_images=9, seed=1, output=tmp_path / "images.npz"
    )
    prepare_image_orbits(
        data=tmp_path / "images.npz", experiment="histology", training_images=27, test_images=9,
        ood=["photographs", "tissue"], ood_sources=["embedded", "embedded"], ood_images=4, orders=[4],
        angles_evaluated=0, angle_images=3, seed=1, output=tmp_path / "orbits.npz",
    )  # fmt: skip
    arrays = Arrays(tmp_path / "orbits.npz")
    assert arrays.header["stand_in"] is True
    assert arrays["training/orbits"].shape == (27, 4, 16, 16, 3) and arrays["training/orbits"][:, 0, 0, 0].all()
    assert arrays["tissue/orbits"].shape == (4, 4, 16, 16, 3)
    path = train(tmp_path / "orbits.npz", tmp_path, "cnn", "c4", 0, 2)
    assert Arrays(path).header["stand_in"] is True and Arrays(path).groups("angles") == []


def test_training_orbits_hold_the_angles_of_groups_that_do_not_contain_each_other(orbits_of):
    """C8 turns by multiples of 45 degrees, C12 of 30: 24 angles have both."""
    x = Arrays(orbits_of([8, 12], 24))["training/orbits"]
    assert x.shape[:2] == (40, 24)
    np.testing.assert_allclose(x[:, [1, 3, 7]], rotations(x[:, 0], [15, 45, 105]), atol=1e-6)


def test_all_training_images_are_taken_in_their_order_if_so_many_are_asked_for(orbits_of, images):
    arrays, every = Arrays(orbits_of([4], 0, training_images=5000, test_images=3, ood_images=3)), Arrays(images)
    np.testing.assert_array_equal(arrays["training/labels"], every["training/labels"])
    np.testing.assert_array_equal(arrays["training/orbits"][:, 0], every["training/inputs"] / np.float32(255))
