"""Panels of the two figures that compare augmented with group-convolutional ensembles."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.plots import style

DATA_NAMES = {"training": "training images", "test": "test images", "noise": "noise (off the manifold)"}
MATCHED = ("augmented", "gcnn")
CONTROLS = {("plain", "gcnn"): "not augmented - GCNN", ("augmented", "mismatched"): "augmented - other GCNN"}
LIMITS = {("augmented", "ntk"): "augmented - infinite width", ("gcnn", "ntk"): "GCNN - infinite width"}
COLOURS = {
    ("plain", "gcnn"): style.CONTROL,
    ("augmented", "mismatched"): "#ef8a62",
    ("augmented", "ntk"): style.ARCHITECTURES["cnn_augmented"],
    ("gcnn", "ntk"): style.ARCHITECTURES["gcnn"],
}


def ensemble_comparison(table: pd.DataFrame) -> Figure:
    """Rows: sets of inputs; columns: against ensemble size, training time and width."""
    figure = style.new_figure(columns=3, rows=3.9)
    grid = figure.subplots(len(DATA_NAMES), 3, sharex="col")
    for row, (data, name) in zip(grid, DATA_NAMES.items(), strict=True):
        rows = table[table.data == data]
        _against_members(row[0], rows)
        _against_time(row[1], rows)
        _against_width(row[2], rows)
        row[0].set_title(f"{name}: means of finite ensembles")
        row[1].set_title("infinite ensembles (unbiased)")
        row[2].set_title("infinite ensembles, after training")
    for axes, label in zip(grid[-1], ("networks in each ensemble", "steps of gradient descent", "width"), strict=True):
        axes.set_xlabel(label)
    for axes in grid[:, 0]:
        axes.set_ylabel("difference / size of outputs")
    for axes, side in zip(grid[0], ("left", "center", "right"), strict=True):
        figure.legend(*axes.get_legend_handles_labels(), loc=f"outside lower {side}")
    return figure


def _pair(rows: pd.DataFrame, pair: tuple[str, str], quantity: str) -> pd.DataFrame:
    return rows[(rows["first"] == pair[0]) & (rows["second"] == pair[1]) & (rows.quantity == quantity)]


def _against_members(axes: Axes, rows: pd.DataFrame) -> None:
    """Difference of the means of finite ensembles after training, with the line of pure sampling noise."""
    trained = rows[rows.step == rows.step.max()]
    colours = style.width_colours(trained.width.unique())
    for width, of_width in trained.groupby("width"):
        found, noise = (
            _pair(of_width, MATCHED, quantity).sort_values("members") for quantity in ("difference", "noise")
        )
        look = {"color": colours[width], "marker": ".", "linestyle": "none", "capsize": 2}
        axes.errorbar(found.members, found.value, 1.96 * found.stderr, label=f"width {style.count(width)}", **look)
        axes.plot(noise.members, noise.value, color=colours[width], linestyle="--")
    axes.plot([], [], color="0.4", linestyle="--", label="noise alone")
    axes.set(xscale="log", yscale="log")


def _distance(axes: Axes, x, rows: pd.DataFrame, lowest: float, **look) -> None:
    """Root of an unbiased squared distance with its interval; where that reaches zero, a hollow mark at its upper end."""
    value, low, high = (np.sqrt(rows[name].clip(lower=0)).to_numpy() for name in ("value", "ci_low", "ci_high"))
    x, seen = np.asarray(x, dtype=float), (rows.ci_low > 0).to_numpy()
    bars = np.stack([value - low, high - value])[:, seen]
    axes.errorbar(x[seen], value[seen], bars, capsize=2, linestyle="none", **look)
    hollow = {**look, "label": None, "fillstyle": "none", "linestyle": "none"}
    unseen = ~seen & (high > lowest)
    axes.errorbar(x[unseen], high[unseen], 0.25 * high[unseen], uplims=True, **hollow)


def _against_time(axes: Axes, rows: pd.DataFrame) -> None:
    rows = rows[rows.step > 0]  # at initialisation the means of all pairs vanish
    colours, widest = style.width_colours(rows.width.unique()), rows.width.max()
    for width, of_width in rows.groupby("width"):
        found = _pair(of_width, MATCHED, "difference_floor")
        _distance(axes, found.step, found, 1e-3, color=colours[width], marker="o", markersize=4,
                  label=f"augmented - GCNN, width {style.count(width)}")  # fmt: skip
    for pair, name in CONTROLS.items():
        found = _pair(rows[rows.width == widest], pair, "difference_floor")
        _distance(axes, found.step * 1.05, found, 1e-3, color=COLOURS[pair], marker="s", markersize=4, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")


def _against_width(axes: Axes, rows: pd.DataFrame) -> None:
    trained = rows[rows.step == rows.step.max()]
    found = _pair(trained, MATCHED, "difference_floor")
    _distance(axes, found.width, found, 0.0, color=style.LIMIT, marker="o", markersize=4, label="augmented - GCNN")
    for shift, (pair, name) in zip((1.06, 1.12), LIMITS.items(), strict=True):
        found = _pair(trained, pair, "difference_floor")
        _distance(axes, found.width * shift, found, 0.0, color=COLOURS[pair], marker="v", markersize=4, label=name)
    for shift, (pair, name) in zip((1.18, 1.24), CONTROLS.items(), strict=True):
        found = _pair(trained, pair, "difference_floor")
        _distance(axes, found.width * shift, found, 0.0, color=COLOURS[pair], marker="s", markersize=4, label=name)
    axes.set_xscale("log", base=2)
    widths = sorted(trained.width.unique())
    axes.set_xticks(widths, [style.count(width) for width in widths])
    axes.set_yscale("log")
