"""X-training-correction: the mean prediction of trained networks at order 1/width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.training.panels import THEORY, line, sampled, stacked, title_of
from ntklab.experiments.training.setups import GENERAL
from ntklab.plots import style

ID = "X-training-correction"
TABLES = ("feynman/trained_means",)
TITLE = "Trained networks: the mean prediction at order 1/width"
SHOWN = (("test", 0), ("training", 0))
CAPTION = """\
Width times the difference between the mean prediction of networks trained by gradient flow and that of infinite width,
against training time in units of the fastest mode's (the largest eigenvalue of the NTK), at a test point (top) and a
training point (bottom). Marks: networks of several widths, with 95 % bars over batches. Line: theory of order 1/width,
beyond the papers; areas: its four sources, positive ones on top of each other, negative ones below zero: the mean of
the NTK at initialisation (Theta1), its fluctuations (A, B), its first change in training (P, Q) and its second (R, S,
T, U). Columns: tanh and GeLU networks of three and four layers, general variances and learning-rate factors. Good:
marks tend to the line as the width grows, and no line is near that without one of the areas.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3.6, rows=2.6)
    grid = figure.subplots(len(SHOWN), len(GENERAL), sharex=True)
    for row, (data, point) in zip(grid, SHOWN, strict=True):
        for axes, name in zip(row, GENERAL, strict=True):
            at = {"setup": name, "data": data, "point": point}
            stacked(axes, table, **at)
            line(axes, table, "correction", color=THEORY, label="theory, order 1/n", **at)
            sampled(axes, table, "sampled", **at)
            axes.axhline(0, color="0.6", linewidth=0.6)
            axes.set(xscale="log", title=f"{title_of(name)}: {data} point")
            style.plain_numbers(axes.xaxis)
    for axes in grid[-1]:
        axes.set_xlabel("time x largest eigenvalue")
    for row in grid:
        row[0].set_ylabel("n (mean - infinite width)")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure
