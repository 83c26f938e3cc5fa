"""Wigner matrices, rotated signals and the Haar quadrature, against independent constructions."""

from math import factorial, prod

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sympy import pi
from sympy.physics.quantum.spin import Rotation as SymbolicRotation

from ntklab.errors import InputError
from ntklab.kernels import (
    euler_angles,
    haar_quadrature,
    harmonic_analysis,
    rotate_coefficients,
    rotate_signal,
    rotation_matrix,
    sphere_grid,
    wigner_table,
)
from ntklab.kernels.spherical_harmonics import real_analysis, real_synthesis
from ntklab.kernels.wigner import product_blocks, rotation_blocks, small_wigner, wigner

RNG = np.random.default_rng(6)
ROTATIONS = Rotation.random(20, random_state=7).as_matrix()
ON_AXES = np.array([np.eye(3), np.diag([-1.0, -1, 1]), np.diag([1.0, -1, -1]), np.diag([-1.0, 1, -1])])
TILTS = Rotation.from_euler("ZYZ", [[0.3, 1e-9, 0.4], [0.3, np.pi - 1e-9, 0.4]]).as_matrix()


def directions(bandlimit: int) -> np.ndarray:
    theta, phi = np.meshgrid(*sphere_grid(bandlimit)[:2], indexing="ij")
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)


def polynomial(u: np.ndarray) -> np.ndarray:
    """Two functions of degree 4."""
    x, y, z = np.moveaxis(u, -1, 0)
    return np.stack([x * y + z**3 - 0.3, x**4 * 2 + y * z - x], axis=-1)


@pytest.mark.parametrize("matrices", [ROTATIONS, ON_AXES, TILTS], ids=["random", "on axes", "near the poles"])
def test_euler_angles_give_back_the_rotation(matrices):
    alpha, beta, gamma = euler_angles(matrices)
    assert np.all((beta >= 0) & (beta <= np.pi))
    np.testing.assert_allclose(rotation_matrix(alpha, beta, gamma), matrices, atol=1e-14)


def test_rotation_matrices_are_those_of_scipy():
    angles = RNG.uniform(0, 2 * np.pi, size=(5, 3))
    expected = Rotation.from_euler("ZYZ", angles).as_matrix()
    np.testing.assert_allclose(rotation_matrix(*angles.T), expected, atol=1e-14)


def wigner_formula(degree: int, m: int, n: int, beta: float) -> float:
    """Wigner's sum over factorials, written out."""
    cosine, sine, total = np.cos(beta / 2), np.sin(beta / 2), 0.0
    for k in range(max(0, n - m), min(degree + n, degree - m) + 1):
        factors = factorial(degree + n - k) * factorial(k) * factorial(m - n + k) * factorial(degree - m - k)
        total += (-1) ** (m - n + k) * cosine ** (2 * degree + n - m - 2 * k) * sine ** (m - n + 2 * k) / factors
    norms = [factorial(degree + sign * p) for sign in (1, -1) for p in (m, n)]
    return np.sqrt(float(prod(norms))) * total


@pytest.mark.parametrize("degree", [0, 1, 2, 5, 8])
def test_small_wigner_matrix_is_wigners_sum(degree):
    orders = range(-degree, degree + 1)
    expected = [[wigner_formula(degree, m, n, 0.7) for n in orders] for m in orders]
    np.testing.assert_allclose(small_wigner(degree, np.array(0.7)), expected, atol=1e-13)


def test_small_wigner_matrix_is_that_of_sympy():
    expected = [[float(SymbolicRotation.d(1, m, n, pi / 5).doit()) for n in (-1, 0, 1)] for m in (-1, 0, 1)]
    np.testing.assert_allclose(small_wigner(1, np.array(np.pi / 5)), expected, atol=1e-15)


def test_wigner_matrices_stay_orthogonal_up_to_degree_30():
    d = small_wigner(30, np.linspace(0, np.pi, 7))
    np.testing.assert_allclose(d @ d.swapaxes(1, 2), np.broadcast_to(np.eye(61), (7, 61, 61)), atol=1e-13)
    # d^l_00 is the Legendre polynomial.
    legendre = np.polynomial.legendre.Legendre.basis(30)(np.cos(np.linspace(0, np.pi, 7)))
    np.testing.assert_allclose(d[:, 30, 30], legendre, atol=1e-13)


def test_wigner_matrices_multiply_as_rotations_do():
    for first, second in zip(ROTATIONS[:10], ROTATIONS[10:], strict=True):
        for degree in range(6):
            product = wigner(degree, *euler_angles(first)) @ wigner(degree, *euler_angles(second))
            np.testing.assert_allclose(wigner(degree, *euler_angles(first @ second)), product, atol=1e-13)


def test_real_rotations_are_orthogonal_and_products_of_angles_agree():
    alpha, beta, gamma = (RNG.uniform(0, 3, size=size) for size in (3, 4, 5))
    grids = np.meshgrid(alpha, beta, gamma, indexing="ij")
    for block, product in zip(rotation_blocks(5, *grids), product_blocks(5, alpha, beta, gamma), strict=True):
        np.testing.assert_allclose(np.moveaxis(product, (0, 1), (3, 4)), block, atol=1e-14)
        np.testing.assert_allclose(
            block @ block.swapaxes(-1, -2), np.broadcast_to(np.eye(block.shape[-1]), block.shape), atol=1e-14
        )


def test_rotated_signals_are_functions_of_the_rotated_argument():
    u, x = directions(6), polynomial(directions(6))
    for rotation in [*ROTATIONS[:5], *ON_AXES]:
        turned = polynomial(u @ rotation)  # f(Q^-1 u)
        np.testing.assert_allclose(rotate_signal(x, rotation), turned, atol=1e-13)
        expected = harmonic_analysis(turned)
        np.testing.assert_allclose(rotate_coefficients(harmonic_analysis(x), rotation), expected, atol=1e-13)


def test_haar_quadrature_is_exact_up_to_its_degree():
    """The mean of D^l_mn is 1 for l = 0 and 0 else, for l up to 2n - 2; and not for l = 2n - 1, l = 2n."""
    for n in (1, 2, 4):
        alpha, beta, gamma, weights = haar_quadrature(n).nodes()
        assert len(weights) == n * (2 * n - 1) ** 2
        mean = weights @ wigner_table(2 * n - 1, alpha, beta, gamma)
        np.testing.assert_allclose(mean, np.eye(len(mean))[0], atol=1e-14)
        assert (
            max(
                np.abs(weights @ wigner(k, alpha, beta, gamma).reshape(len(weights), -1)).max()
                for k in (2 * n - 1, 2 * n)
            )
            > 0.1
        )


def test_haar_quadrature_makes_wigner_matrices_orthogonal():
    alpha, beta, gamma, weights = haar_quadrature(4).nodes()
    table = wigner_table(4, alpha, beta, gamma)
    norms = np.concatenate([np.full((2 * k + 1) ** 2, 1 / (2 * k + 1)) for k in range(4)])
    np.testing.assert_allclose((table.conj().T * weights) @ table, np.diag(norms), atol=1e-14)


def test_rotation_keeps_the_coefficients_of_each_degree_in_it():
    a = RNG.normal(size=(16, 1))
    turned = real_analysis(rotate_signal(real_synthesis(a), ROTATIONS[0]))
    for k in range(4):
        places = slice(k * k, (k + 1) ** 2)
        np.testing.assert_allclose(np.linalg.norm(turned[places]), np.linalg.norm(a[places]), rtol=1e-13)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: haar_quadrature(0), "n=0: expected a whole number"),
        (lambda: euler_angles(np.eye(2)), r"rotation: shape \(2, 2\); expected shape \(..., 3, 3\)"),
        (lambda: euler_angles(2 * np.eye(3)), "orthogonal matrices of determinant 1"),
        (lambda: euler_angles(-np.eye(3)), "orthogonal matrices of determinant 1"),
    ],
)
def test_bad_input_is_refused_with_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
