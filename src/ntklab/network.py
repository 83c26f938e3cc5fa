"""One description of an architecture, from which every kernel and every finite network is built."""

from collections.abc import Sequence
from dataclasses import dataclass

from ntklab.activations import Activation, get_activation

PADDINGS = ("VALID", "SAME", "CIRCULAR")


@dataclass(frozen=True)
class Network:
    """A fully connected, convolutional or group-convolutional network with scalar-channel outputs, NTK parametrisation.

        filters given:    [conv, nonlinearity] per filter, global average pooling, [dense, nonlinearity] x dense, dense
        filters empty:    flatten, [dense, nonlinearity] x dense, dense

    Weights and biases are N(0, 1); a layer is sqrt(weight_variance / fan_in) W h + sqrt(bias_variance) b, with fan_in
    = channels x taps (x group elements). Stride 1. Group convolutions are a matter of the kernel function: the same
    `Network` gives `cnn_kernel` and `gcnn_kernel`, whose first convolution is then a lifting one.

    Attributes:
        filters: side length of each convolution's square filter; () for a fully connected network.
        dense: hidden dense layers, after the pooling (0: linear head) or on the flattened pixels.
        nonlinearity: name of an activation, such as "relu" or "leaky_relu(0.2)", or an `Activation`.
        padding: VALID, SAME (zeros; the extra one of an even filter at the end) or CIRCULAR.
        weight_variance: sigma_w^2.
        bias_variance: sigma_b^2.

    Raises:
        ValueError: for a filter below 1, a negative number, an unknown padding or nonlinearity.
    """

    filters: Sequence[int] = ()
    dense: int = 0
    nonlinearity: str | Activation = "relu"
    padding: str = "SAME"
    weight_variance: float = 1.0
    bias_variance: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "filters", tuple(self.filters))
        object.__setattr__(self, "nonlinearity", get_activation(self.nonlinearity))
        object.__setattr__(self, "padding", str(self.padding).upper())
        if any(not isinstance(q, int) or q < 1 for q in self.filters):
            raise ValueError(f"Network: filters={self.filters}: side lengths are integers, at least 1")
        if not isinstance(self.dense, int) or self.dense < 0:
            raise ValueError(
                f"Network: dense={self.dense}: the number of hidden dense layers is an integer, at least 0"
            )
        if self.padding not in PADDINGS:
            raise ValueError(f"Network: padding={self.padding!r}: one of {', '.join(PADDINGS)}")
        if not self.weight_variance > 0 or not self.bias_variance >= 0:
            raise ValueError(
                f"Network: weight_variance={self.weight_variance} must be positive, "
                f"bias_variance={self.bias_variance} must not be negative"
            )

    @property
    def equivariant(self) -> bool:
        """Whether quarter turns of the image turn the feature maps: an even filter with SAME padding breaks it."""
        return self.padding != "SAME" or all(q % 2 for q in self.filters)

    def sizes(self, size: int) -> tuple[int, ...]:
        """Side length of the feature maps, image first; `ValueError` if a filter does not fit."""
        sizes = [size]
        for q in self.filters:
            if q > sizes[-1]:
                raise ValueError(f"Network: a filter of side {q} does not fit feature maps of side {sizes[-1]}")
            sizes.append(sizes[-1] - q + 1 if self.padding == "VALID" else sizes[-1])
        return tuple(sizes)

    def __str__(self) -> str:
        """One line that names the architecture in tables and cache keys."""
        convolutions = f"conv {'-'.join(map(str, self.filters))} {self.padding}, pool, " if self.filters else ""
        return (
            f"{convolutions}{self.dense} hidden dense, {self.nonlinearity.name}, "
            f"sw2={self.weight_variance:g} sb2={self.bias_variance:g}"
        )
