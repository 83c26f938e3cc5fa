"""Kernels of SO(3) networks: closed forms, invariance with its control, averages, atoms, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from jax import enable_x64
from scipy.spatial.transform import Rotation

from ntklab.errors import InputError
from ntklab.kernels import (
    Network,
    SphericalNetwork,
    euler_angles,
    haar_kernel,
    haar_quadrature,
    mlp_kernel,
    rotate_signal,
    so3_from_haar,
    so3_kernel,
    so3_mean,
    sphere_grid,
)
from ntklab.kernels.so3_mean import ladder, pair_coefficients, quadrature_means, rotation_tiles
from ntklab.kernels.spherical_harmonics import degrees, real_analysis, real_synthesis
from ntklab.kernels.wigner import rotation_blocks

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(8)
COEFFICIENTS = RNG.normal(size=(4, 9, 2))
X = real_synthesis(COEFFICIENTS, 4)
"""Signals of degree below 3 on a grid of bandlimit 4."""
ROTATIONS = Rotation.random(300, random_state=9).as_matrix()
ERF = SphericalNetwork(3, 1, nonlinearity="erf", weight_variance=1.3)
BIASED = SphericalNetwork(3, 1, dense=1, nonlinearity="relu", weight_variance=2.0, bias_variance=0.1)


def assert_close(left, right, rtol=1e-12):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * np.abs(b).max())


def turned(coefficients: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    blocks = rotation_blocks(3, *euler_angles(rotation))
    return np.concatenate([blocks[k] @ coefficients[..., places, :] for k, places in degrees(3)], axis=-2)


def at_identity(network: SphericalNetwork, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    """The kernels before the pooling at Q = 1: those of a fully connected network on the coefficients."""
    dense = Network(
        dense=network.convolutions + 1,
        nonlinearity=network.nonlinearity,
        weight_variance=network.weight_variance,
        bias_variance=network.bias_variance,
    )
    # mlp_kernel divides by the number of entries; c(1) by 4 pi and the number of channels.
    factor = np.sqrt(a.shape[1] / (4 * np.pi))
    return list(mlp_kernel(dense, factor * a, factor * b))


@pytest.mark.parametrize("convolutions, dense", [(0, 0), (2, 0), (1, 1)])
def test_linear_network_sees_the_means_of_the_signals_only(convolutions, dense):
    """(sw2)^layers times the channel mean of the products of the sphere means, and as many times that for the NTK."""
    network = SphericalNetwork(3, convolutions, dense, nonlinearity="identity", weight_variance=1.7)
    x = RNG.normal(size=(3, 8, 7, 2))
    grid = sphere_grid(4)
    means = np.einsum("j,njkc->nc", grid.weights, x) / (4 * np.pi)
    layers = convolutions + dense + 2
    kernel = 1.7**layers * means @ means.T / 2
    assert_close(so3_kernel(network, x), [kernel, layers * kernel], rtol=1e-13)


def test_correlation_at_the_identity_is_the_mean_square():
    x = RNG.normal(size=(1, 8, 7, 2))
    a = real_analysis(x) / np.sqrt(8 * np.pi)
    table = np.concatenate([block.ravel() for block in rotation_blocks(4, *np.zeros((3, 1)))])
    weights = sphere_grid(4).weights[:, None, None]
    low_passed = real_synthesis(real_analysis(x))
    mean_square = np.sum(weights * low_passed**2) / (4 * np.pi * 2)
    np.testing.assert_allclose(pair_coefficients(a, a, 4)[0] @ table, mean_square, rtol=1e-13)


def test_correlation_is_the_inner_product_with_the_rotated_signal():
    """At every node of a quadrature, put together from the waves in alpha and the tiles of (beta, gamma)."""
    a, b = COEFFICIENTS[:1], COEFFICIENTS[1:2]
    tiles, quadrature = rotation_tiles(3, 5), haar_quadrature(5)
    waves = (pair_coefficients(a, b, 3)[0] @ tiles.tables).reshape(len(tiles.tables), 5, -1)
    waves = waves.swapaxes(0, 1).reshape(5, -1)[:, : 5 * tiles.count]
    found = tiles.azimuths[: tiles.count] @ waves
    alpha, beta, gamma, weights = quadrature.nodes()
    blocks = rotation_blocks(3, alpha, beta, gamma)
    turns = np.concatenate([blocks[k] @ b[0, places] for k, places in degrees(3)], axis=-2)
    np.testing.assert_allclose(found.ravel(), np.sum(a[0] * turns, axis=(1, 2)), atol=1e-12)
    spread = tiles.count * tiles.weights.ravel()[: 5 * tiles.count]
    np.testing.assert_allclose(spread, tiles.count * weights.reshape(tiles.count, -1)[0], rtol=1e-13)
    np.testing.assert_array_equal(tiles.weights.ravel()[5 * tiles.count :], 0)


@pytest.mark.parametrize("network, tolerance", [(ERF, 1e-5), (BIASED, 1e-3)], ids=str)
def test_kernel_does_not_change_when_one_signal_is_rotated(network, tolerance):
    kernels = so3_kernel(network, X, X, tolerance=tolerance)
    y = np.stack([rotate_signal(x, rotation) for x, rotation in zip(X, ROTATIONS, strict=False)])
    # The quadrature decides, not rounding: both are as exact as the tolerance says.
    assert_close(so3_kernel(network, X, y, tolerance=tolerance), kernels, rtol=4 * tolerance)
    control = at_identity(network, COEFFICIENTS, COEFFICIENTS), at_identity(network, COEFFICIENTS, real_analysis(y, 3))
    for before, after in zip(*control, strict=True):
        assert np.abs(after - before).max() > 0.05 * np.abs(before).max()


def test_signals_beyond_the_bandlimit_of_the_grid_alias_when_rotated():
    """How much the kernel of a signal changes when the function is rotated before it is sampled falls with the grid."""
    axis = RNG.normal(size=(2, 3, 3))
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    changes = []
    for bandlimit in (3, 5, 8):
        theta, phi = np.meshgrid(*sphere_grid(bandlimit)[:2], indexing="ij")
        u = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)

        def sampled(rotation, u=u):
            peaks = np.exp(-4 * (1 - np.einsum("...a,nka->n...k", u @ rotation, axis)))
            return peaks @ np.array([[1.0], [-0.5], [2.0]])

        x, y = sampled(np.eye(3)), sampled(ROTATIONS[0])
        kernels = so3_kernel(ERF, x, tolerance=1e-5).ntk, so3_kernel(ERF, x, y, tolerance=1e-5).ntk
        changes.append(np.abs(kernels[1] - kernels[0]).max() / np.abs(kernels[0]).max())
    assert changes[0] > 10 * changes[1] > 100 * changes[2]


def test_kernel_is_the_mean_of_fully_connected_ones_over_random_rotations():
    """The theorem on augmentation, by Monte Carlo with its error bar."""
    kernels = so3_kernel(ERF, X[:1], X[1:])
    b = np.stack([turned(COEFFICIENTS[1:], rotation) for rotation in ROTATIONS])
    before = np.stack(at_identity(ERF, COEFFICIENTS[:1], b.reshape(-1, 9, 2)))
    samples = before.reshape(2, len(ROTATIONS), 3)
    # The pooled features meet a linear output layer: K sw2 + sb2 and sw2 Theta + that, as in the network before it.
    error = samples.std(axis=1, ddof=1) / np.sqrt(len(ROTATIONS))
    for kernel, mean, bar in zip(kernels, samples.mean(axis=1), error, strict=True):
        assert np.all(np.abs(kernel[0] - mean) < 4 * bar)
        assert np.all(np.abs(bar) < 0.2 * np.abs(mean).max())


@pytest.mark.parametrize("network, tolerance", [(ERF, 1e-5), (BIASED, 1e-3)], ids=str)
def test_kernel_is_symmetric_and_positive_semidefinite(network, tolerance):
    half, full = (so3_kernel(network, X, y, tolerance=tolerance) for y in (None, X))
    assert_close(half, full, rtol=4 * tolerance)
    for kernel in half:
        np.testing.assert_array_equal(kernel, kernel.T)
        assert np.linalg.eigvalsh(kernel).min() > -tolerance * np.trace(kernel)


def test_finer_quadratures_converge_and_the_error_is_what_it_says():
    """Of larger signals, whose correlations come close to their variances."""
    x = 1.5 * X
    fine = haar_kernel(ERF, x, tolerance=1e-6)
    scale = np.sqrt(np.diag(fine.ntk)[:, None] * np.diag(fine.ntk))
    changes, rotations = [], []
    for tolerance in (1e-2, 1e-4):
        haar = haar_kernel(ERF, x, tolerance=tolerance)
        assert haar.error <= tolerance
        changes.append(np.abs((haar.ntk - fine.ntk) / scale).max())
        rotations.append(haar.rotations)
        assert changes[-1] <= tolerance
    assert rotations == sorted(rotations) and rotations[-1] < fine.rotations


def test_doubling_the_quadrature_squares_the_error():
    """Of a smooth activation: at half the error's logarithm, within a factor of two."""
    pairs = so3_mean.Pairs(
        pair_coefficients(COEFFICIENTS[:1] / 5, COEFFICIENTS[1:2] / 5, 3), *np.sum(COEFFICIENTS[:2, None] ** 2, (2, 3)) / 25,
        np.ones((1, 2)),
    )  # fmt: skip
    with enable_x64(True):
        exact, *coarse = (quadrature_means(ERF, pairs, n)[1, 0] for n in (24, 3, 6, 12))
    errors = np.abs(np.array(coarse) - exact)
    assert np.all(errors[1:] < errors[:-1] ** 1.3) and errors[2] < 1e-9


@pytest.mark.parametrize("network", [ERF, replace(ERF, bias_variance=0.2)], ids=str)
def test_polynomials_agree_with_the_recursion(network, monkeypatch):
    """With few pairs the recursion is evaluated everywhere; let polynomials take their part and compare."""
    x, tolerance = X / 2, 1e-7
    pointwise = haar_kernel(network, x, tolerance=tolerance)
    monkeypatch.setattr(so3_mean, "WORTH_COMPILING", 1)
    series = haar_kernel(network, x, tolerance=tolerance)
    for a, b in zip(pointwise[:2], series[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=0.1 * tolerance)
        assert np.any(a != b)


def test_every_activation_with_a_kernel_has_one_here():
    """Against the plain mean over a fine quadrature; tanh has no closed form, its duals are integrated numerically."""
    alpha, beta, gamma, weights = haar_quadrature(7).nodes()
    blocks = rotation_blocks(2, alpha, beta, gamma)
    a, b = COEFFICIENTS[:2, :4]
    turns = np.concatenate([blocks[k] @ b[places] for k, places in degrees(2)], axis=-2)
    x = real_synthesis(np.stack([a, b]), 2)
    for name in ("gelu", "leaky_relu", "sin"):
        network = SphericalNetwork(2, 0, nonlinearity=name, bias_variance=0.1)
        kernels = so3_kernel(network, x[:1], x[1:], tolerance=1e-5)
        before = at_identity(network, a[None], turns)
        assert_close(kernels, [kernel @ weights[:, None] for kernel in before], rtol=1e-3)


@pytest.mark.parametrize("network", [ERF, BIASED], ids=str)
def test_molecules_are_sums_over_their_atoms_before_the_head(network):
    x, y = RNG.normal(size=(3, 2, 8, 7, 2)), RNG.normal(size=(2, 2, 8, 7, 2))
    whole = haar_kernel(network, x, y, tolerance=1e-3)
    parts = [haar_kernel(network, x[:, slot], y[:, slot], tolerance=1e-3) for slot in (0, 1)]
    rtol = 5e-3
    assert_close(whole[:2], [sum(z) for z in zip(*(part[:2] for part in parts), strict=True)], rtol)
    both = so3_kernel(network, np.concatenate([x, y]), tolerance=1e-3)
    assert_close(so3_kernel(network, x, y, tolerance=1e-3), [kernel[:3, 3:] for kernel in both], rtol)


def test_empty_slots_cost_nothing_and_add_nothing_without_bias():
    x = RNG.normal(size=(3, 2, 8, 7, 2))
    padded = np.concatenate([x, np.zeros((3, 3, 8, 7, 2))], axis=1)
    padded[2, 1] = 0
    plain, more = haar_kernel(ERF, x), haar_kernel(ERF, padded)
    assert (plain.pairs, more.pairs) == (12, 9)
    assert_close([k[:2, :2] for k in more[:2]], [k[:2, :2] for k in plain[:2]], rtol=1e-6)
    assert_close(so3_kernel(ERF, padded[2:, :1]), [k[2:, 2:] for k in so3_kernel(ERF, padded)], rtol=1e-6)


def test_empty_slots_with_bias_have_the_kernel_of_the_zero_signal():
    network = SphericalNetwork(3, 1, nonlinearity="erf", bias_variance=0.3)
    x = np.concatenate([X[:1], np.zeros_like(X[:1])])
    # Nearly zero, but there: evaluated at every rotation.
    almost = np.concatenate([X[:1], 1e-9 * X[1:2]])
    assert_close(so3_kernel(network, x), so3_kernel(network, almost), rtol=1e-6)
    assert haar_kernel(network, x).pairs == 1
    assert haar_kernel(network, np.zeros_like(X)).pairs == 0


def test_head_after_the_pooling():
    network = SphericalNetwork(3, 1, dense=0, bias_variance=0.2, weight_variance=1.5)
    haar = haar_kernel(network, X)
    assert haar.self_x is None
    kernels = so3_from_haar(network, haar)
    np.testing.assert_allclose(kernels.nngp, 1.5 * haar.nngp + 0.2, rtol=1e-14)
    np.testing.assert_allclose(kernels.ntk, kernels.nngp + 1.5 * haar.ntk, rtol=1e-14)


def test_bandlimit_one_sees_the_mean_and_coarser_networks_less():
    constant = SphericalNetwork(1, 1, nonlinearity="erf")
    means = np.sqrt(1 / (4 * np.pi)) * COEFFICIENTS[:, :1]
    assert_close(so3_kernel(constant, X), so3_kernel(constant, real_synthesis(COEFFICIENTS[:, :1], 4)))
    expected = at_identity(constant, np.sqrt(4 * np.pi) * means, np.sqrt(4 * np.pi) * means)
    assert_close(so3_kernel(constant, X), expected)
    assert ladder(constant)[0] == 1


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.zeros((2, 8, 8, 1)), None, r"x: signals have shape \(..., 2L, 2L - 1, channels\)"),
        (np.zeros((2, 8, 7)), None, r"x: signals have shape"),
        (np.zeros((8, 7, 1)), None, r"molecules \(n, atoms, 2L, 2L - 1, channels\), not \(8, 7, 1\)"),
        (np.zeros((0, 8, 7, 1)), None, "x: shape .* an axis is empty"),
        (np.zeros((2, 8, 7, 1), complex), None, "x: complex numbers"),
        (np.full((2, 8, 7, 1), np.nan), None, r"x: NaN or infinity, first at \[0, 0, 0, 0\]"),
        (np.zeros((2, 4, 3, 1)), None, "keeps degrees below 3, but x has bandlimit 2"),
        (np.zeros((2, 8, 7, 1)), np.zeros((2, 8, 7, 3)), "different shapes"),
        (np.zeros((2, 8, 7, 1)), np.zeros((2, 5, 8, 7, 1)), "different shapes"),
        (np.zeros((2, 8, 7, 1)), np.zeros((2, 8, 8, 1)), "y: signals"),
    ],
)
def test_bad_signals_are_refused_with_one_line(x, y, message):
    with pytest.raises(InputError, match=message) as error:
        so3_kernel(ERF, x, y)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"bandlimit": 0}, "bandlimit=0: expected a whole number, at least 1"),
        ({"convolutions": -1}, "convolutions=-1"),
        ({"dense": -1}, "dense=-1"),
        ({"nonlinearity": "sine"}, "unknown activation"),
        ({"weight_variance": 0.0}, "must be positive"),
    ],
)
def test_invalid_architectures_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SphericalNetwork(**arguments)
    assert str(ERF) == "lift l<3, 1 SO(3) conv, pool, 0 hidden dense, erf, sw2=1.3 sb2=0"
