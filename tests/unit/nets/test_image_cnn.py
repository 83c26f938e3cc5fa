"""The CNN of the ensembles: how many parameters and multiplications it has, what it computes, how it starts, what it refuses."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from ntklab.errors import InputError
from ntklab.nets.image_classifiers import parameter_count
from ntklab.nets.image_cnn import PooledConvolution, image_cnn, image_cnn_multiplications

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
    assert parameter_count(image_cnn(**options, rng=seeded())) == expected


@pytest.mark.parametrize("options", [LAPTOP, PAPER, HISTOLOGY, HISTOLOGY_PAPER, LAPTOP | {"pooled": 0}])
def test_numbers_of_multiplications_are_those_that_are_executed(options):
    """As PyTorch counts them, on no device, for each of two images."""
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        image_cnn(**options, rng=seeded()).to("meta")(images(options, 2).to("meta"))
    assert counted.get_total_flops() / 2 / 2 == image_cnn_multiplications(**options)


def test_a_number_of_multiplications_by_hand():
    """A pooled layer has 4x4 taps for each of 14 x 14 and of 7 x 7 new pixels, a linear one as many as weights."""
    by_hand = 16 * 1 * 8 * 14**2 + 16 * 8 * 16 * 7**2 + 16 * 7**2 * 10
    assert image_cnn_multiplications(**LAPTOP) == by_hand == 133_280


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
    with pytest.raises(InputError, match=message):
        image_cnn(**LAPTOP | changed, rng=seeded())
