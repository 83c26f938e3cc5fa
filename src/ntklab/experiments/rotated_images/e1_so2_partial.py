"""E1-so2-partial: trained with C4, C8 or C16, tested on all rotations of the plane."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import (
    DATA_NAMES,
    curve,
    groups,
    members_band,
    named,
    order,
    select,
    strip,
)
from ntklab.plots import style

ID = "E1-so2-partial"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_angles",
    "ensembles/rotated_fashion_mnist_angle_means",
    "ensembles/rotated_fashion_mnist_pictures",
)
TITLE = "Rotated FashionMNIST: partial augmentation for all rotations of the plane"
CAPTION = """\
Networks trained on the rotations of C4, C8 or C16, or without augmentation, and evaluated at angles in between. Left and
middle: fraction of images that get the class they have unrotated, against the angle, for ensembles (solid, the size in the
title, 95 % bands) and single members (dashed, shaded one standard deviation between members), on test images and on all
sets out of distribution together; beneath, one test image at the angles of the axis. Right: mean over all angles, against the
order of the group, ensembles (filled) and members (hollow), with 95 % bars. Rotations off the quarter turns interpolate
between pixels. Good: maxima at the angles trained with, minima in between, shallower for larger groups; ensembles above members.
"""


def draw(angles: pd.DataFrame, means: pd.DataFrame, pictures: pd.DataFrame) -> Figure:
    """The figure, from its three tables."""
    size = angles[angles.augmentation != "c1"].members.max()
    figure = style.new_figure(columns=3.3, rows=1.7)
    grid = figure.add_gridspec(2, 3, height_ratios=[5, 1], width_ratios=[1.25, 1.25, 1])
    for column, data in enumerate(("test", "out_of_distribution")):
        axes = figure.add_subplot(grid[0, column])
        _against_angle(axes, select(angles, "agreement", data=data, model="cnn"), size)
        name = named(angles, data) if data == "test" else DATA_NAMES[data]
        axes.set_title(f"{name}, ensembles of {style.count(size)}")
        shown = sorted(pictures.angle.unique())
        shown = shown[:: max(1, len(shown) // 8)]
        strip(figure, grid[1, column], pictures, [*shown, 0.0], [f"{a:g}°" for a in [*shown, 360]])
    axes.legend(loc="lower right", ncols=2)
    _means(figure.add_subplot(grid[:, 2]), select(means, "agreement", model="cnn"), size)
    return figure


def _against_angle(axes: Axes, rows: pd.DataFrame, size: float) -> None:
    for group in [*groups(rows), "c1"]:
        of_group = _closed(rows[rows.augmentation == group])
        colour = style.group_colour(group)
        largest = of_group[of_group.members == min(size, of_group.members.max())]
        label = "not augmented" if group == "c1" else f"C{order(group)}"
        curve(axes, largest, "angle", color=colour, label=label)
        members_band(axes, of_group, "angle", color=colour, linestyle="--", linewidth=1)
    axes.set(xlabel="angle of the rotation in degrees", ylabel="fraction with the same class", xlim=(0, 360))
    axes.set_xticks(range(0, 361, 90))


def _closed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with those of 0 degrees again at 360."""
    return pd.concat([rows, rows[rows.angle == 0].assign(angle=360.0)])


def _means(axes: Axes, rows: pd.DataFrame, size: float) -> None:
    trained = groups(rows)
    for data, colour in (("test", "black"), ("out_of_distribution", style.ARCHITECTURES["cnn"])):
        for members, fill in ((size, "full"), (1, "none")):
            chosen = rows[(rows.data == data) & (rows.members == members)].set_index("augmentation").reindex(trained)
            axes.errorbar(
                range(len(trained)), chosen.value, 1.96 * chosen.stderr, color=colour, marker="o", fillstyle=fill,
                capsize=2, label=f"{DATA_NAMES[data]}, {'members' if members == 1 else 'ensembles'}",
            )  # fmt: skip
    axes.set_xticks(range(len(trained)), [f"C{order(group)}" for group in trained])
    axes.set(xlabel="trained with", ylabel="mean over all angles", title="all rotations of the plane")
    axes.legend(loc="best")
