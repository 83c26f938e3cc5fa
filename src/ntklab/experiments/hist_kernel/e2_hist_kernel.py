"""E2-hist-kernel: classification by infinitely wide networks, convolutional, augmented and group-convolutional."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.data.catalogue import CATALOGUE
from ntklab.plots import style

ID = "E2-hist-kernel"
TABLES = ("equivntk/hist_kernel_classification",)
TITLE = "Infinitely wide networks: what invariance is worth"
CAPTION = """\
Test accuracy of infinitely wide networks, trained for ever, against the number of training images: a CNN, the CNN
trained on the whole orbit of every image, and the group-convolutional network (GCNN) trained on the images alone; the
group is named beside it (C4: quarter turns; D: with reflections).
Two convolutions, pooling, one hidden dense layer and a linear output (the nonlinear head of the histology
experiment), except where a linear head is named. Columns: NTK (all layers trained) and NNGP kernel (last layer
trained). Top: every image moved by a random element of the group, as tissue has no preferred orientation; bottom:
images upright, as the data set has them. The grey line is chance. Right, top: gain in accuracy of the GCNN over the
CNN, paired by training set, mean over kernels' repeats; right, bottom: relative difference between the mean outputs
of the augmented CNN and the GCNN. Bars: 95 % intervals (Student's) over training sets with test images of their own,
of one size each; the claims take all sizes together. Good: on turned images the GCNN lies above the CNN at every
size; with a linear head augmented CNN and GCNN agree to rounding, with the nonlinear head they do not. On upright
images orientation tells the classes apart, and invariance costs accuracy: a fact of these data, not of the kernels.
"""
NAMES = {"cnn": "CNN", "cnn_augmented": "CNN, full orbits", "gcnn": "{}-GCNN"}
"""Of the architectures; the braces stand for the group."""
MARKERS = {"cnn": "s", "cnn_augmented": "^", "gcnn": "o"}
SHIFTS = {"cnn": 1.0, "cnn_augmented": 1.05, "gcnn": 1 / 1.05}
ORIENTATIONS = {"turned": "each image moved at random", "upright": "images upright"}
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
DATA = {"fashion_mnist": "FashionMNIST", "histology": "histology", "mnist": "MNIST", "cifar10": "CIFAR10"}
"""Of image sets, where their name in the config is not how it is written."""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3, rows=2.6)
    axes = figure.subplots(2, 3)
    accuracies = table[(table.quantity == "accuracy") & (table["head"] == "nonlinear")]
    for row, orientation in zip(axes, ORIENTATIONS, strict=True):
        for panel, kernel in zip(row, KERNELS, strict=False):
            _accuracy(panel, accuracies[(accuracies.orientation == orientation) & (accuracies.kernel == kernel)])
            name, size = table.data.iloc[0], table.image_size.iloc[0]
            panel.set_title(f"{KERNELS[kernel]}, {DATA.get(name, name)} {size}x{size},\n{ORIENTATIONS[orientation]}")
    top = accuracies.value.max() * 1.15
    for panel in axes[:, :2].flat:
        panel.set(ylim=(0, top), ylabel="test accuracy")
    _gain(axes[0, 2], accuracies)
    _difference(axes[1, 2], table)
    for panel in axes.flat:
        _training_axis(panel, table)
    axes[0, 0].legend()
    return figure


def _group(table: pd.DataFrame) -> str:
    return table.group.iloc[0].upper()


def _training_axis(axes: Axes, table: pd.DataFrame) -> None:
    sizes = sorted(table.training_images.unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [style.count(size) for size in sizes])
    axes.set_xlabel("training images")


def _accuracy(axes: Axes, rows: pd.DataFrame) -> None:
    for architecture, of_architecture in rows.groupby("architecture"):
        style.over_repeats(
            axes, of_architecture, "training_images", SHIFTS[architecture],
            color=style.ARCHITECTURES[architecture], marker=MARKERS[architecture], label=NAMES[architecture].format(_group(rows)),
        )  # fmt: skip
    axes.axhline(1 / len(CATALOGUE[rows.data.iloc[0]].classes), color="0.6", linewidth=1)


def _gain(axes: Axes, accuracies: pd.DataFrame) -> None:
    keys = ["orientation", "kernel", "training_images", "repeat"]
    by_architecture = accuracies.pivot_table("value", keys, "architecture")
    gains = (by_architecture["gcnn"] - by_architecture["cnn"]).rename("value").reset_index()
    shifts = iter((0.94, 0.98, 1.02, 1.06))
    for orientation, kernel in ((o, k) for o in ORIENTATIONS for k in KERNELS):
        rows = gains[(gains.orientation == orientation) & (gains.kernel == kernel)]
        style.over_repeats(
            axes, rows, "training_images", next(shifts), color=style.KERNELS[kernel], marker="o",
            linestyle="-" if orientation == "turned" else ":", label=f"{kernel.upper()}, {orientation}",
        )  # fmt: skip
    axes.axhline(0, color=style.LIMIT, linewidth=1)
    axes.set(title=f"gain of the {_group(accuracies)}-GCNN over the CNN", ylabel="difference in accuracy")
    axes.legend(ncols=2)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))


def _difference(axes: Axes, table: pd.DataFrame) -> None:
    rows = table[(table.quantity == "difference_from_gcnn") & (table.architecture == "cnn_augmented")]
    rows = rows[rows.orientation == "upright"]
    for head, linestyle in (("nonlinear", "-"), ("linear", ":")):
        for kernel in KERNELS:
            chosen = rows[(rows["head"] == head) & (rows.kernel == kernel)]
            mean = np.exp(np.log(chosen.set_index("training_images").value).groupby(level=0).mean())
            label = f"{kernel.upper()}, {head} head"
            axes.plot(mean.index, mean, color=style.KERNELS[kernel], marker="o", linestyle=linestyle, label=label)
    axes.set(yscale="log", title=f"augmented CNN against {_group(table)}-GCNN", ylabel="relative difference of outputs")
    axes.legend(loc="center right")
