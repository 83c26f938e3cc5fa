"""E3-fig09: GeLU networks: correlation D of preactivations and NTK against width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import tensor_against_width

ID = "E3-fig09"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "GeLU networks: correlation D of preactivations and NTK against width"
CAPTION = """\
Six components of D at layer 4 of GeLU networks: width times the cumulant of networks drawn (averaged over the last
layer's weights), and the recursions' value of order 1/n. Bars are 95 % intervals over independent batches of networks.
Good: marks tend to the line as the width grows; components that are small against the largest one do so with larger
relative errors.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return tensor_against_width(tables[TABLES[0]], "D")
