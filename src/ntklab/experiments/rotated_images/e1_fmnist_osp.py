"""E1-fmnist-osp: ensembles of augmented networks keep their prediction on rotated test images."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import against_size, against_time, groups, named, strip, under
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
Convolutional networks classify FashionMNIST, trained on all rotations of every training image under C4, C8 or C16. The
orbit same prediction (OSP) counts the rotations at which an image gets the class it has unrotated. Top: one test image
at the rotations of the largest group, with the classes that a single member (first line) and an ensemble trained with
C4 (second line) predict; red: not the class at 0 degrees. Bottom: OSP as a fraction of the group's order against the
size of the ensemble, means over disjoint ensembles, bars 95 % intervals, shaded one standard deviation between single
members, dotted what predictions would have that agree only by chance, given how often each class is predicted; then OSP
on quarter turns during training, for single members (dashed, shaded as before) and ensembles (95 % bands), dotted the
chance of single members and of the largest ensembles. Good: ensembles above their members, the more the larger, up to
the order of the group. At the initialisation large ensembles predict nothing, and their OSP is near chance although
their logits are invariant.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame, pictures: pd.DataFrame, predictions: pd.DataFrame) -> Figure:
    """The figure, from its four tables."""
    shown = groups(final)
    figure = style.new_figure(columns=3, rows=2.2)
    top, bottom = figure.add_gridspec(2, 1, height_ratios=[1, 2.6])
    _orbit(figure, top, pictures, predictions)
    cells = bottom.subgridspec(1, 3)
    size, first, last = (figure.add_subplot(cell) for cell in cells)
    against_size(size, final, "test")
    size.set_title(named(final, "test"))
    size.legend(title="trained with", loc="lower right")
    for axes, group in ((first, shown[0]), (last, shown[-1])):
        against_time(axes, training, "test", group)
        axes.set_title(f"during training, {group.upper()}")
    first.legend(loc="lower right")
    return figure


def _orbit(figure: Figure, cell, pictures: pd.DataFrame, predictions: pd.DataFrame) -> None:
    angles = sorted(pictures.angle.unique())
    drawn = strip(figure, cell, pictures, angles)
    for line, members in enumerate(sorted(m for m in predictions.members.unique() if m < float("inf"))):
        names = predictions[predictions.members == members].set_index("angle").class_name
        for axes, angle in zip(drawn, angles, strict=True):
            short = names[angle].split("/")[0].replace("ankle ", "")
            under(axes, short, line, "black" if names[angle] == names[0.0] else style.CONTROL)
