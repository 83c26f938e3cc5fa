"""E3-diagrams-gallery: every diagram of every tensor at order 1/n."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.diagrams.panels import draw_panels, explain
from ntklab.plots import style

ID = "E3-diagrams-gallery"
TABLES = ("feynman/diagrams",)
TITLE = r"All Feynman diagrams of order $1/n$"
CAPTION = """\
Every diagram of the thirteen tensors of the paper (K1 to U), then of two that it does not list: X and Y, which do for the
product of two Hessians what D and F do for the NTK (the 18 of its mean, H1, are in the table). Lines, blobs and terms as in
E3-diagrams-F; the name of a tensor with the paper's order of its indices stands over its first diagram. Double and triple
lines are second and third derivatives; every colour is one contracted parameter index. Good: the numbers of diagrams are
those of the paper (2 for K1, V, F, B and U, 3 for D and P, 5 for Theta1, A and S, 7 for R, 13 for T; 5 for Q, two of which
the paper draws as one).
"""
COLUMNS = 7
NOT_SHOWN = "H1"
PLACES = {"left": 0.01, "right": 0.99, "top": 0.955, "bottom": 0.045, "wspace": 0.04, "hspace": 0.42}


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    table = table[table.tensor != NOT_SHOWN]
    rows = _packed(table.groupby("tensor", sort=False).size())
    figure = style.new_figure(columns=0.72 * COLUMNS, rows=0.7 * len(rows))
    # Panels of one size in known places: a layout engine would measure some seventy of them, again and again.
    figure.set_layout_engine("none")
    axes = figure.subplots(len(rows), COLUMNS, gridspec_kw=PLACES)
    for ax in axes.ravel():
        ax.axis("off")
    panels, diagrams = [], []
    for row, tensors in zip(axes, rows, strict=True):
        chosen = pd.concat([table[(table.tensor == name) & table.number.between(*part)] for name, *part in tensors])
        panels += list(row[: len(chosen)])
        diagrams.append(chosen)
    draw_panels(panels, pd.concat(diagrams), scale=0.75, titles=True)
    explain(figure, "abc", "lower center")
    return figure


def _packed(counts: pd.Series) -> list[list[tuple[str, int, int]]]:
    """Rows of (tensor, first, last diagram): a tensor stays together, the next goes where it fits first."""
    rows: list[list[tuple[str, int, int]]] = []
    for name, count in counts.items():
        for first in range(1, count + 1, COLUMNS):
            part = (name, first, min(first + COLUMNS - 1, count))
            size = part[2] - first + 1
            fitting = [row for row in rows if sum(b - a + 1 for _, a, b in row) + size <= COLUMNS]
            if fitting and first == 1:
                fitting[0].append(part)
            else:
                rows.append([part])
    return rows
