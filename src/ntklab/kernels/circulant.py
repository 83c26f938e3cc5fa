"""Training on the C4-augmented set without its Gram matrix: four systems of size N instead of one of size 4N.

The augmented Gram matrix has entry ((i, s), (j, r)) = B[r - s, i, j], so a Fourier transform over the rotations makes
it block diagonal (E2 sec. 4; spec of the fast evaluation):

    hat B_k = sum_u B[u] exp(2 pi i k u / 4),      hat v_k[j] = sum_r v[j, r] exp(-2 pi i k r / 4),    k = 0..3.

B[-u, j, i] = B[u, i, j] makes hat B_k Hermitian; k = 0 and 2 are real, and k = 3 is the conjugate of k = 1. So there are
two real systems and one complex one. Vectors are ordered index = 4 sample + rotation, as in `ntklab.groups`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Inexact
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from ntklab.kernels import checks
from ntklab.kernels.dynamics import Dynamics, Times

ORDER = 4
INDEPENDENT = (0, 2, 1)
"""Frequencies to solve for; 3 is the conjugate of 1."""


class CirculantSpectrum(NamedTuple):
    """Eigendecompositions of hat B_k for k = 0, 2 (real) and 1 (complex), in the order of `INDEPENDENT`."""

    eigenvalues: tuple[Float[np.ndarray, " n"], ...]
    eigenvectors: tuple[np.ndarray, ...]


def fourier_block(b: Float[np.ndarray, "4 n m"], k: int) -> np.ndarray:
    """hat B_k for k = 0, 2 (real) and 1 (complex), a new array (n, m)."""
    if k == 1:
        block = np.empty(b.shape[1:], complex)
        np.subtract(b[0], b[2], out=block.real)
        np.subtract(b[1], b[3], out=block.imag)
        return block
    even, combine = b[0] + b[2], np.add if k == 0 else np.subtract
    combine(even, b[1], out=even)
    return combine(even, b[3], out=even)


def to_frequencies(v: Float[np.ndarray, "n4 output"]) -> tuple[np.ndarray, ...]:
    """hat v_0, hat v_2 (real) and hat v_1 (complex), each (n, outputs)."""
    v = v.reshape(-1, ORDER, v.shape[1]).swapaxes(0, 1)
    even, odd = v[0] + v[2], v[1] + v[3]
    return even + odd, even - odd, (v[0] - v[2]) - 1j * (v[1] - v[3])


def from_frequencies(hats: Sequence[np.ndarray]) -> Float[np.ndarray, "n4 output"]:
    """Inverse of `to_frequencies`: v[j, r] = (1/4) sum_k hat v_k[j] exp(2 pi i k r / 4)."""
    zero, two, one = hats
    even, odd = zero + two, zero - two
    by_rotation = [even + 2 * one.real, odd - 2 * one.imag, even - 2 * one.real, odd + 2 * one.imag]
    return np.stack(by_rotation, axis=1).reshape(-1, zero.shape[1]) / ORDER


def _solve_block(b: Float[np.ndarray, "4 n n"], k: int, ridge: float, v: Inexact[np.ndarray, "n output"]) -> np.ndarray:
    """(hat B_k + ridge)^-1 v by Cholesky; by the pseudo-inverse where the block is singular up to rounding.

    LAPACK works in place on the transpose, which is in its order and the conjugate of a Hermitian block, hence the
    conjugations; it reads one triangle, so that b need not be symmetric to the last digit.
    """
    rounding = 10 * len(v) * np.finfo(float).eps
    block = fourier_block(b, k)
    block.flat[:: len(v) + 1] += ridge
    try:
        factor = cho_factor(block.T, lower=False, overwrite_a=True, check_finite=False)
        pivots = np.abs(np.diagonal(factor[0])) ** 2
        if pivots.min() > rounding * pivots.max():
            return cho_solve(factor, v.conj(), overwrite_b=True, check_finite=False).conj()
    except LinAlgError:
        pass
    values, vectors = eigh(fourier_block(b, k), lower=True)
    values += ridge
    kept = values > rounding * values[-1]
    return vectors[:, kept] @ ((vectors[:, kept].conj().T @ v) / values[kept, None])


def circulant_solve(
    b: Float[np.ndarray, "4 n n"], targets: Float[np.ndarray, "label output"], ridge: float = 0.0
) -> Float[np.ndarray, "n4 output"]:
    """(augmented Gram matrix + ridge)^-1 targets.

    Args:
        b: B[r, i, j] of the training set, NTK or NNGP, head included.
        targets: one row per augmented sample, index = 4 sample + rotation.
        ridge: absolute, on the augmented matrix.

    Directions in which the matrix is singular (images that equal one of their rotations, duplicates) get weight zero.
    Raises `ValueError` for an empty training set and for targets that do not match.
    """
    checks.samples(b[0], "training Gram matrix")
    checks.targets(targets, ORDER * b.shape[1])
    hats = zip(INDEPENDENT, to_frequencies(targets), strict=True)
    # Targets constant on orbits have hat v_k = 0 but for k = 0: one system, that of the group-averaged kernel.
    return from_frequencies([_solve_block(b, k, ridge, hat) if np.any(hat) else hat for k, hat in hats])


def circulant_spectrum(b: Float[np.ndarray, "4 n n"]) -> CirculantSpectrum:
    """Spectrum of the augmented Gram matrix from three eigenproblems of size n."""
    checks.samples(b[0], "training Gram matrix")
    values, vectors = zip(*(eigh(fourier_block(b, k), lower=True) for k in INDEPENDENT), strict=True)
    return CirculantSpectrum(values, vectors)


def circulant_mean_prediction(
    train: CirculantSpectrum,
    b_test_train: Float[np.ndarray, "4 test n"],
    targets: Float[np.ndarray, "label output"],
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time test output"]:
    """`mean_prediction` of a network trained on the augmented set, at the test inputs (not rotated) x.

    b_test_train[r, i, j] is the kernel between x_i and the j-th training image turned by r.
    """
    samples = ORDER * len(train.eigenvalues[0])
    checks.targets(targets, samples)
    dynamics = learning_rate if isinstance(learning_rate, Dynamics) else Dynamics(learning_rate)
    parts = []
    for k, values, vectors, hat in zip(INDEPENDENT, *train, to_frequencies(targets), strict=True):
        fractions = np.stack([dynamics.learned_fraction(values, k, samples) for k in steps])
        part = (fourier_block(b_test_train, k) @ vectors) @ (fractions[:, :, None] * (vectors.conj().T @ hat))
        parts.append(part.real)
    zero, two, one = parts
    return (zero + two + 2 * one) / ORDER
