"""The classifiers that E1 compares, by name: all from images (sample, channel, row, column) to logits (sample, class)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ntklab.errors import InputError
from ntklab.nets.canonicalisation import canonicalised
from ntklab.nets.image_cnn import image_cnn, image_cnn_multiplications
from ntklab.nets.steerable import steerable


def parameter_count(net: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)


def size_of(net: nn.Module, shape: Sequence[int], batch: int) -> dict[str, int]:
    """Trainable parameters of a network, and its multiplications for one image of the given shape in a batch of so many."""
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        net.eval()(torch.zeros((batch, *shape)))
    return {"parameters": parameter_count(net), "multiplications": round(counted.get_total_flops() / 2 / batch)}


def _cnn(group_order: int, rng: np.random.Generator, **architecture) -> nn.Module:
    return image_cnn(**architecture, rng=rng)


def _steerable(group_order: int, rng: np.random.Generator, channels, hidden, **architecture) -> nn.Module:
    members = image_cnn_multiplications(**architecture, channels=channels, hidden=hidden)
    multiplications = MEMBERS_PER_STEERABLE * members
    return steerable(**architecture, group_order=group_order, multiplications=multiplications, rng=rng)


def _canonicalised(group_order: int, rng: np.random.Generator, size: int, channels_in: int, **architecture):
    predictor = image_cnn(**architecture, size=size, channels_in=channels_in, rng=rng)
    return canonicalised(group_order, predictor, size=size, channels_in=channels_in, rng=rng)


def _frozen(group_order: int, rng: np.random.Generator, **architecture):
    network = _canonicalised(group_order, rng, **architecture)
    network[0].requires_grad_(False)
    return network


MEMBERS_PER_STEERABLE = 10
"""A steerable network takes about as many multiplications as an ensemble of so many members: regular fields are dear, and one
that takes as many as a member hardly learns."""

CLASSIFIERS = {"cnn": _cnn, "steerable": _steerable, "canonicalised": _canonicalised, "frozen": _frozen}
"""Kind -> how to build it. A new one is one function and one entry; the tests of symmetry run over all."""


def build_classifier(
    kind: str,
    *,
    group_order: int,
    size: int,
    channels_in: int,
    channels: Sequence[int],
    pooled: int,
    hidden: Sequence[int],
    classes: int,
    rng: np.random.Generator,
) -> nn.Module:
    """A classifier of images (sample, channels_in, size, size), float32, its parameters drawn from `rng` only.

    The arguments describe the CNN of the ensembles, which the others are matched to:
    - "cnn": that CNN itself (`image_cnn`); it knows no group;
    - "steerable": a C_k-invariant steerable CNN of as many multiplications as ten of them (`steerable`);
    - "canonicalised": the CNN, with the same initial parameters, behind a learned choice among k rotations;
    - "frozen": the same, but the choice stays that of its random initialisation.

    Not all evaluate as they train: call `.eval()` before predicting. `InputError` for an unknown kind and for sizes
    that no such network has.
    """
    if kind not in CLASSIFIERS:
        raise InputError(f"unknown kind of classifier {kind!r}; known kinds: {', '.join(CLASSIFIERS)}")
    return CLASSIFIERS[kind](
        group_order=group_order,
        size=size,
        channels_in=channels_in,
        channels=channels,
        pooled=pooled,
        hidden=hidden,
        classes=classes,
        rng=rng,
    )
