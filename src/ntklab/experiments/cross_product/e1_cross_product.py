"""E1-cross-product: ensembles of augmented networks become equivariant, not only invariant."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.metrics.equivariance_bounds import finite_ensemble_bound
from ntklab.plots import style
from ntklab.plots.panels import curve, largest, select

ID = "E1-cross-product"
TABLES = (
    "ensembles/cross_product_equivariance",
    "ensembles/cross_product_rotations",
    "ensembles/cross_product_moments",
)
TITLE = "Cross product: ensembles of augmented networks become equivariant"
CAPTION = """\
Fully connected networks learn a x b for vectors in space from pairs in a finite set of rotations. Measured is the root
orbit MSE: the spread of R^T f(R x) over rotations R, which vanishes for an equivariant f; on random (Haar) rotations,
or on the rotations trained with. Top: pairs of unit vectors, as trained on; bottom: vectors of other lengths. Left:
relative to the size of the outputs, against training time, for single networks (dotted), the mean of all (solid) and
the infinite-width mean (dashed), on Haar rotations. Middle: after training, against the number of networks, for the
smallest group: on its own rotations (filled) and on Haar rotations (hollow), with the analytic lines of infinitely wide
networks; the dashed line is the bound for finite ensembles, which at most 5 % of ensembles of infinitely wide networks
exceed on the group's own rotations. Right: what is left of an infinite ensemble on Haar rotations after training,
against the mean angle from a random rotation to the nearest one trained with: infinite width (line) and the unbiased
estimate at finite width (marks; hollow with an arrow where it reaches zero), squares for random rotations that form no
group; the grey line is proportional to the angle. Above are two bounds for finite subgroups: from the kernel of rotated
inputs (dashed), and proportional to the angle to the nearest rotation trained with (dotted); the constants are this
pipeline's, derived in `ntklab.metrics.equivariance_bounds`. Bars are 95 % intervals. Good: on the group's own rotations
points fall like the square root of the ensemble size for ever; on Haar rotations they end at a floor, which falls with
the order of the group, faster than the angle; no mark lies above its bound, however loose the bound is.
"""
SETS = {"on_manifold": "unit vectors", "off_manifold": "other lengths (off the manifold)"}
GROUPS = ("tetrahedral", "octahedral", "icosahedral")


def draw(table: pd.DataFrame, rotations: pd.DataFrame, moments: pd.DataFrame) -> Figure:
    """The figure, from its three tables."""
    moments = moments[(moments.replicate == 0) & (moments.step == moments.step.max())]
    figure = style.new_figure(columns=3, rows=2.9)
    for row, (data, name) in zip(figure.subplots(2, 3), SETS.items(), strict=True):
        _against_time(row[0], select(table, data, "rsd_pooled"))
        _against_members(row[1], select(table, data, "spread"))
        _members_bound(row[1], moments[moments.data == data])
        _against_angle(row[2], table[table.data == data], rotations)
        _subgroup_bounds(row[2], moments[moments.data == data], rotations)
        row[0].set_title(f"{name}: relative spread")
        row[2].set_title("infinite ensembles")
        for axes, place in zip(row, ("upper right", "best", "lower right"), strict=True):
            axes.legend(loc=place)
    return figure


def _names(table: pd.DataFrame) -> list[str]:
    return [name for name in ("none", *GROUPS) if name in set(table.augmentation)]


def _against_time(axes: Axes, rows: pd.DataFrame) -> None:
    rows = rows[(rows.group == "haar") & (rows.step > 0)]
    colours = dict(zip(_names(rows), [style.CONTROL, *sns.color_palette("viridis_r", 4)[1:]], strict=False))
    for name, colour in colours.items():
        of_set = rows[rows.augmentation == name]
        finite, limit = of_set[np.isfinite(of_set.width)], of_set[np.isinf(of_set.width)]
        many = largest(finite)
        curve(axes, finite[finite.members == 1], "step", color=colour, linestyle=":")
        label = f"{name}, mean of {style.count(many.members.iloc[0])}"
        curve(axes, many, "step", color=colour, marker=".", label=label)
        curve(axes, limit[np.isinf(limit.members)], "step", color=colour, linestyle="--")
    axes.set(xscale="log", yscale="log", xlabel="steps of gradient descent", ylabel="relative spread of R^T f(R x)")
    axes.set_ylim(top=30)  # room for the legend


def _smallest(rows: pd.DataFrame) -> str:
    return next(group for group in GROUPS if group in set(rows.augmentation))


def _against_members(axes: Axes, rows: pd.DataFrame) -> None:
    smallest = _smallest(rows)
    rows = rows[(rows.step == rows.step.max()) & (rows.augmentation == smallest) & np.isfinite(rows.members)]
    axes.set_title(f"{smallest} group")
    for group, fill, name in ((smallest, "full", "its own rotations"), ("haar", "none", "Haar rotations")):
        of_group = rows[rows.group == group]
        finite = of_group[np.isfinite(of_group.width)]
        look = {
            "marker": "o",
            "fillstyle": fill,
            "linestyle": "none",
            "capsize": 2,
            "color": style.ARCHITECTURES["gcnn"],
        }
        axes.errorbar(finite.members, finite.value, 1.96 * finite.stderr, label=name, **look)
        curve(axes, of_group[np.isinf(of_group.width)], "members", color=style.LIMIT, linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="networks in the ensemble", ylabel="spread of R^T f(R x)")


def _members_bound(axes: Axes, moments: pd.DataFrame) -> None:
    smallest = _smallest(moments)
    of_group = moments[(moments.augmentation == smallest) & (moments.group == smallest)]
    wide = of_group[of_group.quantity == "limit_squared_spread"].groupby("members").value.first()
    direction = of_group[of_group.quantity == "limit_largest_direction"].value.iloc[0]
    members = (1, int(of_group.trained.iloc[0]))
    bound = [finite_ensemble_bound(wide[1.0] - wide[np.inf], direction, size) for size in members]
    axes.plot(members, bound, color=style.LIMIT, linestyle="--", linewidth=1, label="bound, its own rotations")


def _subgroup_bounds(axes: Axes, moments: pd.DataFrame, rotations: pd.DataFrame) -> None:
    angles = rotations[rotations.quantity == "mean_angle"].set_index("rotations").value
    bounds = (
        ("lipschitz_bound", ":", "bound, proportional to the angle"),
        ("kernel_bound", "--", "bound, kernel of rotated inputs"),
    )
    for quantity, line, label in bounds:
        bound = np.sqrt(moments[moments.quantity == quantity].groupby("augmentation").value.first())[_names(moments)]
        axes.plot(angles[bound.index], bound, color=style.LIMIT, linestyle=line, linewidth=1)
        middle = np.sqrt(angles[bound.index].min() * angles[bound.index].max())
        axes.annotate(label, (middle, bound.max() * 1.3), ha="center", fontsize="small")
    axes.set_ylim(bottom=1e-4, top=200 * bound.max())  # room for the words and the legend


def _against_angle(axes: Axes, table: pd.DataFrame, rotations: pd.DataFrame) -> None:
    angles = rotations[rotations.quantity == "mean_angle"].set_index("rotations").value
    orders = rotations[rotations.quantity == "order"].set_index("rotations").value
    rows = table[(table.step == table.step.max()) & (table.group == "haar")]
    limit = (
        rows[(rows.quantity == "spread") & np.isinf(rows.width) & np.isinf(rows.members)]
        .set_index("augmentation")
        .value
    )
    floor = rows[(rows.quantity == "floor") & np.isfinite(rows.width)].set_index("augmentation")
    groups = [name for name in ("none", *GROUPS) if name in limit.index]
    axes.plot(angles[groups], limit[groups], color=style.LIMIT, marker=".", label="infinite width, groups")
    proportional = limit["none"] * angles[groups] / angles["none"]
    axes.plot(angles[groups], proportional, color="0.6", label="proportional to the angle")
    for name in floor.index:
        value, low, high = np.sqrt(floor.loc[name, ["value", "ci_low", "ci_high"]].astype(float).clip(lower=0))
        marker, colour = ("o", style.ARCHITECTURES["gcnn"]) if name in groups else ("s", style.ARCHITECTURES["cnn"])
        if low > 0:
            bars = [[value - low], [high - value]]
            axes.errorbar(angles[name], value, bars, marker=marker, color=colour, capsize=2, linestyle="none")
        elif high > 0:
            axes.errorbar(angles[name], high, 0.3 * high, uplims=True, marker=marker, color=colour, fillstyle="none")
        if name not in groups:
            axes.plot(angles[name], limit[name], marker="s", color=style.LIMIT, markersize=3)
        place = max(high, limit[name]) * 1.25
        axes.annotate(style.count(orders[name]), (angles[name], place), ha="center", fontsize="small")
    axes.plot([], [], "o", color=style.ARCHITECTURES["gcnn"], label="finite width, groups")
    axes.plot([], [], "s", color=style.ARCHITECTURES["cnn"], label="finite width, random rotations")
    axes.set(xscale="log", yscale="log", xlabel="mean angle to the nearest rotation", ylabel="spread of R^T f(R x)")
    axes.minorticks_off()
    axes.set_xticks([0.5, 1, 2], ["0.5", "1", "2"])
