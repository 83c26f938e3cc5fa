"""Shards put together: kinds of networks, and their logits in the order of their members."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.shards import Trained, natural, trained_models
from ntklab.files import Arrays


@pytest.fixture(scope="module")
def models(shards) -> dict[str, Trained]:
    return {trained.kind: trained for trained in trained_models(shards)}


def test_shards_of_one_model_and_group_are_one_kind(models):
    assert list(models) == ["cnn c4", "cnn c8", "cnn c1", "canonicalised c4", "frozen c4"]
    assert {kind: (trained.order, trained.orbit) for kind, trained in models.items()} == {
        "cnn c4": (4, 4), "cnn c8": (8, 8), "cnn c1": (1, 4), "canonicalised c4": (4, 4), "frozen c4": (4, 4),
    }  # fmt: skip
    assert models["cnn c4"].sets() == ["test", "mnist", "photographs", "noise"]


def test_logits_are_in_the_order_of_their_members(models, shards):
    """The second shard, which was named first, has none at the angles."""
    later, first = Arrays(shards[0]), Arrays(shards[1])
    plain = models["cnn c4"]
    np.testing.assert_array_equal(plain.logits("test"), np.concatenate([first["test/orbits"], later["test/orbits"]]))
    np.testing.assert_array_equal(plain.logits("test", "angles"), first["test/angles"])
    assert "test/angles" not in later


def test_orbits_of_smaller_groups_are_in_those_of_larger_ones(models):
    for kind, elements in (("cnn c1", 8), ("cnn c8", 8), ("cnn c4", 4)):
        f = models[kind].logits("test")
        assert f.shape[2] == elements
        np.testing.assert_array_equal(models[kind].on_orbits("test", 4), f[:, :, :: elements // 4])
        np.testing.assert_array_equal(models[kind].on_orbits("test", elements), f)


def test_noise_is_in_no_union(models):
    assert natural(["test", "mnist", "noise", "tissue"]) == ["mnist", "tissue"]
    assert models["cnn c4"].source("noise") == "generated"
    assert models["cnn c4"].source("out_of_distribution") == "embedded, embedded"
