"""E3-fig20: ReLU networks at criticality: F against depth."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import tensor_against_depth

ID = "E3-fig20"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks at criticality: F against depth"
CAPTION = """\
Components of F of ReLU networks with C_W = 2 against depth. Lines: the recursions (the paper has no theory here), with
power laws fitted to them from layer 7 (0000) or 10 (others) on. Marks: networks drawn; they leave the leading order where
depth is not small against width. Bars are 95 % intervals over independent batches of networks. Good: straight lines at
large depth, and marks on them while depth is small against width.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return tensor_against_depth(tables[TABLES[0]], "F", critical=True)
