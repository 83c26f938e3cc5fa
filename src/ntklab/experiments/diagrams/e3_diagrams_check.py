"""E3-diagrams-check: the sum of the diagrams is the recursion, and no diagram may be missing."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.plots import style

ID = "E3-diagrams-check"
TABLES = ("feynman/diagram_checks",)
TITLE = "Diagrams against recursions derived without them, and against sampled networks"
CAPTION = """\
Left: largest difference between the sum of a tensor's diagrams and the solver's recursion, relative to the largest
component, on random layers (inputs, constants, width ratio and tensors of layer l all random); blue: all diagrams, one point
for each activation; red: one diagram left out (dots) or its symmetry factor doubled (crosses), one mark for each, the
smallest difference over layers. Right: cumulants of two preactivations with the product of two Hessians (X, Y), which the
paper does not list, at layer 3 of tanh networks against width: sampled networks with 95 % bars, in units of the engine's
value at leading order in 1/width (line); at width infinity extrapolated. Good: blue below 1e-10, red far above it, and
extrapolated points that agree with the line within their bars.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=2.4, rows=1.4)
    left, right = figure.subplots(1, 2)
    _solver(left, table[table.quantity == "solver_difference"])
    _sampled(right, table[table.tensor.isin(["X", "Y"])])
    return figure


def _solver(axes: Axes, rows: pd.DataFrame) -> None:
    tensors = list(rows.tensor.unique())
    marks = {"complete": (".", style.KERNELS["ntk"]), "left out": (".", style.CONTROL), "doubled": ("x", style.CONTROL)}
    for change, (marker, colour) in marks.items():
        chosen = rows[rows.change == change]
        places = chosen.tensor.map(tensors.index) + (0.15 if change == "doubled" else 0)
        # An exact zero has no place on a logarithmic axis: it is drawn at the spacing of float64 numbers.
        values = chosen.value.clip(lower=2.2e-16)
        label = "all diagrams" if change == "complete" else f"one {change}"
        axes.plot(places, values, marker, color=colour, markersize=5, label=label, linestyle="none", alpha=0.8)
    axes.axhline(1e-10, color="0.4", linestyle="--", linewidth=1)
    axes.set(yscale="log", ylabel="relative difference to the solver", xlabel="tensor")
    axes.set_xticks(range(len(tensors)), [name.replace("Theta", r"$\Theta$") for name in tensors])
    axes.tick_params(axis="x", labelsize="small")
    axes.legend(loc="center right")


def _sampled(axes: Axes, rows: pd.DataFrame) -> None:
    exact = rows[rows.quantity == "diagrams"].set_index(["tensor", "component"]).value
    sampled = rows[rows.quantity == "sampled"]
    widths = sorted(sampled.width.unique())
    groups = sampled.groupby(["tensor", "component"], sort=True)
    for number, ((tensor, component), points) in enumerate(groups):
        colour = sns.color_palette("deep")[number]
        scale = exact[tensor, component]
        places = points.width.map(widths.index) + 0.1 * (number - (len(groups) - 1) / 2)
        bars = np.abs(1.96 * points.stderr / scale)
        axes.errorbar(places, points.value / scale, bars, fmt="o", markersize=3.5, capsize=2, color=colour,
                      label=f"{tensor}[{component}]")  # fmt: skip
    axes.axhline(1, color=style.LIMIT, linewidth=1)
    labels = [style.count(width) if np.isfinite(width) else r"$\infty$" for width in widths]
    axes.set_xticks(range(len(widths)), labels)
    axes.set(xlabel="width of the hidden layers", ylabel="sampled / engine")
    axes.legend(ncols=2)
