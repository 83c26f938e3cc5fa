"""What an ensemble is trained on and predicts, in the form that theory and networks take."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.experiments.training.setups import Setup
from ntklab.files import Arrays
from ntklab.finite_width.solver import solve
from ntklab.groups import group

GROUP = group("c4")
AUGMENTED, PLAIN = "augmented", "plain"


class TrainingSet(NamedTuple):
    """Flattened inputs; of orbits those of one input next to each other, the input itself first."""

    x_train: Float[np.ndarray, "n coordinate"]
    y: Float[np.ndarray, " n"]
    x_test: Float[np.ndarray, "test coordinate"]


def training_set(data: Arrays, setup: Setup, label_scale: float, trained: str = AUGMENTED) -> TrainingSet:
    """That of a setup; `trained` = plain leaves out all but one element of every training orbit."""
    training, test, targets = (data[f"{setup.inputs}/{part}"] for part in ("training", "test", "targets"))
    y = label_scale * targets
    if not setup.on_orbits:
        return TrainingSet(training, y, test)
    if trained == AUGMENTED:
        training, y = _orbits(training), np.repeat(y, GROUP.order)
    return TrainingSet(training.reshape(len(training), -1), y, _orbits(test).reshape(-1, test[0].size))


def _orbits(inputs: Float[np.ndarray, "input row column"]) -> Float[np.ndarray, "orbit row column"]:
    """All elements of all orbits."""
    return GROUP.orbit(inputs).reshape(-1, *inputs.shape[1:])


def times_of(chosen: TrainingSet, setup: Setup, times: list[float]) -> list[float]:
    """Times of gradient flow, from those in units of one over the largest eigenvalue of the infinite-width NTK."""
    theta = solve(chosen.x_train, tensors=("Theta",), **setup.network)["Theta"][-1]
    return (np.array(times) / np.linalg.eigvalsh(theta)[-1]).tolist()
