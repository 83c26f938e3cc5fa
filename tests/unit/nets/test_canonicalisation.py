"""Learned canonicalisation: the member behind it, and gradients through the choice."""

import numpy as np
import torch

from ntklab.nets.canonicalisation import Canonicaliser
from ntklab.nets.image_classifiers import build_classifier, parameter_count
from ntklab.nets.image_cnn import image_cnn

LAPTOP = {"size": 28, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 10}


def seeded(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(net_options: dict, n: int = 4) -> torch.Tensor:
    shape = (n, net_options["channels_in"], net_options["size"], net_options["size"])
    return torch.from_numpy(seeded(5).uniform(size=shape).astype(np.float32))


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
