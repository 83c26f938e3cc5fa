"""What the kernel functions accept, each rule with one clear message."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.network import Network

PRECISIONS = ("float64", "float32")


def samples(x: np.ndarray, name: str) -> None:
    """`InputError` unless x holds at least one sample and finite numbers only."""
    if len(x) == 0:
        raise InputError(f"{name}: no samples, shape {x.shape}; at least one is needed")
    if not np.all(np.isfinite(x)):
        bad = np.unique(np.argwhere(~np.isfinite(x))[:, 0])
        raise InputError(f"{name}: {len(bad)} samples hold NaN or infinity, the first is sample {bad[0]}")


def inputs(x: ArrayLike, y: ArrayLike | None, shape: str, dtype: str) -> tuple[np.ndarray, np.ndarray | None]:
    """x (n, *shape) and y (m, *shape) or None as arrays of finite numbers of that dtype, which differ in n and m only.

    `shape` names axes as for `as_array`. `InputError` for a dtype other than those in `PRECISIONS`.
    """
    if dtype not in PRECISIONS:
        raise InputError(f"dtype={dtype!r}: one of {', '.join(PRECISIONS)}")
    x = as_array(x, "x", f"n {shape}", dtype=dtype)
    return x, None if y is None else as_array(y, "y", ("m", *x.shape[1:]), dtype=dtype)


def matching(x: np.ndarray, y: np.ndarray) -> None:
    """`InputError` unless x and y differ in the number of samples only."""
    if x.shape[1:] != y.shape[1:]:
        raise InputError(f"x and y hold inputs of different shapes, {x.shape[1:]} and {y.shape[1:]}")


def convolutional(network: Network) -> None:
    """`InputError` for a network without convolutions."""
    if not network.filters:
        raise InputError(f"{network}: has no filters; use mlp_kernel, or Network(filters=(3, ...))")


def equivariant(network: Network) -> None:
    """`InputError` for an architecture whose layers do not commute with quarter turns."""
    convolutional(network)
    if not network.equivariant:
        raise InputError(
            f"{network}: even filters with SAME padding do not commute with rotations; use odd filters, VALID or CIRCULAR"
        )


def targets(y: Float[np.ndarray, "..."], samples_expected: int) -> None:
    """`InputError` unless y is (samples, outputs) for the training set at hand."""
    if y.ndim != 2 or len(y) != samples_expected:
        raise InputError(f"targets: expected shape ({samples_expected}, outputs), got {y.shape}")
    samples(y, "targets")
