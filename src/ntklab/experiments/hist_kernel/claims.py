"""Claims of `Equivariant Neural Tangent Kernels` (Misof et al. 2025) about classification by infinitely wide networks."""

from functools import partial

import pandas as pd
from scipy import stats

from ntklab.claims.claim import Claim, Finding, inside

INF = float("inf")
TABLE = "equivntk/hist_kernel_classification"
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
WITHOUT_ORIENTATION = "On FashionMNIST without a preferred orientation (each image in a random quarter turn)"


def _outputs(table: pd.DataFrame, quantity: str, head: str, kernel: str) -> pd.DataFrame:
    return table[(table.quantity == quantity) & (table["head"] == head) & (table.kernel == kernel)]


def gain(table: pd.DataFrame, head: str, kernel: str, than: str) -> Finding:
    """Accuracy of the group-convolutional network less another's on randomly turned images, mean over sizes and repeats.

    Paired by repeat; Student's interval over repeats, whose training and test images are independent.
    """
    rows = _outputs(table, "accuracy", head, kernel)
    accuracies = rows[rows.orientation == "turned"].pivot_table("value", "repeat", "architecture")
    gains = accuracies["gcnn"] - accuracies[than]
    low, high = stats.t.interval(0.95, len(gains) - 1, loc=gains.mean(), scale=gains.sem())
    return inside(gains.mean(), low, high, (0.0, INF))


def augmented_equals_gcnn(table: pd.DataFrame, kernel: str) -> Finding:
    """Largest relative difference of outputs over sizes and repeats, linear head."""
    rows = _outputs(table, "difference_from_gcnn", "linear", kernel)
    worst = rows[rows.architecture == "cnn_augmented"].value.max()
    return inside(worst, worst, worst, (0.0, 1e-8))


def head_breaks_equality(table: pd.DataFrame, kernel: str) -> Finding:
    """Smallest relative difference of outputs over sizes and repeats, nonlinear head."""
    rows = _outputs(table, "difference_from_gcnn", "nonlinear", kernel)
    least = rows[rows.architecture == "cnn_augmented"].value.min()
    return inside(least, least, least, (1e-2, INF))


def _claim(name: str, source: str, statement: str, quantity: str, criterion: str, find, **published) -> Claim:
    return Claim(f"E2-{name}", "equivntk", source, statement, quantity, criterion, TABLE, find, **published)


CLAIMS: tuple[Claim, ...] = (
    *(
        _claim(
            f"hist-kernel-gain-{head}-head-{kernel}",
            "abstract; figure on histological images",
            f"{WITHOUT_ORIENTATION} the group-convolutional {name} classifies better than the convolutional one.",
            f"gain in accuracy, {head} head, mean over training sizes and repeats",
            "interval above 0",
            partial(gain, head=head, kernel=kernel, than="cnn"),
        )
        for head in ("linear", "nonlinear")
        for kernel, name in KERNELS.items()
    ),
    *(
        _claim(
            f"hist-kernel-augmented-{kernel}",
            "theorem on augmentation",
            f"With a linear head the augmented network and the group-convolutional one predict the same ({name}).",
            "largest relative difference of mean outputs over training sizes and repeats",
            "at most 1e-8 (the ridge lets rounding errors grow by four orders)",
            partial(augmented_equals_gcnn, kernel=kernel),
        )
        for kernel, name in KERNELS.items()
    ),
    *(
        _claim(
            f"hist-kernel-head-{kernel}",
            "negative control; condition of the theorem on augmentation",
            f"With a nonlinear head after the pooling they do not ({name}).",
            "smallest relative difference of mean outputs over training sizes and repeats",
            "at least 0.01",
            partial(head_breaks_equality, kernel=kernel),
        )
        for kernel, name in KERNELS.items()
    ),
)
