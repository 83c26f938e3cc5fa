"""E1-fmnist-time: the mean of the logits is invariant at every step of training, up to the noise of a finite ensemble."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import groups, named, out_of_distribution
from ntklab.metrics.resampling import standard_error, student
from ntklab.plots import style

ID = "E1-fmnist-time"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_training",
    "ensembles/rotated_fashion_mnist_training_replicates",
)
TITLE = "Rotated FashionMNIST: invariance at every time of training"
CAPTION = """\
Networks trained on all quarter turns (C4), which permute pixels. Top: root mean square deviation A_M of an ensemble's logits
from their orbit mean, over that of its members, A_1, for ensembles of M: the expectation over all ensembles of M of the trained
networks, 95 % bands over networks; dashed, 1 / sqrt(M); red, networks trained without augmentation. Bottom: what is left of the
infinite ensemble, the unbiased estimate of its squared A in units of a member's, with 95 % bars, with augmentation and, red,
without. Good: what theory expects, that is, the infinite ensemble is invariant at every step, the initialisation included, and
on every input, at any width; so solid lies on dashed at all times, and the floor is zero within its bars, while the control's
leaves it as soon as training begins. The line 1 / sqrt(M) itself is arithmetic where the floor vanishes; the floor is the
evidence. Seen at laptop scale: both.
"""
SHOWN = 4
"""Sizes of ensembles, at most: more lines lie too close."""


def draw(table: pd.DataFrame, replicates: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    smallest = groups(table)[0]
    sets = ["test", *out_of_distribution(table)]
    figure = style.new_figure(columns=0.85 * len(sets), rows=2)
    columns = figure.subplots(2, len(sets), squeeze=False, sharey="row").T
    for (top, bottom), data in zip(columns, sets, strict=True):
        of_set = replicates[replicates.data == data]
        augmented = of_set[of_set.augmentation == smallest]
        control = of_set[of_set.augmentation == "c1"]
        _ratios(top, augmented, control)
        top.set_title(named(table, data))
        for rows, colour in ((control, style.CONTROL), (augmented, style.GROUPS["c8"])):
            _floor(bottom, rows, colour)
        bottom.axhline(0, color="0.4", linewidth=1)
        for axes in (top, bottom):
            axes.set_xscale("symlog", linthresh=5, linscale=0.5)
            axes.set_xlabel("steps of Adam")
            axes.set_xlim(left=-0.5)
            axes.set_xticks([0, 10, 100], ["0", "10", "100"])
    columns[0][0].set_ylabel("spread $A_M / A_1$ of the logits")
    columns[0][1].set_ylabel("squared floor / member's $A^2$")
    columns[0][0].legend(loc="best")
    return figure


def _ratios(axes: Axes, augmented: pd.DataFrame, control: pd.DataFrame) -> None:
    sizes = sorted(size for size in augmented.members.unique() if 1 < size < np.inf)
    sizes = sizes[:: max(1, -(-len(sizes) // SHOWN))]
    for size, colour in style.width_colours(sizes).items():
        _ratio(axes, augmented, size, color=colour, marker=".", label=f"ensembles of {style.count(size)}")
        axes.axhline(size**-0.5, color=colour, linestyle="--", linewidth=1)
    largest = max(size for size in control.members.unique() if size < np.inf)
    _ratio(axes, control, largest, color=style.CONTROL, label=f"not augmented, {style.count(largest)}")
    axes.set_yscale("log")
    style.plain_numbers(axes.yaxis)


def _ratio(axes: Axes, rows: pd.DataFrame, size: float, **look) -> None:
    ratio, half = _with_error(np.sqrt(np.maximum(_by_step(rows, size) / _by_step(rows, 1.0), 0)))
    axes.plot(ratio.index, ratio, **look)
    axes.fill_between(ratio.index, ratio - half, ratio + half, color=look["color"], alpha=0.2, linewidth=0)


def _floor(axes: Axes, replicates: pd.DataFrame, colour) -> None:
    relative, half = _with_error(_by_step(replicates, np.inf) / _by_step(replicates, 1.0))
    axes.errorbar(relative.index, relative, half, color=colour, marker=".", capsize=2)


def _by_step(replicates: pd.DataFrame, members: float) -> pd.DataFrame:
    """Squared spread of ensembles of that size: a row for each step, a column for each replicate."""
    return replicates[replicates.members == members].pivot(index="step", columns="replicate", values="value")


def _with_error(by_step: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The number of all members, and half its 95 % interval from leaving groups of them out."""
    left_out = by_step.drop(columns=0).to_numpy().T
    half = student(0.0, 1.0, len(left_out) - 1, "members").ci95[1] * standard_error(left_out)
    return by_step[0], pd.Series(half, by_step.index)
