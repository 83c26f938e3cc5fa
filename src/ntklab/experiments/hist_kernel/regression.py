"""Classification by infinitely wide networks after infinitely long training: convolutional, augmented, group-convolutional.

All three read the orbit kernel of the same training and test images. Ridge: lambda relative to the mean
diagonal of the Gram matrix, as in the public experiments of E2; the augmented network gets |G| times the absolute ridge
of the group-convolutional one, with which it agrees exactly if only linear layers follow the pooling (E2, theorem on
augmentation).
"""

import numpy as np
from jaxtyping import Float, Int

from ntklab.groups import FiniteGroup
from ntklab.kernels.augmented import augmented_solve
from ntklab.kernels.cnn import OrbitKernels, augmented_blocks, cnn_from_orbit, gcnn_from_orbit
from ntklab.kernels.dynamics import Dynamics
from ntklab.kernels.wide_ensemble import mean_prediction, spectrum
from ntklab.network import Network

KERNELS = ("nngp", "ntk")
ARCHITECTURES = ("cnn", "cnn_augmented", "gcnn")

Outputs = Float[np.ndarray, "test class"]


def centred_one_hot(labels: Int[np.ndarray, " n"], classes: int) -> Float[np.ndarray, "n {classes}"]:
    """1 - 1/classes at the label, -1/classes elsewhere: targets of mean zero over the classes."""
    return np.eye(classes)[labels] - 1 / classes


def _regression(gram: np.ndarray, cross: np.ndarray, targets: np.ndarray, ridge: float) -> Outputs:
    """cross (gram + ridge)^-1 targets, the mean prediction at infinite time."""
    return mean_prediction(spectrum(gram), cross, targets, [np.inf], Dynamics(ridge=ridge))[0]


def _augmented_regression(
    group: FiniteGroup, blocks: np.ndarray, cross: np.ndarray, targets: np.ndarray, ridge: float
) -> Outputs:
    """The same after training on the whole orbits, from blocks (element, n, n) and (element, test, n)."""
    weights = augmented_solve(group, blocks, np.repeat(targets, group.order, axis=0), ridge)
    return np.einsum("gij,jgk->ik", cross, weights.reshape(-1, group.order, targets.shape[1]), optimize=True)


def mean_outputs(
    network: Network,
    train: OrbitKernels,
    test_train: OrbitKernels,
    targets: Float[np.ndarray, "n class"],
    relative_ridge: float,
) -> dict[tuple[str, str], Outputs]:
    """Mean outputs on the test images, by (architecture, kernel): see `ARCHITECTURES` and `KERNELS`.

    Args:
        train, test_train: B between the training images, and between test images x and training images y.
        targets: one row per training image; all its transforms have the same.
        relative_ridge: in units of the mean diagonal of the Gram matrix.
    """
    of = {
        "cnn": (cnn_from_orbit(network, train), cnn_from_orbit(network, test_train)),
        "gcnn": (gcnn_from_orbit(network, train), gcnn_from_orbit(network, test_train)),
    }
    group = train.group
    augmented = augmented_blocks(network, train), augmented_blocks(network, test_train)
    outputs = {}
    for part, kernel in enumerate(KERNELS):
        for architecture, (gram, cross) in of.items():
            ridge = relative_ridge * np.diagonal(gram[part]).mean()
            outputs[architecture, kernel] = _regression(gram[part], cross[part], targets, ridge)
        # `ridge` is now that of the group-convolutional network.
        blocks, cross = augmented[0][part], augmented[1][part]
        outputs["cnn_augmented", kernel] = _augmented_regression(group, blocks, cross, targets, group.order * ridge)
    return outputs
