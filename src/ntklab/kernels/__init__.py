"""Infinite-width kernels and the closed-form training dynamics they imply.

    network = Network(filters=(3, 3), nonlinearity="relu", padding="CIRCULAR", weight_variance=2.0)
    kernels = gcnn_kernel(network, images)              # Kernels(nngp, ntk), each (n, n)

Arrays in, arrays out: images are (n, height, width, channels), inputs of fully connected networks (n, ...), signals on the
sphere (n, 2L, 2L - 1, channels), molecules of them (n, atoms, 2L, 2L - 1, channels).
"""

from ntklab.activations import leaky_relu
from ntklab.kernels.augmented import augmented_mean_prediction, augmented_solve, augmented_spectrum
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
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.prediction import Prediction, predict
from ntklab.kernels.result import Kernels
from ntklab.kernels.so3_direct import so3_direct_kernel
from ntklab.kernels.so3_finite import so3_empirical_kernels
from ntklab.kernels.spherical import haar_kernel, so3_from_haar, so3_kernel
from ntklab.kernels.spherical_harmonics import SphereGrid, harmonic_analysis, harmonic_synthesis, sphere_grid
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.kernels.wide_ensemble import (
    critical_learning_rate,
    mean_prediction,
    orbit_covariance,
    prediction_covariance,
    spectrum,
)
from ntklab.kernels.wigner import (
    euler_angles,
    haar_quadrature,
    rotate_coefficients,
    rotate_signal,
    rotation_matrix,
    wigner_table,
)
from ntklab.network import Network

__all__ = [
    "Dynamics",
    "Kernels",
    "Network",
    "Prediction",
    "SphereGrid",
    "SphericalNetwork",
    "augmented_blocks",
    "augmented_from_orbit",
    "augmented_gram",
    "augmented_mean_prediction",
    "augmented_solve",
    "augmented_spectrum",
    "cnn_from_orbit",
    "cnn_kernel",
    "critical_learning_rate",
    "empirical_kernels",
    "euler_angles",
    "gcnn_from_orbit",
    "gcnn_kernel",
    "haar_kernel",
    "haar_quadrature",
    "harmonic_analysis",
    "harmonic_synthesis",
    "leaky_relu",
    "mean_prediction",
    "mlp_kernel",
    "orbit_covariance",
    "orbit_kernel",
    "predict",
    "prediction_covariance",
    "rotate_coefficients",
    "rotate_signal",
    "rotation_matrix",
    "so3_direct_kernel",
    "so3_empirical_kernels",
    "so3_from_haar",
    "so3_kernel",
    "spectrum",
    "sphere_grid",
    "stax",
    "wigner_table",
]


def __getattr__(name: str):
    """`stax` only when asked for: everything else works without neural-tangents."""
    if name != "stax":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return importlib.import_module("ntklab.kernels.stax_layers")
