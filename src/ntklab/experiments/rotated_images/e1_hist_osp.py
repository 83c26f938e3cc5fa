"""E1-hist-osp: ensembles keep their prediction on rotated histological images."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import against_size, against_time, groups, named
from ntklab.plots import style

ID = "E1-hist-osp"
EXPERIMENT = "histology"
TABLES = ("ensembles/histology_orbit_predictions", "ensembles/histology_training")
TITLE = "Histological slices: ensembles keep their prediction on validation images"
CAPTION = """\
Convolutional networks classify nine kinds of tissue, trained on all four quarter turns of every image. The orbit same
prediction (OSP) counts the rotations, of four, at which an image gets the class it has unrotated; shown is 1 - OSP / order on
validation images. Left: against the size of the ensemble, expectations over all sub-ensembles of the trained networks, with 95
% intervals over networks and images; dotted, predictions that agree by chance, given how often each class is predicted. Right:
during training. Good: what theory expects, that is, the infinite ensemble loses nothing at any step, finite ones less, the
larger they are.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    figure = style.new_figure(columns=2, rows=1.2)
    size, time = figure.subplots(1, 2)
    (group,) = groups(final)[:1]
    against_size(size, final, "test", group)
    size.set_title(f"validation images ({named(final, 'test').partition('(')[2]}")
    size.set(xlabel="members in the ensemble", ylabel="1 - OSP / order")
    size.legend(loc="best")
    against_time(time, training, "test", group)
    time.set_title("during training")
    time.legend(loc="best")
    return figure
