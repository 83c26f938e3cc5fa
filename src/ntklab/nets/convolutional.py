"""Convolutional networks and their group-convolutional counterparts: one description, two networks."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from ntklab.errors import InputError
from ntklab.groups import FiniteGroup, pixel_group
from ntklab.nets.layers import Convolution, Dense, GroupConvolution, GroupMaps, LiftingConvolution


class GroupPool(nn.Module):
    """Mean over the group and positions: (sample, element, channel, row, column) to (sample, channel), invariant."""

    def forward(self, z: GroupMaps) -> Float[Tensor, "sample channel"]:
        return z.mean(dim=(1, 3, 4))


class GlobalAveragePool(nn.Module):
    """Mean over positions: (sample, channel, row, column) to (sample, channel)."""

    def forward(self, z: Float[Tensor, "sample channel row column"]) -> Float[Tensor, "sample channel"]:
        return z.mean(dim=(2, 3))


def _check_fit(filters: Sequence[int], padding: str, size: int) -> None:
    for q in filters:
        if q > size:
            raise InputError(f"a filter of side {q} does not fit feature maps of side {size}")
        if padding == "SAME" and q % 2 == 0:
            raise InputError(f"an even filter ({q}) with SAME padding does not commute with rotations; use an odd one")
        size = size - q + 1 if padding == "VALID" else size


ARCHITECTURES = {
    "cnn": (Convolution, Convolution, GlobalAveragePool),
    "gcnn": (LiftingConvolution, GroupConvolution, GroupPool),
}
"""Name -> first convolution, further convolutions, pooling."""


def build_network(
    architecture: str,
    filters: Sequence[int],
    width: int,
    *,
    channels: int,
    size: int,
    outputs: int,
    rng: np.random.Generator,
    padding: str = "SAME",
    weight_variance: float = 2.0,
    group: str | FiniteGroup = "c4",
) -> nn.Sequential:
    """[convolution, ReLU] per filter, global average pooling, linear; images (sample, channel, size, size).

    "gcnn" has a lifting convolution first, group convolutions after it, and pools over the group: invariant. Its mean
    after training on images is that of "cnn" after training on their orbits, in the infinite-width limit (E2, theorem on
    augmentation). filters = (size, 1, ...) with VALID padding makes "cnn" an MLP. `InputError` for filters
    that do not fit, for even ones under SAME padding, and for
    an unknown group.
    """
    _check_fit(filters, padding, size)
    first, further, pool = ARCHITECTURES[architecture]
    acting = (pixel_group(group),) if architecture == "gcnn" else ()
    layers: list[nn.Module] = []
    for number, q in enumerate(filters):
        kind = first if number == 0 else further
        layers += [kind(*acting, channels, width, q, rng, padding, weight_variance), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, pool(), Dense(width, outputs, rng, weight_variance))
