"""E3-fig22: ReLU networks: no correction of the NNGP kernel at a single input."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import relative_deviation

ID = "E3-fig22"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks: no correction of the NNGP kernel at a single input"
CAPTION = """\
As E3-fig03, for the NNGP kernel. Relative deviation of the mean at layer 4 from infinite width. Dotted: the size of the
95 % interval, below which a deviation is noise. Bars are 95 % intervals over independent batches of networks. Good: 01
falls along the line like 1/n; 00 stays at the dotted line.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return relative_deviation(tables[TABLES[0]], "relu", ("K",))
