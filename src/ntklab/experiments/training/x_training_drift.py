"""X-training-drift: how the mean NTK of finite networks changes in training."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.training.panels import THEORY, line, sampled, title_of
from ntklab.experiments.training.setups import GENERAL
from ntklab.plots import style

ID = "X-training-drift"
TABLES = ("feynman/trained_means",)
TITLE = "Trained networks: the change of the NTK"
SHOWN = (("test", 0), ("training", 0))
CAPTION = """\
Width times the change of the mean NTK since initialisation, of a point with itself, during training by gradient flow,
against training time in units of the fastest mode's (the largest eigenvalue of the NTK), at a test point (top) and a
training point (bottom). Marks: networks of several widths, with 95 % bars over batches. Line: theory of order 1/width,
beyond the papers. At infinite width the NTK does not change: this is the learning of features that the limit leaves
out. Good: marks tend to the line as the width grows.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3.6, rows=2.6)
    grid = figure.subplots(len(SHOWN), len(GENERAL), sharex=True)
    for row, (data, point) in zip(grid, SHOWN, strict=True):
        for axes, name in zip(row, GENERAL, strict=True):
            at = {"setup": name, "data": data, "point": point}
            line(axes, table, "drift", color=THEORY, label="theory, order 1/n", **at)
            sampled(axes, table, "sampled_drift", **at)
            axes.axhline(0, color="0.6", linewidth=0.6)
            axes.set(xscale="log", title=f"{title_of(name)}: {data} point")
            style.plain_numbers(axes.xaxis)
    for axes in grid[-1]:
        axes.set_xlabel("time x largest eigenvalue")
    for row in grid:
        row[0].set_ylabel("n (NTK - NTK at initialisation)")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure
