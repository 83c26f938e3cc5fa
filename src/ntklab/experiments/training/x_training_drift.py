"""X-training-drift: how the mean NTK of finite networks changes in training."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.training.panels import by_setup

ID = "X-training-drift"
TABLES = ("feynman/trained_means",)
TITLE = "Trained networks: the change of the NTK"
CAPTION = """\
Width times the change of the mean NTK since initialisation, of a point with itself, during training by gradient flow,
against training time in units of the fastest mode's (the largest eigenvalue of the NTK), at a test point (top) and a
training point (bottom). Marks: networks of several widths, with 95 % bars over batches. Line: theory of order 1/width,
beyond the papers. At infinite width the NTK does not change: this is the learning of features that the limit leaves
out. Good: marks tend to the line as the width grows.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    return by_setup(table, "drift", "sampled_drift", "n (NTK - NTK at initialisation)")
