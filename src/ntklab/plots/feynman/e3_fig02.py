"""E3-fig02: ReLU networks: the mean NTK against depth."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import kernel_against_depth

ID = "E3-fig02"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks: the mean NTK against depth"
CAPTION = """\
Mean NTK of ReLU networks against depth, for weight variances below, at and above criticality; inputs 00 and 01. Marks:
networks drawn at C_W = 2; the other variances are the same networks, whose kernels scale by powers of C_W exactly. Solid:
infinite width; dashed: with the correction of order 1/n, which vanishes for 00. Bars are 95 % intervals over independent
batches of networks. Good: straight growth for 00 in the middle, with slope |x|^2 / n_0 = 0.669 (printed: 0.7), and
exponential decay and growth at the sides.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return kernel_against_depth(tables[TABLES[0]], "Theta")
