"""Rotations of space: Euler angles, Wigner matrices, rotated signals, and quadrature over SO(3).

A rotation is Q = R_z(alpha) R_y(beta) R_z(gamma), a matrix (3, 3), and moves functions as (Q f)(u) = f(Q^-1 u). Then

    (Q f)_lm = sum_n D^l_mn(Q) f_ln,    D^l_mn(alpha, beta, gamma) = exp(-i m alpha) d^l_mn(beta) exp(-i n gamma),

so that D(Q1 Q2) = D(Q1) D(Q2). In the real harmonics D^l becomes a real orthogonal matrix, here `rotation_blocks`.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array, as_whole
from ntklab.errors import InputError
from ntklab.kernels.spherical_harmonics import (
    Signals,
    as_coefficients,
    bandlimit_of,
    by_degree,
    coefficient_bandlimit,
    real_analysis,
    real_basis,
    real_synthesis,
)

Angles = Float[np.ndarray, "*rotation"]
"""Euler angles in radians."""

AnglesLike = ArrayLike | float


def _angles(alpha: AnglesLike, beta: AnglesLike, gamma: AnglesLike) -> list[Angles]:
    """Euler angles as arrays of one shape; `InputError` where they do not broadcast, for complex and for infinite ones."""
    named = {"alpha": alpha, "beta": beta, "gamma": gamma}
    arrays = [as_array(angle, name, dtype=float) for name, angle in named.items()]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise InputError(f"alpha, beta, gamma: shapes {shapes}; expected shapes that broadcast") from None


def rotation_matrix(alpha: AnglesLike, beta: AnglesLike, gamma: AnglesLike) -> Float[np.ndarray, "*rotation 3 3"]:
    """R_z(alpha) R_y(beta) R_z(gamma), angles in radians; `InputError` where their shapes do not broadcast."""
    alpha, beta, gamma = _angles(alpha, beta, gamma)
    return _about(2, alpha) @ _about(1, beta) @ _about(2, gamma)


def _about(axis: int, angle: Angles) -> Float[np.ndarray, "*rotation 3 3"]:
    """Right-handed rotation about a coordinate axis."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((*angle.shape, 3, 3))
    matrix[..., axis, axis] = 1
    matrix[..., i, i] = matrix[..., j, j] = np.cos(angle)
    matrix[..., j, i] = np.sin(angle)
    matrix[..., i, j] = -matrix[..., j, i]
    return matrix


def euler_angles(rotation: ArrayLike) -> tuple[Angles, Angles, Angles]:
    """alpha, beta, gamma of rotation matrices, beta from 0 to pi; alpha = 0 where beta is 0 or pi.

    beta comes from the arc tangent of both its sine and cosine: no digits are lost near 0 and pi. `InputError` for what is
    no rotation, (..., 3, 3).
    """
    rotation = as_array(rotation, "rotation", "... 3 3", dtype=float)
    identity = rotation @ np.swapaxes(rotation, -1, -2)
    if not np.allclose(identity, np.eye(3), atol=1e-8) or not np.all(np.linalg.det(rotation) > 0):
        raise InputError("rotations are orthogonal matrices of determinant 1")
    sine = np.hypot(rotation[..., 0, 2], rotation[..., 1, 2])
    beta = np.asarray(np.arctan2(sine, rotation[..., 2, 2]))
    # At beta = 0 and pi only alpha + gamma, alpha - gamma are determined.
    polar = sine < 1e-14
    alpha = np.where(polar, 0.0, np.arctan2(rotation[..., 1, 2], rotation[..., 0, 2]))
    # What R_z(-alpha) and R_y(-beta) leave is R_z(gamma).
    rest = np.swapaxes(rotation_matrix(alpha, beta, np.zeros_like(beta)), -1, -2) @ rotation
    return alpha, beta, np.asarray(np.arctan2(rest[..., 1, 0], rest[..., 0, 0]))


@lru_cache(maxsize=64)
def _spin_y(degree: int) -> tuple[Float[np.ndarray, " m"], Complex[np.ndarray, "m m"]]:
    """Eigenvalues -l, ..., l, exact, and eigenvectors (columns) of J_y in the basis |l, m>, m = -l, ..., l."""
    m = np.arange(-degree, degree)
    raising = np.diag(np.sqrt(degree * (degree + 1) - m * (m + 1)), -1)
    _, vectors = np.linalg.eigh((raising - raising.T) / 2j)
    return np.arange(-degree, degree + 1.0), vectors


def small_wigner(degree: int, beta: Angles) -> Float[np.ndarray, "*rotation m m"]:
    """d^l_mn(beta) = <l m| exp(-i beta J_y) |l n>, from the eigenvectors of J_y: exact to rounding."""
    values, vectors = _spin_y(degree)
    phases = np.exp(-1j * np.multiply.outer(beta, values))
    return np.real((vectors * phases[..., None, :]) @ vectors.conj().T)


def wigner(degree: int, alpha: Angles, beta: Angles, gamma: Angles) -> Complex[np.ndarray, "*rotation m m"]:
    """D^l_mn of many rotations, m and n from -l to l."""
    m = np.arange(-degree, degree + 1)
    left, right = (np.exp(-1j * np.multiply.outer(angle, m)) for angle in (alpha, gamma))
    return left[..., :, None] * small_wigner(degree, beta) * right[..., None, :]


def wigner_table(
    bandlimit: int | np.integer, alpha: AnglesLike, beta: AnglesLike, gamma: AnglesLike
) -> Complex[np.ndarray, "*rotation element"]:
    """All D^l_mn with l below the bandlimit side by side, sum_l (2l + 1)^2 numbers a rotation, by l, then m, then n.

    `InputError` for a bandlimit below 1 and for angles, in radians, whose shapes do not broadcast.
    """
    bandlimit = as_whole(bandlimit, "bandlimit", 1)
    alpha, beta, gamma = _angles(alpha, beta, gamma)
    blocks = [wigner(degree, alpha, beta, gamma) for degree in range(bandlimit)]
    return np.concatenate([block.reshape(*block.shape[:-2], -1) for block in blocks], axis=-1)


def rotation_blocks(
    bandlimit: int, alpha: Angles, beta: Angles, gamma: Angles
) -> list[Float[np.ndarray, "*rotation m m"]]:
    """The orthogonal matrices of the rotations in the real harmonics, one array per degree: conj(U) D U^T."""
    bases = [real_basis(degree) for degree in range(bandlimit)]
    return [np.real(u.conj() @ wigner(degree, alpha, beta, gamma) @ u.T) for degree, u in enumerate(bases)]


def rotate_coefficients(
    coefficients: ArrayLike, rotation: ArrayLike
) -> Complex[np.ndarray, "*batch coefficient channel"]:
    """Coefficients f_lm (..., L^2, channel) of the rotated signal f(Q^-1 u); `InputError` as `euler_angles`."""
    coefficients, rotation = as_coefficients(coefficients), as_array(rotation, "rotation", "3 3")
    blocks = [wigner(degree, *euler_angles(rotation)) for degree in range(coefficient_bandlimit(coefficients))]
    return by_degree(blocks, coefficients)


def rotate_signal(x: ArrayLike, rotation: ArrayLike) -> Signals:
    """The signals turned by a rotation, exact for signals of degree below L; others lose their higher degrees.

    Signals (..., 2L, 2L - 1, channel), a matrix (3, 3). `InputError` for other shapes and for what is no rotation.
    """
    x, rotation = as_array(x, "x"), as_array(rotation, "rotation", "3 3")
    blocks = rotation_blocks(bandlimit_of(x), *euler_angles(rotation))
    return real_synthesis(by_degree(blocks, real_analysis(x)))


def product_blocks(
    bandlimit: int, alpha: Float[np.ndarray, " a"], beta: Float[np.ndarray, " b"], gamma: Float[np.ndarray, " c"]
) -> list[Float[np.ndarray, "m m a b c"]]:
    """`rotation_blocks` of all combinations of angles, the rotations last: each angle's matrices once, then products."""
    left = rotation_blocks(bandlimit, alpha, 0 * alpha, 0 * alpha)
    middle = rotation_blocks(bandlimit, 0 * beta, beta, 0 * beta)
    right = rotation_blocks(bandlimit, 0 * gamma, 0 * gamma, gamma)
    return [np.einsum("amk,bkp,cpn->mnabc", *three, optimize=True) for three in zip(left, middle, right, strict=True)]


class HaarQuadrature(NamedTuple):
    """Product quadrature over SO(3): every (alpha_i, beta_j, gamma_k) has the weight weights[j] / (2n - 1)^2.

    Attributes:
        azimuth: the 2n - 1 values of alpha, and those of gamma.
        beta: n Gauss-Legendre nodes in cos(beta).
        weights: theirs, summing to 1.
    """

    azimuth: Float[np.ndarray, " azimuth"]
    beta: Float[np.ndarray, " beta"]
    weights: Float[np.ndarray, " beta"]

    def nodes(self) -> tuple[Angles, Angles, Angles, Float[np.ndarray, " node"]]:
        """alpha, beta, gamma and weight of all n (2n - 1)^2 rotations; the weights sum to 1."""
        index = np.indices((len(self.azimuth), len(self.beta), len(self.azimuth))).reshape(3, -1)
        alpha, beta, gamma = self.azimuth[index[0]], self.beta[index[1]], self.azimuth[index[2]]
        return alpha, beta, gamma, self.weights[index[1]] / len(self.azimuth) ** 2


def haar_quadrature(n: int | np.integer) -> HaarQuadrature:
    """Mean over SO(3), exact for functions of degree up to 2n - 2 (Misof et al. 2025, appendix; spec of the SO(3) kernel)."""
    n = as_whole(n, "n", 1)
    cosines, weights = np.polynomial.legendre.leggauss(n)
    azimuth = 2 * np.pi * np.arange(2 * n - 1) / (2 * n - 1)
    return HaarQuadrature(azimuth, np.arccos(cosines), weights / 2)
