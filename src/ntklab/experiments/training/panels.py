"""What the figures of this room share: networks as marks, theory as lines."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.training.estimates import SOURCES
from ntklab.experiments.training.setups import GENERAL, SETUPS
from ntklab.plots import panels, style

_COLOURS = sns.color_palette("pastel")
PARTS = {
    "Theta1": ("mean of the NTK", _COLOURS[7]),
    "AB": ("fluctuations of the NTK", _COLOURS[1]),
    "PQ": ("first change in training", _COLOURS[0]),
    "ddNTK": ("second change in training", _COLOURS[4]),
}
"""Name and colour of each source of the correction."""
THEORY = style.LIMIT


def title_of(name: str) -> str:
    """A setup in words."""
    setup = SETUPS[name]
    names = {"tanh": "tanh", "gelu": "GeLU"}
    return f"{names[setup.activation]}, {setup.depth} layers"


def rows_of(table: pd.DataFrame, **values) -> pd.DataFrame:
    """The rows with these values, in order of time."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.sort_values("time")


def sampled(axes: Axes, table: pd.DataFrame, quantity: str, **values) -> None:
    """Marks of every width with 95 % bars, next to each other."""
    rows = rows_of(table, quantity=quantity, **values)
    colours = style.width_colours(rows.width.unique())
    for number, (width, colour) in enumerate(colours.items()):
        of_width = rows[(rows.width == width) & (rows.time > 0)]
        shift = 1 + 0.04 * (number - (len(colours) - 1) / 2)
        panels.bars(
            axes, shift * of_width.time, of_width.value, (of_width.ci_high - of_width.ci_low) / 2, color=colour,
            marker="o", markersize=3, label=f"n = {style.count(width)}",
        )  # fmt: skip


def stacked(axes: Axes, table: pd.DataFrame, **values) -> None:
    """The sources of the correction on top of each other, positive ones up and negative ones down."""
    up = down = None
    for source in SOURCES:
        rows = rows_of(table, quantity=source, **values)
        rows = rows[rows.time > 0]
        value = rows.value.to_numpy()
        if up is None:
            up, down = np.zeros_like(value), np.zeros_like(value)
        base = np.where(value > 0, up, down)
        name, colour = PARTS[source]
        axes.fill_between(rows.time, base, base + value, color=colour, alpha=0.75, linewidth=0, label=name)
        up, down = up + np.maximum(value, 0), down + np.minimum(value, 0)


def line(axes: Axes, table: pd.DataFrame, quantity: str, scale: float = 1.0, **look_and_values) -> None:
    """A curve of theory; what is no look is a value of a column."""
    look = {key: look_and_values.pop(key) for key in ("color", "linestyle", "label") if key in look_and_values}
    rows = rows_of(table, quantity=quantity, **look_and_values)
    rows = rows[rows.time > 0]
    axes.plot(rows.time, scale * rows.value, **look)


SHOWN = (("test", 0), ("training", 0))
"""Set and number of the points that figures of points in general position show."""


def by_setup(table: pd.DataFrame, theory: str, networks: str, ylabel: str, parts: bool = False) -> Figure:
    """A column for every setup of points in general position, a row for each point shown: theory as a line (its parts as areas),
    networks as marks, against time."""
    names = [name for name in GENERAL if name in set(table.setup)]
    figure = style.new_figure(columns=0.8 * len(names) + 0.4, rows=2.6)
    grid = figure.subplots(len(SHOWN), len(names), sharex=True, squeeze=False)
    for row, (data, point) in zip(grid, SHOWN, strict=True):
        row[0].set_ylabel(ylabel)
        for axes, name in zip(row, names, strict=True):
            at = {"setup": name, "data": data, "point": point}
            if parts:
                stacked(axes, table, **at)
            line(axes, table, theory, color=THEORY, label="theory, order 1/n", **at)
            sampled(axes, table, networks, **at)
            axes.axhline(0, color="0.6", linewidth=0.6)
            axes.set(xscale="log", title=f"{title_of(name)}: {data} point")
            style.plain_numbers(axes.xaxis)
    for axes in grid[-1]:
        axes.set_xlabel("time x largest eigenvalue")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure
