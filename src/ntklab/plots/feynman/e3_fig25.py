"""E3-fig25: GeLU networks, other inputs: relative deviation of mean kernels from infinite width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import relative_deviation

ID = "E3-fig25"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "GeLU networks, other inputs: relative deviation of mean kernels from infinite width"
CAPTION = """\
Relative deviation of the mean NNGP kernel and NTK at layer 4 from infinite width. Lines: the recursions, where not zero.
Dotted: the size of the 95 % interval, below which a deviation is noise. Bars are 95 % intervals over independent batches
of networks. Good: both components fall along their lines like 1/n: GeLU is not scale-invariant.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return relative_deviation(tables[TABLES[0]], "gelu_r2", ("K", "Theta"))
