"""E3-fig23: linear networks: relative deviation of mean kernels from infinite width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import relative_deviation

ID = "E3-fig23"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "Linear networks: relative deviation of mean kernels from infinite width"
CAPTION = """\
Relative deviation of the mean NNGP kernel and NTK at layer 4 from infinite width. Lines: the recursions, where not zero.
Dotted: the size of the 95 % interval, below which a deviation is noise. Bars are 95 % intervals over independent batches
of networks. Good: both components stay at the dotted line (the printed floor of 3e-3 to 7e-3 is not found).
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return relative_deviation(tables[TABLES[0]], "identity", ("K", "Theta"))
