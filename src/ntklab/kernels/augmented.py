"""Training on a fully augmented set without its Gram matrix, by the Fourier transform on the group.

The augmented Gram matrix has entry ((i, s), (j, r)) = B[s^-1 r, i, j], so that the transform makes it block diagonal, one
block for each irreducible representation pi, of dimension d (E2 sec. 4; Schur's orthogonality relations):

    hat B_pi = sum_g pi(g) (x) B[g]                          (d n, d n), Hermitian because B[g^-1, j, i] = B[g, i, j]
    hat v_pi[j] = sum_r pi(r)^+ v[j, r]                      (d, d) for every sample, its columns solved for together
    v[j, r] = (1 / |G|) sum_pi d tr(pi(r) hat v_pi[j])

Complex representations come in conjugate pairs with conjugate blocks, of which one is solved. C4 has two real systems of size
n and a complex one; D4 four real ones of size n and one of size 2 n, the same work per element. Vectors are ordered
index = |G| sample + element, as in `ntklab.groups`; rows of a block a n + sample.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Inexact
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from ntklab.arrays import as_array
from ntklab.groups import FiniteGroup, Irreducible, pixel_group
from ntklab.kernels.dynamics import Dynamics, Times


class AugmentedSpectrum(NamedTuple):
    """Spectrum of the augmented Gram matrix: eigendecompositions of hat B_pi, one for each of `group.irreducibles`.

    Every eigenvalue of hat B_pi is one of the Gram matrix, copies x d times.
    """

    group: FiniteGroup
    eigenvalues: tuple[Float[np.ndarray, " dn"], ...]
    eigenvectors: tuple[Inexact[np.ndarray, "dn dn"], ...]


def fourier_block(pi: Irreducible, b: Float[np.ndarray, "element n m"]) -> Inexact[np.ndarray, "dn dm"]:
    """hat B_pi, a new array."""
    d, (_, n, m) = pi.dimension, b.shape
    block = np.empty((d, n, d, m), pi.matrices.dtype)
    for row in range(d):
        for column in range(d):
            coefficients = pi.matrices[:, row, column]
            # One pass over b; BLAS's product of a vector and a matrix is no faster and waits for its threads.
            np.einsum("g,gij->ij", coefficients.real, b, out=block[row, :, column].real)
            if np.iscomplexobj(block):
                np.einsum("g,gij->ij", coefficients.imag, b, out=block[row, :, column].imag)
    return block.reshape(d * n, d * m)


def to_frequencies(group: FiniteGroup, v: Float[np.ndarray, "label output"]) -> list[Inexact[np.ndarray, "dn doutput"]]:
    """hat v_pi for each of `group.irreducibles`, zero where it is zero up to rounding.

    Row a n + sample, column b outputs + output. Targets constant on orbits have a trivial part only.
    """
    by_element = v.reshape(-1, group.order, v.shape[1])
    rounding = group.order * np.finfo(float).eps * np.abs(v).max()
    hats = []
    for pi in group.irreducibles:
        hat = np.einsum("rba,jro->ajbo", pi.matrices.conj(), by_element)
        hat[np.abs(hat) <= rounding] = 0
        hats.append(hat.reshape(pi.dimension * len(by_element), -1))
    return hats


def from_frequencies(group: FiniteGroup, hats: Sequence[np.ndarray]) -> Float[np.ndarray, "label output"]:
    """Inverse of `to_frequencies`."""
    total = 0.0
    for pi, hat in zip(group.irreducibles, hats, strict=True):
        d = pi.dimension
        hat = hat.reshape(d, -1, d, hat.shape[1] // d)
        part = np.einsum("rba,ajbo->jro", pi.matrices, hat).real
        total = total + (pi.copies * d / group.order) * part
    return total.reshape(-1, total.shape[-1])


def _solve_block(
    pi: Irreducible, b: Float[np.ndarray, "element n n"], ridge: float, v: Inexact[np.ndarray, "dn doutput"]
) -> Inexact[np.ndarray, "dn doutput"]:
    """(hat B_pi + ridge)^-1 v by Cholesky; by the pseudo-inverse where the block is singular up to rounding.

    Singular by the scale of all blocks: where the group leaves all images as they are, all but the trivial one are rounding.
    LAPACK works in place on the transpose, which is in its order and the conjugate of a Hermitian block, hence the
    conjugations; it reads one triangle, so that b need not be symmetric to the last digit.
    """
    smallest = 10 * len(v) * np.finfo(float).eps * (len(b) * np.abs(np.diagonal(b[0])).max() + ridge)
    block = fourier_block(pi, b)
    block.flat[:: len(v) + 1] += ridge
    try:
        factor = cho_factor(block.T, lower=False, overwrite_a=True, check_finite=False)
        pivots = np.abs(np.diagonal(factor[0])) ** 2
        if pivots.min() > smallest:
            return cho_solve(factor, v.conj(), check_finite=False).conj()
    except LinAlgError:
        pass
    values, vectors = eigh(fourier_block(pi, b), lower=True)
    values += ridge
    kept = values > smallest
    return vectors[:, kept] @ ((vectors[:, kept].conj().T @ v) / values[kept, None])


def _gram(group: FiniteGroup, b: ArrayLike) -> Float[np.ndarray, "element n n"]:
    return as_array(b, "b", (group.order, "n", "n"), dtype=float)


def _targets(group: FiniteGroup, targets: ArrayLike, samples: int) -> Float[np.ndarray, "label output"]:
    return as_array(targets, "targets", (group.order * samples, "outputs"), dtype=float)


def augmented_solve(
    group: str | FiniteGroup, b: ArrayLike, targets: ArrayLike, ridge: float = 0.0
) -> Float[np.ndarray, "label output"]:
    """(augmented Gram matrix + ridge)^-1 targets.

    Args:
        group: with which the training set is augmented, a group that permutes pixels.
        b: B[g, i, j] of the training set, (|G|, n, n), NTK or NNGP, head included (`augmented_blocks`).
        targets: one row per augmented sample, (|G| n, outputs), index = |G| sample + element.
        ridge: absolute, on the augmented matrix.

    Directions in which the matrix is singular (images that equal one of their transforms, duplicates) get weight zero.

    Raises:
        InputError: for an unknown group, an empty training set, and for arrays of other shapes.
    """
    group = pixel_group(group)
    b = _gram(group, b)
    hats = to_frequencies(group, _targets(group, targets, b.shape[1]))
    systems = zip(group.irreducibles, hats, strict=True)
    # Targets constant on orbits leave one system, that of the group-averaged kernel.
    return from_frequencies(group, [_solve_block(pi, b, ridge, hat) if np.any(hat) else hat for pi, hat in systems])


def augmented_spectrum(group: str | FiniteGroup, b: ArrayLike) -> AugmentedSpectrum:
    """Spectrum of the augmented Gram matrix, from eigenproblems of sizes d n; arguments and errors as `augmented_solve`."""
    group = pixel_group(group)
    b = _gram(group, b)
    values, vectors = zip(*(eigh(fourier_block(pi, b), lower=True) for pi in group.irreducibles), strict=True)
    return AugmentedSpectrum(group, values, vectors)


def augmented_mean_prediction(
    train: AugmentedSpectrum, b_test_train: ArrayLike, targets: ArrayLike, steps: Times, learning_rate: float | Dynamics
) -> Float[np.ndarray, "time test output"]:
    """`mean_prediction` of a network trained on the augmented set, at the test inputs (not transformed) x.

    Args:
        b_test_train: B[g, i, j], the kernel between x_i and rho(g) times the j-th training image, (|G|, test, n).
        targets: as in `augmented_solve`.

    Raises:
        InputError: for arrays of other shapes.
    """
    group, samples = train.group, len(train.eigenvalues[0])
    cross = as_array(b_test_train, "b_test_train", (group.order, "test", samples), dtype=float)
    targets = _targets(group, targets, samples)
    dynamics = learning_rate if isinstance(learning_rate, Dynamics) else Dynamics(learning_rate)
    # All at once: what counts as zero is judged by the largest eigenvalue of all blocks.
    every = np.concatenate(train.eigenvalues)
    learned = np.stack([dynamics.learned_fraction(every, k, len(targets)) for k in steps])
    by_block = np.split(learned, np.cumsum([len(values) for values in train.eigenvalues[:-1]]), axis=1)
    total = np.zeros((len(steps), cross.shape[1], targets.shape[1]))
    blocks = zip(group.irreducibles, to_frequencies(group, targets), by_block, train.eigenvectors, strict=True)
    for pi, hat, fractions, vectors in blocks:
        part = (fourier_block(pi, cross) @ vectors) @ (fractions[:, :, None] * (vectors.conj().T @ hat))
        by_index = part.reshape(len(steps), pi.dimension, -1, pi.dimension, targets.shape[1])
        total += (pi.copies * pi.dimension / group.order) * np.trace(by_index, axis1=1, axis2=3).real
    return total
