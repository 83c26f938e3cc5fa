"""E3-fig24: LeakyReLU networks: relative deviation of mean kernels from infinite width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import relative_deviation

ID = "E3-fig24"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "LeakyReLU networks: relative deviation of mean kernels from infinite width"
CAPTION = """\
Relative deviation of the mean NNGP kernel and NTK at layer 4 from infinite width. Lines: the recursions, where not zero.
Dotted: the size of the 95 % interval, below which a deviation is noise. Bars are 95 % intervals over independent batches
of networks. Good: 01 falls along the line like 1/n, 00 stays at the dotted line; the printed right panel follows the line
of ReLU, 1.207/n, which is not the one here, 1.615/n.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return relative_deviation(tables[TABLES[0]], "leaky_relu", ("K", "Theta"))
