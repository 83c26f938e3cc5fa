"""E3-tensor-T: mean of the second ddNTK, second pairing."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots.feynman.panels import overview

ID = "E3-tensor-T"
EXPERIMENT = "finite_width"
TABLES = ("feynman/finite_width",)
TITLE = "T: mean of the second ddNTK, second pairing"
CAPTION = """\
T (mean of the second ddNTK, second pairing) at layer 3 of tanh networks with biases and unequal learning-rate factors,
hidden widths n and 4 n. Left: networks drawn, over the recursions' value, against 1/n; squares at 0 are extrapolated by a
polynomial in 1/n. Right: their distance to the recursions in standard errors; the grey band is two of them. Bars are 95 %
intervals over independent batches of networks. Good: squares at 1 within their bars; hardly any outside the band.
"""


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """The figure, from its table."""
    return overview(tables[TABLES[0]], "T")
