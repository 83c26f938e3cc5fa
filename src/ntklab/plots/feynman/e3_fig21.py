"""E3-fig21: ReLU networks off criticality: F against depth."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import tensor_against_depth

ID = "E3-fig21"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks off criticality: F against depth"
CAPTION = """\
Components of F of ReLU networks with C_W = 0.25 and 4 against depth. Lines: the recursions. Marks: the networks drawn at
C_W = 2, whose statistics scale by powers of C_W exactly. Bars are 95 % intervals over independent batches of networks.
Good: exponential decay and growth, the same for all components up to the power law at criticality.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return tensor_against_depth(tables[TABLES[0]], "F", critical=False)
