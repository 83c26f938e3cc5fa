"""E3-fig05: GeLU networks: deviation from infinite width times width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import scaled_deviation

ID = "E3-fig05"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "GeLU networks: deviation from infinite width times width"
CAPTION = """\
Width times the difference between the mean kernel of networks drawn and its limit of infinite width, at layer 4. Line: K1
and Theta1 from the recursions. Bars are 95 % intervals over independent batches of networks. Good: marks tend to the line
as the width grows.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return scaled_deviation(tables[TABLES[0]])
