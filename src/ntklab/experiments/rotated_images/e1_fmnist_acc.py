"""E1-fmnist-acc: accuracy, training and calibration of the compared models."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import (
    DATA_NAMES,
    MODEL_COLOURS,
    MODEL_NAMES,
    groups,
    named,
    order,
    points,
    select,
)
from ntklab.plots import style

ID = "E1-fmnist-acc"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_orbit_predictions", "ensembles/rotated_fashion_mnist_training")
TITLE = "Rotated FashionMNIST: accuracy, training and calibration of the compared models"
CAPTION = """\
Upper left: accuracy on upright test images, for each group trained with; single networks (hollow) and the largest ensembles
there are of each kind (filled, their size beside). Grey lines: numbers that the authors report for C4 at their sizes (100
members of 120,000 parameters, 92.9 %; one canonicalised network, 87 %; 10 invariant steerable networks of 51,000 parameters,
85.3 %). Upper right: cross-entropy on the last mini-batches of training. Lower left: expected calibration error of plain
networks (15 bins; 0 if they are right as often as they are confident) against the size of the ensemble, of averaged logits
(solid) and averaged probabilities (dashed). Lower right: fraction of pairs of plain networks that give an unrotated image
different classes, by set of images. Bars are 95 % intervals over networks and images. All plain networks see every rotated
image equally often, whatever the group; the others, for which the rotations of an image are one image, take as many steps as
those of the smallest group, steerable ones larger ones. Good: what the papers expect, that ensembles of plain networks are more
accurate than a single canonicalised one and than ensembles of invariant ones. Seen at laptop scale: equal epochs end at about
equal training loss for the plain networks of all groups; canonicalised networks, and under C4 steerable ones, learn faster and
are more accurate; ensembles are less confident than they are right, the more so with averaged probabilities; augmented networks
disagree no more out of distribution than on test images, those not augmented do.
"""
REPORTED = {"cnn": 0.929, "canonicalised": 0.87, "steerable": 0.853}


def draw(table: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    figure = style.new_figure(columns=2.4, rows=2.2)
    (accuracy, loss), (calibration, disagreement) = figure.subplots(2, 2)
    trained = groups(table)
    _accuracy(accuracy, select(table, "accuracy", data="test"), trained)
    last = select(training, "training_loss")
    last = last[last.step == last.groupby(["model", "augmentation"]).step.transform("max")]
    _by_group(loss, last, trained, "training loss")
    for group in trained:
        for suffix, line in (("", "-"), ("_probabilities", "--")):
            rows = select(table, f"calibration_error{suffix}", data="test", model="cnn", augmentation=group)
            name = {"": "logits", "_probabilities": "probabilities"}[suffix]
            points(
                calibration,
                rows,
                color=style.group_colour(group),
                linestyle=line,
                label=f"C{order(group)}, averaged {name}",
            )
    calibration.set(xscale="log", xlabel="members in the ensemble", ylabel="expected calibration error")
    style.plain_numbers(calibration.xaxis)
    calibration.set_ylim(0, 1.5 * calibration.get_ylim()[1])
    calibration.legend(loc="upper left", ncols=2, fontsize="x-small")
    _disagreement(disagreement, select(table, "disagreement", model="cnn"), trained)
    return figure


def _accuracy(axes: Axes, rows: pd.DataFrame, trained: list[str]) -> None:
    models = [model for model in MODEL_NAMES if model in set(rows.model)]
    for place, group in enumerate(trained):
        for i, model in enumerate(models):
            of_model = rows[(rows.model == model) & (rows.augmentation == group)]
            x = place + 0.2 * (i - (len(models) - 1) / 2)
            for members in sorted({1.0, of_model.members.max()} & set(of_model.members)):
                row = of_model[of_model.members == members].iloc[0]
                fill = "none" if members == 1 else "full"
                label = MODEL_NAMES[model] if place == 0 and members > 1 else None
                bars = [[row.value - row.ci_low], [row.ci_high - row.value]]
                axes.errorbar(
                    x, row.value, bars, color=MODEL_COLOURS[model], marker="o", fillstyle=fill, capsize=2, label=label
                )
                if members > 1:
                    axes.annotate(style.count(members), (x, row.value), (4, 4), textcoords="offset points", fontsize=6)
            if group == "c4" and model in REPORTED:
                axes.plot([x - 0.08, x + 0.08], np.full(2, REPORTED[model]), color="0.6", linewidth=1)
    _groups_below(axes, trained)
    axes.set(ylabel="accuracy on test images", title=named(rows, "test"))
    axes.legend(loc="best")


def _by_group(axes: Axes, rows: pd.DataFrame, trained: list[str], label: str) -> None:
    for model in (model for model in MODEL_NAMES if model in set(rows.model)):
        of_model = rows[rows.model == model].set_index("augmentation").reindex(trained)
        places = of_model.assign(place=np.arange(len(trained)))
        points(axes, places, x="place", color=MODEL_COLOURS[model], linestyle="", label=MODEL_NAMES[model])
    _groups_below(axes, trained)
    axes.set_ylabel(label)


def _disagreement(axes: Axes, rows: pd.DataFrame, trained: list[str]) -> None:
    sets = [name for name in DATA_NAMES if name in set(rows.data)]
    for i, group in enumerate([*trained, "c1"]):
        of_group = rows[rows.augmentation == group].set_index("data").reindex(sets)
        places = of_group.assign(place=np.arange(len(sets)) + 0.12 * (i - len(trained) / 2))
        label = "not augmented" if group == "c1" else f"C{order(group)}"
        points(axes, places, x="place", color=style.group_colour(group), linestyle="", label=label)
    axes.set_xticks(range(len(sets)), [DATA_NAMES[name].replace(" ", "\n") for name in sets])
    axes.set(ylabel="pairs of networks that disagree", ylim=(0, None))
    axes.legend(loc="best")


def _groups_below(axes: Axes, trained: list[str]) -> None:
    axes.set_xticks(range(len(trained)), [f"C{order(group)}" for group in trained])
    axes.set(xlabel="trained with", xlim=(-0.5, len(trained) - 0.5))
