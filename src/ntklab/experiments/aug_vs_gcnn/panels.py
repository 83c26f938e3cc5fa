"""Panels of the figures that compare augmented with group-convolutional ensembles."""

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


ENSEMBLES = {
    "augmented": ("augmented", style.ARCHITECTURES["cnn_augmented"]),
    "gcnn": ("GCNN", style.ARCHITECTURES["gcnn"]),
    "plain": ("not augmented (control)", style.CONTROL),
    "ntk": ("infinite width", style.LIMIT),
}


def logit_scatter(table: pd.DataFrame) -> Figure:
    """Rows: augmented networks and the control against GCNNs; columns: sets of inputs; mean outputs after training."""
    figure = style.new_figure(columns=len(DATA_NAMES), rows=2.4)
    grid = figure.subplots(2, len(DATA_NAMES), sharex="col", sharey="col")
    trained = table[table.step == table.step.max()]
    for column, (data, name) in enumerate(DATA_NAMES.items()):
        values, errors = (_by_ensemble(trained[trained.data == data], column) for column in ("value", "stderr"))
        for axes, ensemble in zip(grid[:, column], ("augmented", "plain"), strict=True):
            _scatter(axes, values, errors, ensemble)
        grid[0, column].set_title(name)
        grid[-1, column].set_xlabel("mean output, GCNN")
    for axes, ensemble in zip(grid[:, 0], ("augmented", "plain"), strict=True):
        axes.set_ylabel(f"mean output,\n{ENSEMBLES[ensemble][0]}")
    return figure


def _by_ensemble(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column with a row for each output of each input, and a column for each ensemble."""
    return rows.pivot(index=["input", "output"], columns="ensemble", values=column)


def _scatter(axes: Axes, values: pd.DataFrame, errors: pd.DataFrame, ensemble: str) -> None:
    """Mean outputs of an ensemble against those of the GCNNs, with 95 % bars and the diagonal."""
    apart = np.sqrt(np.square(values[ensemble] - values.gcnn).mean() / np.square(values.gcnn).mean())
    axes.errorbar(
        values.gcnn, values[ensemble], 1.96 * errors[ensemble], 1.96 * errors.gcnn, linestyle="none", marker=".",
        markersize=3, elinewidth=0.5, color=ENSEMBLES[ensemble][1], alpha=0.6, label=f"rms difference {apart:.0%}",
    )  # fmt: skip
    axes.axline((0, 0), slope=1, color="0.3", linewidth=0.8)
    axes.legend(loc="upper left")


def logit_trajectories(table: pd.DataFrame) -> Figure:
    """Rows: sets of inputs; columns: inputs; one mean output of each against training time."""
    followed = table.groupby(["data", "input", "output"]).step.transform("nunique") > 1
    rows = table[followed]
    figure = style.new_figure(columns=rows.input.nunique() * 0.9, rows=3)
    grid = figure.subplots(len(DATA_NAMES), rows.input.nunique(), sharex=True, squeeze=False)
    for line, data in zip(grid, DATA_NAMES, strict=True):
        for axes, (number, of_input) in zip(line, rows[rows.data == data].groupby("input"), strict=True):
            for ensemble, (name, colour) in ENSEMBLES.items():
                _trajectory(axes, of_input[of_input.ensemble == ensemble], label=name, color=colour)
            axes.set_title(f"{DATA_NAMES[data]}: input {number + 1}, output {of_input.output.iloc[0]}")
    for axes in grid[-1]:
        axes.set_xlabel("steps of gradient descent")
    for axes in grid[:, 0]:
        axes.set_ylabel("mean output")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(ENSEMBLES))
    return figure


def _trajectory(axes: Axes, rows: pd.DataFrame, **look) -> None:
    """Mean output against time with its 95 % band; the infinite-width mean is exact, and dashed."""
    rows = rows.sort_values("step")
    exact = (rows.stderr == 0).all()
    axes.plot(rows.step, rows.value, linestyle="--" if exact else "-", zorder=3 if exact else 2, **look)
    axes.fill_between(rows.step, rows.ci_low, rows.ci_high, color=look["color"], alpha=0.2, linewidth=0)


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
    for shift, (pair, name) in zip((1.04, 1.08), LIMITS.items(), strict=True):
        found = _pair(trained, pair, "difference_floor")
        _distance(axes, found.width * shift, found, 0.0, color=COLOURS[pair], marker="v", markersize=4, label=name)
    for shift, (pair, name) in zip((1.12, 1.16), CONTROLS.items(), strict=True):
        found = _pair(trained, pair, "difference_floor")
        _distance(axes, found.width * shift, found, 0.0, color=COLOURS[pair], marker="s", markersize=4, label=name)
    axes.set_xscale("log", base=2)
    widths = sorted(trained.width.unique())
    axes.set_xticks(widths, [style.count(width) for width in widths])
    axes.set_yscale("log")
