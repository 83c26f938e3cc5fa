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
from jaxtyping import Complex, Float
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


def fourier_blocks(b: Float[np.ndarray, "4 n m"]) -> tuple[np.ndarray, ...]:
    """hat B_0, hat B_2 (real) and hat B_1 (complex), each (n, m)."""
    even, odd = b[0] + b[2], b[1] + b[3]
    return even + odd, even - odd, (b[0] - b[2]) + 1j * (b[1] - b[3])


def _symmetric_blocks(b: Float[np.ndarray, "4 n n"]) -> list[np.ndarray]:
    """The blocks of a training set, made Hermitian to the last digit."""
    checks.samples(b[0], "training Gram matrix")
    return [(block + block.conj().T) / 2 for block in fourier_blocks(b)]


def to_frequencies(v: Float[np.ndarray, "n4 output"]) -> tuple[np.ndarray, ...]:
    """hat v_0, hat v_2 (real) and hat v_1 (complex), each (n, outputs)."""
    by_rotation = v.reshape(-1, ORDER, v.shape[1])
    return tuple(
        hat if k == 1 else hat.real for k, hat in ((k, np.fft.fft(by_rotation, axis=1)[:, k]) for k in INDEPENDENT)
    )


def from_frequencies(hats: Sequence[np.ndarray]) -> Float[np.ndarray, "n4 output"]:
    """Inverse of `to_frequencies`."""
    zero, two, one = hats
    stacked = np.stack([zero, one, two, one.conj()], axis=1)
    return np.fft.ifft(stacked, axis=1).real.reshape(-1, zero.shape[1])


def _solve_block(block: Complex[np.ndarray, "n n"] | Float[np.ndarray, "n n"], v: np.ndarray) -> np.ndarray:
    """block^-1 v by Cholesky factorisation; by the pseudo-inverse where the block is singular up to rounding."""
    rounding = len(block) * np.finfo(float).eps
    try:
        factor = cho_factor(block, lower=True, check_finite=False)
        pivots = np.abs(np.diagonal(factor[0])) ** 2
        if pivots.min() > 10 * rounding * pivots.max():
            return cho_solve(factor, v, check_finite=False)
    except LinAlgError:
        pass
    values, vectors = eigh(block)
    kept = values > 10 * rounding * values[-1]
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
    blocks = _symmetric_blocks(b)
    checks.targets(targets, ORDER * b.shape[1])
    diagonal = ridge * np.eye(b.shape[1])
    pairs = zip(blocks, to_frequencies(targets), strict=True)
    return from_frequencies([_solve_block(block + diagonal, hat) for block, hat in pairs])


def circulant_spectrum(b: Float[np.ndarray, "4 n n"]) -> CirculantSpectrum:
    """Spectrum of the augmented Gram matrix from three eigenproblems of size n."""
    values, vectors = zip(*(eigh(block) for block in _symmetric_blocks(b)), strict=True)
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
    for block, values, vectors, hat in zip(fourier_blocks(b_test_train), *train, to_frequencies(targets), strict=True):
        fractions = np.stack([dynamics.learned_fraction(values, k, samples) for k in steps])
        part = (block @ vectors) @ (fractions[:, :, None] * (vectors.conj().T @ hat))
        parts.append(part.real)
    zero, two, one = parts
    return (zero + two + 2 * one) / ORDER
