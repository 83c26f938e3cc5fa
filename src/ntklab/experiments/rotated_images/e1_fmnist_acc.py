"""E1-fmnist-acc: accuracy of the compared models on upright test images."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import MODEL_NAMES, groups, named, order, select
from ntklab.plots import style

ID = "E1-fmnist-acc"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_orbit_predictions",)
TITLE = "Rotated FashionMNIST: accuracy of the compared models"
CAPTION = """\
Accuracy on upright test images of models trained on rotated FashionMNIST, for each group trained with: single models (hollow)
and the largest ensembles there are of each kind (filled, their size beside), means over disjoint ensembles; bars 95 % intervals
over independently trained models and the choice of test images (the same for all). Grey lines: numbers that the authors
report for C4 at their sizes (100 members of 120,000 parameters, 92.9 %; one canonicalised network, 87 %; 10 invariant
steerable networks of 51,000 parameters, 85.3 %). Good: ensembles of plain networks above single canonicalised ones and above
ensembles of invariant networks.
"""
REPORTED = {"cnn": 0.929, "canonicalised": 0.87, "steerable": 0.853}


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    rows = select(table, "accuracy", data="test")
    trained = groups(rows)
    figure = style.new_figure(columns=2.2, rows=1.2)
    panels = figure.subplots(1, len(trained), sharey=True, squeeze=False)[0]
    for axes, group in zip(panels, trained, strict=True):
        for place, model in enumerate(MODEL_NAMES):
            of_model = rows[(rows.model == model) & (rows.augmentation == group)]
            for members in sorted({1.0, of_model.members.max()} & set(of_model.members)):
                row = of_model[of_model.members == members].iloc[0]
                look = {"marker": "o", "fillstyle": "none" if members == 1 else "full", "capsize": 2}
                x = place + (0.12 if members > 1 else -0.12)
                axes.errorbar(x, row.value, 1.96 * row.stderr, color=style.group_colour(group), **look)
                axes.annotate(style.count(members), (x, row.value), (4, 4), textcoords="offset points", fontsize=6)
            if group == "c4":
                axes.plot([place - 0.3, place + 0.3], np.full(2, REPORTED[model]), color="0.6", linewidth=1)
        axes.set_xticks(range(len(MODEL_NAMES)), [name.replace(" ", "\n") for name in MODEL_NAMES.values()])
        axes.set(title=f"trained with C{order(group)}", xlim=(-0.5, len(MODEL_NAMES) - 0.5))
    panels[0].set_ylabel("accuracy on test images")
    figure.supxlabel(named(rows, "test"), fontsize="small")
    return figure
