"""Dense, convolutional, lifting and group-convolutional layers in NTK parametrisation.

All weights and biases are N(0, 1), drawn from a NumPy generator, so that a member is the same on every device. A layer
multiplies its weights by sqrt(weight_variance / fan_in), fan_in = channels x taps (x rotations), and its bias by
sqrt(bias_variance). Convolutions are cross-correlations of stride 1 (E2 sec. 2).

Group layers are those of C4 with translations. Feature maps carry the rotation axis after the batch, (sample, rotation,
channel, row, column), and entry r belongs to the filter turned by r quarter turns clockwise, rot90(w, -r). For
x' = rot^s x every layer gives z'[:, r] = rot^s z[:, (r + s) mod 4], exactly, for any weights, except for even filters
under SAME padding.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

ORDER = 4
PADDINGS = ("VALID", "SAME", "CIRCULAR")

Maps = Float[Tensor, "sample _channel _row _column"]
"""Images or feature maps, channels first."""
GroupMaps = Float[Tensor, "sample 4 _channel _row _column"]
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


class LiftingConvolution(Convolution):
    """From images to feature maps on the group: output r correlates x with the filter turned by r, rot90(w, -r)."""

    def forward(self, x: Maps) -> GroupMaps:
        filters = torch.cat([torch.rot90(self.scale * self.weight, -r, (2, 3)) for r in range(ORDER)])
        bias = None if self.bias is None else self.scaled_bias().repeat(ORDER)
        z = correlate(padded(x, self.q, self.padding), filters, bias)
        return z.unflatten(1, (ORDER, len(self.weight)))


class GroupConvolution(_Layer):
    """z'[r](t) = sqrt(weight_variance / (4 n q^2)) sum_{p, y} w(y, p) z[r + p](t + R_r y) + sqrt(bias_variance) b.

    R_r is r clockwise quarter turns, and rotations count modulo 4. One convolution with 4 n input and 4 n' output
    channels, whose filters are the turned and shifted copies of w (out, in, p, row, column).
    """

    def __init__(self, inputs, outputs, q, rng, padding="SAME", weight_variance=1.0, bias_variance=0.0):
        super().__init__((outputs, inputs, ORDER, q, q), rng, weight_variance, bias_variance)
        self.q, self.padding = q, padding

    def filters(self) -> Float[Tensor, "out4 in4 row column"]:
        """The filter from input rotation j to output rotation r is rot90(w[p = j - r], -r)."""
        w = (self.scale * self.weight).movedim(2, 1)
        of_output = [torch.rot90(w.roll(r, 1), -r, (3, 4)) for r in range(ORDER)]
        return torch.cat(of_output).flatten(1, 2)

    def forward(self, z: GroupMaps) -> GroupMaps:
        bias = None if self.bias is None else self.scaled_bias().repeat(ORDER)
        h = correlate(padded(z.flatten(1, 2), self.q, self.padding), self.filters(), bias)
        return h.unflatten(1, (ORDER, len(self.weight)))
