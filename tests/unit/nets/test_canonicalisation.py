"""Canonicalisation, learned and frozen: the member behind it, and gradients through the choice."""

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


def test_a_frozen_classifier_is_a_canonicalised_one_whose_choice_is_not_trained():
    """The same numbers at initialisation, to the last bit; only those of the predictor are trained."""
    frozen, learned = (
        build_classifier(kind, group_order=8, **LAPTOP, rng=seeded()) for kind in ("frozen", "canonicalised")
    )
    assert not any(parameter.requires_grad for parameter in frozen[0].parameters())
    assert all(parameter.requires_grad for parameter in [*frozen[1].parameters(), *learned.parameters()])
    assert parameter_count(frozen) == parameter_count(image_cnn(**LAPTOP, rng=seeded()))
    for ours, theirs in zip(frozen.parameters(), learned.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    x = images(LAPTOP)
    with torch.no_grad():
        assert torch.equal(frozen.eval()(x), learned.eval()(x))
    assert torch.equal(frozen.train()(x), frozen.eval()(x))


def test_training_a_frozen_classifier_leaves_its_choice_and_changes_its_predictor():
    net, x = build_classifier("frozen", group_order=8, **LAPTOP, rng=seeded()).train(), images(LAPTOP)
    canonical, logits = net[0](x), net(x)
    logits.square().sum().backward()
    assert all(parameter.grad is None for parameter in net[0].parameters())
    assert all(parameter.grad.abs().max() > 0 for parameter in net[1].parameters())
    torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1).step()
    assert torch.equal(net[0](x), canonical) and (net(x) - logits).abs().max() > 0.01


@torch.no_grad()
def test_canonicalised_classifiers_are_invariant_under_quarter_turns_to_the_last_bit():
    x = images(LAPTOP)
    for kind in ("canonicalised", "frozen"):
        net = build_classifier(kind, group_order=8, **LAPTOP, rng=seeded()).eval()
        for turns in (1, 2, 3):
            assert torch.equal(net(torch.rot90(x, turns, (2, 3))), net(x))
