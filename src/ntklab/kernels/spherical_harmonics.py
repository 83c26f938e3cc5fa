"""Signals on the sphere: the Driscoll-Healy grid, spherical harmonics, and the coefficients of a signal.

Conventions (Misof et al. 2025, arXiv 2406.06504, appendix on SO(3)). Colatitude theta, azimuth phi; Y_lm is orthonormal
with the Condon-Shortley phase. The grid of bandlimit L has 2L x (2L - 1) points,

    theta_j = (2j + 1) pi / (4L),    phi_k = 2 pi k / (2L - 1),

on which the product of two functions of degree below L is integrated exactly (Driscoll & Healy 1994, theorem 3). Signals
are real arrays (..., 2L, 2L - 1, channel); coefficients are (..., L^2, channel), (l, m) at the place l^2 + l + m.

Real signals have real coefficients in the real harmonics, which the kernels use: half the numbers, and no complex
arithmetic. At the place of (l, m) stands sqrt(2) (-1)^m Re Y_lm for m > 0 and sqrt(2) (-1)^m Im Y_l|m| for m < 0.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Float, Num
from numpy.typing import ArrayLike
from scipy.special import sph_harm_y

from ntklab.arrays import as_array, as_whole
from ntklab.errors import InputError

Signals = Num[np.ndarray, "..."]
"""Real functions on the grid (..., 2L, 2L - 1, channel), one per channel: checked with a readable message each."""


class SphereGrid(NamedTuple):
    """The Driscoll-Healy grid of a bandlimit; sum_jk weights[j] f(theta_j, phi_k) is the integral over the sphere."""

    theta: Float[np.ndarray, " colatitude"]
    phi: Float[np.ndarray, " azimuth"]
    weights: Float[np.ndarray, " colatitude"]

    def directions(self) -> Float[np.ndarray, "colatitude azimuth 3"]:
        """Unit vectors to all points."""
        theta, phi = np.meshgrid(self.theta, self.phi, indexing="ij")
        return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)


def sphere_grid(bandlimit: int | np.integer) -> SphereGrid:
    """Nodes and weights, 2L colatitudes and 2L - 1 azimuths; all the weights together sum to 4 pi.

    `InputError` for a bandlimit, the number of degrees l = 0, 1, ..., below 1.
    """
    bandlimit = as_whole(bandlimit, "bandlimit", 1)
    theta = (2 * np.arange(2 * bandlimit) + 1) * np.pi / (4 * bandlimit)
    phi = 2 * np.pi * np.arange(2 * bandlimit - 1) / (2 * bandlimit - 1)
    return SphereGrid(theta, phi, 2 * np.pi / (2 * bandlimit - 1) * colatitude_weights(theta))


def colatitude_weights(theta: Float[np.ndarray, " colatitude"]) -> Float[np.ndarray, " colatitude"]:
    """Weights of the integral of f(theta) sin(theta) from 0 to pi.

    w_j = (2 / L) sin(theta_j) sum_k<L sin((2k + 1) theta_j) / (2k + 1).
    """
    odd = 2 * np.arange(len(theta) // 2) + 1
    return 4 / len(theta) * np.sin(theta) * (np.sin(np.outer(theta, odd)) / odd).sum(axis=1)


def degrees(bandlimit: int) -> list[tuple[int, slice]]:
    """Every l below the bandlimit with the places of its 2l + 1 coefficients."""
    return [(degree, slice(degree * degree, (degree + 1) ** 2)) for degree in range(bandlimit)]


def harmonics(
    bandlimit: int, theta: Float[np.ndarray, "*shape"], phi: Float[np.ndarray, "*shape"]
) -> Complex[np.ndarray, "*shape coefficient"]:
    """Y_lm at points, l below the bandlimit."""
    pairs = [(degree, m) for degree in range(bandlimit) for m in range(-degree, degree + 1)]
    return np.stack([sph_harm_y(degree, m, theta, phi) for degree, m in pairs], axis=-1)


@lru_cache(maxsize=64)
def real_basis(degree: int) -> Complex[np.ndarray, "m m"]:
    """The unitary matrix U of degree l with (real harmonic)_m = sum_m' U_mm' Y_lm'."""
    u = np.zeros((2 * degree + 1, 2 * degree + 1), complex)
    u[degree, degree] = 1
    for m in range(1, degree + 1):
        sign = (-1) ** m
        u[degree + m, [degree + m, degree - m]] = sign / np.sqrt(2), 1 / np.sqrt(2)
        u[degree - m, [degree + m, degree - m]] = -1j * sign / np.sqrt(2), 1j / np.sqrt(2)
    return u


def real_harmonics(
    bandlimit: int, theta: Float[np.ndarray, "*shape"], phi: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape coefficient"]:
    """The real orthonormal harmonics at points."""
    y = harmonics(bandlimit, theta, phi)
    return np.concatenate(
        [(y[..., places] @ real_basis(degree).T).real for degree, places in degrees(bandlimit)], axis=-1
    )


@lru_cache(maxsize=32)
def grid_harmonics(bandlimit: int) -> Float[np.ndarray, "point coefficient"]:
    """The real harmonics below the bandlimit at the points of its own grid, colatitude by colatitude."""
    grid = sphere_grid(bandlimit)
    y = real_harmonics(bandlimit, *np.meshgrid(grid.theta, grid.phi, indexing="ij"))
    return y.reshape(-1, bandlimit**2)


def bandlimit_of(x: np.ndarray, name: str = "x") -> int:
    """L of signals (..., 2L, 2L - 1, channel); `InputError` for complex numbers and for arrays of other shapes."""
    if np.iscomplexobj(x):
        raise InputError(f"{name}: signals on the sphere are real, not {x.dtype}")
    if x.ndim < 3 or x.shape[-3] % 2 or x.shape[-3] == 0 or x.shape[-2] != x.shape[-3] - 1:
        raise InputError(f"{name}: signals have shape (..., 2L, 2L - 1, channels) for a bandlimit L, not {x.shape}")
    return x.shape[-3] // 2


def real_analysis(
    x: ArrayLike, bandlimit: int | np.integer | None = None
) -> Float[np.ndarray, "*batch coefficient channel"]:
    """Coefficients of signals in the real harmonics: one matrix product.

    `bandlimit` keeps the degrees below it (None: all the grid resolves). `InputError` if the grid resolves fewer, for arrays
    other than (..., 2L, 2L - 1, channel), and for complex or infinite signals.
    """
    x = as_array(x, "x")
    resolved = bandlimit_of(x)
    kept = resolved if bandlimit is None else as_whole(bandlimit, "bandlimit", 1)
    if kept > resolved:
        raise InputError(f"bandlimit={kept}: signals on a grid of bandlimit {resolved} have degrees 1 to {resolved}")
    weights = np.repeat(sphere_grid(resolved).weights, 2 * resolved - 1)
    matrix = (weights[:, None] * grid_harmonics(resolved)[:, : kept**2]).T
    return matrix @ np.asarray(x, float).reshape(*x.shape[:-3], -1, x.shape[-1])


def real_synthesis(
    coefficients: Float[np.ndarray, "..."], bandlimit: int | np.integer | None = None
) -> Float[np.ndarray, "*batch theta phi channel"]:
    """Signals on the grid of a bandlimit (None: the coefficients' own) from coefficients in the real harmonics."""
    own = coefficient_bandlimit(coefficients)
    size = own if bandlimit is None else as_whole(bandlimit, "bandlimit", 1)
    if size < own:
        raise InputError(f"bandlimit={size}: a grid for coefficients below degree {own} has at least that bandlimit")
    values = grid_harmonics(size)[:, : own**2] @ coefficients
    return values.reshape(*coefficients.shape[:-2], 2 * size, 2 * size - 1, coefficients.shape[-1])


def coefficient_bandlimit(coefficients: np.ndarray) -> int:
    """L of coefficients (..., L^2, channel)."""
    if coefficients.ndim < 2:
        raise InputError(f"coefficients have shape (..., L^2, channels) for a bandlimit L, not {coefficients.shape}")
    bandlimit = round(np.sqrt(coefficients.shape[-2]))
    if bandlimit**2 != coefficients.shape[-2] or bandlimit == 0:
        raise InputError(f"coefficients have shape (..., L^2, channels) for a bandlimit L, not {coefficients.shape}")
    return bandlimit


def as_coefficients(value: Any) -> Complex[np.ndarray, "..."]:
    """Complex coefficients as callers have them; `InputError` for what is not finite or no array of numbers."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        array = as_array(value, "coefficients")  # raises: rows of different lengths
    if array.dtype.kind != "c":
        return as_array(array, "coefficients").astype(complex)
    return as_array(array.real, "coefficients") + 1j * as_array(array.imag, "coefficients")


def by_degree(matrices: Sequence[np.ndarray], coefficients: np.ndarray) -> np.ndarray:
    """One matrix per degree applied to the coefficients (..., L^2, channel) of that degree."""
    parts = [matrices[degree] @ coefficients[..., places, :] for degree, places in degrees(len(matrices))]
    return np.concatenate(parts, axis=-2)


def harmonic_analysis(
    x: ArrayLike, bandlimit: int | np.integer | None = None
) -> Complex[np.ndarray, "*batch coefficient channel"]:
    """f_lm = integral of f conj(Y_lm), exact for signals of degree below L; arguments and errors as `real_analysis`."""
    real = real_analysis(x, bandlimit)
    return by_degree([real_basis(degree).T for degree in range(coefficient_bandlimit(real))], real)


def harmonic_synthesis(coefficients: ArrayLike, bandlimit: int | np.integer | None = None) -> Signals:
    """The real part of sum_lm f_lm Y_lm on the grid of a bandlimit (None: the coefficients' own), from f_lm (..., L^2, channel).

    `InputError` for coefficients of another shape or not finite, and for a grid that does not resolve them.
    """
    coefficients = as_coefficients(coefficients)
    own = coefficient_bandlimit(coefficients)
    return real_synthesis(by_degree([real_basis(degree).conj() for degree in range(own)], coefficients).real, bandlimit)
