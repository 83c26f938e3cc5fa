"""A shard is trained on the rotations of its own group, and holds the same members on every device and in every chunk."""

import numpy as np
import pytest

from ntklab.data.rotation import rotate
from ntklab.ensembles.checkpoint import Checkpoint
from ntklab.ensembles.classifiers import Logits
from ntklab.experiments.rotated_images import train_classifier_shard as module
from ntklab.experiments.rotated_images.train_classifier_shard import steps_of
from ntklab.files import Arrays

SETS = ["test", "mnist", "photographs", "noise"]


@pytest.fixture
def seen(monkeypatch) -> dict:
    """What the trainer is asked for, instead of training."""
    asked = {}

    def train_classifiers(build, images, labels, evaluation, recorded, **options):
        asked.update(images=images, labels=labels, evaluation=evaluation, recorded=recorded, **options)
        return Logits({}, {}, np.zeros((1, 1)))

    monkeypatch.setattr(module, "train_classifiers", train_classifiers)
    return asked


@pytest.mark.parametrize(("group", "angles"), [("c8", range(0, 360, 45)), ("c12", range(0, 360, 30)), ("c1", [0])])
def test_each_group_is_trained_on_its_own_angles(orbits_of, train, tmp_path, seen, group, angles):
    orbits = orbits_of([8, 12], 24)
    train(orbits, tmp_path, "cnn", group, 0, 0)
    arrays = Arrays(orbits)
    upright = arrays["training/orbits"][:, 0]
    assert seen["images"].shape[:2] == (40, len(angles))
    for element, angle in enumerate(angles):
        np.testing.assert_allclose(seen["images"][:, element], rotate(upright, angle), atol=1e-6)
    np.testing.assert_array_equal(seen["labels"], arrays["training/labels"])


@pytest.mark.parametrize("group", ["c4", "c8", "c16", "c1"])
def test_each_group_is_evaluated_on_its_own_orbits_and_at_all_angles(orbits_of, train, tmp_path, seen, group):
    """Without augmentation on the orbits of all groups; during training on quarter turns."""
    orbits, order = orbits_of([4, 8, 16], 32), int(group[1:])
    train(orbits, tmp_path, "cnn", group, 0, 0)
    arrays = Arrays(orbits)
    for name in SETS:
        x = arrays[f"{name}/orbits"]
        np.testing.assert_array_equal(seen["evaluation"][f"{name}/orbits"], x[:, :: 16 // order] if order > 1 else x)
        np.testing.assert_array_equal(seen["recorded"][name], x[:5, :: 16 // max(order, 4)])
    for name in SETS[:3]:
        np.testing.assert_array_equal(seen["evaluation"][f"{name}/angles"], arrays[f"{name}/angles"])
    returned = {name for name in seen["evaluation"] if name.endswith("/returned")}
    assert returned == ({f"{name}/returned" for name in SETS} if order > 4 else set())
    for name in returned:  # by 45 degrees, or by 22.5, 45 and 67.5
        expected = arrays[name][:, 1:2] if group == "c8" else arrays[name]
        np.testing.assert_array_equal(seen["evaluation"][name], expected)
    assert len(seen["evaluation"]) == len(SETS) * (1 + (order > 4)) + 3


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("cnn", {"orbits", "returned", "angles"}),
        ("canonicalised", {"orbits", "angles"}),
        ("frozen", {"orbits"}),
        ("steerable", {"orbits"}),
    ],
)
def test_rivals_are_evaluated_on_what_they_are_compared_on(orbits, train, tmp_path, seen, model, found):
    """Canonicalised networks at all angles and during training too, none on what interpolation alone changes."""
    train(orbits, tmp_path, model, "c8", 0, 0)
    assert {name.partition("/")[2] for name in seen["evaluation"]} == found
    assert list(seen["recorded"]) == (SETS if model in ("cnn", "canonicalised") else [])
    assert all(len(x) for x in seen["evaluation"].values())


def test_shards_beyond_the_members_at_all_angles_have_none(orbits, train, tmp_path, seen):
    for first, there in ((0, True), (2, True), (3, False), (5, False)):
        train(orbits, tmp_path, "cnn", "c8", first, 5, angle_members=3)
        assert ("test/angles" in seen["evaluation"]) == there
        assert {"test/orbits", "test/returned"} <= set(seen["evaluation"])


def test_shapes_of_what_a_shard_holds(shards):
    """Members, inputs, elements, classes; times after the members where there are several."""
    found = {
        (path.stem.rpartition("-")[0], Arrays(path).header["settings"]["first"]): {
            name: array.shape for name, array in Arrays(path).items() if name.startswith(("test/", "noise/", "loss"))
        }
        for path in shards
    }
    c4 = {
        "test/orbits": (3, 24, 4, 10), "noise/orbits": (3, 20, 4, 10), "test/recorded": (3, 3, 5, 4, 10),
        "noise/recorded": (3, 3, 5, 4, 10), "loss": (3, 3),
    }  # fmt: skip
    angles = {"test/angles": (3, 6, 16, 10)}
    assert found["cnn-c4", 0] == found["canonicalised-c4", 0] == c4 | angles
    assert found["frozen-c4", 0] == {name: c4[name] for name in ("test/orbits", "noise/orbits", "loss")}
    assert found["cnn-c4", 3] == c4
    c8 = {name: (*shape[:-2], 8, 10) for name, shape in c4.items() if name != "loss"} | {"loss": (3, 3)}
    assert found["cnn-c8", 0] == c8 | angles | {"test/returned": (3, 24, 1, 10), "noise/returned": (3, 20, 1, 10)}
    assert found["cnn-c1", 0] == c4 | angles | {"test/orbits": (3, 24, 8, 10), "noise/orbits": (3, 20, 8, 10)}


def test_logits_of_different_evaluations_are_of_the_same_networks(logits):
    """Angles and orbits have angles in common, and the last recorded time is the end."""
    for model, group in (("cnn", "c4"), ("cnn", "c8"), ("cnn", "c1"), ("canonicalised", "c4")):
        orbits, angles, recorded = (logits(model, group, "test", on)[:3] for on in ("orbits", "angles", "recorded"))
        step = 16 // orbits.shape[2]
        np.testing.assert_allclose(angles[:, :, ::step], orbits[:, :6], atol=1e-4)
        np.testing.assert_allclose(recorded[:, -1], orbits[:, :5, :: 2 if group == "c1" else 1], atol=1e-4)
        assert np.abs(recorded[:, -1] - recorded[:, 0]).max() > 1e-2


def test_frozen_networks_are_invariant_under_quarter_turns_and_differ_from_canonicalised_ones(logits):
    frozen, learned = logits("frozen", "c4", "test"), logits("canonicalised", "c4", "test")
    for f in (frozen, learned):
        np.testing.assert_allclose(f, np.broadcast_to(f[:, :, :1], f.shape), atol=1e-5)
    assert np.abs(frozen - learned).max() > 1e-2


@pytest.mark.parametrize(
    ("epochs", "samples", "batch", "steps"),
    [
        (1.0, 160, 32, 5),
        (1.2, 160, 32, 6),
        (1.0, 191, 32, 5),  # those that fill no batch are left out
        (10, 60000 * 4, 128, 18750),
        (0.5, 160, 32, 2),  # half to even
        (1.0, 20, 32, 1),  # a batch of all
        (3.0, 20, 32, 3),
        (0.01, 160, 32, 1),
    ],
)
def test_an_epoch_has_as_many_steps_as_whole_batches(epochs, samples, batch, steps):
    assert steps_of(float(epochs), samples, batch) == steps


@pytest.mark.parametrize(
    ("model", "group", "paced_by", "steps"),
    [("cnn", "c4", "c4", 10), ("cnn", "c8", "c8", 20), ("cnn", "c1", "c4", 10), ("canonicalised", "c8", "c4", 10)],
)
def test_the_pace_is_that_of_the_orbits_of_a_group(orbits, train, tmp_path, seen, model, group, paced_by, steps):
    """Recorded are fractions of the steps, each once."""
    path = train(orbits, tmp_path, model, group, 0, 0, epochs=2.0, paced_by=paced_by, recorded=[0.0, 0.01, 0.26, 1.0])
    assert seen["descent"].steps == Arrays(path).header["steps"] == steps
    assert Arrays(path).header["recorded_steps"] == [0, round(0.26 * steps), steps] == seen["descent"].recorded_steps


@pytest.mark.parametrize(("model", "factor"), [("cnn", 1), ("canonicalised", 1), ("frozen", 1), ("steerable", 10)])
def test_the_size_of_a_network_is_in_the_header(orbits, train, tmp_path, seen, model, factor):
    size = Arrays(train(orbits, tmp_path, model, "c4", 0, 0)).header["size"]
    member = 16 * 4 * 14**2 + 16 * 4 * 8 * 7**2 + 10 * 8 * 7**2
    assert 0.8 * factor * member < size["multiplications"] < 1.7 * factor * member
    if model in ("cnn", "frozen"):
        assert size["parameters"] == (9 + 1) * 4 + (9 * 4 + 1) * 8 + (8 * 7**2 + 1) * 10
    if model == "cnn":
        assert size["multiplications"] == member


def test_how_a_shard_is_trained_is_not_in_its_header(orbits, train, shards, tmp_path):
    """Members trained in chunks are those trained alone, and the file says nothing about the chunks or the device."""
    together = Arrays(train(orbits, tmp_path, "cnn", "c4", 0, 2, members_per_chunk=3))
    alone = Arrays(shards[1])
    assert together.header == alone.header
    assert not {"device", "members_per_chunk", "checkpoints"} & set(alone.header["settings"])
    for name in alone:
        np.testing.assert_allclose(together[name], alone[name], atol=1e-4)


def test_a_member_does_not_depend_on_its_shard(orbits, train, tmp_path, shards):
    """Nor on whether it is evaluated at all angles; of a frozen one neither does the choice that is not trained."""
    for model, path in (("cnn", shards[1]), ("frozen", shards[-1])):
        alone, whole = Arrays(train(orbits, tmp_path, model, "c4", 2, 2, angle_members=0)), Arrays(path)
        assert alone.groups("angles") == []
        for name in alone:
            np.testing.assert_array_equal(alone[name][0], whole[name][2])


class Cut(Exception):
    """The run is over, as if the machine had gone."""


def test_a_shard_that_was_cut_off_goes_on_and_gives_the_same_bytes(orbits, train, shards, tmp_path, monkeypatch):
    saves = []

    def save(self, values, write=Checkpoint.save_now_and_then):
        write(self, values)
        saves.append(1)
        if len(saves) == 5 + 2:  # after the second of the six steps of the second member
            raise Cut

    monkeypatch.setattr("ntklab.ensembles.checkpoint.SECONDS", 0.0)
    monkeypatch.setattr(Checkpoint, "save_now_and_then", save)
    with pytest.raises(Cut):
        train(orbits, tmp_path, "cnn", "c4", 0, 2)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 1 and not list(tmp_path.glob("*.npz"))
    again = train(orbits, tmp_path, "cnn", "c4", 0, 2)
    assert len(saves) == 3 * 5, "no step was done twice, and after the last of a member nothing is saved"
    assert again.read_bytes() == shards[1].read_bytes() and not list((tmp_path / "checkpoints").iterdir())
