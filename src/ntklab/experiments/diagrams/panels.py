"""Panels of the diagram figures: diagrams with their terms, as an equation or on a grid, and what the lines mean."""

import json
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from ntklab.line_drawing import COLOURS, DASHES, extent, panel

LINES = (
    ("solid", "black", "preactivation"),
    ("dotted", COLOURS["a"], "derivative, index a"),
    ("dotted", COLOURS["b"], "index b"),
    ("dotted", COLOURS["c"], "index c"),
    ("dashed", COLOURS["a"], "the same on its way to the propagator"),
)


def equation(parent: Figure | SubFigure, table: pd.DataFrame, tensor: str, columns: int) -> None:
    """All diagrams of a tensor as the sum that its recursion is, so many in a row, their terms beneath."""
    rows = table[table.tensor == tensor].sort_values("number")
    height = -(-len(rows) // columns)
    axes = parent.subplots(height, 2 * columns, squeeze=False, width_ratios=[0.2, 1] * columns)
    for ax in axes.ravel():
        ax.axis("off")
    signs, panels = axes[:, ::2].ravel(), axes[:, 1::2].ravel()
    for ax in signs[1 : len(rows)]:
        _sign(ax, "$+$")
    _sign(signs[0], f"${rows.symbol.iloc[0]}_{{{rows['index'].iloc[0].replace(',', '')}}}=$")
    draw_panels(list(panels), rows)


def _sign(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=13, transform=axes.transAxes)


def draw_panels(axes: Sequence[Axes], rows: pd.DataFrame, scale: float | int = 1, titles: bool = False) -> None:
    """One diagram in each of the axes, all at one scale, with its tensor and number as a title if wanted."""
    drawings = [json.loads(text) for text in rows.graph]
    half = tuple(map(max, zip(*map(extent, drawings), strict=True)))
    for ax, drawing, (_, row) in zip(axes, drawings, rows.iterrows(), strict=False):
        panel(ax, drawing, row.latex, half, scale)
        if titles:
            name = f"${row.symbol}_{{{row['index'].replace(',', '')}}}$" if row.number == 1 else ""
            ax.text(0.0, 1.02, name, transform=ax.transAxes, fontsize=11, va="bottom", ha="left")


def explain(figure: Figure, indices: str = "a", loc: str = "outside lower center") -> None:
    """What the lines are, below everything; `indices` are the contracted indices that occur."""
    lines = [line for line in LINES if not line[2].startswith("index") or line[2][-1] in indices]
    handles = [Line2D([], [], color=colour, linestyle=DASHES[style], label=text) for style, colour, text in lines]
    figure.legend(handles=handles, loc=loc, ncols=len(handles), handlelength=3)
