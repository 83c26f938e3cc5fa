"""E1-ising-ntk: finite-width ensembles approach the exact NTK mean prediction as the width grows."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ntklab.experiments.ising.panels import DATA_NAMES, augmented
from ntklab.plots import style
from ntklab.plots.panels import curve, largest, select

ID = "E1-ising-ntk"
TABLES = ("ensembles/ising_invariance",)
TITLE = "Ising model: ensembles approach the NTK mean as their width grows"
MARKERS = {"training": "s", "in_distribution": "o", "gaussian_spins": "^", "diluted_spins": "v"}
CAPTION = """\
Distance of the ensemble mean to the exact infinite-width mean prediction at the same training time, root mean square over
inputs, in standard deviations of the targets. Left and middle: the distance of all members' mean against training time,
on test and on training lattices; it holds Monte-Carlo noise (dashed: the noise of as many infinitely wide members). Right:
the distance of the *infinite* ensemble at each width after training, from the unbiased estimator, which has no such noise,
with 95 % intervals; open marks with an arrow are upper ends of intervals that reach zero. Good: the unbiased distance falls
with width, most clearly on the training lattices, where the noise is smallest.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3, rows=1.5)
    time_axes = figure.subplots(1, 3)
    for axes, data in zip(time_axes, ("in_distribution", "training"), strict=False):
        _distance(axes, table, data)
    time_axes[0].legend()
    _floor(time_axes[2], table)
    return figure


def _distance(axes, table: pd.DataFrame, data: str) -> None:
    rows = augmented(select(table, data, "distance_to_ntk"))
    finite, limit = rows[np.isfinite(rows.width)], rows[np.isinf(rows.width)]
    colours = style.width_colours(finite.width.unique())
    for width, of_width in largest(finite).groupby("width"):
        members = of_width.members.iloc[0]
        label = f"width {style.count(width)}, mean of {style.count(members)}"
        curve(axes, of_width, "step", color=colours[width], marker=".", label=label)
        noise = limit[limit.members == members].sort_values("step")
        axes.plot(noise.step, noise.value, color=colours[width], linestyle="--")
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set(
        yscale="log", xlabel="steps of gradient descent", ylabel="distance to the NTK mean", title=DATA_NAMES[data]
    )


def _floor(axes, table: pd.DataFrame) -> None:
    widths = sorted(augmented(select(table, "training", "distance_floor")).width.unique())
    shifts = np.linspace(-0.12, 0.12, len(MARKERS))
    for (data, marker), shift, colour in zip(MARKERS.items(), shifts, sns.color_palette("deep"), strict=False):
        rows = augmented(select(table, data, "distance_floor"))
        rows = rows[rows.step == rows.step.max()].set_index("width").loc[widths]
        x = np.arange(len(widths)) + shift
        distance, low, high = (np.sqrt(rows[name].clip(lower=0)).to_numpy() for name in ("value", "ci_low", "ci_high"))
        seen = (rows.ci_low > 0).to_numpy()
        bars = np.stack([distance - low, high - distance])[:, seen]
        axes.errorbar(x[seen], distance[seen], bars, marker=marker, linestyle="none", color=colour, capsize=2)
        limit = {"uplims": True, "marker": marker, "fillstyle": "none", "linestyle": "none", "color": colour}
        axes.errorbar(x[~seen], high[~seen], 0.3 * high[~seen], **limit)
        axes.plot([], [], marker=marker, linestyle="none", color=colour, label=DATA_NAMES[data])
    axes.set(
        yscale="log",
        xlabel="width",
        ylabel="unbiased distance to the NTK mean",
        title="infinite ensembles, after training",
    )
    axes.set_ylim(top=3 * axes.get_ylim()[1])  # room for the legend
    axes.set_xticks(range(len(widths)), [style.count(width) for width in widths])
    axes.legend()
