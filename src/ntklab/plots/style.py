"""One look for all figures: fonts, sizes, colours with a meaning."""

from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from scipy import stats

from ntklab.groups import group

LIMIT = "black"
CONTROL = "#b2182b"
KERNELS = {"ntk": "#0072b2", "nngp": "#d55e00"}
ARCHITECTURES = {"cnn": "#d55e00", "cnn_augmented": "#009e73", "gcnn": "#0072b2"}
GROUPS = {"c1": "#b2182b", "c4": "#66c2a4", "c8": "#2a7fb8", "c16": "#253494"}
COLUMN = 3.6
"""Width of one panel in inches."""


def apply() -> None:
    """Set matplotlib's defaults; nothing random and no date enters a figure."""
    mpl.use("agg")
    sns.set_theme(context="paper", style="ticks", font_scale=0.95)
    mpl.rcParams.update(
        {
            "figure.constrained_layout.use": True,
            "figure.dpi": 150,
            "legend.frameon": False,
            "legend.fontsize": "small",
            "axes.titlesize": "medium",
            "axes.grid": True,
            "grid.alpha": 0.3,
            "svg.hashsalt": "ntklab",
        }
    )


def width_colours(widths: Iterable[float]) -> dict[float, tuple]:
    """One colour per width, from light (narrow) to dark (wide)."""
    widths = sorted(widths)
    return dict(zip(widths, sns.color_palette("viridis_r", len(widths) + 1)[1:], strict=True))


def group_colour(name: str):
    """The colour of a cyclic group, from light (few elements) to dark (many); c1, no augmentation, is the control's."""
    return GROUPS.get(name) or mpl.colormaps["YlGnBu"](min(np.log2(group(name).order) / 5, 1.0))


def count(number: float | np.integer) -> str:
    """A width or number of members without a decimal point."""
    return f"{number:.0f}"


def plain_numbers(axis: Axis) -> None:
    """Widths and depths on a logarithmic axis as 10, 20, 50 instead of powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def over_repeats(axes: Axes, rows: pd.DataFrame, x: str, shift: float = 1.0, **line) -> None:
    """Mean of `value` over repeats against x (moved by a factor, so that bars stand apart), with Student's 95 % bars."""
    values = rows.groupby(x).value.agg(["mean", "sem", "count"])
    bars = stats.t.ppf(0.975, values["count"] - 1) * values["sem"]
    axes.errorbar(values.index * shift, values["mean"], bars, capsize=2, markersize=4, **line)


def new_figure(columns: int | float, rows: int | float) -> Figure:
    """An empty figure of so many panels' width, and so many times 2.4 inches high."""
    return Figure(figsize=(COLUMN * columns, 2.4 * rows))
