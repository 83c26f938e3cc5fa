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
prediction (OSP) counts the rotations, of four, at which an image gets the class it has unrotated. Left: OSP as a
fraction of four on validation images against the size of the ensemble, means over disjoint ensembles, bars 95 %
intervals, shaded one standard deviation between single members, dotted what predictions would have that agree only by
chance, given how often each class is predicted. Right: OSP during training, for single members (dashed, shaded as
before) and ensembles (95 % bands), dotted the chance of single members and of the largest ensembles. Good: ensembles
above their members, the more the larger.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    figure = style.new_figure(columns=2, rows=1.2)
    size, time = figure.subplots(1, 2)
    against_size(size, final, "test")
    size.set_title(f"validation images ({named(final, 'test').partition('(')[2]}")
    if len(groups(final)) > 1:
        size.legend(title="trained with", loc="lower right")
    against_time(time, training, "test", groups(training)[0])
    time.set_title("during training")
    time.legend(loc="lower right")
    return figure
