"""One description of an SO(3)-equivariant network on spherical signals, from which its kernels and finite networks follow."""

from dataclasses import dataclass

import numpy as np

from ntklab.activations import Activation, get_activation
from ntklab.arrays import as_whole
from ntklab.network import Network


@dataclass(frozen=True)
class SphericalNetwork:
    """Lifting convolution, nonlinearity, [SO(3) convolution, nonlinearity] x convolutions, Haar mean, dense head.

    z(R) = sqrt(sw2 / (4 pi c)) int kappa(u) f(R u) du lifts a signal with c channels from the sphere to SO(3), and
    z'(R) = sqrt(sw2 / (8 pi^2 n)) int kappa(Q) z(R Q) dQ convolves there, both plus sqrt(sb2) b and with filters that
    are white noise on all of the sphere and of SO(3) (Misof et al. 2025, arXiv 2406.06504, sec. 4.3 and its appendix).
    The head is [dense, nonlinearity] x dense and a linear output layer, as in `Network`.

    Attributes:
        bandlimit: the lifting keeps the degrees l below it.
        convolutions: SO(3) convolutions after the lifting one.
        dense: hidden dense layers after the pooling (0: linear head).
        nonlinearity: name of an activation, such as "erf" or "relu", or an `Activation`.
        weight_variance: sw2, of every layer.
        bias_variance: sb2, of every layer.

    Raises:
        InputError: for a bandlimit below 1 for numbers of layers below 0, and as `Network` does.
    """

    bandlimit: int | np.integer = 3
    convolutions: int | np.integer = 1
    dense: int | np.integer = 0
    nonlinearity: str | Activation = "erf"
    weight_variance: float = 1.0
    bias_variance: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "nonlinearity", get_activation(self.nonlinearity))
        for name, least in (("bandlimit", 1), ("convolutions", 0), ("dense", 0)):
            object.__setattr__(self, name, as_whole(getattr(self, name), f"SphericalNetwork: {name}", least))
        _ = self.head  # its checks of the variances

    @property
    def head(self) -> Network:
        """What comes after the pooling: the dense layers and the output layer."""
        return Network(
            dense=self.dense,
            nonlinearity=self.nonlinearity,
            weight_variance=self.weight_variance,
            bias_variance=self.bias_variance,
        )

    def __str__(self) -> str:
        """One line that names the architecture in tables."""
        return (
            f"lift l<{self.bandlimit}, {self.convolutions} SO(3) conv, pool, {self.dense} hidden dense, "
            f"{self.nonlinearity.name}, sw2={self.weight_variance:g} sb2={self.bias_variance:g}"
        )
