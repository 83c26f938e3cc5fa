"""X-training-correction: the mean prediction of trained networks at order 1/width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.training.panels import by_setup

ID = "X-training-correction"
TABLES = ("feynman/trained_means",)
TITLE = "Trained networks: the mean prediction at order 1/width"
CAPTION = """\
Width times the difference between the mean prediction of networks trained by gradient flow and that of infinite width,
against training time in units of the fastest mode's (the largest eigenvalue of the NTK), at a test point (top) and a
training point (bottom). Marks: networks of several widths, with 95 % bars over batches. Line: theory of order 1/width,
beyond the papers; areas: its four sources, positive ones on top of each other, negative ones below zero: the mean of
the NTK at initialisation (Theta1), its fluctuations (A, B), its first change in training (P, Q) and its second (R, S,
T, U). Columns: tanh and GeLU networks of three and four layers, general variances and learning-rate factors. Good:
marks tend to the line as the width grows; the line without any one of the areas would lie apart from them.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    return by_setup(table, "correction", "sampled", "n (mean - infinite width)", parts=True)
