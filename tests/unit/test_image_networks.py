"""Image networks: sizes, numbers of parameters, initialisation, errors."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ntklab.nets.canonicalisation import Canonicaliser
from ntklab.nets.image_classifiers import CLASSIFIERS, build_classifier, parameter_count
from ntklab.nets.image_cnn import PooledConvolution, image_cnn, image_cnn_parameters
from ntklab.nets.steerable import matched_fields, steerable

LAPTOP = {"size": 28, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 10}
PAPER = {"size": 28, "channels_in": 1, "channels": (32, 64, 64), "pooled": 2, "hidden": (20,), "classes": 10}
HISTOLOGY = {"size": 32, "channels_in": 3, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 9}
HISTOLOGY_PAPER = {
    "size": 112,
    "channels_in": 3,
    "channels": (16, 32, 64, 64),
    "pooled": 4,
    "hidden": (64,),
    "classes": 9,
}


def seeded(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(net_options: dict, n: int = 4) -> torch.Tensor:
    shape = (n, net_options["channels_in"], net_options["size"], net_options["size"])
    return torch.from_numpy(seeded(5).uniform(size=shape).astype(np.float32))


@pytest.mark.parametrize(
    "options, expected", [(LAPTOP, 9098), (PAPER, 118_694), (HISTOLOGY, 10_617), (HISTOLOGY_PAPER, 261_865)]
)
def test_numbers_of_parameters(options, expected):
    assert parameter_count(image_cnn(**options, rng=seeded())) == expected == image_cnn_parameters(**options)


def test_the_pooled_convolution_is_a_convolution_and_then_pooling():
    layer = PooledConvolution(2, 5, 3, padding=1).double()
    x = torch.from_numpy(seeded().normal(size=(3, 2, 8, 8)))
    expected = functional.avg_pool2d(functional.conv2d(x, layer.weight, layer.bias, padding=1), 2)
    torch.testing.assert_close(layer(x), expected, rtol=1e-12, atol=1e-12)


def test_the_network_is_convolution_pooling_relu():
    net = image_cnn(**PAPER, rng=seeded()).double()
    h = images(PAPER).double()
    for number, layer in enumerate(layer for layer in net if isinstance(layer, nn.Conv2d)):
        z = functional.conv2d(h, layer.weight, layer.bias, padding=1)
        h = functional.relu(functional.avg_pool2d(z, 2) if number < 2 else z)
    h = functional.relu(functional.linear(h.flatten(1), net[-3].weight, net[-3].bias))
    expected = functional.linear(h, net[-1].weight, net[-1].bias)
    torch.testing.assert_close(net(images(PAPER).double()), expected, rtol=1e-10, atol=1e-12)


def test_channels_last_changes_nothing_but_rounding():
    net, x = image_cnn(**LAPTOP, rng=seeded()), images(LAPTOP)
    expected = net(x)
    last = net.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(last, expected, rtol=1e-5, atol=1e-6)


def test_the_initial_distribution_is_that_of_pytorch():
    net = image_cnn(**PAPER, rng=seeded())
    for layer in (layer for layer in net if hasattr(layer, "weight")):
        reference = type(layer)(*layer.weight.shape[1::-1], *layer.weight.shape[2:3])
        for ours, theirs in ((layer.weight, reference.weight), (layer.bias, reference.bias)):
            bound = layer.weight[0].numel() ** -0.5
            assert ours.shape == theirs.shape and ours.abs().max() <= bound and theirs.abs().max() <= bound
        if layer.weight.numel() > 1000:
            np.testing.assert_allclose(layer.weight.std().item(), bound / 3**0.5, rtol=0.05)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"size": 27}, "even side, not 27"),
        ({"size": 14, "channels": (8, 8), "pooled": 2}, "after convolution 2 needs a map of even side, not 7"),
        ({"pooled": 3}, "between 0 and all 2 convolutions"),
        ({"channels": (8, 0)}, "positive sizes"),
        ({"channels": (), "pooled": 0}, "needs a convolution"),
    ],
)
def test_sizes_that_break_the_symmetry_or_make_no_sense_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        image_cnn(**LAPTOP | changed, rng=seeded())


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


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind of classifier 'mlp'"):
        build_classifier("mlp", group_order=4, **LAPTOP, rng=seeded())


@pytest.mark.parametrize("group_order", [4, 8, 16])
@pytest.mark.parametrize("options", [LAPTOP, PAPER, HISTOLOGY, HISTOLOGY_PAPER])
def test_steerable_cnns_have_as_many_parameters_as_the_members(options, group_order):
    net = build_classifier("steerable", group_order=group_order, **options, rng=seeded())
    assert abs(parameter_count(net) / image_cnn_parameters(**options) - 1) < 0.2
    fields = [len(layer.weight) for layer in net if hasattr(layer, "filters")]
    assert 1.3 < fields[1] / fields[0] < 3, "about twice the fields in the second block, as in the members"


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"parameters": 100}, "no C16-steerable CNN of 2 blocks has 100 parameters within 20%"),
        ({"group_order": 1}, "a group of order 2 or more, not 1"),
        ({"channels": (8,)}, "has 2 blocks"),
        ({"size": 27}, "even side, not 27"),
    ],
)
def test_steerable_cnns_that_do_not_exist_are_refused(changed, message):
    options = {name: value for name, value in LAPTOP.items() if name != "hidden"}
    with pytest.raises(ValueError, match=message):
        steerable(**options | {"group_order": 16, "parameters": 9098} | changed, rng=seeded())


def test_fields_are_matched_to_the_nearest_ratio():
    first, second = matched_fields(9098, 2, group_order=4, channels_in=1, classes=10)
    assert (first, second) == (13, 28)


def test_a_canonicalised_classifier_has_the_member_as_its_predictor():
    net = build_classifier("canonicalised", group_order=8, **LAPTOP, rng=seeded())
    member = image_cnn(**LAPTOP, rng=seeded())
    for ours, theirs in zip(net[1].parameters(), member.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert 0 < parameter_count(net) - parameter_count(member) < 1000


def test_canonicalisation_trains_through_the_softmax_and_evaluates_the_choice():
    canonicaliser, x = Canonicaliser(8, size=28, channels_in=1, rng=seeded()), images(LAPTOP)
    target = torch.from_numpy(seeded().normal(size=x.shape).astype(np.float32))
    trained = canonicaliser.train()(x)
    assert torch.equal(trained, canonicaliser.eval()(x))
    found = torch.autograd.grad((trained * target).sum(), list(canonicaliser.parameters()))
    copies = canonicaliser.rotations(x)
    soft = torch.einsum("sg,sgcij->scij", canonicaliser.scores(copies).softmax(1), copies)
    expected = torch.autograd.grad((soft * target).sum(), list(canonicaliser.parameters()))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
        assert ours.abs().max() > 0


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
