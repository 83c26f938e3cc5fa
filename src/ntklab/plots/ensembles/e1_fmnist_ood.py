"""E1-fmnist-ood: the same on images of other kinds than those trained with."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots import style
from ntklab.plots.ensembles.image_panels import against_size, against_time, groups, named, off_distribution

ID = "E1-fmnist-ood"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_orbit_predictions",
    "ensembles/rotated_fashion_mnist_training",
)
TITLE = "Rotated FashionMNIST: ensembles keep their prediction out of distribution"
CAPTION = """\
The networks of E1-fmnist-osp on images unlike those they were trained with. Left: orbit same predictions (OSP) as a fraction
of the group's order against the size of the ensemble, means over disjoint ensembles, bars 95 % intervals, shaded one standard
deviation between single members, dotted the chance line of independent predictions. Right: OSP on quarter turns during
training with C4, for single members (dashed, shaded as before) and ensembles (95 % bands). A near-constant prediction has a
high OSP on noise: E1-table-comparison has the spread of the logits. Good: ensembles above their members on every set, by more
than in distribution, the more the larger the ensemble.
"""
CLASSES = 10


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its two tables."""
    final, training = (tables[name] for name in TABLES)
    sets = off_distribution(final)
    figure = style.new_figure(columns=len(sets), rows=2)
    columns = figure.subplots(2, len(sets), squeeze=False).T
    for (size, time), data in zip(columns, sets, strict=True):
        against_size(size, final, data, CLASSES)
        size.set_title(named(final, data))
        against_time(time, training, data, CLASSES, groups(final)[0])
    columns[0][0].legend(title="trained with", loc="lower right")
    columns[0][1].legend(loc="best")
    return figure
