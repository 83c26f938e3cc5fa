"""E1-so2-partial: trained with C4, C8 or C16, tested on all rotations of the plane."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import (
    DATA_NAMES,
    changed,
    curve,
    groups,
    order,
    points,
    select,
    trained_angles,
)
from ntklab.plots import style

ID = "E1-so2-partial"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_angles",)
TITLE = "Rotated FashionMNIST: partial augmentation for all rotations of the plane"
CAPTION = """\
Networks trained on the rotations of C4, C8 or C16, a panel for each, and evaluated at angles in between: fraction of images
whose class is not the one they have unrotated, against the angle, for ensembles (solid) and single networks (dashed), all of
equally many networks of each group, on test images and out of distribution (all sets but noise); 95 % bands over networks and
images; thin lines, the angles trained with. Last panel: the mean over all angles against the group trained with, ensembles
filled, single networks hollow, and, red, ensembles trained without augmentation. Rotations off the quarter turns interpolate
between pixels. Good: what theory expects, that is, nothing is lost at quarter turns by infinite ensembles, little at the other
angles trained with, more in between, and less in between the larger the group; ensembles lose less than single networks. Seen
at laptop scale: so it is, but for ensembles trained with C4, which between the quarter turns lose as much as single networks or
more, and for C16, where nothing more is lost in between.
"""
LOOKS = {"test": "black", "out_of_distribution": style.ARCHITECTURES["cnn"]}


def draw(angles: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    trained = groups(angles)
    size = angles[angles.augmentation == trained[0]].members.max()
    figure = style.new_figure(columns=0.95 * (len(trained) + 1), rows=1.3)
    *panels, means = figure.subplots(1, len(trained) + 1)
    rows = changed(select(angles, "same", model="cnn"))
    top = 1.05 * rows[rows.augmentation != "c1"].ci_high.max()
    for axes, group in zip(panels, trained, strict=True):
        trained_angles(axes, order(group))
        for data, colour in LOOKS.items():
            of_set = rows[(rows.augmentation == group) & (rows.data == data)]
            for members, line in ((size, "-"), (1.0, "--")):
                name = f"ensembles of {style.count(size)}" if members > 1 else "single networks"
                label = f"{DATA_NAMES[data]}, {name}"
                curve(
                    axes,
                    of_set[of_set.members == members],
                    "angle",
                    color=colour,
                    linestyle=line,
                    linewidth=1,
                    label=label,
                )
        axes.set(title=f"trained with C{order(group)}", xlabel="angle in degrees", xlim=(0, 360), ylim=(0, top))
        axes.set_xticks(range(0, 361, 90))
    panels[0].set_ylabel("fraction with another class")
    _means(means, changed(select(angles, "agreement", model="cnn")), size, trained)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _means(axes: Axes, rows: pd.DataFrame, size: float, trained: list[str]) -> None:
    for data, colour in LOOKS.items():
        of_set = rows[rows.data == data]
        for members, fill in ((size, "full"), (1.0, "none")):
            chosen = of_set[of_set.members == members].set_index("augmentation").reindex(trained)
            points(axes, chosen.assign(place=range(len(trained))), x="place", color=colour, fillstyle=fill)
        control = of_set[(of_set.augmentation == "c1") & (of_set.members > 1)]
        axes.axhline(control.value.item(), color=style.CONTROL, linestyle="-" if data == "test" else ":", linewidth=1)
    axes.set_xticks(range(len(trained)), [f"C{order(group)}" for group in trained])
    axes.set(xlabel="trained with", title="mean over all angles", ylim=(0, None))
