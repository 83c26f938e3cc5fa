"""Infinite-width kernels and the closed-form training dynamics they imply.

    network = Network(filters=(3, 3), nonlinearity="relu", padding="CIRCULAR", weight_variance=2.0)
    kernels = gcnn_kernel(network, images)              # Kernels(nngp, ntk), each (n, n)

Arrays in, arrays out: images are (n, height, width, channels), inputs of fully connected networks (n, ...).
"""

from ntklab.activations import leaky_relu
from ntklab.kernels.cnn import (
    augmented_blocks,
    augmented_from_orbit,
    augmented_gram,
    cnn_from_orbit,
    cnn_kernel,
    gcnn_from_orbit,
    gcnn_kernel,
    orbit_kernel,
)
from ntklab.kernels.dynamics import Dynamics
from ntklab.kernels.empirical import empirical_kernels
from ntklab.kernels.mean_prediction import mean_prediction
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.result import Kernels
from ntklab.network import Network

__all__ = [
    "Dynamics",
    "Kernels",
    "Network",
    "augmented_blocks",
    "augmented_from_orbit",
    "augmented_gram",
    "cnn_from_orbit",
    "cnn_kernel",
    "empirical_kernels",
    "gcnn_from_orbit",
    "gcnn_kernel",
    "leaky_relu",
    "mean_prediction",
    "mlp_kernel",
    "orbit_kernel",
    "stax",
]


def __getattr__(name: str):
    """`stax` only when asked for: everything else works without neural-tangents."""
    if name != "stax":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return importlib.import_module("ntklab.kernels.stax_layers")
