"""Symmetry of the image networks: closed under C4, exactly invariant where they claim it."""

import numpy as np
import pytest
import torch
from torch import nn

from ntklab.data.rotation import angles, rotations
from ntklab.nets.canonicalisation import Canonicaliser, Rotations
from ntklab.nets.image_classifiers import CLASSIFIERS, build_classifier
from ntklab.nets.image_cnn import PooledConvolution, image_cnn
from ntklab.nets.steerable import FieldNorm, SteerableConvolution, filter_basis

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
    "pooled",
    [
        lambda: nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AvgPool2d(2)),
        lambda: PooledConvolution(1, 4, 3, padding=1),
    ],
    ids=["pooling", "pooled convolution"],
)
def test_pooling_a_map_of_odd_side_breaks_it(pooled):
    broken = nn.Sequential(pooled(), nn.ReLU())
    assert symmetry_error(broken, torch.from_numpy(RNG.normal(size=(2, 1, 7, 7))).float()) > 1e-2


def test_a_stride_of_two_breaks_it_on_even_sizes():
    broken = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU())
    assert symmetry_error(broken, torch.from_numpy(RNG.normal(size=(2, 1, 8, 8))).float()) > 1e-2


SMALL = {"size": 12, "channels_in": 2, "channels": (4, 8), "pooled": 2, "hidden": (), "classes": 5}
IMAGES = torch.from_numpy(RNG.uniform(size=(40, 2, 12, 12)).astype(np.float32))


def quarter_turns(x: torch.Tensor) -> list[torch.Tensor]:
    return [torch.rot90(x, turns, (2, 3)) for turns in range(4)]


def evaluated(kind: str, group_order: int) -> nn.Module:
    """A classifier that has seen a batch of training, so that its running means are not those of the start."""
    net = build_classifier(kind, group_order=group_order, **SMALL, rng=np.random.default_rng(group_order))
    net.train()(IMAGES + 0.2)
    return net.eval()


@pytest.mark.parametrize("group_order", [4, 8, 16])
@pytest.mark.parametrize("kind", [kind for kind in CLASSIFIERS if kind != "cnn"])
@torch.no_grad()
def test_quarter_turns_change_nothing_in_an_invariant_classifier(kind, group_order):
    net = evaluated(kind, group_order)
    logits = torch.stack([net(x) for x in quarter_turns(IMAGES)], dim=1)
    torch.testing.assert_close(logits, logits[:, :1].expand_as(logits), rtol=1e-5, atol=1e-5)
    predictions = logits.argmax(2)
    assert (predictions == predictions[:, :1]).sum(1).double().mean() == 4
    assert logits.std(0).min() > 2e-4, "constant logits would be invariant, too"


@torch.no_grad()
def test_a_member_is_not_invariant():
    net = evaluated("cnn", 4)
    logits = torch.stack([net(x) for x in quarter_turns(IMAGES)], dim=1)
    assert (logits - logits[:, :1]).abs().max() > 1e-2


@torch.no_grad()
def test_a_steerable_cnn_is_invariant_while_it_trains():
    net = evaluated("steerable", 8).train()
    torch.testing.assert_close(net(torch.rot90(IMAGES, 1, (2, 3))), net(IMAGES), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("group_order", [4, 8, 16])
@pytest.mark.parametrize("pooled", [True, False])
@torch.no_grad()
def test_steerable_layers_turn_and_shift_their_fields_with_the_image(group_order, pooled):
    """Channels of a field move by k/4 places when the image makes a quarter turn."""
    options = {"group_order": group_order, "pooled": pooled, "filter_size": 3, "rng": np.random.default_rng(3)}
    lift = SteerableConvolution(2, 3, lifting=True, **options).eval()
    convolve = SteerableConvolution(3, 4, lifting=False, **options | {"pooled": False}).eval()
    norm = FieldNorm(3, group_order)
    layers = nn.Sequential(lift, norm, nn.ReLU(), convolve)
    fields, turned = (layers(x).unflatten(1, (4, group_order)) for x in quarter_turns(IMAGES)[:2])
    expected = torch.rot90(fields.roll(group_order // 4, 2), 1, (3, 4))
    torch.testing.assert_close(turned, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("filter_size", [3, 5])
@torch.no_grad()
def test_a_steerable_convolution_is_that_of_escnn(filter_size, pooled):
    basis = filter_basis(8, filter_size, False)
    from ntklab.nets._escnn import FieldType, R2Conv, gspaces

    plane = gspaces.rot2dOnR2(8)
    fields = [FieldType(plane, n * [plane.regular_repr]) for n in (3, 2)]
    reference = R2Conv(*fields, filter_size, padding=filter_size // 2, bias=False)
    ours = SteerableConvolution(
        3, 2, group_order=8, lifting=False, pooled=pooled, filter_size=filter_size, rng=np.random.default_rng(0)
    )
    assert ours.weight.numel() == reference.weights.numel() == 6 * len(basis)
    ours.weight.copy_(reference.weights.reshape(ours.weight.shape))
    torch.testing.assert_close(ours.filters(), reference.expand_parameters()[0], rtol=1e-5, atol=1e-6)
    x = torch.from_numpy(RNG.normal(size=(2, 24, 6, 6)).astype(np.float32))
    expected = reference(fields[0](x)).tensor
    expected = nn.functional.avg_pool2d(expected, 2) if pooled else expected
    torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size, channels", [(12, 2), (9, 1)])
@pytest.mark.parametrize("group_order", [1, 4, 6, 8, 16])
def test_rotations_in_torch_are_those_of_the_data(group_order, size, channels):
    x = RNG.normal(size=(3, channels, size, size)).astype(np.float32)
    ours = Rotations(group_order, size)(torch.from_numpy(x)).numpy()
    expected = rotations(x.transpose(0, 2, 3, 1), angles(group_order)).transpose(0, 1, 4, 2, 3)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@torch.no_grad()
def test_a_canonical_image_is_a_rotation_of_the_image_and_the_same_for_all_its_quarter_turns():
    canonicaliser = Canonicaliser(4, size=12, channels_in=2, rng=np.random.default_rng(5)).eval()
    canonical = [canonicaliser(x) for x in quarter_turns(IMAGES)]
    assert all(torch.equal(turned, canonical[0]) for turned in canonical)
    copies = canonicaliser.rotations(IMAGES)
    chosen = (copies == canonical[0][:, None]).all(dim=(2, 3, 4))
    assert chosen.sum(1).eq(1).all()
    assert len(set(chosen.int().argmax(1).tolist())) == 4, "all turns are chosen for some image"


@torch.no_grad()
def test_a_score_whose_units_are_all_off_still_knows_which_way_is_up():
    canonicaliser = Canonicaliser(4, size=12, channels_in=2, rng=np.random.default_rng(5)).eval()
    canonicaliser.score.nonlinear[0].bias.fill_(-1e3)
    canonical = [canonicaliser(x) for x in quarter_turns(IMAGES)]
    assert all(torch.equal(turned, canonical[0]) for turned in canonical)
