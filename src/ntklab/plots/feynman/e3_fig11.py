"""E3-fig11: ReLU networks: the NNGP kernel against depth."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import kernel_against_depth

ID = "E3-fig11"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "ReLU networks: the NNGP kernel against depth"
CAPTION = """\
Mean NNGP kernel of ReLU networks against depth; at C_W = 2 the distance to the fixed point |x_a| |x_b| C_W / n_0 is
shown. Marks: networks drawn at C_W = 2; the other variances are the same networks, whose kernels scale by powers of C_W
exactly. Solid: infinite width (zero distance for 00, not drawn); dashed: with the correction of order 1/n. Bars are 95 %
intervals over independent batches of networks. Good: decay, approach to the fixed point, growth; in the middle 00 is
noise.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return kernel_against_depth(tables[TABLES[0]], "K")
