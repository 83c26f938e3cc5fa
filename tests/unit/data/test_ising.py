"""Ising samples against exact partition sums and Onsager's energy."""

import itertools

import numpy as np
import pytest
from scipy.special import ellipk

from ntklab.data.ising import diluted_spins, energy, gaussian_spins, sample_spins, uniform_spins, wolff_update
from ntklab.errors import InputError


def all_states(size: int) -> np.ndarray:
    return np.array(list(itertools.product([-1.0, 1.0], repeat=size * size))).reshape(-1, size, size)


def exact_mean_and_variance(size: int, beta: float, coupling: float = 1.0) -> tuple[float, float]:
    energies = energy(all_states(size), coupling)
    weights = np.exp(-beta * (energies - energies.min()))
    mean = np.average(energies, weights=weights)
    return mean, np.average((energies - mean) ** 2, weights=weights)


def onsager_energy(beta: float) -> float:
    """Energy per site of the infinite lattice, J = 1 (Onsager 1944)."""
    k = 2 * np.sinh(2 * beta) / np.cosh(2 * beta) ** 2
    return -1 / np.tanh(2 * beta) * (1 + 2 / np.pi * (2 * np.tanh(2 * beta) ** 2 - 1) * ellipk(k**2))


def z_score(samples: np.ndarray, expected: float) -> float:
    return (samples.mean() - expected) / (samples.std(ddof=1) / np.sqrt(len(samples)))


def test_energy_counts_every_neighbouring_pair_once(rng):
    spins = uniform_spins(1, 5, rng)
    by_hand = -sum(
        spins[0, i, j] * (spins[0, (i + 1) % 5, j] + spins[0, i, (j + 1) % 5]) for i in range(5) for j in range(5)
    )
    assert energy(spins)[0] == by_hand
    assert energy(np.ones((1, 5, 5)), coupling=2.0)[0] == -2 * 2 * 25


def test_energy_is_invariant_under_rotations(rng):
    spins = gaussian_spins(5, 5, rng)
    np.testing.assert_allclose(energy(np.rot90(spins, axes=(1, 2))), energy(spins), atol=1e-13)


def test_partition_sum_of_the_2x2_torus():
    """Z = 2 exp(8 beta) + 12 + 2 exp(-8 beta) when each pair of the 2 x 2 torus counts twice."""
    beta = 0.37
    z = np.exp(-beta * energy(all_states(2))).sum()
    assert z == pytest.approx(2 * np.exp(8 * beta) + 12 + 2 * np.exp(-8 * beta), rel=1e-14)


@pytest.mark.parametrize(("size", "beta", "coupling"), [(2, 0.3, 1.0), (4, 0.3, 1.0), (4, 0.5, 1.0), (4, 0.3, -1.0)])
def test_wolff_samples_have_the_exact_energy_and_its_fluctuations(rng, size, beta, coupling):
    mean, variance = exact_mean_and_variance(size, beta, coupling)
    energies = energy(sample_spins(4000, size, beta, 60, rng, coupling), coupling)
    assert abs(z_score(energies, mean)) < 4
    assert abs(z_score((energies - mean) ** 2, variance)) < 4


@pytest.mark.parametrize(("beta", "updates"), [(0.3, 400), (0.5, 60)])
def test_wolff_samples_of_a_large_lattice_have_onsagers_energy(rng, beta, updates):
    energies = energy(sample_spins(48, 32, beta, updates, rng)) / 32**2
    assert abs(z_score(energies, onsager_energy(beta))) < 4


def test_a_wolff_update_flips_one_connected_cluster(rng):
    spins = uniform_spins(20, 6, rng)
    updated = wolff_update(spins, 0.4, rng)
    flipped = updated != spins
    assert flipped.any(axis=(1, 2)).all()
    for before, where in zip(spins, flipped, strict=True):
        assert len(set(before[where])) == 1
    np.testing.assert_array_equal(wolff_update(np.ones((3, 4, 4)), 50.0, rng), -np.ones((3, 4, 4)))


def test_uniform_spins_have_the_moments_of_independent_signs(rng):
    energies = energy(sample_spins(20000, 5, 0.0, 1, rng))
    assert abs(z_score(energies, 0)) < 4
    assert abs(z_score(energies**2, 2 * 25)) < 4


def test_inputs_off_the_distribution(rng):
    diluted = diluted_spins(300, 5, rng)
    assert ((diluted == 0).sum(axis=(1, 2)) == 8).all()
    assert set(np.unique(diluted)) == {-1.0, 0.0, 1.0}
    occupied = (diluted == 0).mean(axis=0)
    assert np.abs(occupied - 8 / 25).max() < 4 * np.sqrt(8 / 25 * 17 / 25 / 300)
    gauss = gaussian_spins(4000, 5, rng)
    assert abs(z_score(gauss.ravel(), 0)) < 4 and abs(z_score(gauss.ravel() ** 2, 1)) < 4


def test_a_negative_temperature_is_refused(rng):
    with pytest.raises(InputError, match=r"beta is an inverse temperature and not negative: -0\.1"):
        sample_spins(1, 5, -0.1, 1, rng)
