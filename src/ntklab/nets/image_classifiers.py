"""The classifiers that E1 compares, by name: all from images (sample, channel, row, column) to logits (sample, class)."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from ntklab.nets.image_cnn import image_cnn


def parameter_count(net: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)


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
    """A classifier of square images, its parameters drawn from `rng` only.

    "cnn": the member of the ensembles (`image_cnn`), which knows no group.
    `ValueError` for an unknown kind.
    """
    cnn = {"size": size, "channels_in": channels_in, "channels": channels, "pooled": pooled}
    cnn |= {"hidden": hidden, "classes": classes}
    if kind == "cnn":
        return image_cnn(**cnn, rng=rng)
    raise ValueError(f"unknown kind of classifier {kind!r}")
