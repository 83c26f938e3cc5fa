"""E1-canon-so2: canonicalised models on all rotations of the plane, beside ensembles."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import (
    DATA_NAMES,
    MODEL_COLOURS,
    MODEL_NAMES,
    changed,
    curve,
    groups,
    order,
    select,
    trained_angles,
)
from ntklab.plots import style

ID = "E1-canon-so2"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_angles",)
TITLE = "Rotated FashionMNIST: canonicalisation on all rotations of the plane"
CAPTION = """\
A column for each group. Canonicalised networks (Kaba et al.: a small network scores the rotations of an image and the best one
goes to a classifier, the ensembles' member), and ensembles of augmented plain networks: fraction of images whose class is not
the one they have unrotated, against the angle, on test images (top) and out of distribution (bottom, all sets but noise); means
over single networks, of plain ones over ensembles; 95 % bands over networks and images; thin lines, the angles of the group.
Good: what theory expects, that is, canonicalised networks lose nothing at quarter turns, exactly, since these permute pixels;
at the group's other angles interpolation changes the candidates, and in between no candidate is upright: less is lost the
larger the group. Seen at laptop scale: at the angles of the group they lose less than ensembles, half-way between under C8 and
C16 more, out of distribution several times as much.
"""


def draw(angles: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    rows = changed(select(angles, "same"))
    trained = groups(rows)
    size = rows[rows.augmentation == trained[0]].members.max()
    figure = style.new_figure(columns=0.95 * len(trained), rows=2)
    panels = figure.subplots(2, len(trained), squeeze=False, sharey="row")
    for line, data in zip(panels, ("test", "out_of_distribution"), strict=True):
        for axes, group in zip(line, trained, strict=True):
            trained_angles(axes, order(group))
            of_group = rows[(rows.data == data) & (rows.augmentation == group)]
            for model, colour in MODEL_COLOURS.items():
                chosen = of_group[(of_group.model == model) & (of_group.members == (size if model == "cnn" else 1))]
                if chosen.empty:
                    continue
                label = f"ensembles of {style.count(size)}" if model == "cnn" else MODEL_NAMES[model]
                curve(axes, chosen, "angle", color=colour, linewidth=1, label=label)
            axes.set(
                title=f"{DATA_NAMES[data]}, C{order(group)}", xlabel="angle in degrees", xlim=(0, 360), ylim=(0, None)
            )
            axes.set_xticks(range(0, 361, 90))
        line[0].set_ylabel("fraction with another class")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
