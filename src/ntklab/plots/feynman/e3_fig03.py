"""E3-fig03: ReLU networks: no correction of the NTK at a single input."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import relative_deviation

ID = "E3-fig03"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks: no correction of the NTK at a single input"
CAPTION = """\
Relative deviation of the mean NTK at layer 4 from its limit of infinite width, for the pairs of inputs 00 and 01. Lines:
the recursions, which give exactly zero for 00. Dotted: the size of the 95 % interval, below which a deviation is noise.
Bars are 95 % intervals over independent batches of networks. Good: 01 falls along the line like 1/n; 00 stays at the
dotted line and falls with it (the printed floor of 4e-3 is not found).
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return relative_deviation(tables[TABLES[0]], "relu", ("Theta",))
