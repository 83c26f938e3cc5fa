"""E1-fmnist-osp: ensembles of augmented networks keep their prediction on rotated test images."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import against_size, against_time, groups, order, strip, under
from ntklab.plots import style

ID = "E1-fmnist-osp"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_orbit_predictions",
    "ensembles/rotated_fashion_mnist_training",
    "ensembles/rotated_fashion_mnist_pictures",
    "ensembles/rotated_fashion_mnist_picture_predictions",
)
TITLE = "Rotated FashionMNIST: ensembles keep their prediction on test images"
CAPTION = """\
Convolutional networks classify FashionMNIST, trained for equally many epochs on all rotations of every training image under one
group. The orbit same prediction (OSP) counts the rotations at which an image gets the class it has unrotated; shown is 1 - OSP
/ order, the fraction of rotations at which the class is another one. Top: one test image at the rotations of the largest group,
with which the networks below it were trained; what a single one predicts (first line) and an ensemble (second line); red: not
the class at 0 degrees. Middle: a panel for each group, against the size of the ensemble, expectations over all sub-ensembles of
the trained networks with 95 % intervals over networks and images; dotted, predictions that agree by chance, given how often
each class is predicted; red, images turned there and back by each angle, which interpolation alone changes. Bottom: the same
during training. Good: what theory expects, that is, the infinite ensemble loses nothing under C4 (quarter turns permute
pixels), at every step; under larger groups nothing but interpolation; finite ensembles less, the larger they are, and at the
initialisation, where the mean logits vanish, about as much as by chance. Seen at laptop scale: every group gains with every
doubling; under C4 nearly as the root of the size; under C8 and C16 the largest ensembles come to the red line.
E1-fmnist-time has the logits themselves.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame, pictures: pd.DataFrame, predictions: pd.DataFrame) -> Figure:
    """The figure, from its four tables."""
    trained = groups(final)
    figure = style.new_figure(columns=3, rows=3)
    top, middle, bottom = figure.add_gridspec(3, 1, height_ratios=[1, 2.4, 2.4])
    _orbit(figure, top, pictures, predictions)
    sizes, times = (cell.subgridspec(1, len(trained)) for cell in (middle, bottom))
    for size, time, name in zip(sizes, times, trained, strict=True):
        first, second = figure.add_subplot(size), figure.add_subplot(time)
        against_size(first, final, "test", name)
        first.set(title=f"C{order(name)}", xlabel="members in the ensemble", ylabel="1 - OSP / order")
        against_time(second, training, "test", name)
        second.set(ylabel="1 - OSP / order")
        (first if name == trained[-1] else second).legend(loc="best")
    return figure


def _orbit(figure: Figure, cell, pictures: pd.DataFrame, predictions: pd.DataFrame) -> None:
    angles = sorted(pictures.angle.unique())
    drawn = strip(figure, cell, pictures, angles)
    for line, members in enumerate(sorted(m for m in predictions.members.unique() if m < float("inf"))):
        names = predictions[predictions.members == members].set_index("angle").class_name
        for axes, angle in zip(drawn, angles, strict=True):
            short = names[angle].split("/")[0].replace("ankle ", "")
            under(axes, short, line, "black" if names[angle] == names[0.0] else style.CONTROL)
