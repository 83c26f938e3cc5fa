"""Molecules as signals on spheres: the formula, closed forms, rotations, bandlimits."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import eval_legendre

from ntklab.data import molecules as module
from ntklab.data import qm9
from ntklab.data.molecules import (
    CLOSEST,
    ELEMENTS,
    SLOTS,
    WIDTH,
    Molecules,
    pad,
    power_below,
    require_bandlimit,
    spherical_signals,
    turn_randomly,
)
from ntklab.errors import InputError
from ntklab.groups.rotations import haar_rotations

CHARGES = tuple(ELEMENTS.values())


def grid(bandlimit: int) -> np.ndarray:
    """Unit vectors of the Driscoll-Healy grid."""
    theta = (2 * np.arange(2 * bandlimit) + 1) * np.pi / (4 * bandlimit)
    phi = 2 * np.pi * np.arange(2 * bandlimit - 1) / (2 * bandlimit - 1)
    theta, phi = np.meshgrid(theta, phi, indexing="ij")
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)


def by_the_formula(charges: np.ndarray, positions: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Signals of one molecule, a loop for every letter."""
    signals = np.zeros((len(charges), *directions.shape[:2], 10))
    for i, j in itertools.permutations(np.flatnonzero(charges), 2):
        separation = positions[j] - positions[i]
        distance = np.sqrt((separation**2).sum())
        for row, column in np.ndindex(directions.shape[:2]):
            cosine = directions[row, column] @ separation / distance
            seen = np.exp(-((cosine - 1) ** 2) / WIDTH)
            for power, exponent in enumerate((2, 6)):
                strength = int(charges[i]) * int(charges[j]) / distance**exponent
                signals[i, row, column, 2 * CHARGES.index(charges[j]) + power] += strength * seen
    return signals


def diatomic(first: int, second: int, separation: np.ndarray) -> Molecules:
    charges, positions = np.zeros((1, SLOTS), dtype=np.uint8), np.zeros((1, SLOTS, 3))
    charges[0, :2], positions[0, 1] = (first, second), separation
    return Molecules(np.array([1]), charges, positions, None)


@pytest.fixture
def few() -> Molecules:
    """Molecules of different sizes, methane among them."""
    return qm9.read("embedded", lambda n: np.array([0, 1, n - 1, 2, 3]))


# ---- signals ---------------------------------------------------------------------------------------------------------


def test_signals_are_those_of_the_formula_whatever_the_batches(few, monkeypatch):
    directions = grid(4)
    whole = spherical_signals(few.charges, few.positions, directions)
    assert whole.shape == (5, SLOTS, 8, 7, 10) and whole.dtype == np.float64
    for i in range(5):
        expected = by_the_formula(few.charges[i], few.positions[i], directions)
        np.testing.assert_allclose(whole[i], expected, rtol=1e-12, atol=1e-300)
    monkeypatch.setattr(module, "BATCH", 2)
    np.testing.assert_allclose(spherical_signals(few.charges, few.positions, directions), whole, rtol=1e-13)


def test_the_profile_falls_to_one_twentieth_at_45_degrees():
    assert np.exp(-((np.cos(np.pi / 4) - 1) ** 2) / WIDTH) == pytest.approx(0.05)


def test_a_diatomic_molecule_has_its_closed_form():
    """Carbon monoxide along z: each atom sees the other at its pole, with 48/r^2 and 48/r^6, and nothing else."""
    directions, distance = grid(6), 1.13
    molecule = diatomic(6, 8, np.array([0, 0, distance]))
    carbon, oxygen = spherical_signals(molecule.charges, molecule.positions, directions)[0, :2]
    z = directions[..., 2]
    for power, exponent in enumerate((2, 6)):
        upwards, downwards = (48 / distance**exponent * np.exp(-((s * z - 1) ** 2) / WIDTH) for s in (1, -1))
        np.testing.assert_allclose(carbon[..., 2 * CHARGES.index(8) + power], upwards, rtol=1e-13)
        np.testing.assert_allclose(oxygen[..., 2 * CHARGES.index(6) + power], downwards, rtol=1e-13)
    assert np.count_nonzero(carbon.any(axis=(0, 1))) == np.count_nonzero(oxygen.any(axis=(0, 1))) == 2


def test_empty_slots_and_lonely_atoms_see_nothing(few):
    signals = spherical_signals(few.charges, few.positions, grid(4))
    assert not signals[few.charges == 0].any() and signals[few.charges > 0].any(axis=(1, 2, 3)).all()
    alone = diatomic(6, 0, np.zeros(3))
    assert not spherical_signals(alone.charges, alone.positions, grid(4)).any()


def test_gaps_between_atoms_change_nothing(few):
    """Slots need not be filled from the front."""
    order = np.roll(np.arange(SLOTS), 3)
    directions = grid(4)
    turned = spherical_signals(few.charges[:, order], few.positions[:, order], directions)
    expected = spherical_signals(few.charges, few.positions, directions)[:, order]
    np.testing.assert_allclose(turned, expected, rtol=1e-12, atol=1e-300)


def test_signals_turn_with_the_molecules_and_do_not_move_with_them(few, rng):
    directions = grid(6)
    expected = spherical_signals(few.charges, few.positions, directions)
    rotation = haar_rotations(2, rng).matrices[1]
    turned = spherical_signals(few.charges, few.positions @ rotation.T, directions @ rotation.T)
    np.testing.assert_allclose(turned, expected, rtol=1e-9, atol=1e-12)
    moved = spherical_signals(few.charges, few.positions + np.array([1.0, -2, 3]), directions)
    np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-12)
    still = spherical_signals(few.charges, few.positions @ rotation.T, directions)
    assert np.abs(still - expected).max() > 0.1


def test_channels_follow_the_elements_and_powers_given(few):
    directions = grid(4)
    usual = spherical_signals(few.charges, few.positions, directions)
    other = spherical_signals(few.charges, few.positions, directions, elements=(9, 8, 7, 6, 1), powers=(6,))
    np.testing.assert_allclose(other, usual[..., [9, 7, 5, 3, 1]], rtol=1e-12)


def test_foreign_charges_and_coincident_atoms_are_refused(few):
    with pytest.raises(InputError, match="a nucleus has the charge 1; expected 6, 7, 8, 9"):
        spherical_signals(few.charges, few.positions, grid(4), elements=(6, 7, 8, 9))
    few.positions[3, 1] = few.positions[3, 0] + 0.9 * CLOSEST * np.array([0, 0, 1])
    with pytest.raises(InputError, match=r"molecule 3, counted from 0: atoms 1 and 2 are 0\.36 Angstrom apart"):
        spherical_signals(few.charges, few.positions, grid(4))


def test_other_grids_are_a_bug_of_the_caller(few):
    for shape in ((8, 8, 3), (7, 6, 3)):
        with pytest.raises(ValueError, match="directions are a grid"):
            spherical_signals(few.charges, few.positions, np.zeros(shape))


# ---- bandlimits ------------------------------------------------------------------------------------------------------


def test_the_power_below_a_bandlimit_is_that_of_legendre_coefficients():
    def profile(t: float) -> float:
        return np.exp(-((t - 1) ** 2) / WIDTH)

    norm = quad(lambda t: profile(t) ** 2, -1, 1)[0]
    coefficients = [quad(lambda t, l=l: profile(t) * eval_legendre(l, t), -1, 1)[0] for l in range(6)]  # noqa: E741
    expected = np.cumsum([(2 * l + 1) / 2 * a**2 for l, a in enumerate(coefficients)]) / norm  # noqa: E741
    np.testing.assert_allclose([power_below(bandlimit) for bandlimit in range(1, 7)], expected, rtol=1e-9)
    assert power_below(6) == pytest.approx(0.985, abs=1e-3) and power_below(60) == pytest.approx(1)


def test_small_bandlimits_are_refused_with_the_reason(few):
    require_bandlimit(4)
    match = r"bandlimit 3: a grid that holds 65 % of the power .* expected 4 or more, for at least 75 %"
    with pytest.raises(InputError, match=match):
        require_bandlimit(3)
    with pytest.raises(InputError, match=match):
        spherical_signals(few.charges, few.positions, grid(3))
    with pytest.raises(InputError, match="bandlimit 0: a grid that holds 0 %"):
        require_bandlimit(0)


# ---- molecules -------------------------------------------------------------------------------------------------------


def test_molecules_are_turned_each_by_itself_and_stay_what_they_are(few, rng):
    turned = turn_randomly(few.positions, rng)
    distances = np.linalg.norm(few.positions[:, :, None] - few.positions[:, None], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(turned[:, :, None] - turned[:, None], axis=-1), distances, atol=1e-12)
    volumes = np.linalg.det(np.stack([few.positions[:, :3], turned[:, :3]]))
    np.testing.assert_allclose(volumes[0], volumes[1], atol=1e-12)
    same = turn_randomly(np.repeat(few.positions[:1], 2, axis=0), rng)
    assert np.abs(same[0] - same[1]).max() > 0.1
    again = turn_randomly(few.positions, np.random.default_rng(1))
    np.testing.assert_array_equal(again, turn_randomly(few.positions, np.random.default_rng(1)))


def test_random_rotations_prefer_no_direction(rng):
    """A vector of length 1 has mean 0 and covariance 1/3 in every direction, within five standard errors."""
    vectors = turn_randomly(np.tile([0.0, 0, 1], (4000, 1, 1)), rng)[:, 0]
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=5 * np.sqrt(1 / 3 / 4000))
    np.testing.assert_allclose(vectors.T @ vectors / 4000, np.eye(3) / 3, atol=5 * 0.3 / np.sqrt(4000))


def padded(symbols: list[str], positions: list, energy: float = 0.0) -> Molecules:
    """Hydrogen, then a molecule of these atoms."""
    number = len(symbols)
    return pad(
        np.array([7, 8]),
        np.array([2, number]),
        ["H", "H", *symbols],
        np.array([[0, 0, 0], [0, 0, 0.74], *positions], dtype=np.float64),
        np.array([0.0, energy]),
        lambda i: f"file, number {i}",
    )


def test_atoms_fill_the_first_slots():
    molecules = padded(["O", "C"], [[1, 2, 3], [1, 2, 4]])
    assert molecules.charges[:, :3].tolist() == [[1, 1, 0], [8, 6, 0]] and molecules.charges.shape == (2, SLOTS)
    assert molecules.positions[1, :3].tolist() == [[1, 2, 3], [1, 2, 4], [0, 0, 0]]
    first = molecules.take(np.array([1]))
    assert first.index.tolist() == [8] and first._replace(energy=None).take(np.array([0])).energy is None


@pytest.mark.parametrize(
    ("symbols", "positions", "energy", "match"),
    [
        (["C"] * 30, [[i, 0, 0] for i in range(30)], 0.0, "30 atoms, expected 1 to 29"),
        ([], np.empty((0, 3)).tolist(), 0.0, "0 atoms, expected 1 to 29"),
        (["C", "Si"], [[0, 0, 0], [0, 0, 1]], 0.0, "atom 2 is 'Si', expected H, C, N, O, F"),
        (["C", "O"], [[0, 0, 0], [0, 0, np.inf]], 0.0, "a position is not finite, expected numbers in Angstrom"),
        (["C", "O"], [[0, 0, 0], [0, 0, 1]], np.nan, "its energy is nan, expected a finite number"),
        (["C", "O"], [[5, 0, 0], [5, 0, 0]], 0.0, r"atoms 1 and 2 are 0 Angstrom apart, expected 0\.4 or more"),
        (["C", "O"], [[5, 0, 0], [5, 0, 0.113]], 0.0, r"atoms 1 and 2 are 0\.11 .*; are the positions in Angstrom\?"),
    ],
)
def test_wrong_molecules_are_named_with_what_is_allowed(symbols, positions, energy, match):
    with pytest.raises(InputError, match=f"file, number 1: {match}"):
        padded(symbols, positions, energy)
