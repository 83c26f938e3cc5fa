"""E2-aug-vs-gcnn-mlp: fully connected networks trained on all rotations are group-convolutional networks."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.equivntk.bridge_panels import draw_bridge

ID = "E2-aug-vs-gcnn-mlp"
EXPERIMENT = "aug_vs_gcnn_mlp"
TABLES = ("equivntk/aug_vs_gcnn_mlp_difference",)
TITLE = "Augmented fully connected networks become group-convolutional networks"
CAPTION = """\
Fully connected networks trained on all four rotations of real digits, against group-convolutional networks (lifting
filters as large as the image, then 1x1 group convolutions, group pooling) trained on the digits alone.
The two ensembles have the same loss (mean over samples), learning rate and number of full-batch steps. All
differences are root mean squares over inputs and outputs, in units of the root mean square of the infinite-width mean
after training. Left: difference of the means of two finite ensembles against their size; the dashed lines are pure
sampling noise. Middle: difference of the *infinite* ensembles at each width against training time, from the unbiased
estimator, which has no such noise; two controls at the largest width: the same networks trained without augmentation, and
a group-convolutional network of another architecture. Right: the same after training against width, with both ensembles'
distance to their common infinite-width mean. Bars are 95 % intervals; hollow marks with an arrow are upper ends of
intervals that reach zero. Good: left, points on the dashed lines; middle and right, augmented - GCNN falls with width
and the controls stay away, on images and on noise alike.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    (table,) = (tables[name] for name in TABLES)
    return draw_bridge(table)
