"""E1-canon-so2: canonicalised models on all rotations of the plane, beside ensembles."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import DATA_NAMES, curve, groups, named, order, select
from ntklab.plots import style

ID = "E1-canon-so2"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_angles",
    "ensembles/rotated_fashion_mnist_angle_means",
)
TITLE = "Rotated FashionMNIST: canonicalisation on all rotations of the plane"
CAPTION = """\
Canonicalised networks (Kaba et al.: a small network with one score for each rotation of C4, C8 or C16 turns the image to where
its score is highest; the classifier after it is the ensembles' member) and, dashed, ensembles of augmented networks. Left and
middle: fraction of images that get the class they have unrotated, against the angle, on test images and on all sets off
distribution together, means over independently trained models with 95 % bands. Right: mean over all angles against the order of
the group, for canonicalised networks (solid), ensembles (dashed) and steerable networks, which are invariant by construction
(dotted); bars 95 % intervals. Good: canonicalised networks keep every class at quarter turns, exactly, and rise with the order as
the ensembles do; at other angles interpolation can turn an image another way.
"""
LINES = {"canonicalised": "-", "cnn": "--", "steerable": ":"}


def draw(angles: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    size = angles[(angles.model == "cnn") & (angles.augmentation != "c1")].members.max()
    figure = style.new_figure(columns=3.3, rows=1.3)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.25, 1.25, 1])
    for axes, data in ((left, "test"), (middle, "out_of_distribution")):
        for model, members in (("canonicalised", 1), ("cnn", size)):
            rows = select(angles, "agreement", data=data, model=model, members=members)
            for group in groups(rows):
                of_group = rows[rows.augmentation == group]
                of_group = pd.concat([of_group, of_group[of_group.angle == 0].assign(angle=360.0)])
                label = f"canonicalised, C{order(group)}" if model == "canonicalised" else None
                curve(axes, of_group, "angle", color=style.group_colour(group), linestyle=LINES[model], label=label)
        axes.set(xlabel="angle of the rotation in degrees", ylabel="fraction with the same class", xlim=(0, 360))
        axes.set_xticks(range(0, 361, 90))
        axes.set_title(named(angles, data) if data == "test" else DATA_NAMES[data])
    left.plot([], [], color="0.3", linestyle="--", label=f"ensembles of {style.count(size)}")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    _means(right, select(means, "agreement", data="out_of_distribution"), size)
    return figure


def _means(axes: Axes, rows: pd.DataFrame, size: float) -> None:
    trained = groups(rows)
    names = {"canonicalised": "canonicalised", "cnn": f"ensembles of {style.count(size)}", "steerable": "steerable"}
    for model, name in names.items():
        members = size if model == "cnn" else 1
        chosen = rows[(rows.model == model) & (rows.members == members)].set_index("augmentation").reindex(trained)
        look = {"linestyle": LINES[model], "marker": "o", "capsize": 2, "color": "0.2"}
        axes.errorbar(range(len(trained)), chosen.value, 1.96 * chosen.stderr, label=name, **look)
    axes.set_xticks(range(len(trained)), [f"C{order(group)}" for group in trained])
    axes.set(xlabel="trained with", ylabel="mean over all angles", title=DATA_NAMES["out_of_distribution"])
    axes.legend(loc="best")
