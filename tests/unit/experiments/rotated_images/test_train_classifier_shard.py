"""A shard is trained on the rotations of its own group, and holds the same members on every device and in every chunk."""

import numpy as np
import pytest

from ntklab.data.rotation import rotate
from ntklab.ensembles.classifiers import Logits
from ntklab.experiments.rotated_images import train_classifier_shard as module
from ntklab.files import Arrays


@pytest.mark.parametrize(("group", "angles"), [("c8", range(0, 360, 45)), ("c12", range(0, 360, 30)), ("c1", [0])])
def test_each_group_is_trained_on_its_own_angles(orbits_of, train, tmp_path, monkeypatch, group, angles):
    seen = {}

    def train_classifiers(build, images, labels, evaluation, recorded, **_):
        seen.update(images=images, labels=labels, evaluation=evaluation, recorded=recorded)
        return Logits({}, {}, np.zeros((1, 1)))

    monkeypatch.setattr(module, "train_classifiers", train_classifiers)
    orbits = orbits_of([8, 12], 24)
    train(orbits, tmp_path, "cnn", group, 0, 0)
    arrays = Arrays(orbits)
    upright = arrays["training/orbits"][:, 0]
    assert seen["images"].shape[:2] == (40, len(angles))
    for element, angle in enumerate(angles):
        np.testing.assert_allclose(seen["images"][:, element], rotate(upright, angle), atol=1e-6)
    np.testing.assert_array_equal(seen["labels"], arrays["training/labels"])
    assert {name: x.shape[:2] for name, x in seen["evaluation"].items()} == {
        "test": (12, 24), "mnist": (8, 24), "photographs": (8, 24), "noise": (8, 24)
    }  # fmt: skip
    for name, x in seen["recorded"].items():  # the first images, at quarter turns
        np.testing.assert_array_equal(x, arrays[f"{name}/orbits"][:5, ::6])


def test_how_a_shard_is_trained_is_not_in_its_header(orbits, train, shards, tmp_path):
    """Members trained in chunks are those trained alone, and the file says nothing about the chunks or the device."""
    together = Arrays(train(orbits, tmp_path, "cnn", "c4", 0, 2, members_per_chunk=3))
    alone = Arrays(shards[1])
    assert together.header == alone.header
    assert not {"device", "members_per_chunk", "checkpoints"} & set(alone.header["settings"])
    np.testing.assert_allclose(together["test/logits"], alone["test/logits"], atol=1e-4)
