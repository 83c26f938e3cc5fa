"""Dense, convolutional, lifting and group-convolutional layers in NTK parametrisation.

All weights and biases are N(0, 1), drawn from a NumPy generator, so that a member is the same on every device. A layer
multiplies its weights by sqrt(weight_variance / fan_in), fan_in = channels x taps (x group elements), and its bias by
sqrt(bias_variance). Convolutions are cross-correlations of stride 1 (E2 sec. 2).

Group layers are those of a group that permutes pixels, with translations. Feature maps carry the group axis after the batch,
(sample, element, channel, row, column), and entry g belongs to the filter moved by the inverse, rho(g)^-1 w; of C4 that is
rot90(w, -g). For x' = rho(s) x every layer gives z'[:, g] = rho(s) z[:, g s], exactly, for any weights, except for even
filters under SAME padding.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ntklab.groups import FiniteGroup
from ntklab.groups.filters import moved_taps, relative_elements

PADDINGS = ("VALID", "SAME", "CIRCULAR")

Maps = Float[Tensor, "sample _channel _row _column"]
"""Images or feature maps, channels first."""
GroupMaps = Float[Tensor, "sample _element _channel _row _column"]
"""Feature maps on the group."""


class _Layer(nn.Module):
    """Weights and biases of a layer, and the scale of both."""

    def __init__(self, shape: tuple[int, ...], rng: np.random.Generator, weight_variance: float, bias_variance: float):
        super().__init__()
        self.weight = nn.Parameter(torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)))
        self.scale = (weight_variance / (self.weight.numel() // shape[0])) ** 0.5
        self.bias, self.bias_scale = None, bias_variance**0.5
        if bias_variance:
            self.bias = nn.Parameter(torch.from_numpy(rng.standard_normal(shape[0], dtype=np.float32)))

    def scaled_bias(self) -> Tensor | None:
        return None if self.bias is None else self.bias_scale * self.bias


class Dense(_Layer):
    """z = sqrt(weight_variance / n) W h + sqrt(bias_variance) b."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator, weight_variance=1.0, bias_variance=0.0):
        super().__init__((outputs, inputs), rng, weight_variance, bias_variance)

    def forward(self, h: Float[Tensor, "sample channel"]) -> Float[Tensor, "sample out"]:
        return functional.linear(h, self.scale * self.weight, self.scaled_bias())


def padded(x: Maps, q: int, padding: str) -> Maps:
    """x extended so that a filter of side q keeps the size: floor((q - 1) / 2) before, the rest after; VALID: x."""
    if padding == "VALID" or q == 1:
        return x
    before = (q - 1) // 2
    sides = (before, q - 1 - before) * 2
    return functional.pad(x, sides, mode="circular" if padding == "CIRCULAR" else "constant")


LARGE = 6
"""Side from which on filters are applied as one matrix product, several times faster there than PyTorch's convolution."""


def correlate(x: Maps, filters: Float[Tensor, "out _channel row column"], bias: Tensor | None) -> Maps:
    """z(t) = sum_y w(y) x(t + y) + b, where the filter fits in."""
    q = filters.shape[-1]
    if q == x.shape[-1]:  # one position: a fully connected layer
        return functional.linear(x.flatten(1), filters.flatten(1), bias)[..., None, None]
    if q < LARGE:
        return functional.conv2d(x, filters, bias)
    patches = x.unfold(2, q, 1).unfold(3, q, 1).permute(0, 2, 3, 1, 4, 5).flatten(3)
    return functional.linear(patches, filters.flatten(1), bias).permute(0, 3, 1, 2)


class Convolution(_Layer):
    """z(t) = sqrt(weight_variance / (n q^2)) sum_y w(y) x(t + y) + sqrt(bias_variance) b."""

    def __init__(self, inputs, outputs, q, rng, padding="SAME", weight_variance=1.0, bias_variance=0.0):
        super().__init__((outputs, inputs, q, q), rng, weight_variance, bias_variance)
        self.q, self.padding = q, padding

    def forward(self, x: Maps) -> Maps:
        return correlate(padded(x, self.q, self.padding), self.scale * self.weight, self.scaled_bias())


def _taken(w: Float[Tensor, "out _in *taps"], places: Int[Tensor, " place"]) -> Float[Tensor, "place out _in"]:
    """The taps at those places, counted over all of the filter's axes. Taps come first: whole blocks are copied."""
    return w.flatten(2).permute(2, 0, 1).contiguous().index_select(0, places)


class LiftingConvolution(Convolution):
    """From images to feature maps on the group: output g correlates x with the filter rho(g)^-1 w."""

    def __init__(
        self, group: FiniteGroup, inputs, outputs, q, rng, padding="SAME", weight_variance=1.0, bias_variance=0.0
    ):
        super().__init__(inputs, outputs, q, rng, padding, weight_variance, bias_variance)
        self.order = group.order
        self.register_buffer("places", torch.from_numpy(moved_taps(group, q).ravel()), persistent=False)

    def filters(self) -> Float[Tensor, "order_out _in row column"]:
        """Of all outputs g, each out channels."""
        w = _taken(self.scale * self.weight, self.places).unflatten(0, (self.order, self.q, self.q))
        return w.permute(0, 3, 4, 1, 2).flatten(0, 1)

    def forward(self, x: Maps) -> GroupMaps:
        bias = None if self.bias is None else self.scaled_bias().repeat(self.order)
        z = correlate(padded(x, self.q, self.padding), self.filters(), bias)
        return z.unflatten(1, (self.order, len(self.weight)))


class GroupConvolution(_Layer):
    """z'[g](t) = sqrt(weight_variance / (|G| n q^2)) sum_{p, y} w(y, p) z[p g](t + R_g y) + sqrt(bias_variance) b.

    R_g moves the taps of w to those of rho(g)^-1 w. One convolution with |G| n input and |G| n' output channels, whose
    filters are copies of w (out, in, p, row, column) with parts and taps permuted.
    """

    def __init__(
        self, group: FiniteGroup, inputs, outputs, q, rng, padding="SAME", weight_variance=1.0, bias_variance=0.0
    ):
        super().__init__((outputs, inputs, group.order, q, q), rng, weight_variance, bias_variance)
        self.q, self.padding, self.order = q, padding, group.order
        places = relative_elements(group)[:, :, None] * q**2 + moved_taps(group, q)[:, None, :]
        self.register_buffer("places", torch.from_numpy(places.ravel()), persistent=False)

    def filters(self) -> Float[Tensor, "order_out order_in row column"]:
        """The filter from input h to output g is rho(g)^-1 w[p], p g = h."""
        w = _taken(self.scale * self.weight, self.places).unflatten(0, (self.order, self.order, self.q, self.q))
        return w.permute(0, 4, 1, 5, 2, 3).flatten(2, 3).flatten(0, 1)

    def forward(self, z: GroupMaps) -> GroupMaps:
        bias = None if self.bias is None else self.scaled_bias().repeat(self.order)
        h = correlate(padded(z.flatten(1, 2), self.q, self.padding), self.filters(), bias)
        return h.unflatten(1, (self.order, len(self.weight)))
