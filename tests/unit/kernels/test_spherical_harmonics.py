"""The grid on the sphere and the harmonics on it: exact quadrature, coefficients of known functions, bad input."""

import numpy as np
import pytest
from scipy.special import sph_harm_y

from ntklab.errors import InputError
from ntklab.kernels import harmonic_analysis, harmonic_synthesis, sphere_grid
from ntklab.kernels.spherical_harmonics import grid_harmonics, real_analysis, real_basis, real_harmonics, real_synthesis

RNG = np.random.default_rng(5)
BANDLIMITS = [1, 2, 3, 6, 11]


def points(bandlimit: int) -> tuple[np.ndarray, np.ndarray]:
    grid = sphere_grid(bandlimit)
    return np.meshgrid(grid.theta, grid.phi, indexing="ij")


@pytest.mark.parametrize("bandlimit", BANDLIMITS)
def test_weights_sum_to_the_area_of_the_sphere(bandlimit):
    grid = sphere_grid(bandlimit)
    assert grid.theta.shape == (2 * bandlimit,) and grid.phi.shape == (2 * bandlimit - 1,)
    np.testing.assert_allclose(grid.weights.sum() * len(grid.phi), 4 * np.pi, rtol=1e-14)


@pytest.mark.parametrize("bandlimit", BANDLIMITS)
def test_harmonics_are_orthonormal_on_the_grid(bandlimit):
    theta, phi = points(bandlimit)
    weights = np.broadcast_to(sphere_grid(bandlimit).weights[:, None], theta.shape).ravel()
    for y in (
        np.stack([sph_harm_y(k, m, theta, phi) for k in range(bandlimit) for m in range(-k, k + 1)], -1),
        real_harmonics(bandlimit, theta, phi),
    ):
        y = y.reshape(-1, bandlimit**2)
        np.testing.assert_allclose((y.conj().T * weights) @ y, np.eye(bandlimit**2), atol=2e-14)


def test_quadrature_is_exact_for_products_only():
    """Of functions below the bandlimit; not of those above it."""
    bandlimit = 4
    theta, _ = points(bandlimit)
    weights = sphere_grid(bandlimit).weights[:, None]
    assert abs((weights * np.cos(theta) ** 6).sum() - 4 * np.pi / 7) < 1e-14
    assert abs((weights * np.cos(theta) ** 8).sum() - 4 * np.pi / 9) > 1e-3


def test_coefficients_of_known_functions():
    """z = sqrt(4 pi / 3) Y_10 and x = sqrt(2 pi / 3) (Y_1-1 - Y_11), with the Condon-Shortley phase."""
    theta, phi = points(3)
    signals = np.stack([np.cos(theta), np.sin(theta) * np.cos(phi), np.ones_like(theta)], axis=-1)
    f = harmonic_analysis(signals)
    expected = np.zeros((9, 3))
    expected[2, 0] = np.sqrt(4 * np.pi / 3)
    expected[[1, 3], 1] = np.sqrt(2 * np.pi / 3) * np.array([1, -1])
    expected[0, 2] = np.sqrt(4 * np.pi)
    np.testing.assert_allclose(f, expected, atol=1e-14)


def test_real_harmonics_change_basis_unitarily():
    for k in range(6):
        u = real_basis(k)
        np.testing.assert_allclose(u @ u.conj().T, np.eye(2 * k + 1), atol=1e-15)
    y = RNG.normal(size=(2, 25, 3))
    x = real_synthesis(y)
    np.testing.assert_allclose(harmonic_synthesis(harmonic_analysis(x)), x, atol=1e-13)
    # Parseval: the sum of squares is the integral in both bases.
    np.testing.assert_allclose(np.sum(np.abs(harmonic_analysis(x)) ** 2, axis=1), np.sum(y**2, axis=1), rtol=1e-13)


def test_analysis_inverts_synthesis_on_any_finer_grid_and_cuts_off():
    coefficients = RNG.normal(size=(2, 4, 16, 3))
    for bandlimit in (4, 5, 7):
        x = real_synthesis(coefficients, bandlimit)
        assert x.shape == (2, 4, 2 * bandlimit, 2 * bandlimit - 1, 3)
        np.testing.assert_allclose(real_analysis(x, 4), coefficients, atol=1e-13)
        np.testing.assert_allclose(real_analysis(x, 2), coefficients[..., :4, :], atol=1e-13)
    assert grid_harmonics(3).shape == (30, 9)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: sphere_grid(0), "bandlimit=0: expected a whole number"),
        (lambda: harmonic_analysis(np.zeros((2, 6, 6, 1))), r"\(..., 2L, 2L - 1, channels\) for a bandlimit L, not"),
        (lambda: harmonic_analysis(np.zeros((2, 5, 4, 1))), "for a bandlimit L"),
        (lambda: harmonic_analysis(np.zeros((6, 5))), "for a bandlimit L"),
        (lambda: real_analysis(np.zeros((6, 5, 1)), 4), "bandlimit=4: signals on a grid of bandlimit 3"),
        (lambda: real_synthesis(np.zeros((7, 1))), r"coefficients have shape \(..., L\^2, channels\)"),
        (lambda: real_synthesis(np.zeros((9, 1)), 2), "bandlimit=2: a grid for coefficients below degree 3"),
    ],
)
def test_bad_input_is_refused_with_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_directions_are_unit_vectors_whose_weights_integrate_the_coordinates():
    grid = sphere_grid(5)
    u = grid.directions()
    np.testing.assert_allclose(np.linalg.norm(u, axis=-1), 1, rtol=1e-14)
    moments = np.einsum("j,jka,jkb->ab", grid.weights, u, u)
    np.testing.assert_allclose(moments, 4 * np.pi / 3 * np.eye(3), atol=1e-12)
