"""Sample pairs of vectors, and the rotations that ensembles are trained with and measured on."""

from pathlib import Path

import numpy as np

from ntklab.data.cross_product import cross_product, pairs_off_manifold, unit_pairs
from ntklab.files import save_arrays
from ntklab.groups.rotations import ROTATION_SETS, haar_rotations, nearest_angles
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator

PROBES = 20_000


def sample_cross_product(
    *, training_pairs: int, test_pairs: int, haar: int, augmentations: list[str], seed: int, output: Path
) -> None:
    """Write the pairs, the training targets, `rotations/NAME` (element, 3, 3), and every set's mean covering angle."""
    settings = {
        "training_pairs": training_pairs, "test_pairs": test_pairs, "haar": haar, "augmentations": augmentations,
        "seed": seed,
    }  # fmt: skip
    header = record(settings)

    def rng(name: str):
        return generator(seed, "cross_product", name)

    training = unit_pairs(training_pairs, rng("training"))
    arrays = {
        "training/inputs": training,
        "training/targets": cross_product(training),
        "on_manifold/inputs": unit_pairs(test_pairs, rng("on_manifold")),
        "off_manifold/inputs": pairs_off_manifold(test_pairs, rng("off_manifold")),
        "rotations/haar": haar_rotations(haar, rng("haar")).matrices,
    }
    probes, angles = haar_rotations(PROBES, rng("probes")), {}
    for name in augmentations:
        rotations = ROTATION_SETS[name](rng(name))
        arrays[f"rotations/{name}"] = rotations.matrices
        angles[name] = float(np.mean(nearest_angles(rotations, probes)))
    save_arrays(output, arrays, {**header, "angles": angles})
