"""Panels of the figures on finite width: theory as lines, networks as marks with 95 % bars."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.finite_width.power_laws import COMPONENTS, PRINTED
from ntklab.metrics.power_law import fit_power_law
from ntklab.plots import panels, style

TABLE = "feynman/finite_width"
SAMPLED = "#b2182b"
CORRECTED = "#0072b2"
NAMES = {"K": "NNGP kernel K", "Theta": r"NTK $\Theta$"}
CORRECTION = {"K": "K1", "Theta": "Theta1"}
WIDTH_ORDER = ("0000", "0011", "0022", "0023", "0101", "0103")


def select(table: pd.DataFrame, **values) -> pd.DataFrame:
    """The rows with these values, in order of width and layer."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.sort_values(["width", "layer"])


def number(table: pd.DataFrame, **values) -> float:
    """The value of the one row with these values."""
    return float(select(table, **values).value.iloc[0])


def bars(axes: Axes, x, rows: pd.DataFrame, factor=1.0, **look) -> None:
    """Values times a factor, with 95 % bars."""
    factor = np.asarray(factor)
    panels.bars(axes, x, factor * rows.value.to_numpy(), 1.96 * np.abs(factor) * rows.stderr.to_numpy(), **look)


def mean_against_width(table: pd.DataFrame, component: str) -> Figure:
    """K and NTK of the GeLU ensemble at layer 4: sampled, infinite width, first-order corrected (Figs. 1 and 4)."""
    figure = style.new_figure(columns=2, rows=1.3)
    for axes, kernel in zip(figure.subplots(1, 2), NAMES, strict=True):
        at = {"setup": "gelu", "component": component, "layer": 4}
        limit = number(table, tensor=kernel, quantity="infinite_width", **at)
        correction = number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at)
        rows = select(table, tensor=kernel, quantity="sampled", **at)
        widths = np.geomspace(rows.width.min(), rows.width.max(), 100)
        axes.axhline(limit, color="0.5", label="infinite width")
        axes.plot(widths, limit + correction / widths, "--", color=CORRECTED, label="first-order corrected")
        bars(axes, rows.width, rows, color=SAMPLED, marker="o", label="sampled networks")
        axes.set(xscale="log", xlabel="width n", ylabel=rf"{NAMES[kernel]}, inputs {component}")
        style.plain_numbers(axes.xaxis)
    axes.legend(loc="upper right")
    return figure


def scaled_deviation(table: pd.DataFrame) -> Figure:
    """n times the deviation of the mean kernels from infinite width, with the theory's coefficient (Fig. 5)."""
    figure = style.new_figure(columns=2, rows=2.4)
    for row, component in zip(figure.subplots(2, 2, sharex=True), ("00", "01"), strict=True):
        for axes, kernel in zip(row, NAMES, strict=True):
            at = {"setup": "gelu", "component": component, "layer": 4}
            rows = select(table, tensor=kernel, quantity="sampled", **at)
            limit = number(table, tensor=kernel, quantity="infinite_width", **at)
            bars(axes, rows.width, rows.assign(value=rows.value - limit), factor=rows.width, color=SAMPLED, marker="o")
            axes.axhline(number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at), color=CORRECTED)
            axes.set(xscale="log", ylabel=f"n (mean - infinite width), {kernel} {component}")
            style.plain_numbers(axes.xaxis)
            axes.set_xlabel("width n")
    return figure


def tensor_against_width(table: pd.DataFrame, tensor: str) -> Figure:
    """One tensor of the GeLU ensemble at layer 4 in six components (Figs. 6 to 10)."""
    figure = style.new_figure(columns=3, rows=2.2)
    for axes, component in zip(figure.subplots(2, 3).flat, WIDTH_ORDER, strict=True):
        at = {"setup": "gelu", "tensor": tensor, "component": component, "layer": 4}
        rows = select(table, quantity="sampled", **at)
        axes.axhline(number(table, quantity="leading_order", **at), color=CORRECTED, label="theory, order 1/n")
        bars(axes, rows.width, rows, color=SAMPLED, marker="o", label="sampled networks")
        axes.set(xscale="log", xlabel="width n", title=f"{tensor} {component}")
        style.plain_numbers(axes.xaxis)
    axes.legend(loc="upper right")
    return figure


def kernel_against_depth(table: pd.DataFrame, kernel: str) -> Figure:
    """Mean kernel of ReLU networks against depth at three weight variances (Figs. 2 and 11)."""
    figure = style.new_figure(columns=3, rows=1.4)
    colours = dict(zip(("00", "01"), (SAMPLED, CORRECTED), strict=True))
    for axes, c_w in zip(figure.subplots(1, 3), (0.25, 2.0, 4.0), strict=True):
        critical = c_w == 2.0
        if not critical or kernel == "K":
            axes.set(xscale="log", yscale="log")
            style.plain_numbers(axes.xaxis)
        for component, colour in colours.items():
            at = {"setup": "relu_depth", "c_w": c_w, "component": component}
            theory = select(table, tensor=kernel, quantity="infinite_width", **at)
            rows = select(table, tensor=kernel, quantity="sampled", **at)
            width = rows.width.iloc[0]
            correction = select(table, tensor=CORRECTION[kernel], quantity="leading_order", **_rescaling(at, c_w))
            corrected = (
                theory.value.to_numpy() + _scale(kernel, c_w, theory.layer) * correction.value.to_numpy() / width
            )
            fixed = 0.0
            if kernel == "K" and critical:  # distance to the fixed point K* = C_W |x_a| |x_b| / n_0
                fixed = _fixed_point(table, component)
            keep = np.abs(theory.value.to_numpy() - fixed) > 1e-9
            axes.plot(theory.layer[keep], np.abs(theory.value - fixed)[keep], color=colour, linewidth=1)
            axes.plot(theory.layer[keep], np.abs(corrected - fixed)[keep], "--", color=colour, linewidth=1)
            shown = rows[rows.layer > 1].assign(value=lambda r, fixed=fixed: np.abs(r.value - fixed))
            bars(axes, shown.layer, shown, color=colour, marker="o", label=f"{kernel} {component}")
        axes.set(xlabel="layer", title=f"$C_W$ = {c_w:g}, width {width:.0f}")
        axes.set_ylabel(r"$|K - K^*|$" if kernel == "K" and critical else kernel)
    axes.legend(loc="upper right")
    return figure


def _rescaling(at: dict, c_w: float) -> dict:
    """K1 and Theta1 are solved at C_W = 2 and scale as the kernels do."""
    return {**at, "c_w": 2.0}


def _scale(kernel: str, c_w: float, layers: pd.Series) -> np.ndarray:
    return (c_w / 2) ** (layers.to_numpy() - (kernel == "Theta"))


def _fixed_point(table: pd.DataFrame, component: str) -> float:
    """K* from the kernels of layer 1 and layer-independent norms: sqrt(K_aa K_bb)."""
    first = {"setup": "relu_depth", "c_w": 2.0, "tensor": "K", "quantity": "infinite_width", "layer": 1}
    own = [number(table, component=f"{a}{a}", **first) for a in component]
    return float(np.sqrt(own[0] * own[1]))


def relative_deviation(table: pd.DataFrame, setup: str, kernels: tuple[str, ...]) -> Figure:
    """|mean / infinite width - 1| at layer 4 against width, with the leading order (Figs. 3 and 22 to 25)."""
    figure = style.new_figure(columns=2 if len(kernels) > 1 else 1.3, rows=1.4)
    panels = figure.subplots(1, len(kernels), squeeze=False)[0]
    for axes, kernel in zip(panels, kernels, strict=True):
        axes.set(xscale="log", yscale="log", xlabel="width n", ylabel=f"relative deviation of {NAMES[kernel]}")
        style.plain_numbers(axes.xaxis)
        for component, colour in (("00", SAMPLED), ("01", CORRECTED)):
            at = {"setup": setup, "component": component, "layer": 4}
            limit = number(table, tensor=kernel, quantity="infinite_width", **at)
            leading = number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at)
            rows = select(table, tensor=kernel, quantity="sampled", **at)
            deviation = rows.assign(value=np.abs(rows.value / limit - 1), stderr=rows.stderr / abs(limit))
            bars(axes, rows.width, deviation, color=colour, marker="o", label=f"{component}, sampled")
            axes.plot(rows.width, 1.96 * deviation.stderr, ":", color=colour, linewidth=1)
            if abs(leading) > 1e-9 * abs(limit):
                axes.plot(rows.width, np.abs(leading / limit) / rows.width, color=colour, label=f"{component}, theory")
        axes.legend(loc="lower left")
    return figure


def tensor_against_depth(table: pd.DataFrame, tensor: str, critical: bool) -> Figure:
    """One tensor of ReLU networks against depth: with power laws at C_W = 2, or at C_W = 0.25 and 4 (Figs. 12 to 21)."""
    variances = (2.0,) if critical else (0.25, 4.0)
    setup = "relu_depth_v" if tensor == "V" else "relu_depth"
    figure = style.new_figure(columns=1.8 * len(variances), rows=1.7)
    for axes, c_w in zip(figure.subplots(1, len(variances), squeeze=False)[0], variances, strict=True):
        axes.set(xscale="log", yscale="log", xlabel="layer", title=f"{tensor}, $C_W$ = {c_w:g}")
        style.plain_numbers(axes.xaxis)
        for component, colour in zip(COMPONENTS, sns.color_palette("colorblind", len(COMPONENTS)), strict=True):
            at = {"setup": setup, "c_w": c_w, "tensor": tensor, "component": component}
            theory = select(table, quantity="leading_order", **at)
            rows = select(table, quantity="sampled", **at)
            theory, rows = theory[theory.layer > 1], rows[rows.layer > 1]
            label = component
            if critical:
                start = PRINTED[tensor][component].start
                fit = fit_power_law(theory.layer.to_numpy(), theory.value.to_numpy(), start)
                if fit is not None:
                    label += rf": {fit.factor:.2g} $l^{{{fit.exponent:.2f}}}$"
            axes.plot(theory.layer, np.abs(theory.value), color=colour, linewidth=1, label=label)
            shown = rows.assign(value=np.abs(rows.value))
            bars(axes, shown.layer, shown, color=colour, marker="o")
        # A fixed place: looking for the best one among so many marks takes seconds.
        axes.legend(
            title=f"lines: theory; marks: width {rows.width.iloc[0]:.0f}", title_fontsize="small", loc="center left",
            bbox_to_anchor=(1, 0.5),
        )  # fmt: skip
    return figure


def overview(table: pd.DataFrame, tensor: str) -> Figure:
    """One tensor at layer 3 against 1/width, towards the theory, and the distance in standard errors."""
    at = {"setup": "all_tensors", "tensor": tensor, "layer": 3}
    components = list(dict.fromkeys(select(table, quantity="extrapolated", **at).component))
    figure = style.new_figure(columns=2, rows=1.5)
    left, right = figure.subplots(1, 2)
    for component, colour in zip(components, sns.color_palette("colorblind", len(components)), strict=True):
        here = {**at, "component": component}
        theory = number(table, quantity="leading_order", **here)
        rows = select(table, quantity="sampled", **here)
        limit = select(table, quantity="extrapolated", **here)
        bars(left, 1 / rows.width, rows, factor=1 / theory, color=colour, marker="o", label=component)
        bars(left, [0.0], limit, factor=1 / theory, color=colour, marker="s")
    left.axhline(1, color=style.LIMIT, linewidth=1)
    left.set(xlabel="1 / width of the first hidden layer", ylabel=f"{tensor}, sampled / theory")
    left.legend(loc="upper right", ncols=1 + len(components) // 5)
    z = select(table, quantity="z_score", **at)
    right.axhspan(-2, 2, color="0.9", zorder=0)
    right.plot(z.component, z.value, "s", color=SAMPLED)
    right.set(ylim=(-5, 5), xlabel="component", ylabel="(extrapolated - theory) / standard error")
    return figure
