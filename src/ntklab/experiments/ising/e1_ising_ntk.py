"""E1-ising-ntk: finite-width ensembles approach the exact NTK mean prediction as the width grows."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ntklab.claims.ensembles import root
from ntklab.claims.replicates import REPLICATE, one_of
from ntklab.experiments.ising.panels import DATA_NAMES, augmented
from ntklab.plots import style
from ntklab.plots.panels import curve, largest, select

ID = "E1-ising-ntk"
TABLES = ("ensembles/ising_invariance", "ensembles/ising_moments")
TITLE = "Ising model: ensembles approach the NTK mean, and the NTK becomes constant, as the width grows"
MARKERS = {"training": "s", "in_distribution": "o", "gaussian_spins": "^", "diluted_spins": "v", "ordered_spins": "D"}
CAPTION = """\
Distance of the ensemble mean to the exact infinite-width mean prediction at the same training time, root mean square over
inputs, in standard deviations of the targets. First two panels: the distance of the mean of all independent members against
training time, on test and on training lattices; it holds Monte-Carlo noise (dashed: the noise of as many infinitely wide
members). Third: the distance of the *infinite* ensemble at each width after training, from the unbiased estimator of pairs of
opposite sign at initialisation, which has no such noise, with 95 % intervals; open marks with an arrow are upper ends of
intervals that reach zero. Last: root mean square relative change of single members' empirical NTK on training lattices since
initialisation, with 95 % intervals. Good: the unbiased distance falls with width on all sets, and the NTK's change at least as
fast as 1/sqrt(width) (dotted), the rate of the bound.
"""


def draw(table: pd.DataFrame, moments: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    figure = style.new_figure(columns=4, rows=1.5)
    time_axes = figure.subplots(1, 4)
    for axes, data in zip(time_axes, ("in_distribution", "training"), strict=False):
        _distance(axes, table, data)
    time_axes[0].legend()
    _floor(time_axes[2], table)
    _kernel_change(time_axes[3], moments)
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
    axes.set_ylim(top=12 * axes.get_ylim()[1])  # room for the legend
    axes.set_xticks(range(len(widths)), [style.count(width) for width in widths])
    axes.legend()


def _kernel_change(axes, moments: pd.DataFrame) -> None:
    rows = moments[(moments.quantity == "kernel_change") & (moments.augmentation == moments.group) & (moments.step > 0)]
    steps = sorted(rows.step.unique())
    for step, colour in zip(steps[:: len(steps) // 3][:3] + steps[-1:], sns.color_palette("crest", 4), strict=False):
        by_width = rows[rows.step == step].pivot(index="width", columns=REPLICATE, values="value")
        change = [root(one_of(values)) for _, values in by_width.iterrows()]
        bars = np.array([(found.value - found.ci95[0], found.ci95[1] - found.value) for found in change]).T
        axes.errorbar(
            by_width.index,
            [found.value for found in change],
            bars,
            marker="o",
            color=colour,
            capsize=2,
            label=f"step {step}",
        )
    widths = by_width.index.to_numpy()
    axes.plot(widths, change[0].value * np.sqrt(widths[0] / widths), color="0.4", linestyle=":", label="width$^{-1/2}$")
    axes.set(xscale="log", yscale="log", xlabel="width", ylabel="relative change", title="NTK since initialisation")
    axes.set_xticks(widths, [style.count(width) for width in widths])
    axes.minorticks_off()
    axes.legend()
