"""E3-fig04: GeLU networks: mean kernels at finite width, one input."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import mean_against_width

ID = "E3-fig04"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "GeLU networks: mean kernels at finite width, one input"
CAPTION = """\
Mean of the NNGP kernel (left) and the NTK (right) at layer 4 of GeLU networks with inputs 0 and 0, against the width of
the three hidden layers. Marks: networks drawn at random. Grey: the limit of infinite width. Dashed: the limit plus the
correction of order 1/n from the recursions. Bars are 95 % intervals over independent batches of networks. Good: marks
leave the grey line at small widths and follow the dashed line down to a width of about 20.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return mean_against_width(tables[TABLES[0]], "00")
