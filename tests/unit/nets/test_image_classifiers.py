"""Classifiers by name: seeded, trainable, saved and restored, whatever their kind."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from ntklab.errors import InputError
from ntklab.nets.image_classifiers import CLASSIFIERS, build_classifier, size_of
from ntklab.nets.image_cnn import image_cnn_multiplications

LAPTOP = {"size": 28, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 10}


def seeded(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(net_options: dict, n: int = 4) -> torch.Tensor:
    shape = (n, net_options["channels_in"], net_options["size"], net_options["size"])
    return torch.from_numpy(seeded(5).uniform(size=shape).astype(np.float32))


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_networks_depend_on_the_generator_only(kind):
    nets = []
    for torch_seed in (0, 1):
        torch.manual_seed(torch_seed)
        before = torch.get_rng_state()
        nets.append(build_classifier(kind, group_order=4, **LAPTOP, rng=seeded()))
        assert torch.equal(torch.get_rng_state(), before)
    for ours, theirs in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(ours, theirs)
    other = build_classifier(kind, group_order=4, **LAPTOP, rng=seeded(4))
    assert not torch.equal(next(other.parameters()), next(nets[0].parameters()))


def test_sizes_are_trained_parameters_and_multiplications_for_one_image():
    nets = {kind: build_classifier(kind, group_order=4, **LAPTOP, rng=seeded()) for kind in CLASSIFIERS}
    found = {kind: size_of(net, (1, 28, 28), 128) for kind, net in nets.items()}
    member = {"parameters": 9098, "multiplications": image_cnn_multiplications(**LAPTOP)}
    assert found["cnn"] == member == size_of(nets["cnn"], (1, 28, 28), 1)
    assert found["frozen"]["parameters"] == member["parameters"] < found["canonicalised"]["parameters"]
    assert found["frozen"]["multiplications"] == found["canonicalised"]["multiplications"]
    # What a batch needs once, the expansion of filters, is shared by its images.
    assert 9.5 < found["steerable"]["multiplications"] / member["multiplications"] < 10.5
    alone = size_of(nets["steerable"], (1, 28, 28), 1)["multiplications"]
    assert alone > 1.2 * found["steerable"]["multiplications"]


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="unknown kind of classifier 'mlp'"):
        build_classifier("mlp", group_order=4, **LAPTOP, rng=seeded())


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_every_classifier_learns(kind):
    """Four patterns, one a class, at every quarter turn."""
    options = {"size": 8, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 4}
    net = build_classifier(kind, group_order=4, **options, rng=seeded()).train()
    patterns = torch.from_numpy(seeded(8).normal(size=(4, 1, 8, 8)).astype(np.float32))
    x, y = torch.cat([torch.rot90(patterns, turns, (2, 3)) for turns in range(4)]), torch.arange(4).repeat(4)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = functional.cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    with torch.no_grad():
        assert torch.equal(net.eval()(x).argmax(1), y)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_states_are_saved_and_restored(kind):
    net = build_classifier(kind, group_order=8, **LAPTOP, rng=seeded(1))
    net.train()(images(LAPTOP))
    other = build_classifier(kind, group_order=8, **LAPTOP, rng=seeded(2))
    other.load_state_dict(net.state_dict())
    with torch.no_grad():
        assert torch.equal(other.eval()(images(LAPTOP)), net.eval()(images(LAPTOP)))
