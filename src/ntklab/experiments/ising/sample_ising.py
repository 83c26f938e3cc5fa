"""Sample Ising lattices for training, and evaluation sets on and off their distribution."""

from pathlib import Path

from ntklab.data.ising import diluted_spins, energy, gaussian_spins, sample_spins
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def sample_ising(
    *,
    lattice_size: int,
    coupling: float,
    beta: float,
    ordered_beta: float,
    wolff_updates: int,
    training_samples: int,
    test_samples: int,
    seed: int,
    output: Path,
) -> None:
    """Sample spins, compute their energies and standardise them with the training set's mean and deviation."""
    settings = {
        "lattice_size": lattice_size, "coupling": coupling, "beta": beta, "ordered_beta": ordered_beta,
        "wolff_updates": wolff_updates, "training_samples": training_samples, "test_samples": test_samples, "seed": seed,
    }  # fmt: skip
    header = record(settings)

    def spins(name: str, samples: int, at: float):
        return sample_spins(samples, lattice_size, at, wolff_updates, generator(seed, "ising", name), coupling)

    sets = {
        "training": spins("training", training_samples, beta),
        "in_distribution": spins("in_distribution", test_samples, beta),
        "gaussian_spins": gaussian_spins(test_samples, lattice_size, generator(seed, "ising", "gaussian_spins")),
        "diluted_spins": diluted_spins(test_samples, lattice_size, generator(seed, "ising", "diluted_spins")),
        "ordered_spins": spins("ordered_spins", test_samples, ordered_beta),
    }
    energies = {name: energy(x, coupling) for name, x in sets.items()}
    mean, std = energies["training"].mean(), energies["training"].std()
    if std == 0:
        raise InputError("all training lattices have the same energy: nothing to learn; lower beta or change the seed")
    arrays = {}
    for name, x in sets.items():
        arrays |= {f"{name}/inputs": x, f"{name}/targets": (energies[name] - mean) / std}
    save_arrays(output, arrays, {**header, "experiment": "ising", "target_mean": mean, "target_std": std})
