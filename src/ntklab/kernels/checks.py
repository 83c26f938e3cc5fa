"""What the kernel functions accept, each rule with one clear message."""

import numpy as np
from jaxtyping import Float

from ntklab.network import Network


def samples(x: np.ndarray, name: str) -> None:
    """`ValueError` unless x holds at least one sample and finite numbers only."""
    if len(x) == 0:
        raise ValueError(f"{name}: no samples, shape {x.shape}; at least one is needed")
    if not np.all(np.isfinite(x)):
        bad = np.unique(np.argwhere(~np.isfinite(x))[:, 0])
        raise ValueError(f"{name}: {len(bad)} samples hold NaN or infinity, the first is sample {bad[0]}")


def images(x: np.ndarray, name: str) -> None:
    """`ValueError` unless x is (n, height, width, channels) with height = width, n > 0 and finite pixels."""
    if x.ndim != 4:
        raise ValueError(f"{name}: images have shape (n, height, width, channels), not {x.shape}")
    if x.shape[1] != x.shape[2]:
        raise ValueError(f"{name}: images must be square, not {x.shape[1]} x {x.shape[2]}")
    samples(x, name)


def matching(x: np.ndarray, y: np.ndarray) -> None:
    """`ValueError` unless x and y differ in the number of samples only."""
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(f"x and y hold inputs of different shapes, {x.shape[1:]} and {y.shape[1:]}")


def convolutional(network: Network) -> None:
    """`ValueError` for a network without convolutions."""
    if not network.filters:
        raise ValueError(f"{network}: has no filters; use mlp_kernel, or Network(filters=(3, ...))")


def equivariant(network: Network) -> None:
    """`ValueError` for an architecture whose layers do not commute with quarter turns."""
    convolutional(network)
    if not network.equivariant:
        raise ValueError(
            f"{network}: even filters with SAME padding do not commute with rotations; use odd filters, VALID or CIRCULAR"
        )


def targets(y: Float[np.ndarray, "..."], samples_expected: int) -> None:
    """`ValueError` unless y is (samples, outputs) for the training set at hand."""
    if y.ndim != 2 or len(y) != samples_expected:
        raise ValueError(f"targets: expected shape ({samples_expected}, outputs), got {y.shape}")
    samples(y, "targets")
