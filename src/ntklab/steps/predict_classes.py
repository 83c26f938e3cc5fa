"""Mean outputs of infinitely wide networks, convolutional, augmented and group-convolutional, for growing training sets."""

from pathlib import Path

import numpy as np

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.classification import centred_one_hot, mean_outputs
from ntklab.kernels.cnn import OrbitKernels, orbit_subset, turned_orbit
from ntklab.kernels.network import Network
from ntklab.seeds import generator
from ntklab.steps.record import record

HEADS = {"linear": 0, "nonlinear": 1}
"""Hidden dense layers after the pooling."""


def predict_classes(
    *,
    kernels: list[Path],
    training_sizes: list[int],
    ridge: float,
    filters: list[int],
    padding: str,
    nonlinearity: str,
    weight_variance: float,
    bias_variance: float,
    experiment: str,
    seed: int,
    output: Path,
) -> None:
    """Write arrays `repeat/orientation/head/architecture/kernel/size` (test, class), and `repeat/labels` of the test.

    "upright" leaves the images as they are, "turned" gives each a random number of quarter turns.
    """
    header = record(locals())
    networks = {
        head: Network(filters, dense, nonlinearity, padding, weight_variance, bias_variance)
        for head, dense in HEADS.items()
    }
    arrays = {}
    for orbits in map(Arrays, kernels):
        repeat = orbits.header["settings"]["repeat"]
        targets = centred_one_hot(orbits["train/labels"], len(orbits.header["classes"]))
        arrays[f"{repeat}/labels"] = orbits["test/labels"]
        turned = _oriented(orbits, generator(seed, experiment, "turns", repeat))
        for orientation, (train, test) in turned.items():
            for head, network in networks.items():
                for n in training_sizes:
                    subsets = orbit_subset(train, n, n), orbit_subset(test, None, n)
                    for (architecture, kernel), outputs in mean_outputs(network, *subsets, targets[:n], ridge).items():
                        arrays[f"{repeat}/{orientation}/{head}/{architecture}/{kernel}/{n}"] = outputs
        print(f"predicted with training set {repeat}", flush=True)
    described = {name: orbits.header[name] for name in ("data", "source", "image_size")}
    save_arrays(output, arrays, {**header, **described})


def _oriented(orbits: Arrays, rng: np.random.Generator) -> dict[str, tuple[OrbitKernels, OrbitKernels]]:
    """Orbit kernels train-train and test-train, of the images as they are and each turned at random."""
    train, test = (
        OrbitKernels(*(orbits[f"{name}/{part}"] for part in OrbitKernels._fields)) for name in ("train", "test")
    )
    turns_train, turns_test = (rng.integers(4, size=n) for n in (train.nngp.shape[1], test.nngp.shape[1]))
    turned = turned_orbit(train, turns_train, turns_train), turned_orbit(test, turns_test, turns_train)
    return {"upright": (train, test), "turned": turned}
