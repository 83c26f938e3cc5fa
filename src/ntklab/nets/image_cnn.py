"""Convolutional classifiers of images, members of the ensembles of E1 (experiments 4.2 and 4.5).

The emergent invariance of an ensemble needs a class of architectures that is closed under the group: turning all
filters of a network by 90 degrees must give a network of the class that does to turned images what the first did to
upright ones. 3x3 filters under SAME padding and 2x2 pooling of even maps are; pooling a map of odd side drops its
last row and column and is not (E1; ensembles 2), so it is refused.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ntklab.errors import InputError

FILTER = 3


class PooledConvolution(nn.Conv2d):
    """Convolution under SAME padding and 2x2 average pooling of its result: maps of even side n to maps of side n/2.

    Both are linear, so they are one convolution of stride 2 whose filter, of one tap more, is the mean of the four
    shifted copies of the filter: 16 products a new pixel instead of 36, and no map of the full size. A training step
    of the members takes a third to a half of the time of a convolution followed by a pooling.
    """

    def forward(
        self, x: Float[Tensor, "sample channel row column"]
    ) -> Float[Tensor, "sample out half_row half_column"]:
        # A filter q x q, padded by one zero all around and averaged over 2x2, has side q + 1.
        filters = functional.avg_pool2d(self.weight, 2, stride=1, padding=1)
        return functional.conv2d(x, filters, self.bias, stride=2, padding=self.padding)


def pooled_sizes(size: int, layers: int, pooled: int) -> list[int]:
    """Sides of the maps after each of `layers` convolutions of which the first `pooled` are pooled 2x2.

    `InputError` if a map of odd side would be pooled, or for numbers that make no sense.
    """
    if not 0 <= pooled <= layers:
        raise InputError(f"pooled = {pooled}: pooling follows between 0 and all {layers} convolutions")
    sizes = []
    for layer in range(layers):
        if layer < pooled:
            if size < 2 or size % 2:
                raise InputError(
                    f"2x2 pooling after convolution {layer + 1} needs a map of even side, not {size}: it would drop a "
                    "row and a column, and the architecture would not be closed under rotations by 90 degrees. Choose "
                    f"another image size or pool fewer convolutions than {pooled}"
                )
            size //= 2
        sizes.append(size)
    return sizes


def layer_shapes(
    *, size: int, channels_in: int, channels: Sequence[int], pooled: int, hidden: Sequence[int], classes: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(inputs, outputs) of every convolution and of every linear layer of `image_cnn`; errors as there."""
    widths = [channels_in, *channels, *hidden, classes, size]
    if not channels or min(widths) < 1:
        raise InputError(f"a CNN needs a convolution and positive sizes, not channels {channels}, {widths} in all")
    last = pooled_sizes(size, len(channels), pooled)[-1]
    convolutions = list(pairwise([channels_in, *channels]))
    units = [channels[-1] * last * last, *hidden, classes]
    return convolutions, list(pairwise(units))


def image_cnn_multiplications(**architecture) -> int:
    """Multiplications of `image_cnn` for one image, of the same arguments without `rng`; a pooled layer's filter has 4x4 taps."""
    convolutions, linear = layer_shapes(**architecture)
    sides = pooled_sizes(architecture["size"], len(convolutions), architecture["pooled"])
    taps = [(FILTER + (layer < architecture["pooled"])) ** 2 for layer in range(len(convolutions))]
    maps = sum(n * m * q * side**2 for (n, m), q, side in zip(convolutions, taps, sides, strict=True))
    return maps + sum(n * m for n, m in linear)


def draw_parameters(layer: nn.Module, rng: np.random.Generator) -> nn.Module:
    """Weights, then biases of a layer from U(-b, b), b = 1 / sqrt(fan-in), in place; returns the layer.

    PyTorch's default distributions (He et al. 2015 with a = sqrt 5), drawn by NumPy on the CPU, so that a member
    starts from the same numbers on every device and under every version of PyTorch.
    """
    bound = layer.weight[0].numel() ** -0.5
    with torch.no_grad():
        for parameter in (layer.weight, layer.bias):
            drawn = rng.uniform(-bound, bound, tuple(parameter.shape)).astype(np.float32)
            parameter.copy_(torch.from_numpy(drawn))
    return layer


def convolution(inputs: int, outputs: int, pooled: bool, rng: np.random.Generator) -> nn.Module:
    """3x3 convolution with biases under SAME padding, with 2x2 average pooling of its result if `pooled`."""
    kind = PooledConvolution if pooled else nn.Conv2d
    return draw_parameters(nn.utils.skip_init(kind, inputs, outputs, FILTER, padding=FILTER // 2), rng)


def image_cnn(
    *,
    size: int,
    channels_in: int,
    channels: Sequence[int],
    pooled: int,
    hidden: Sequence[int],
    classes: int,
    rng: np.random.Generator,
) -> nn.Sequential:
    """CNN from images (sample, channels_in, size, size) to logits (sample, classes), float32.

    [3x3 convolution with biases, 2x2 average pooling if among the first `pooled`, ReLU] for every number of
    `channels`, flatten, [linear, ReLU] for every number of `hidden` units, linear. Pooling comes before the ReLU: with
    averages that is another network than the more usual ReLU before pooling, of the same parameters and the same
    symmetry, and several times faster (see `PooledConvolution`). All randomness comes from `rng`.

    FashionMNIST at paper scale: size 28, channels (32, 64, 64), pooled 2, hidden (20,), 118,694 parameters. Fastest with
    `.to(memory_format=torch.channels_last)`. `InputError` if a map of odd side would be pooled, or for sizes below 1.
    """
    convolutions, linear = layer_shapes(
        size=size, channels_in=channels_in, channels=channels, pooled=pooled, hidden=hidden, classes=classes
    )
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(convolutions):
        layers += [convolution(inputs, outputs, number < pooled, rng), nn.ReLU()]
    layers.append(nn.Flatten())
    for inputs, outputs in linear:
        layers += [draw_parameters(nn.utils.skip_init(nn.Linear, inputs, outputs), rng), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
