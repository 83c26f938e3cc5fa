"""E2-kernel-convergence: kernels of finite equivariant networks tend to the analytic ones as the width grows."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.plots import style
from ntklab.plots.panels import bars

ID = "E2-kernel-convergence"
TABLES = ("equivntk/kernel_convergence", "equivntk/so3_convergence")
TITLE = "Equivariant networks: kernels at finite width"
CAPTION = """\
Networks of lifting convolution, ReLU, group convolution, ReLU, average over the group and all positions and a linear layer,
drawn at random, and their NTK and NNGP kernel between two inputs. Upper row: quarter turns of images. Lower row: rotations
of signals on the sphere; the networks compute on a grid of rotations, and the analytic kernel is that of the same grid. Left
(statistic A): relative deviation of a single network's kernel from the analytic one, root mean square over the draws; the
line is a fit of width^(-1/2) from width 4 on. Middle (statistic B): relative deviation of the mean over all draws; the dashed
lines are its size if there is no bias at all, A / sqrt(draws). Right: every entry of the mean kernels minus the analytic
entry, in standard errors; the grey band is two of them. Bars are 95 % intervals, in the middle from a bootstrap over draws.
Good: A follows the line from width 4 on; B lies about its dashed line, some points below and some above, at every width;
hardly any point is outside the band, and entries of one kernel move together.
"""
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
MARKERS = {"ntk": "o", "nngp": "s"}
SHIFT = {"ntk": 1 / 1.06, "nngp": 1.06}


def draw(table: pd.DataFrame, so3: pd.DataFrame) -> Figure:
    """The figure, from its tables: one row each."""
    figure = style.new_figure(columns=3, rows=3)
    upper, lower = figure.subplots(2, 3)
    _row(upper, table, "C4")
    _row(lower, so3, "SO(3)")
    return figure


def _row(panels: np.ndarray, table: pd.DataFrame, group: str) -> None:
    single, mean, entries = panels
    for axes in (single, mean):
        axes.set(yscale="log", ylabel="relative deviation")
    for kernel, name in KERNELS.items():
        rows = table[(table.kernel == kernel) & np.isfinite(table.width)]
        colour = style.KERNELS[kernel]
        look = {"color": colour, "marker": MARKERS[kernel], "label": name}
        _deviation(single, rows[rows.quantity == "draw_deviation"], SHIFT[kernel], look)
        _deviation(mean, rows[rows.quantity == "mean_deviation"], SHIFT[kernel], look)
        noise = rows[rows.quantity == "noise"].sort_values("width")
        mean.plot(
            noise.width, noise.value, color=colour, linestyle="--", label=f"{name}: noise of {noise.n.iloc[0]} draws"
        )
        z = rows[rows.quantity == "z_score"]
        entries.plot(z.width * SHIFT[kernel], z.value, linestyle="none", markersize=4, alpha=0.7, **look)
    _square_root(single, table[table.quantity == "draw_deviation"])
    entries.axhspan(-2, 2, color="0.9", zorder=0)
    entries.set(ylim=(-4.5, 4.5))
    titles = {single: "A: single networks", mean: "B: mean over all draws", entries: "entries of the mean"}
    for axes, title in titles.items():
        widths = sorted(table.width[np.isfinite(table.width)].unique())
        axes.set_xscale("log", base=2)
        axes.set_xticks(widths, [style.count(width) for width in widths])
        axes.set(xlabel="width", title=f"{group}, {title}")
    entries.set(ylabel="difference / standard error")
    mean.set_ylim(top=10 * mean.get_ylim()[1])  # room for the legend
    for axes in (single, mean):
        axes.legend(loc="upper right")


def _deviation(axes: Axes, rows: pd.DataFrame, shift: float, look: dict) -> None:
    rows = rows.sort_values("width")
    bars(axes, rows.width * shift, rows.value, 1.96 * rows.stderr, **look)


def _square_root(axes: Axes, rows: pd.DataFrame) -> None:
    """The line c width^(-1/2) through the deviations from width 4 on."""
    fitted = rows[rows.width >= 4]
    level = np.exp(np.mean(np.log(fitted.value * np.sqrt(fitted.width))))
    widths = np.array(sorted(rows.width.unique()))
    axes.plot(widths, level / np.sqrt(widths), color=style.LIMIT, linewidth=1, label=r"$\propto$ width$^{-1/2}$")
