"""The trainer of image classifiers against a plain loop, in chunks, in shards, and cut off in the middle."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

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


def half_frozen(member: int) -> nn.Module:
    """A network of which the first convolution is not to be trained."""
    network = build(member)
    network[0].requires_grad_(False)
    return network


def trained(data, members, descent=DESCENT, build=build, **options):
    images, labels, test = data
    return train_classifiers(
        build, images, labels, test, test, members=members, descent=descent, shuffle=shuffle,
        log=lambda line: None, **options,
    )  # fmt: skip


def plain_loop(network: nn.Module, member: int, data) -> tuple[list[float], np.ndarray]:
    """Losses of every step, and logits (input, element, class) on the test set after the last."""
    images, labels, test = data
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=DESCENT.learning_rate)
    x = torch.from_numpy(images.reshape(-1, SIZE, SIZE, 1)).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(labels.repeat(4))
    losses = []
    for epoch in range(4):  # 60 samples: three batches of 16, the rest left out
        order = shuffle(member, epoch).permutation(60)
        for i in range(3):
            batch = order[16 * i : 16 * (i + 1)]
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return losses, logits(network, test)


def logits(network: nn.Module, test) -> np.ndarray:
    inputs = torch.from_numpy(test["test"].reshape(-1, 1, SIZE, SIZE))
    return network(inputs).detach().numpy().reshape(3, 4, CLASSES)


def test_a_member_is_what_a_plain_loop_trains(data):
    losses, expected = plain_loop(build(1), 1, data)
    found = trained(data, [1])
    np.testing.assert_allclose(found.trained["test"][0], expected, atol=1e-5)
    np.testing.assert_allclose(found.loss[0], [losses[0], losses[5], losses[-1]], atol=1e-5)
    assert np.abs(expected - logits(build(1), data[2])).max() > 0.1


@pytest.mark.parametrize("chunk", [1, 3])
def test_frozen_parameters_stay_and_the_others_are_trained(data, chunk):
    """The plain loop gives its optimiser the others only; another order of sums is all that a chunk changes."""
    found = trained(data, [0, 1, 2], build=half_frozen, members_per_chunk=chunk)
    whole = trained(data, [0, 1, 2], members_per_chunk=chunk)
    for member in range(3):
        losses, expected = plain_loop(half_frozen(member), member, data)
        np.testing.assert_allclose(found.trained["test"][member], expected, atol=2e-5)
        np.testing.assert_allclose(found.loss[member], [losses[0], losses[5], losses[-1]], atol=2e-5)
        for other in (logits(build(member), data[2]), whole.trained["test"][member]):
            assert np.abs(expected - other).max() > 0.01


@pytest.mark.parametrize("chunk", [1, 3])
def test_frozen_parameters_have_no_gradient_and_no_place_in_the_optimiser(data, chunk):
    networks = classifiers._Chunk([half_frozen(member) for member in range(chunk)])
    before = {name: values.detach().clone() for name, values in networks.parameters.items()}
    x, y = torch.rand(10, 1, SIZE, SIZE), torch.arange(10) % CLASSES
    for _ in range(2):
        networks.descend(networks.losses(x, y, torch.arange(10).expand(chunk, 10)), 1e-2)
    for name, values in networks.parameters.items():
        assert torch.equal(values, before[name]) == name.startswith("0.") == (values.grad is None)
    assert len(networks.counts) == len(networks.moments[0]) == len(before) - 2


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
    batches = classifiers._batches(60, 16, [0, 1], shuffle, 0, torch.device("cpu"))
    first = [next(batches) for _ in range(6)]
    epoch, second = (np.concatenate(part, axis=1) for part in (first[:3], first[3:]))
    assert epoch.shape == (2, 48) and all(len(set(order)) == 48 for order in epoch)
    assert (epoch[0] != epoch[1]).any() and (epoch != second).any()
    later = classifiers._batches(60, 16, [0, 1], shuffle, 4, torch.device("cpu"))
    np.testing.assert_array_equal(next(later), first[4])


def test_the_orders_of_an_epoch_go_to_the_device_at_once():
    batches = classifiers._batches(60, 16, [0, 1], shuffle, 0, torch.device("cpu"))
    first = [next(batches) for _ in range(6)]
    memory = [batch.untyped_storage().data_ptr() for batch in first]
    assert memory[0] == memory[1] == memory[2] != memory[3] == memory[4] == memory[5]
    assert next(classifiers._batches(60, 16, [0, 1], shuffle, 0, torch.device("meta"))).device.type == "meta"


class HostReads(TorchDispatchMode):
    """Counts the numbers that Python reads from tensors: for each it would wait for a GPU."""

    count = 0

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        self.count += operation is torch.ops.aten._local_scalar_dense.default
        return operation(*arguments, **(options or {}))


@pytest.mark.parametrize("chunk", [1, 3])
def test_no_step_waits_for_its_loss(data, monkeypatch, chunk):
    """One read says at the end of a chunk whether the loss is finite, and one is of every log line."""

    def reads(steps: int) -> int:
        with HostReads() as counted:
            trained(data, [0, 1, 2], Descent(steps, 16, 1e-2, [0]), members_per_chunk=chunk)
        return counted.count

    assert reads(3) == reads(12) == 3 // chunk + 1
    monkeypatch.setattr("ntklab.progress.SECONDS", 0.0)
    assert reads(12) == 3 // chunk * (1 + 12)


class Cut(Exception):
    """The run is over, as if the machine had gone."""


@pytest.mark.parametrize(("kind", "chunk"), [("cnn", 1), ("cnn", 2), ("steerable", 1), ("canonicalised", 1)])
def test_a_run_that_was_cut_off_goes_on_where_it_was(data, tmp_path, monkeypatch, kind, chunk):
    path = tmp_path / "checkpoints" / "shard.pt"
    options = {"build": partial(build, kind=kind), "members_per_chunk": chunk}
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
    assert len(steps) == (-(-3 // chunk)) * 11 - 17
    np.testing.assert_array_equal(again.trained["test"], whole.trained["test"])
    np.testing.assert_array_equal(again.recorded["test"], whole.recorded["test"])
    np.testing.assert_array_equal(again.loss, whole.loss)
    assert not path.exists()


@pytest.mark.parametrize("chunk", [1, 2])
@pytest.mark.parametrize("evaluation", [7, 8], ids=["recorded", "trained"])
def test_a_run_that_was_cut_off_after_the_last_step_of_a_chunk_goes_on(data, tmp_path, monkeypatch, chunk, evaluation):
    """In one of the two evaluations of the second chunk after its training; of each chunk there are two more before."""
    path, options = tmp_path / "shard.pt", {"members_per_chunk": chunk}
    whole, evaluated = trained(data, [0, 1, 2], **options), []

    def cut(self, *orbits, logits=classifiers._Chunk.logits):
        evaluated.append(1)
        if len(evaluated) == evaluation:
            raise Cut
        return logits(self, *orbits)

    monkeypatch.setattr("ntklab.ensembles.checkpoint.SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(classifiers._Chunk, "logits", cut)
        with pytest.raises(Cut):
            trained(data, [0, 1, 2], checkpoint=path, **options)
    assert torch.load(path, weights_only=False)["step"] == 11 and len(evaluated) == evaluation
    again = trained(data, [0, 1, 2], checkpoint=path, **options)
    for found, expected in ((again.trained, whole.trained), (again.recorded, whole.recorded)):
        assert found["test"].tobytes() == expected["test"].tobytes()
    assert again.loss.tobytes() == whole.loss.tobytes() and not path.exists()


def test_a_missing_gpu_and_a_loss_that_is_not_finite_are_said(data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="set device: cpu"):
        trained(data, [0], device="cuda")
    images, labels, test = data
    with pytest.raises(InputError, match="not finite after 12 steps of Adam"):
        trained((images * np.float32(np.inf), labels, test), [0])
