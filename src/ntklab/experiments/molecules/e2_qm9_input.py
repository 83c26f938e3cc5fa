"""E2-qm9-input: what one atom of a molecule sees, as a signal on the sphere, at two resolutions."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.plots import style

ID = "E2-qm9-input"
TABLES = ("equivntk/molecules_signals",)
TITLE = "Molecules: the input of the networks"
CAPTION = """\
What one atom of a molecule sees of the others: for every element and power of the distance a function on the sphere of
directions, largest towards the atoms of that element. Columns: channels; rows: bandlimits of the grid, the lower one that of a
finer grid. Every patch is a point of the grid; colours are relative to the largest value of the channel. Every sphere is seen
from near the direction of its largest value; what is on the other side is hidden. Good: both rows show the same maxima in the
same directions, and the power 6 keeps only the nearest atoms.
"""
SHOWN = 4
"""Channels."""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    channels = list(dict.fromkeys(table.channel))[:SHOWN]
    bandlimits = sorted(table.bandlimit.unique())
    figure = style.new_figure(columns=0.75 * len(channels), rows=1.2 * len(bandlimits))
    spheres = figure.subplots(len(bandlimits), len(channels), subplot_kw={"projection": "3d"}, squeeze=False)
    colours = mpl.colormaps["viridis"]
    for row, bandlimit in zip(spheres, bandlimits, strict=True):
        for axes, channel in zip(row, channels, strict=True):
            rows = table[(table.bandlimit == bandlimit) & (table.channel == channel)]
            largest = table[table.channel == channel].value.max()
            grid = rows.pivot(index="row", columns="column", values="value").to_numpy()
            axes.plot_surface(
                *_sphere(*grid.shape), facecolors=colours(grid / largest), rstride=1, cstride=1, shade=False, linewidth=0,
                antialiased=False,
            )  # fmt: skip
            axes.view_init(**_towards_largest(table[table.channel == channel]))
            axes.set_box_aspect((1, 1, 1), zoom=1.35)
            axes.set_axis_off()
            axes.set_title(f"{channel}\nbandlimit {bandlimit}", y=0.93)
    first = table.iloc[0]
    figure.text(0.01, 0.01, f"atom {first.atom} of {first.formula}, molecule {first.molecule} of QM9")
    return figure


def _towards_largest(rows: pd.DataFrame) -> dict[str, float]:
    """The view from the direction in which the signal is largest, on the finest grid, a little from above."""
    finest = rows[rows.bandlimit == rows.bandlimit.max()]
    largest = finest.loc[finest.value.idxmax()]
    return {"elev": 90 - float(np.degrees(largest.theta)) + 15, "azim": float(np.degrees(largest.phi)) + 20}


def _sphere(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners of the patches around the points of the grid: half-way between rings, and the poles."""
    theta = np.linspace(0, np.pi, rows + 1)[:, None]
    phi = 2 * np.pi * (np.arange(columns + 1) - 0.5)[None, :] / columns
    return np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta) * np.ones_like(phi)
