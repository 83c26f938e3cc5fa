"""E1-fmnist-time: the mean of the logits is invariant at every step of training, up to the noise of a finite ensemble."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import curve, groups, named, out_of_distribution, select
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
Networks trained on all quarter turns (C4), which permute pixels: the infinite ensemble is invariant at every step and
on every input, at any width. Top: root mean square deviation A of the logits from their orbit mean, for single members
(dotted) and ensembles of M (solid, 95 % bands), with what all ensembles of M have of independent members, sqrt(floor +
(a member's A^2 - floor) / M), an identity (dashed, hatched 95 %); red: the largest ensemble without augmentation.
Bottom: what is left of the infinite ensemble, the unbiased estimate of its squared A in units of a member's, with 95 %
bars, with augmentation and, red, without. Good: solid on dashed at every step, initialisation included, and the floor
zero within its bars and below 2 % of a member's, while the control's is not.
"""


def draw(table: pd.DataFrame, replicates: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    smallest = groups(table)[0]
    sets = ["test", *out_of_distribution(table)]
    figure = style.new_figure(columns=0.85 * len(sets), rows=2)
    columns = figure.subplots(2, len(sets), squeeze=False).T
    for (top, bottom), data in zip(columns, sets, strict=True):
        of_set = replicates[replicates.data == data]
        _spread(top, select(table, "spread", data=data, model="cnn"), of_set[of_set.augmentation == smallest], smallest)
        top.set_title(named(table, data))
        for group, colour in (("c1", style.CONTROL), (smallest, style.GROUPS["c8"])):
            _floor(bottom, of_set[of_set.augmentation == group], colour)
        bottom.axhline(0, color="0.4", linewidth=1)
        for axes in (top, bottom):
            axes.set_xscale("symlog", linthresh=5, linscale=0.5)
            axes.set_xlabel("steps of Adam")
            axes.set_xlim(left=-0.5)
            axes.set_xticks([0, 10, 100], ["0", "10", "100"])
    columns[0][0].set_ylabel("spread A of the logits")
    columns[0][1].set_ylabel("squared floor / member's $A^2$")
    columns[0][0].legend(loc="best")
    return figure


def _spread(axes: Axes, rows: pd.DataFrame, replicates: pd.DataFrame, group: str) -> None:
    augmented = rows[rows.augmentation == group]
    single = augmented[augmented.members == 1]
    curve(axes, single, "step", color="0.3", linestyle=":", label="single members")
    for size, colour in style.width_colours(m for m in augmented.members.unique() if m > 1).items():
        label = f"ensembles of {style.count(size)}"
        curve(axes, augmented[augmented.members == size], "step", color=colour, marker=".", label=label)
        squared, half = _with_error(_by_step(replicates, size))
        low, middle, high = (np.sqrt(np.maximum(squared + sign * half, 0)) for sign in (-1, 0, 1))
        axes.plot(squared.index, middle, color=colour, linestyle="--", linewidth=1)
        axes.fill_between(squared.index, low, high, color=colour, alpha=0.15, linewidth=0, hatch="///")
    control = rows[rows.augmentation == "c1"]
    control = control[control.members == control.members.max()]
    curve(axes, control, "step", color=style.CONTROL, label=f"not augmented, {style.count(control.members.max())}")
    axes.set_yscale("log")


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
