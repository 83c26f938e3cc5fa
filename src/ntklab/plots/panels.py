"""Parts of panels that figures of several experiments share: choosing rows, curves with bands, bars on logarithmic axes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes


def select(table: pd.DataFrame, data: str, quantity: str) -> pd.DataFrame:
    """Rows of one set of inputs and one quantity."""
    return table[(table.data == data) & (table.quantity == quantity)]


def largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the largest ensemble of each width."""
    return rows[rows.members == rows.groupby("width").members.transform("max")]


def curve(axes: Axes, rows: pd.DataFrame, x: str, **line) -> None:
    """value against x, with the 95 % interval as a band where there is one."""
    rows = rows.sort_values(x)
    axes.plot(rows[x], rows.value, **line)
    if (rows.stderr > 0).any():
        low = rows.ci_low.clip(lower=rows.value.min() * 0.1)
        axes.fill_between(rows[x], low, rows.ci_high, color=line["color"], alpha=0.2, linewidth=0)


ARROW = 0.5
"""Length of the arrow of an open bar, as a fraction of the value."""


def bars(axes: Axes, x, value, error, **look) -> None:
    """Marks with bars of length `error` up and down.

    On a logarithmic axis a bar that reaches zero has no lower end: an arrow points down instead.
    """
    value, error = np.asarray(value, dtype=float), np.asarray(error, dtype=float)
    x = np.broadcast_to(np.asarray(x, dtype=float), value.shape)
    reaches_zero = (error >= np.abs(value)) & (axes.get_yscale() == "log")
    downwards = np.where(reaches_zero, 0.0, error)
    drawn = axes.errorbar(
        x, value, np.stack([downwards, error]), **{"linestyle": "none", "capsize": 2, "markersize": 4, **look}
    )
    if reaches_zero.any():
        x, value = x[reaches_zero], value[reaches_zero]
        colour = drawn.lines[0].get_color()
        axes.errorbar(x, value, ARROW * np.abs(value), uplims=True, fmt="none", color=colour)
