"""Claims of `Equivariant Neural Tangent Kernels` (Misof et al. 2025) about classification by infinitely wide networks.

Repeats, of independent training sets and test images, are the unit. The paper's images are histological; a claim about other
images says so, and each claim is decided by its own images alone.
"""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.metrics.resampling import (
    Interval,
    jackknife_interval,
    leave_groups_out,
    lowest_of_all,
    nothing,
    numerical,
    standard_error,
)

INF = float("inf")
TABLE = "equivntk/hist_kernel_classification"
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
HEADS = ("linear", "nonlinear")
FASHION, HISTOLOGY = "fashion_mnist", "histology"
NEEDS = {FASHION: "other images than FashionMNIST", HISTOLOGY: "needs the histological images of the paper"}
GROUP, OTHER_GROUP = "c4", "another group than the quarter turns"
NO_SPREAD = "repeats that are all equal have no interval"
EPS = float(np.finfo(np.float64).eps)


def _outputs(table: pd.DataFrame, quantity: str, head: str, kernel: str) -> pd.DataFrame:
    return table[(table.quantity == quantity) & (table["head"] == head) & (table.kernel == kernel)]


def _gains(table: pd.DataFrame, orientation: str, head: str, kernel: str, of: str, than: str) -> np.ndarray:
    """Accuracy of one architecture minus another's, same training and test images: (repeat, training size)."""
    rows = _outputs(table, "accuracy", head, kernel)
    rows = rows[rows.orientation == orientation]
    accuracies = rows.pivot_table("value", ["repeat", "training_images"], "architecture")
    return (accuracies[of] - accuracies[than]).unstack("training_images").to_numpy()


def least_gain(
    table: pd.DataFrame,
    data: str,
    orientation: str,
    head: str,
    kernel: str,
    of: str = "gcnn",
    than: str = "cnn",
) -> Interval:
    """Gain in accuracy at the training size whose simultaneous interval ends lowest."""
    if (table.data != data).any():
        return nothing(NEEDS[data])
    if (table.group != GROUP).any():
        return nothing(OTHER_GROUP)
    gains = _gains(table, orientation, head, kernel, of, than)
    replicates = leave_groups_out(partial(np.mean, axis=0), gains)
    if not np.all(standard_error(replicates) > 0):
        return nothing(NO_SPREAD)
    return lowest_of_all(gains.mean(axis=0), replicates, "repeats")


def mean_gain(
    table: pd.DataFrame,
    data: str,
    orientation: str,
    head: str,
    kernel: str,
    of: str = "gcnn",
    than: str = "cnn",
) -> Interval:
    """Gain in accuracy, mean over training sizes."""
    if (table.data != data).any():
        return nothing(NEEDS[data])
    if (table.group != GROUP).any():
        return nothing(OTHER_GROUP)
    gains = _gains(table, orientation, head, kernel, of, than).mean(axis=1)
    replicates = leave_groups_out(np.mean, gains)
    return jackknife_interval(gains.mean(), replicates, "repeats") if np.ptp(gains) > 0 else nothing(NO_SPREAD)


def _difference(table: pd.DataFrame, head: str, kernel: str, architecture: str) -> pd.Series:
    rows = _outputs(table, "difference_from_gcnn", head, kernel)
    return rows[rows.architecture == architecture].value


def _rounding(table: pd.DataFrame, kernel: str) -> float:
    """Error bound of a difference of outputs: how far two ways of computing the same outputs differ, with a linear head."""
    return float(_difference(table, "linear", kernel, "cnn_augmented").max()) + 8 * EPS


def largest_difference(table: pd.DataFrame, kernel: str, architecture: str = "cnn_augmented") -> Interval:
    """Largest relative difference from the group-convolutional outputs over sizes and repeats, linear head."""
    return numerical(float(_difference(table, "linear", kernel, architecture).max()), _rounding(table, kernel))


def smallest_difference(table: pd.DataFrame, kernel: str, head: str = "nonlinear") -> Interval:
    """Smallest relative difference of augmented and group-convolutional outputs over sizes and repeats."""
    return numerical(float(_difference(table, head, kernel, "cnn_augmented").min()), _rounding(table, kernel))


def _of_rotated_images(head: str, kernel: str) -> Claim:
    find = partial(least_gain, data=FASHION, head=head, kernel=kernel)
    return Claim(
        f"E2-hist-kernel-gain-{head}-head-{kernel}",
        "equivntk",
        "abstract; figure on histological images",
        "On FashionMNIST in random quarter turns, in place of histological images, the group-convolutional "
        f"{KERNELS[kernel]} classifies better than the convolutional one at every training size.",
        f"gain in accuracy, {head} head, the training size whose simultaneous interval ends lowest",
        TABLE,
        partial(find, orientation="turned"),
        (0.0, INF),
        control=partial(find, orientation="upright"),
        control_is="images upright, whose orientation tells classes apart",
    )


def _of_upright_images(head: str, kernel: str) -> Claim:
    find = partial(mean_gain, data=FASHION, head=head, kernel=kernel)
    return Claim(
        f"E2-hist-kernel-gain-upright-{head}-head-{kernel}",
        "equivntk",
        "order of the abstract and of the figure on histological images",
        f"On upright FashionMNIST, too, the group-convolutional {KERNELS[kernel]} classifies better than the "
        "convolutional one.",
        f"gain in accuracy, {head} head, mean over training sizes",
        TABLE,
        partial(find, orientation="upright"),
        (0.0, INF),
        control=partial(find, orientation="turned", of="cnn", than="gcnn"),
        control_is="the two networks exchanged, on images in random quarter turns",
    )


def _of_histological_images(kernel: str) -> Claim:
    find = partial(least_gain, data=HISTOLOGY, orientation="upright", head="nonlinear", kernel=kernel)
    return Claim(
        f"E2-hist-kernel-gain-histology-{kernel}",
        "equivntk",
        "abstract; figure on histological images",
        f"On histological images the group-convolutional {KERNELS[kernel]} classifies better than the convolutional one "
        "at every training size.",
        "gain in accuracy, nonlinear head, the training size whose simultaneous interval ends lowest",
        TABLE,
        find,
        (0.0, INF),
        control=partial(find, of="cnn", than="gcnn"),
        control_is="the two networks exchanged",
    )


def _augmented_equals(kernel: str) -> Claim:
    return Claim(
        f"E2-hist-kernel-augmented-{kernel}",
        "equivntk",
        "theorem on augmentation",
        "With a linear head the augmented network and the group-convolutional one predict the same "
        f"({KERNELS[kernel]}).",
        "largest relative difference of mean outputs over training sizes and repeats; rounding errors grow by the ridge",
        TABLE,
        partial(largest_difference, kernel=kernel),
        (-INF, 1e-8),
        CHECK,
        partial(largest_difference, kernel=kernel, architecture="cnn"),
        "the network that is not augmented",
    )


def _head_breaks_equality(kernel: str) -> Claim:
    return Claim(
        f"E2-hist-kernel-head-{kernel}",
        "equivntk",
        "negative control; condition of the theorem on augmentation",
        "With a nonlinear head after the pooling the augmented network and the group-convolutional one do not predict "
        f"the same ({KERNELS[kernel]}).",
        "smallest relative difference of mean outputs over training sizes and repeats",
        TABLE,
        partial(smallest_difference, kernel=kernel),
        (1e-2, INF),
        control=partial(smallest_difference, kernel=kernel, head="linear"),
        control_is="a linear head",
    )


CLAIMS: tuple[Claim, ...] = (
    *(_of_rotated_images(head, kernel) for head in HEADS for kernel in KERNELS),
    *(_of_upright_images(head, kernel) for head in HEADS for kernel in KERNELS),
    *map(_of_histological_images, KERNELS),
    *map(_augmented_equals, KERNELS),
    *map(_head_breaks_equality, KERNELS),
)
