"""One description of an architecture, from which every kernel and every finite network is built."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ntklab.activations import Activation, get_activation
from ntklab.arrays import is_whole
from ntklab.errors import InputError

PADDINGS = ("VALID", "SAME", "CIRCULAR")


@dataclass(frozen=True)
class Network:
    """A fully connected, convolutional or group-convolutional network with scalar-channel outputs, NTK parametrisation.

        filters given:    [conv, nonlinearity] per filter, global average pooling, [dense, nonlinearity] x dense, dense
        filters empty:    flatten, [dense, nonlinearity] x dense, dense

    The same object describes networks to `ntklab.kernels.mlp_kernel`, `finite_width.solve` and `finite_width.sample`, where
    depth = dense + 1, c_w = lambda_w = weight_variance and c_b = lambda_b = bias_variance (docs/conventions.md).

    Weights and biases are N(0, 1); a layer is sqrt(weight_variance / fan_in) W h + sqrt(bias_variance) b, with fan_in
    = channels x taps (x group elements). Stride 1. Group convolutions are a matter of the kernel function: the same
    `Network` gives `cnn_kernel` and `gcnn_kernel`, whose first convolution is then a lifting one.

    Attributes:
        filters: side length of each convolution's square filter; () for a fully connected network.
        dense: hidden dense layers, after the pooling (0: linear head) or on the flattened pixels.
        nonlinearity: name of an activation, such as "relu" or "leaky_relu(0.2)", or an `Activation`, such as
            `ntklab.activations.activation_from(a function of yours)`.
        padding: VALID, SAME (zeros; the extra one of an even filter at the end) or CIRCULAR.
        weight_variance: sigma_w^2.
        bias_variance: sigma_b^2.

    Raises:
        InputError: for a filter below 1, a negative number, an unknown padding or nonlinearity.
    """

    filters: Sequence[int | float | np.number] | np.ndarray = ()
    dense: int | float | np.number = 0
    nonlinearity: str | Activation = "relu"
    padding: str = "SAME"
    weight_variance: float | int | np.number = 1.0
    bias_variance: float | int | np.number = 0.0

    def __post_init__(self):
        object.__setattr__(self, "nonlinearity", get_activation(self.nonlinearity))
        object.__setattr__(self, "padding", str(self.padding).upper())
        if not np.iterable(self.filters) or not all(is_whole(q, 1) for q in self.filters):
            raise InputError(f"Network: filters={self.filters}: side lengths are integers, at least 1")
        if not is_whole(self.dense, 0):
            raise InputError(
                f"Network: dense={self.dense}: the number of hidden dense layers is an integer, at least 0"
            )
        # Python's own numbers, so that equal networks have equal names and hashes.
        object.__setattr__(self, "filters", tuple(map(int, self.filters)))
        object.__setattr__(self, "dense", int(self.dense))
        object.__setattr__(self, "weight_variance", float(self.weight_variance))
        object.__setattr__(self, "bias_variance", float(self.bias_variance))
        if self.padding not in PADDINGS:
            raise InputError(f"Network: padding={self.padding!r}: one of {', '.join(PADDINGS)}")
        if not 0 < self.weight_variance < np.inf or not 0 <= self.bias_variance < np.inf:
            raise InputError(
                f"Network: weight_variance={self.weight_variance} must be positive and finite, "
                f"bias_variance={self.bias_variance} must not be negative"
            )

    @property
    def equivariant(self) -> bool:
        """Whether quarter turns of the image turn the feature maps: an even filter with SAME padding breaks it."""
        return self.padding != "SAME" or all(q % 2 for q in self.filters)

    def sizes(self, size: int) -> tuple[int, ...]:
        """Side length of the feature maps, image first; `InputError` if a filter does not fit."""
        sizes = [size]
        for q in self.filters:
            if q > sizes[-1]:
                raise InputError(f"Network: a filter of side {q} does not fit feature maps of side {sizes[-1]}")
            sizes.append(sizes[-1] - q + 1 if self.padding == "VALID" else sizes[-1])
        return tuple(sizes)

    def __str__(self) -> str:
        """One line that names the architecture in tables and cache keys."""
        convolutions = f"conv {'-'.join(map(str, self.filters))} {self.padding}, pool, " if self.filters else ""
        return (
            f"{convolutions}{self.dense} hidden dense, {self.nonlinearity.name}, "
            f"sw2={self.weight_variance:g} sb2={self.bias_variance:g}"
        )
