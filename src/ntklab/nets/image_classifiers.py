"""The classifiers that E1 compares, by name: all from images (sample, channel, row, column) to logits (sample, class)."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from ntklab.errors import InputError
from ntklab.nets.canonicalisation import canonicalised
from ntklab.nets.image_cnn import image_cnn, image_cnn_parameters
from ntklab.nets.steerable import steerable


def parameter_count(net: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)


def _cnn(group_order: int, rng: np.random.Generator, **architecture) -> nn.Module:
    return image_cnn(**architecture, rng=rng)


def _steerable(group_order: int, rng: np.random.Generator, hidden: Sequence[int], **architecture) -> nn.Module:
    parameters = image_cnn_parameters(**architecture, hidden=hidden)
    return steerable(**architecture, group_order=group_order, parameters=parameters, rng=rng)


def _canonicalised(group_order: int, rng: np.random.Generator, size: int, channels_in: int, **architecture):
    predictor = image_cnn(**architecture, size=size, channels_in=channels_in, rng=rng)
    return canonicalised(group_order, predictor, size=size, channels_in=channels_in, rng=rng)


CLASSIFIERS = {"cnn": _cnn, "steerable": _steerable, "canonicalised": _canonicalised}
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
    - "steerable": a C_k-invariant steerable CNN with as many parameters within 20 % (`steerable`);
    - "canonicalised": the CNN, with the same initial parameters, behind a learned choice among k rotations.

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
