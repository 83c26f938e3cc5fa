"""Spherical signals, rotations and kernels for any bandlimit, angles, coefficients and network: what holds exactly, or to
the error that the kernels report."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jax import enable_x64
from numpy.polynomial.legendre import leggauss, legvander

from ntklab.data.molecules import CLOSEST, ELEMENTS, POWERS, WIDTH, power_below, spherical_signals
from ntklab.errors import InputError
from ntklab.kernels import (
    Kernels,
    SphericalNetwork,
    euler_angles,
    haar_kernel,
    haar_quadrature,
    harmonic_analysis,
    rotate_coefficients,
    rotate_signal,
    rotation_matrix,
    so3_from_haar,
    so3_kernel,
    sphere_grid,
)
from ntklab.kernels.so3_series import kernels_at
from ntklab.kernels.spherical import LEAST_SCALE, HaarKernels, scaled_coefficients
from ntklab.kernels.spherical_harmonics import by_degree, degrees, real_analysis, real_harmonics, real_synthesis
from ntklab.kernels.wigner import rotation_blocks


def examples(number: int) -> settings:
    """The same examples every time, however slow the machine; one that fails is shown as it is, not made smaller."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )


LARGEST = 8
"""Bandlimit: rounding grows with it, by far less than the room that the tolerances leave."""
BANDLIMITS = st.integers(1, LARGEST)
ANGLES = st.sampled_from([0.0, np.pi / 2, np.pi, -np.pi, 1e-9, 1e-14]) | st.floats(-7, 7)
"""More than a turn both ways, and where Euler angles are not unique, or nearly so."""
ROTATIONS = st.tuples(ANGLES, ANGLES, ANGLES).map(lambda angles: tuple(np.array(angle) for angle in angles))
"""Euler angles."""
VALUES = st.floats(-10, 10, width=16)
"""Coefficients: zero or so large that their squares are not rounded to zero."""
DIRECTIONS = arrays(float, (4, 2), elements=st.floats(0, np.pi, allow_subnormal=False))
"""Colatitude, and half of the azimuth."""


@pytest.fixture(scope="module", autouse=True)
def _unoptimised():
    """Programs that run a few times compile in half the time."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@st.composite
def expansions(draw, lead: tuple[int, ...] = ()) -> np.ndarray:
    """Coefficients (*lead, L^2, channel)."""
    return draw(arrays(float, (*lead, draw(BANDLIMITS) ** 2, draw(st.integers(1, 2))), elements=VALUES))


def bandlimit_of(coefficients: np.ndarray) -> int:
    return round(np.sqrt(coefficients.shape[-2]))


def assert_within(found, expected, atol):
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


# ---- harmonics -------------------------------------------------------------------------------------------------------


@examples(25)
@given(BANDLIMITS, st.integers(0, 3))
def test_real_harmonics_are_orthonormal_under_the_quadrature_of_their_own_grid_and_of_finer_ones(bandlimit, finer):
    grid = sphere_grid(bandlimit + finer)
    y = real_harmonics(bandlimit, *np.meshgrid(grid.theta, grid.phi, indexing="ij")).reshape(-1, bandlimit**2)
    assert np.all(grid.weights > 0)
    assert_within((y.T * np.repeat(grid.weights, len(grid.phi))) @ y, np.eye(bandlimit**2), 1e-12)


@examples(10)
@given(BANDLIMITS)
def test_degrees_share_out_the_coefficients(bandlimit):
    found = [np.arange(bandlimit**2)[places] for _, places in degrees(bandlimit)]
    np.testing.assert_array_equal(np.concatenate(found), np.arange(bandlimit**2))
    assert [len(of) for of in found] == [2 * degree + 1 for degree, _ in degrees(bandlimit)]


@examples(40)
@given(expansions(lead=(2,)), st.integers(0, 3), st.integers(0, LARGEST))
def test_analysis_inverts_synthesis_on_every_fine_enough_grid_and_cuts_off(coefficients, finer, lower):
    bandlimit = bandlimit_of(coefficients)
    x, kept = real_synthesis(coefficients, bandlimit + finer), max(bandlimit - lower, 1)
    size = 1e-12 * np.linalg.norm(coefficients)
    assert_within(real_analysis(x, bandlimit), coefficients, size)
    assert_within(real_analysis(x, kept), coefficients[:, : kept**2], size)
    assert_within(real_analysis(x)[:, bandlimit**2 :], 0, size)


@examples(20)
@given(BANDLIMITS, st.integers(0, 1000))
def test_analysis_projects_signals_that_are_not_limited(bandlimit, seed):
    """What synthesis gives back has the same coefficients, and their squares sum to at most the integral of the square."""
    grid = sphere_grid(bandlimit)
    x = np.random.default_rng(seed).normal(size=(2 * bandlimit, 2 * bandlimit - 1, 3))
    coefficients = real_analysis(x)
    assert_within(real_analysis(real_synthesis(coefficients)), coefficients, 1e-12 * np.linalg.norm(coefficients))
    assert np.all(np.sum(coefficients**2, axis=0) < np.einsum("j,jkc->c", grid.weights, x**2))


# ---- rotations -------------------------------------------------------------------------------------------------------


@examples(60)
@given(ROTATIONS)
def test_euler_angles_give_back_every_rotation(angles):
    rotation = rotation_matrix(*angles)
    found = euler_angles(rotation)
    assert 0 <= found[1] <= np.pi
    assert_within(rotation_matrix(*found), rotation, 1e-13)


@examples(60)
@given(BANDLIMITS, ROTATIONS, ROTATIONS)
def test_rotations_of_coefficients_are_orthogonal_and_multiply_as_rotations_do(bandlimit, first, second):
    product = euler_angles(rotation_matrix(*first) @ rotation_matrix(*second))
    inverse = euler_angles(rotation_matrix(*first).T)
    blocks = (rotation_blocks(bandlimit, *angles) for angles in (first, second, product, inverse))
    for degree, (a, b, both, back) in enumerate(zip(*blocks, strict=True)):
        assert_within(a @ b, both, 1e-12)
        assert_within(a @ a.T, np.eye(2 * degree + 1), 1e-12)
        assert_within(back, a.T, 1e-12)
        assert np.linalg.det(a) > 0


@examples(50)
@given(expansions(), ROTATIONS, DIRECTIONS, st.integers(0, 2))
def test_rotating_the_coefficients_rotates_the_function(coefficients, angles, points, finer):
    """(Q f)(u) = f(Q^-1 u) at any directions, and for signals on any grid that holds them."""
    bandlimit, rotation = bandlimit_of(coefficients), rotation_matrix(*angles)
    turned = by_degree(rotation_blocks(bandlimit, *angles), coefficients)
    theta, phi = points[:, 0], 2 * points[:, 1]
    u = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    x, y, z = (u @ rotation).T  # Q^-1 u
    before = real_harmonics(bandlimit, np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)) @ coefficients
    # The largest value of a function of this norm is L / sqrt(4 pi) times that.
    size = 1e-12 * bandlimit * np.linalg.norm(coefficients)
    assert_within(real_harmonics(bandlimit, theta, phi) @ turned, before, size)
    signal = real_synthesis(coefficients, bandlimit + finer)
    found = rotate_signal(signal, rotation)
    assert_within(found, real_synthesis(turned, bandlimit + finer), size)
    assert_within(rotate_coefficients(harmonic_analysis(signal), rotation), harmonic_analysis(found), size)


@examples(25)
@given(st.integers(1, 5), st.integers(0, 8))
def test_haar_weights_sum_to_one_and_average_away_all_degrees_that_they_resolve(n, degree):
    alpha, beta, gamma, weights = haar_quadrature(n).nodes()
    assert np.all(weights > 0)
    assert_within(weights.sum(), 1, 1e-13)
    resolved = min(degree, 2 * n - 2)
    means = [np.tensordot(weights, block, 1) for block in rotation_blocks(resolved + 1, alpha, beta, gamma)]
    assert_within(means[resolved], float(resolved == 0), 1e-12)


@examples(15)
@given(st.integers(1, 4), st.integers(0, 1), st.data())
def test_the_mean_square_of_a_correlation_is_that_of_schur(bandlimit, finer, data):
    """Over all rotations <f, Q f'>^2 has the mean sum_l |f_l|^2 |f'_l|^2 / (2l + 1)."""
    a, b = data.draw(arrays(float, (2, bandlimit**2), elements=VALUES))
    alpha, beta, gamma, weights = haar_quadrature(bandlimit + finer).nodes()
    blocks = rotation_blocks(bandlimit, alpha, beta, gamma)
    correlation = sum(np.einsum("m,rmn,n->r", a[at], blocks[degree], b[at]) for degree, at in degrees(bandlimit))
    mean = sum(np.sum(a[at] ** 2) * np.sum(b[at] ** 2) / (2 * degree + 1) for degree, at in degrees(bandlimit))
    assert_within(weights @ correlation**2, mean, 1e-12 * np.sum(a**2) * np.sum(b**2))


# ---- kernels ---------------------------------------------------------------------------------------------------------

TOLERANCE = 1e-3
ROUNDING = {True: 1e-11, False: 1e-7}
"""Of smooth activations; derivative duals of kinked ones take the root of what is missing to full correlation."""
ARCHITECTURES = st.fixed_dictionaries(
    {
        "bandlimit": st.integers(2, 3),
        "convolutions": st.integers(0, 2),
        "dense": st.integers(0, 1),
        "weight_variance": st.floats(0.3, 3),
        "bias_variance": st.just(0.0) | st.floats(0.05, 1),
    }
)
"""Each network is compiled anew, which takes most of the time. The first example of a test has all of the first values."""


@st.composite
def atoms(draw, bandlimit: int) -> np.ndarray:
    """Coefficients (2, atom, L^2, channel) of two molecules: as many as the network keeps, or a degree more."""
    shape = (2, draw(st.integers(1, 2)), (bandlimit + draw(st.integers(0, 1))) ** 2, draw(st.integers(1, 2)))
    ones_first = st.floats(-2, 2, width=16).map(lambda value: 1 - value)
    return draw(arrays(float, shape, elements=ones_first, fill=st.nothing()))


def scales(network: SphericalNetwork, x: np.ndarray, haar: HaarKernels) -> np.ndarray:
    """What errors of the means K and Theta of every input with itself are relative to: (kernel, input).

    Degrees that the network cuts off count, too: rounding leaves a trace of them in the others.
    """
    whole = replace(network, bandlimit=x.shape[-3] // 2)
    variances = np.sum(scaled_coefficients(whole, x, "x") ** 2, axis=(2, 3))
    with enable_x64(True):
        before = sum(kernels_at(network, of) for of in variances.T)
    return np.maximum([np.diag(haar.nngp), np.diag(haar.ntk)], LEAST_SCALE * before)


def at_most(network: SphericalNetwork, k: np.ndarray, theta: np.ndarray) -> Kernels:
    """The network's kernels of inputs with these K and Theta at the pooling, were they all the same but for a factor."""
    haar = HaarKernels(*(np.sqrt(np.outer(z, z)) for z in (k, theta)), k, k, error=0.0, rotations=0.0, pairs=0)
    return so3_from_haar(network, haar)


@pytest.mark.parametrize("nonlinearity", ["erf", "relu", "gelu", "identity"])
@examples(3)
@given(ARCHITECTURES, ROTATIONS, st.data())
def test_kernels_are_symmetric_and_positive_and_do_not_change_with_rotations(nonlinearity, architecture, angles, data):
    """All to the reported error e of each: that of K(x, y) and Theta(x, y) is e sqrt(s_x s_y), with s the `scales`."""
    network = SphericalNetwork(nonlinearity=nonlinearity, **architecture)
    x = real_synthesis(data.draw(atoms(network.bandlimit)))
    y = rotate_signal(x, rotation_matrix(*angles))
    every = np.concatenate([x, y])
    whole, part = (haar_kernel(network, *of, tolerance=TOLERANCE) for of in ((every,), (y, every)))
    # Errors are reported against finer quadratures, which have a smaller one themselves.
    allowed, s = 1.5 * (whole.error + part.error), scales(network, every, whole)
    allowed += ROUNDING[network.nonlinearity.smooth]
    for k, turned, largest in zip(whole[:2], part[:2], s, strict=True):
        size = allowed * np.sqrt(np.outer(largest, largest))
        np.testing.assert_array_equal(k, k.T)
        assert np.all(np.abs(turned - k[2:]) <= size[2:])
        assert np.all(np.abs(turned[:, 2:] - turned[:, 2:].T) <= size[2:, 2:])
        assert np.linalg.eigvalsh(k).min() >= -allowed * largest.sum()
        for rotated in (k[:2, 2:], k[2:, 2:]):
            assert np.all(np.abs(rotated - k[:2, :2]) <= size[:2, :2])
    # Hidden layers may take the root of it.
    allowed = 2 * allowed if network.dense == 0 else 2 * np.sqrt(allowed)
    final, sizes = so3_from_haar(network, whole), at_most(network, *s)
    for k, turned, size in zip(final, so3_kernel(network, y, every, tolerance=TOLERANCE), sizes, strict=True):
        assert np.all(np.abs(k - k.T) <= ROUNDING[network.nonlinearity.smooth] * size)
        assert np.linalg.eigvalsh(k).min() >= -allowed * np.trace(size)
        for rotated in (turned[:, :2], turned[:, 2:]):
            assert np.all(np.abs(rotated - k[:2, :2]) <= allowed * size[:2, :2])


@pytest.mark.parametrize("nonlinearity, bias", [("relu", 0.0), ("erf", 0.3)])
@examples(2)
@given(ARCHITECTURES, st.integers(0, 2), st.data())
def test_an_empty_slot_adds_the_kernel_of_the_zero_signal_which_is_zero_without_bias(
    nonlinearity, bias, architecture, place, data
):
    network = SphericalNetwork(nonlinearity=nonlinearity, **architecture | {"bias_variance": bias})
    x = real_synthesis(data.draw(atoms(network.bandlimit)))
    padded = np.insert(x, min(place, x.shape[1]), 0, axis=1)
    # Every slot is empty in one of the molecules.
    apart = np.concatenate([x, x], axis=1)
    apart[0, x.shape[1] :] = apart[1, : x.shape[1]] = 0
    plain, more, other = (haar_kernel(network, z, tolerance=TOLERANCE) for z in (x, padded, apart))
    zero = haar_kernel(network, np.zeros_like(x[:, :1]), tolerance=TOLERANCE)
    assert more.pairs == plain.pairs and zero.pairs == 0
    assert (zero.nngp.min() > 0) == (zero.ntk.min() > 0) == (bias > 0)
    allowed = 1.5 * (plain.error + max(more.error, other.error)) + ROUNDING[network.nonlinearity.smooth]
    s = scales(network, padded, more)
    for k, found, separate, added, largest in zip(plain[:2], more[:2], other[:2], zero[:2], s, strict=True):
        assert np.all(np.abs(found - k - added) <= allowed * np.sqrt(np.outer(largest, largest)))
        assert np.all(np.abs(np.diag(separate - k - x.shape[1] * added)) <= allowed * largest)
        assert bias > 0 or np.all(separate == np.diag(np.diag(separate)))
    if bias == 0:
        allowed = 2 * allowed if network.dense == 0 else 2 * np.sqrt(allowed)
        final = (so3_kernel(network, z, tolerance=TOLERANCE) for z in (x, padded))
        for k, found, size in zip(*final, at_most(network, *s), strict=True):
            assert np.all(np.abs(found - k) <= allowed * size)


@examples(2)
@given(st.integers(0, 1000), st.integers(0, 1))
def test_a_linear_network_sees_only_the_mean_of_each_of_many_signals(seed, finer):
    """K is the product of the means, exactly: whatever quadrature a pair gets has to average its other degrees away."""
    coefficients = np.random.default_rng(seed).normal(size=(40, 4, 1))
    haar = haar_kernel(SphericalNetwork(2, 0, nonlinearity="identity"), real_synthesis(coefficients, 2 + finer))
    means = coefficients[:, 0] / np.sqrt(4 * np.pi)
    assert_within(haar.nngp, means @ means.T, ROUNDING[True])
    assert haar.error < ROUNDING[True]


# ---- molecules -------------------------------------------------------------------------------------------------------

COSINES, WEIGHTS = leggauss(100)
PROFILE = (WEIGHTS * np.exp(-((COSINES - 1) ** 2) / WIDTH)) @ legvander(COSINES, 60) * (np.arange(61) + 0.5)
"""What an atom sees of another as a sum of Legendre polynomials of the cosine, to 12 digits."""


@st.composite
def molecule(draw) -> tuple[np.ndarray, np.ndarray]:
    """Charges (1, slot) and positions of up to four atoms, no two closer than 0.5 Angstrom, and of a few empty slots."""
    cells = draw(st.lists(st.tuples(*[st.integers(-2, 2)] * 3), min_size=1, max_size=4, unique=True))
    count, slots = len(cells), len(cells) + draw(st.integers(0, 2))
    charges, positions = np.zeros((1, slots), np.uint8), np.zeros((1, slots, 3))
    places = draw(st.permutations(range(slots)))[:count]
    charges[0, places] = draw(st.lists(st.sampled_from(list(ELEMENTS.values())), min_size=count, max_size=count))
    positions[0, places] = 0.9 * np.array(cells) + draw(
        arrays(float, (count, 3), elements=st.floats(-0.1875, 0.1875, width=16))
    )
    return charges, positions


def strengths(charges: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The sum of Z_i Z_j / r^p over the atoms that an atom sees in a channel: (molecule, slot, channel)."""
    products = charges[:, :, None] * charges[:, None].astype(float) * ~np.eye(charges.shape[1], dtype=bool)
    distances = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)
    distances[products == 0] = np.inf
    return np.stack(
        [
            products / distances**power @ (charges[..., None] == element)
            for element in ELEMENTS.values()
            for power in POWERS
        ],
        axis=-1,
    )[..., 0, :]


@examples(30)
@given(molecule(), ROTATIONS, st.tuples(*[st.floats(-5, 5)] * 3), st.integers(4, 7), st.randoms(use_true_random=False))
def test_signals_turn_with_the_molecule_and_do_not_move_with_it(atoms, angles, shift, bandlimit, random):
    """s(R x + t)(R u) = s(x)(u), to rounding; and atoms may be in any order, with or without empty slots."""
    (charges, positions), rotation = atoms, rotation_matrix(*angles)
    u, order = sphere_grid(bandlimit).directions(), random.sample(range(charges.shape[1]), charges.shape[1])
    before = spherical_signals(charges, positions, u)
    after = spherical_signals(charges[:, order], (positions @ rotation.T + np.array(shift))[:, order], u @ rotation.T)
    np.testing.assert_allclose(after, before[:, order], rtol=1e-9, atol=1e-12 * np.abs(before).max())
    assert not before[charges == 0].any()
    assert np.all(before <= strengths(charges, positions)[:, :, None, None] * (1 + 1e-9))


@examples(30)
@given(molecule(), ROTATIONS, st.integers(4, 12), st.integers(1, 12))
def test_low_degrees_on_one_grid_turn_with_the_molecule_but_for_what_the_grid_does_not_hold(
    atoms, angles, bandlimit, low
):
    """A grid of bandlimit L is exact up to degree 2L - 2: degrees below k take up only what has the degree 2L - k or more.

    Of the profile sum_l b_l P_l these degrees are at most t = sum |b_l|, and add at most sqrt(4 pi) t to the coefficients
    (Bessel's inequality), before the rotation and after it.
    """
    (charges, positions), rotation, u = atoms, rotation_matrix(*angles), sphere_grid(bandlimit).directions()
    kept = min(low, bandlimit)
    signals = (spherical_signals(charges, x, u) for x in (positions, positions @ rotation.T))
    before, after = (real_analysis(x, kept) for x in signals)
    gap = np.linalg.norm(after - by_degree(rotation_blocks(kept, *angles), before), axis=-2)
    aliased = np.sqrt(4 * np.pi) * np.abs(PROFILE[2 * bandlimit - kept :]).sum() + 1e-10
    assert np.all(gap <= 2 * aliased * strengths(charges, positions))
    means = np.sqrt(4 * np.pi) * PROFILE[0] * strengths(charges, positions)
    assert np.all(np.abs(before[..., 0, :] - means) <= aliased * strengths(charges, positions))


# ---- bad input -------------------------------------------------------------------------------------------------------


def assert_refused(call, *arguments, **options):
    """By one line."""
    with pytest.raises(InputError) as error:
        call(*arguments, **options)
    assert "\n" not in str(error.value)


@examples(40)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99), st.integers(-9, 0), BANDLIMITS)
def test_other_shapes_and_bandlimits_are_refused(rows, columns, count, low, bandlimit):
    coefficients = np.zeros((bandlimit**2, 1))
    if rows % 2 or rows == 0 or columns != rows - 1:
        assert_refused(real_analysis, np.zeros((rows, columns, 1)))
        assert_refused(rotate_signal, np.zeros((rows, columns, 1)), np.eye(3))
        assert_refused(so3_kernel, SphericalNetwork(1), np.zeros((2, rows, columns, 1)))
    if count not in [degree**2 for degree in range(1, 10)]:
        assert_refused(real_synthesis, np.zeros((count, 1)))
    for call in (sphere_grid, haar_quadrature, SphericalNetwork):
        assert_refused(call, low)
    assert_refused(SphericalNetwork, convolutions=low - 1)
    assert_refused(real_analysis, real_synthesis(coefficients), low)
    assert_refused(real_analysis, real_synthesis(coefficients), bandlimit - low + 1)
    if bandlimit > 1:
        assert_refused(real_synthesis, coefficients, bandlimit - 1)
    assert_refused(so3_kernel, SphericalNetwork(bandlimit - low + 1), real_synthesis(coefficients)[None])


@examples(30)
@given(ROTATIONS, st.floats(1e-3, 3), st.integers(0, 2), st.integers(0, 2), st.sampled_from([np.nan, 1e9, -1e9]))
def test_matrices_that_are_no_rotations_are_refused(angles, size, row, column, number):
    rotation = rotation_matrix(*angles)
    broken = rotation.copy()
    broken[row, column] = number
    for matrix in ((1 + size) * rotation, -rotation, rotation[:, ::-1], rotation[:2], broken):
        assert_refused(euler_angles, matrix)
        assert_refused(rotate_signal, np.ones((4, 3, 1)), matrix)


@examples(20)
@given(arrays(float, (3, 2, 4, 3, 2), elements=VALUES), st.integers(0, 143), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_signals_with_a_number_that_is_not_finite_or_of_other_shapes_have_no_kernel(x, place, number):
    broken = x.copy()
    broken.flat[place] = number
    network = SphericalNetwork(2)
    for arguments in (
        (broken,),
        (x, broken),
        (x, x[..., :1]),
        (x, x[:, :1]),
        (x, x[:, 0]),
        (x[:0],),
        (x[0, 0],),
        (1j * x,),
    ):
        assert_refused(so3_kernel, network, *arguments)


@examples(20)
@given(st.floats(max_value=0) | st.just(np.nan), st.floats(max_value=0, exclude_max=True) | st.just(np.nan))
def test_networks_without_weights_or_with_a_negative_bias_are_refused(weight, bias):
    for wrong in ({"weight_variance": weight}, {"bias_variance": bias}):
        with pytest.raises(ValueError, match="must be positive"):
            SphericalNetwork(**wrong)


@examples(20)
@given(molecule(), DIRECTIONS, st.floats(0, 0.99 * CLOSEST), st.integers(1, 3), st.sampled_from([2, 5, 10, 255]))
def test_molecules_that_make_no_sense_and_grids_that_are_too_coarse_are_refused(atoms, points, distance, low, charge):
    (charges, positions), fine = atoms, sphere_grid(4).directions()
    (theta, phi), atom = points[0], np.flatnonzero(charges[0])[0]
    away = distance * np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    doubled = np.append(charges, charges[:, [atom]], axis=1), np.append(positions, positions[:, [atom]] + away, axis=1)
    foreign = np.where(charges == charges[0, atom], np.uint8(charge), charges)
    assert_refused(spherical_signals, *doubled, fine)
    assert_refused(spherical_signals, foreign, positions, fine)
    assert_refused(spherical_signals, charges, positions, sphere_grid(low).directions())
    assert power_below(low) < power_below(low + 1) <= 1 + 1e-12
