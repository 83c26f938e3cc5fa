"""E2-aug-vs-gcnn: convolutional networks trained on all rotations are group-convolutional networks."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.equivntk.bridge_panels import draw_bridge

ID = "E2-aug-vs-gcnn"
EXPERIMENT = "aug_vs_gcnn"
TABLES = ("equivntk/aug_vs_gcnn_difference",)
TITLE = "Augmented convolutional networks become group-convolutional networks"
CAPTION = """\
Convolutional networks with global average pooling trained on all four rotations of FashionMNIST images, against
group-convolutional networks with the same filters trained on the images alone.
The two ensembles have the same loss (mean over samples), learning rate and number of full-batch steps. All
differences are root mean squares over inputs and outputs, in units of the root mean square of the infinite-width mean
after training. Left: difference of the means of two finite ensembles against their size; the dashed lines are pure
sampling noise. Middle: difference of the *infinite* ensembles at each width against training time, from the unbiased
estimator, which has no such noise; two controls at the largest width: the same networks trained without augmentation, and
a group-convolutional network of another architecture. Right: the same after training against width, with both ensembles'
distance to their common infinite-width mean. Bars are 95 % intervals; hollow marks with an arrow are upper ends of
intervals that reach zero. Good: left, points on the dashed lines; middle and right, augmented - GCNN is small at every width
and the controls stay away, on images and on noise alike.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    (table,) = (tables[name] for name in TABLES)
    return draw_bridge(table)
