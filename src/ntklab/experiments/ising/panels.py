"""Panels that the Ising figures share: a metric against training time and against ensemble size."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec

from ntklab.plots import style
from ntklab.plots.panels import curve, largest, select

DATA_NAMES = {
    "training": "training lattices",
    "in_distribution": "in-distribution lattices",
    "gaussian_spins": "Gaussian spins (out of distribution)",
    "diluted_spins": "diluted lattices (out of distribution)",
    "ordered_spins": "ordered lattices (out of distribution)",
}


def augmented(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of networks trained on full orbits, and of their limit."""
    return table[table.augmentation == table.group]


def control(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of networks trained without augmentation, and of their limit."""
    return table[table.augmentation != table.group]


def against_time(cell: SubplotSpec, table: pd.DataFrame, data: str, quantity: str, label: str) -> tuple[Axes, Axes]:
    """Largest ensembles and single members against steps, the NTK mean in a strip beneath (it is at rounding level)."""
    grid = cell.subgridspec(2, 1, height_ratios=[5, 1], hspace=0.04)
    top, strip = (cell.get_gridspec().figure.add_subplot(part) for part in grid)
    rows = select(table, data, quantity)
    rows = rows if quantity == "spread" else rows[rows.step > 0]
    finite = augmented(rows[np.isfinite(rows.width)])
    colours = style.width_colours(finite.width.unique())
    for width, of_width in finite.groupby("width"):
        name = style.count(width)
        single, many = of_width[of_width.members == 1], largest(of_width)
        curve(top, single, "step", color=colours[width], linestyle=":", label=f"width {name}, single members")
        mean_of = f"width {name}, mean of {style.count(many.members.iloc[0])}"
        curve(top, many, "step", color=colours[width], marker=".", label=mean_of)
    lone = largest(control(rows[np.isfinite(rows.width)]))
    mean_of = f"not augmented, mean of {style.count(lone.members.iloc[0])}"
    curve(top, lone, "step", color=style.CONTROL, linestyle="--", label=mean_of)
    ntk = augmented(rows[np.isinf(rows.width) & np.isinf(rows.members)])
    # An exact zero has no place on a logarithmic axis: it is drawn at the spacing of float64 numbers.
    strip.plot(ntk.step, ntk.value.clip(lower=np.finfo(float).eps), color=style.LIMIT, marker=".", label="NTK mean")
    for axes in (top, strip):
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
        axes.set_yscale("log")
        axes.set_xlim(rows.step.min(), rows.step.max() * 1.1)
    strip.set_ylim(1e-17, 1e-9)
    strip.set_yticks([1e-16, 1e-10])
    strip.annotate("NTK mean", (0.03, 0.55), xycoords="axes fraction", fontsize="small")
    top.tick_params(labelbottom=False)
    top.set_ylabel(label)
    top.set_title(DATA_NAMES[data])
    strip.set_xlabel("steps of gradient descent")
    return top, strip


def against_members(axes: Axes, table: pd.DataFrame, data: str, quantity: str, label: str) -> None:
    """The metric after training against ensemble size, with the analytic line of finitely many infinitely wide members."""
    rows = select(table, data, quantity)
    rows = rows[(rows.step == rows.step.max()) & np.isfinite(rows.members)]
    finite = augmented(rows[np.isfinite(rows.width)])
    colours = style.width_colours(finite.width.unique())
    for width, of_width in finite.groupby("width"):
        error = 1.96 * of_width.stderr
        axes.errorbar(
            of_width.members, of_width.value, error, color=colours[width], marker=".", linestyle="none", capsize=2,
            label=f"width {style.count(width)}",
        )  # fmt: skip
    curve(axes, augmented(rows[np.isinf(rows.width)]), "members", color=style.LIMIT, label="infinite width, analytic")
    lone = control(rows[np.isfinite(rows.width)])
    curve(axes, lone, "members", color=style.CONTROL, linestyle="--", label="not augmented")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="members in the ensemble",
        ylabel=label,
        title=f"after {rows.step.max()} steps",
    )
