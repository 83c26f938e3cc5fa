"""Ising model on the square periodic lattice: energies, samples, and inputs off the distribution.

Energies follow E(s) = -J sum_<ij> s_i s_j (E1, Ising experiment; slide "Ising model"), the sum running over the right
and the lower neighbour of every site; at side 2 each neighbouring pair therefore counts twice, as on any 2 x 2 torus.
"""

import numpy as np
from jaxtyping import Float
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ntklab.errors import InputError
from ntklab.types import Lattices

NEIGHBOUR_AXES = (1, 2)


def energy(spins: Lattices, coupling: float = 1.0) -> Float[np.ndarray, " sample"]:
    """E(s) of every lattice, in units in which the coupling J is given; defined for real-valued spins too."""
    return -coupling * sum((spins * np.roll(spins, -1, axis)).sum(axis=(1, 2)) for axis in NEIGHBOUR_AXES)


def uniform_spins(samples: int, size: int, rng: np.random.Generator) -> Lattices:
    """Independent uniform spins +-1, the model at infinite temperature."""
    return rng.choice([-1.0, 1.0], size=(samples, size, size))


def gaussian_spins(samples: int, size: int, rng: np.random.Generator) -> Lattices:
    """Independent standard normal entries: same mean and variance as uniform spins, but no Ising configuration."""
    return rng.standard_normal((samples, size, size))


def diluted_spins(samples: int, size: int, rng: np.random.Generator) -> Lattices:
    """Uniform spins of which a random third of the sites (rounded) is empty, value 0."""
    spins = uniform_spins(samples, size, rng)
    empty = rng.permuted(np.arange(size * size) < round(size * size / 3) * np.ones((samples, 1)), axis=1)
    return np.where(empty.reshape(spins.shape), 0.0, spins)


def wolff_update(spins: Lattices, beta: float, rng: np.random.Generator, coupling: float = 1.0) -> Lattices:
    """One cluster update (Wolff, Phys. Rev. Lett. 62, 361, 1989) of every lattice, which are independent chains.

    A bond between neighbours is open with probability 1 - exp(-2 beta J s_i s_j) where that is positive; the cluster of
    a random site is flipped. All chains form one graph whose components are the clusters.
    """
    samples, size, _ = spins.shape
    site = np.arange(spins.size).reshape(spins.shape)
    opened, neighbour = [], []
    for axis in NEIGHBOUR_AXES:
        alignment = coupling * spins * np.roll(spins, -1, axis)
        bond = rng.random(spins.shape) < -np.expm1(-2 * beta * alignment)
        opened.append(site[bond])
        neighbour.append(np.roll(site, -1, axis)[bond])
    i, j = np.concatenate(opened), np.concatenate(neighbour)
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(spins.size, spins.size))
    _, cluster = connected_components(graph, directed=False)
    cluster = cluster.reshape(samples, -1)
    chosen = np.take_along_axis(cluster, rng.integers(size * size, size=(samples, 1)), axis=1)
    return np.where(cluster == chosen, -1, 1).reshape(spins.shape) * spins


def sample_spins(
    samples: int, size: int, beta: float, updates: int, rng: np.random.Generator, coupling: float = 1.0
) -> Lattices:
    """Independent spin configurations at inverse temperature beta >= 0.

    At beta 0 independent uniform spins; otherwise one Wolff chain per lattice, started from uniform spins and stopped
    after `updates` cluster updates. `InputError` for beta < 0.
    """
    if beta < 0:
        raise InputError(f"beta is an inverse temperature and not negative: {beta}")
    spins = uniform_spins(samples, size, rng)
    for _ in range(updates if beta > 0 else 0):
        spins = wolff_update(spins, beta, rng, coupling)
    return spins
