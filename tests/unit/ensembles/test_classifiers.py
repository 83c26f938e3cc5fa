"""The trainer of image classifiers against a plain loop, in chunks, in shards, and cut off in the middle."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from ntklab.ensembles import classifiers
from ntklab.ensembles.checkpoint import Checkpoint
from ntklab.ensembles.classifiers import Descent, train_classifiers
from ntklab.errors import InputError
from ntklab.nets.image_classifiers import build_classifier
from ntklab.seeds import generator

CLASSES, SIZE = 3, 8
DESCENT = Descent(steps=12, batch=16, learning_rate=1e-2, recorded_steps=[0, 5, 12])


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    images = rng.random((15, 4, SIZE, SIZE, 1), dtype=np.float32)
    return images, rng.integers(CLASSES, size=15), {"test": rng.random((3, 4, SIZE, SIZE, 1), dtype=np.float32)}


def build(member: int, kind: str = "cnn") -> nn.Module:
    shape = {"size": SIZE, "channels_in": 1, "channels": [2, 8], "pooled": 2, "hidden": [15], "classes": CLASSES}
    return build_classifier(kind, group_order=4, rng=generator(0, "member", member), **shape)


def shuffle(member: int, epoch: int) -> np.random.Generator:
    return generator(0, "order", member, epoch)


def trained(data, members, descent=DESCENT, kind="cnn", **options):
    images, labels, test = data
    return train_classifiers(
        partial(build, kind=kind), images, labels, test, test, members=members, descent=descent, shuffle=shuffle,
        log=lambda line: None, **options,
    )  # fmt: skip


def test_a_member_is_what_a_plain_loop_trains(data):
    images, labels, test = data
    network = build(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=DESCENT.learning_rate)
    x = torch.from_numpy(images.reshape(-1, SIZE, SIZE, 1)).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(labels.repeat(4))
    losses = []
    for epoch in range(4):  # 60 samples: three batches of 16, the rest left out
        order = shuffle(1, epoch).permutation(60)
        for i in range(3):
            batch = order[16 * i : 16 * (i + 1)]
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    inputs = torch.from_numpy(test["test"].reshape(-1, 1, SIZE, SIZE))
    expected = network(inputs).detach().numpy().reshape(3, 4, CLASSES)
    found = trained(data, [1])
    np.testing.assert_allclose(found.trained["test"][0], expected, atol=1e-5)
    np.testing.assert_allclose(found.loss[0], [losses[0], losses[5], losses[-1]], atol=1e-5)
    assert np.abs(expected - build(1)(inputs).detach().numpy().reshape(3, 4, CLASSES)).max() > 0.1


def test_logits_are_recorded_before_the_update_of_a_step_and_after_the_last(data):
    found = trained(data, [0])
    inputs = torch.from_numpy(data[2]["test"].reshape(-1, 1, SIZE, SIZE))
    initial = build(0)(inputs).detach().numpy().reshape(3, 4, CLASSES)
    assert found.recorded["test"].shape == (1, 3, 3, 4, CLASSES)
    np.testing.assert_allclose(found.recorded["test"][0, 0], initial, atol=1e-6)
    np.testing.assert_array_equal(found.recorded["test"][:, -1], found.trained["test"])
    shorter = trained(data, [0], Descent(5, 16, 1e-2, [0, 5]))
    np.testing.assert_array_equal(found.recorded["test"][:, 1], shorter.trained["test"])


def test_a_member_does_not_depend_on_its_shard_and_only_to_rounding_on_its_chunk(data):
    alone, all_of_them = trained(data, [2, 3]), trained(data, [0, 1, 2, 3])
    np.testing.assert_array_equal(alone.trained["test"], all_of_them.trained["test"][2:])
    together = trained(data, [0, 1, 2, 3], members_per_chunk=3)
    for mine, other in zip(together[:2], all_of_them[:2], strict=True):
        np.testing.assert_allclose(mine["test"], other["test"], atol=2e-5)
    np.testing.assert_allclose(together.loss, all_of_them.loss, atol=2e-5)


def test_every_member_has_its_own_order_and_an_epoch_visits_each_sample_at_most_once():
    batches = classifiers._batches(60, 16, [0, 1], shuffle, 0)
    first = [next(batches) for _ in range(6)]
    epoch = np.concatenate(first[:3], axis=1)
    assert epoch.shape == (2, 48) and all(len(set(order)) == 48 for order in epoch)
    assert (epoch[0] != epoch[1]).any() and (epoch != np.concatenate(first[3:], axis=1)).any()
    later = classifiers._batches(60, 16, [0, 1], shuffle, 4)
    np.testing.assert_array_equal(next(later), first[4])


class Cut(Exception):
    """The run is over, as if the machine had gone."""


@pytest.mark.parametrize(("kind", "chunk"), [("cnn", 1), ("cnn", 2), ("steerable", 1), ("canonicalised", 1)])
def test_a_run_that_was_cut_off_goes_on_where_it_was(data, tmp_path, monkeypatch, kind, chunk):
    path = tmp_path / "checkpoints" / "shard.pt"
    options = {"kind": kind, "members_per_chunk": chunk}
    whole = trained(data, [0, 1, 2], **options)
    written = []

    def cut(self, values, write=Checkpoint.save_now_and_then):
        write(self, values)
        written.append(1)
        if len(written) == 17:  # in the middle of the second chunk
            raise Cut

    monkeypatch.setattr("ntklab.ensembles.checkpoint.SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "save_now_and_then", cut)
        with pytest.raises(Cut):
            trained(data, [0, 1, 2], checkpoint=path, **options)
    assert [p.name for p in path.parent.iterdir()] == ["shard.pt"]
    steps = []
    monkeypatch.setattr(Checkpoint, "save_now_and_then", lambda self, values: steps.append(1))
    again = trained(data, [0, 1, 2], checkpoint=path, **options)
    assert len(steps) == (-(-3 // chunk)) * 12 - 17
    np.testing.assert_array_equal(again.trained["test"], whole.trained["test"])
    np.testing.assert_array_equal(again.recorded["test"], whole.recorded["test"])
    np.testing.assert_array_equal(again.loss, whole.loss)
    assert not path.exists()


def test_a_missing_gpu_and_a_loss_that_is_not_finite_are_said(data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="set device: cpu"):
        trained(data, [0], device="cuda")
    images, labels, test = data
    with pytest.raises(InputError, match="not finite after 12 steps of Adam"):
        trained((images * np.float32(np.inf), labels, test), [0])
