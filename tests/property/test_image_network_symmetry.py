"""Symmetry of the image networks: closed under C4, exactly invariant where they claim it."""

import numpy as np
import pytest
import torch
from torch import nn

from ntklab.nets.image_cnn import PooledConvolution, image_cnn

RNG = np.random.default_rng(17)
ARCHITECTURES = {
    "FashionMNIST, laptop": {"size": 28, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": ()},
    "FashionMNIST, paper": {"size": 28, "channels_in": 1, "channels": (32, 64, 64), "pooled": 2, "hidden": (20,)},
    "histology, laptop": {"size": 32, "channels_in": 3, "channels": (8, 16), "pooled": 2, "hidden": ()},
    "histology, paper": {"size": 112, "channels_in": 3, "channels": (16, 32, 64, 64), "pooled": 4, "hidden": (64,)},
}


def symmetry_error(features: nn.Module, x: torch.Tensor) -> float:
    """With filters averaged over C4: relative error of features(rot x) = rot features(x), the largest of the turns."""
    for layer in features.modules():
        if isinstance(layer, nn.Conv2d):
            turned = torch.stack([torch.rot90(layer.weight.data, turns, (2, 3)) for turns in range(4)])
            layer.weight.data = turned.mean(0)
    with torch.no_grad():
        upright = features(x)
        errors = [
            (features(torch.rot90(x, turns, (2, 3))) - torch.rot90(upright, turns, (2, 3))).abs().max()
            for turns in (1, 2, 3)
        ]
    return float(max(errors) / upright.abs().max())


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_with_filters_averaged_over_c4_the_features_turn_with_the_image(architecture):
    net = image_cnn(**architecture, classes=10, rng=np.random.default_rng(1))
    features = net[: [type(layer) for layer in net].index(nn.Flatten)]
    x = torch.from_numpy(RNG.normal(size=(2, architecture["channels_in"], *2 * [architecture["size"]])))
    assert symmetry_error(features, x.float()) < 2e-6
    assert symmetry_error(features.double(), x) < 1e-12


@pytest.mark.parametrize(
    "broken",
    [
        nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AvgPool2d(2), nn.ReLU()),
        nn.Sequential(PooledConvolution(1, 4, 3, padding=1), nn.ReLU()),
    ],
    ids=["pooling", "pooled convolution"],
)
def test_pooling_a_map_of_odd_side_breaks_it(broken):
    assert symmetry_error(broken, torch.from_numpy(RNG.normal(size=(2, 1, 7, 7))).float()) > 1e-2


def test_a_stride_of_two_breaks_it_on_even_sizes():
    broken = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU())
    assert symmetry_error(broken, torch.from_numpy(RNG.normal(size=(2, 1, 8, 8))).float()) > 1e-2
