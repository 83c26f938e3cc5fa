"""Panels of the figures on finite width: theory as lines, networks as marks with 95 % bars."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ntklab.experiments.finite_width.power_laws import COMPONENTS, PRINTED
from ntklab.experiments.finite_width.relu_moments import TENSORS as AT_ONE_INPUT
from ntklab.metrics.power_law import fit_power_law
from ntklab.plots import panels, style

TABLE = "feynman/finite_width"
SAMPLED = "#b2182b"
CORRECTED = "#0072b2"
NAMES = {"K": "NNGP kernel K", "Theta": r"NTK $\Theta$"}
CORRECTION = {"K": "K1", "Theta": "Theta1"}
ROUNDING = 1e-9
"""Relative differences below it are not drawn on logarithmic axes."""
NARROWEST = 1e-3
"""Axes of deviations reach so far: rounding errors are no deviations."""
NEARLY = 0.03
"""Relative errors of sampled leading orders below it are drawn on a linear scale: they are noise."""
VALIDITY = "A"
"""The tensor whose error is drawn as a map: the variance of the NTK."""
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
    axes.legend(loc="best")
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
            keep = _above_rounding(theory.value, fixed)
            axes.plot(theory.layer[keep], np.abs(theory.value - fixed)[keep], color=colour, linewidth=1)
            axes.plot(theory.layer[keep], np.abs(corrected - fixed)[keep], "--", color=colour, linewidth=1)
            shown = rows[(rows.layer > 1) & _above_rounding(rows.value, fixed)]
            shown = shown.assign(value=np.abs(shown.value - fixed))
            bars(axes, shown.layer, shown, color=colour, marker="o", label=f"{kernel} {component}")
        axes.set(xlabel="layer", title=f"$C_W$ = {c_w:g}, width {width:.0f}")
        axes.set_ylabel(r"$|K - K^*|$" if kernel == "K" and critical else kernel)
    axes.legend(loc="upper right")
    return figure


def _above_rounding(values: pd.Series, centre: float) -> np.ndarray:
    """Whether the distance from `centre` is more than the rounding error of the values."""
    return np.abs(values.to_numpy() - centre) > ROUNDING * np.abs(values.to_numpy())


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


def relative_deviation(
    table: pd.DataFrame, setup: str, kernels: tuple[str, ...], printed: dict[str, float] | None = None
) -> Figure:
    """n (mean / infinite width - 1) at layer 4 against width n, signed, with the leading order (Figs. 3 and 22 to 25).

    `printed`: size of the coefficient that the paper prints for different inputs, of each kernel.
    """
    figure = style.new_figure(columns=2 if len(kernels) > 1 else 1.3, rows=1.4)
    for axes, kernel in zip(figure.subplots(1, len(kernels), squeeze=False)[0], kernels, strict=True):
        axes.set(xscale="log", xlabel="width n", ylabel=f"n (mean / infinite width - 1), {NAMES[kernel]}")
        style.plain_numbers(axes.xaxis)
        for component, colour in (("00", SAMPLED), ("01", CORRECTED)):
            at = {"setup": setup, "component": component, "layer": 4}
            limit = number(table, tensor=kernel, quantity="infinite_width", **at)
            leading = number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at) / limit
            rows = select(table, tensor=kernel, quantity="sampled", **at)
            deviation = rows.assign(value=rows.value / limit - 1, stderr=rows.stderr / abs(limit))
            axes.axhline(leading, color=colour, linewidth=1, label=f"{component}, order 1/n: {leading + 0:.3f}")
            bars(
                axes, rows.width, deviation, factor=rows.width, color=colour, marker="o", label=f"{component}, sampled"
            )
            if component == "01" and kernel in (printed or {}):
                size = np.sign(leading) * printed[kernel]
                axes.axhline(size, color="0.4", linestyle="-.", linewidth=1, label=f"01, printed: {size:.3f}")
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -NARROWEST), max(high, NARROWEST))
        axes.legend(loc="best", fontsize="small")
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
            theory, rows, exact = (
                select(table, quantity=quantity, **at).query("layer > 1")
                for quantity in ("leading_order", "sampled", "exact")
            )
            label = component
            if critical:
                start, printed = PRINTED[tensor][component]
                fit = fit_power_law(rows.layer.to_numpy(), rows.value.to_numpy(), start)
                if fit is not None:
                    label += rf": $l^{{{fit.exponent:.2f}}}$, printed $l^{{{printed:.2f}}}$"
                    _printed_law(axes, rows, fit, start, printed, colour)
            axes.plot(theory.layer, np.abs(theory.value), color=colour, linewidth=1, label=label)
            axes.plot(exact.layer, exact.value, ":", color=colour, linewidth=1.5)
            for sign in (1, -1):
                shown = rows[np.sign(rows.value) == sign]
                bars(
                    axes, shown.layer, shown.assign(value=np.abs(shown.value)), color=colour, marker="o",
                    markerfacecolor=colour if sign > 0 else "white",
                )  # fmt: skip
        # A fixed place: looking for the best one among so many marks takes seconds.
        axes.legend(
            title=f"marks: networks of width {rows.width.iloc[0]:.0f}", title_fontsize="small", loc="center left",
            bbox_to_anchor=(1, 0.5),
        )  # fmt: skip
    return figure


def _printed_law(axes: Axes, rows: pd.DataFrame, fit, start: int, exponent: float, colour) -> None:
    """The printed power, through the middle of the fit to the networks."""
    layers = np.array([start, rows.layer.max()], float)
    middle = np.sqrt(layers.prod())
    axes.plot(
        layers, fit.factor * middle**fit.exponent * (layers / middle) ** exponent, "--", color=colour, linewidth=1
    )


def overview(table: pd.DataFrame, tensor: str, setup: str) -> Figure:
    """One tensor at layer 3 against 1/width, towards the theory, and a forest plot of the extrapolated components."""
    at = {"setup": setup, "tensor": tensor, "layer": 3}
    components = list(dict.fromkeys(select(table, quantity="extrapolated", **at).component))
    figure = style.new_figure(columns=2, rows=1.5)
    left, right = figure.subplots(1, 2)
    right.axvspan(0.9, 1.1, color="0.9", zorder=0)
    for row, (component, colour) in enumerate(
        zip(components, sns.color_palette("colorblind", len(components)), strict=True)
    ):
        here = {**at, "component": component}
        theory = number(table, quantity="leading_order", **here)
        rows = select(table, quantity="sampled", **here)
        limit = select(table, quantity="extrapolated", **here)
        bars(left, 1 / rows.width, rows, factor=1 / theory, color=colour, marker="o")
        bars(left, [0.0], limit, factor=1 / theory, color=colour, marker="s")
        value, half = limit.value.iloc[0] / theory, 1.96 * limit.stderr.iloc[0] / abs(theory)
        right.errorbar([value], [row], xerr=[half], color=colour, marker="s", linestyle="none")
    for draw in (left.axhline, right.axvline):
        draw(1, color=style.LIMIT, linewidth=1)
    left.set(xlabel="1 / width of the first hidden layer", ylabel=f"{tensor}, sampled / theory")
    right.set(yticks=range(len(components)), yticklabels=components, xlabel="extrapolated / theory")
    right.invert_yaxis()
    return figure


def validity(theory: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """Relative error of the leading order for ReLU networks at one input, over depth and width and against depth/width; and
    for sampled GeLU networks."""
    exact = theory[(theory.quantity == "exact") & (theory.layer > 1)]
    leading = theory[theory.quantity == "closed_form"].set_index(["tensor", "layer"]).value
    error = exact.value / leading.reindex(pd.MultiIndex.from_frame(exact[["tensor", "layer"]])).to_numpy() - 1
    exact = exact.assign(error=error, ratio=exact.layer / exact.width)
    figure = style.new_figure(columns=3, rows=1.6)
    left, middle, right = figure.subplots(1, 3)
    shown = exact[exact.tensor == VALIDITY].pivot_table(index="width", columns="layer", values="error")
    mesh = left.pcolormesh(
        shown.columns, shown.index, shown.abs(), norm=LogNorm(1e-2, 1e1), cmap="viridis", shading="nearest"
    )
    lines = left.contour(shown.columns, shown.index, shown.abs(), levels=[0.1, 0.5], colors="white")
    left.clabel(lines, fmt={0.1: "10 %", 0.5: "50 %"})
    figure.colorbar(mesh, ax=left, label=f"relative error of the leading order of {VALIDITY}")
    left.set(yscale="log", xlabel="layer", ylabel="width n")
    style.plain_numbers(left.yaxis)
    for tensor, colour in zip(AT_ONE_INPUT, sns.color_palette("colorblind", len(AT_ONE_INPUT)), strict=True):
        rows = exact[(exact.tensor == tensor) & (exact.error > 0)]
        middle.plot(rows.ratio, rows.error, ".", color=colour, markersize=3, label=tensor)
        at = {"setup": "gelu", "tensor": tensor, "component": "0000", "layer": 4}
        first = number(table, quantity="leading_order", **at)
        rows = select(table, quantity="sampled", **at)
        of = rows.assign(value=rows.value / first - 1, stderr=rows.stderr / abs(first))
        bars(right, 4 / rows.width, of, color=colour, marker="o", label=tensor)
        rows = exact[(exact.tensor == tensor) & (exact.layer == 4)].sort_values("ratio")
        rows = rows[rows.ratio >= 4 / table[table.setup == "gelu"].query("quantity == 'sampled'").width.max()]
        right.plot(rows.ratio, rows.error, ":", color=colour)
    for axes in (middle, right):
        axes.axhline(0.1, color="0.5", linewidth=1)
        axes.legend(loc="upper left")
    middle.set(xscale="log", yscale="log", xlabel="layer / width", ylabel="exact / leading order - 1, ReLU")
    right.set(xscale="log", xlabel="layer / width", ylabel="sampled / leading order - 1, GeLU")
    right.set_yscale("symlog", linthresh=NEARLY)
    right.set_ylim(-NEARLY, 3.0)
    return figure
