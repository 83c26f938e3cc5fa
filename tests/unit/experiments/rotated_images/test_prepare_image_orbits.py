"""Training and evaluation images at all angles: rotations of the same images, at the angles of every group."""

import numpy as np

from ntklab.data.embedded import embedded
from ntklab.data.rotation import disc_mask, rotate
from ntklab.experiments.rotated_images.prepare_image_orbits import prepare_image_orbits
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_histology import prepare_histology


def test_training_and_evaluation_orbits_are_rotations_of_the_same_masked_images(orbits):
    arrays = Arrays(orbits)
    x = arrays["training/orbits"]
    assert x.shape == (40, 8, 28, 28, 1) and x.dtype == np.float32 and x.min() >= 0 and x.max() <= 1
    np.testing.assert_array_equal(x[:, 2], np.rot90(x[:, 0], axes=(1, 2)))
    assert not x[:, 0][:, ~disc_mask(28)].any() and x[:, 0][:, disc_mask(28)].any()
    assert np.bincount(arrays["training/labels"]).tolist() == [4] * 10
    assert arrays["test/orbits"].shape[:2] == (12, 16) and arrays["noise/orbits"].shape[:2] == (8, 16)
    real = embedded("fashion_mnist", "training").images / np.float32(255) * disc_mask(28)
    assert (x[0, 0, ..., 0] == real).all(axis=(1, 2)).any()
    assert arrays.header["sources"] == {
        "mnist": "embedded", "photographs": "embedded", "noise": "generated", "test": "embedded"
    }  # fmt: skip


def test_quarter_turns_alone_leave_the_corners_and_carry_the_mark_of_stand_in_data(tmp_path, train):
    prepare_histology(
        source="stand_in", size=16, images=36, validation_images=9, seed=1, output=tmp_path / "images.npz"
    )
    prepare_image_orbits(
        data=tmp_path / "images.npz", experiment="histology", training_images=27, test_images=9, ood=["photographs"],
        ood_sources=["embedded"], ood_images=4, orders=[4], angles_evaluated=4, seed=1, output=tmp_path / "orbits.npz",
    )  # fmt: skip
    arrays = Arrays(tmp_path / "orbits.npz")
    assert arrays.header["stand_in"] is True
    assert arrays["training/orbits"].shape == (27, 4, 16, 16, 3) and arrays["training/orbits"][:, 0, 0, 0].all()
    path = train(tmp_path / "orbits.npz", tmp_path, "cnn", "c4", 0, 2)
    assert Arrays(path).header["stand_in"] is True


def test_training_orbits_hold_the_angles_of_groups_that_do_not_contain_each_other(orbits_of):
    """C8 turns by multiples of 45 degrees, C12 of 30: 24 angles have both."""
    x = Arrays(orbits_of([8, 12], 24))["training/orbits"]
    assert x.shape[:2] == (40, 24)
    for i in (1, 3, 7):  # 15, 45 and 105 degrees
        np.testing.assert_allclose(x[:, i], rotate(x[:, 0], 15 * i), atol=1e-6)
