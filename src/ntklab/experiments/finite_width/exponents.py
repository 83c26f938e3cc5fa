"""The numbers that claims about growth with depth, and about one input, are decided by, with their intervals.

Exponents of networks are fits to means over batches, made again with each group of batches left out; those of theory have the
error bound of the numbers that are fitted.
"""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.replicates import lowest_over_replicates, over_replicates
from ntklab.experiments.finite_width.estimates import ROUNDING, of_batches, select
from ntklab.experiments.finite_width.power_laws import POWERS, PRINTED
from ntklab.metrics.power_law import exponent_bound, fit_power_law
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
PAPERS_WIDTHS = (200, 300)
NEEDS_PAPERS_WIDTHS = "needs networks of width 200 to 300"
TOO_SHALLOW = "needs networks of depth 30"
"""A fit has three layers or more from the printed first one on."""
ANOTHER_QUANTITY = "leading order is not what was printed: fits to networks of width 200 to 300"
SLOPE = 0.669083956
"""|x_0|^2 / n_0 of the ReLU figures: slope of the mean NTK against depth at criticality."""
OFF_CRITICAL = 4.0


def _rescaled(rows: pd.DataFrame, c_w: float) -> pd.DataFrame:
    """The same networks at another weight variance than 2."""
    slope, offset = POWERS[rows.tensor.iloc[0]]
    return rows.assign(value=rows.value * (c_w / 2) ** (slope * rows.layer + offset))


def growth_of_ntk(table: pd.DataFrame, c_w: float = 2.0) -> Interval:
    """Mean NTK at one input at the last layer, over the layer's number times |x|^2 / n_0."""

    def statistic(rows: pd.DataFrame) -> float:
        last = _rescaled(rows, c_w).iloc[-1]
        return float(last.value / (last.layer * SLOPE))

    return of_batches(table, statistic, "no such networks", setup="relu_depth", tensor="Theta", component="00")


def _setup(tensor: str) -> str:
    return "relu_depth_v" if tensor == "V" else "relu_depth"


def _exponent(rows: pd.DataFrame, start: int, column: str = "value") -> float:
    fit = fit_power_law(rows.layer.to_numpy(), rows[column].to_numpy(), start)
    return np.nan if fit is None else fit.exponent


def networks_exponent(table: pd.DataFrame, tensor: str, component: str, c_w: float = 2.0) -> Interval:
    """Exponent of the fit to networks from the printed first layer on; undecided but at the paper's widths."""
    at = {"setup": _setup(tensor), "tensor": tensor, "component": component}
    rows, start = select(table, quantity="sampled", **at), PRINTED[tensor][component].start
    if rows.layer.max() < start + 2:
        return nothing(TOO_SHALLOW)
    found = over_replicates(_rescaled(rows, c_w), partial(_exponent, start=start), "batches")
    low, high = PAPERS_WIDTHS
    return found.but("" if low <= rows.width.iloc[0] <= high else NEEDS_PAPERS_WIDTHS)


def leading_exponent(table: pd.DataFrame, tensor: str, component: str, c_w: float = 2.0) -> Interval:
    """Exponent of the fit to the recursions, leading order, from the printed first layer on: another quantity than the
    printed exponent, which corrections of order depth / width change (spec evidence.md, 7), and so without a verdict."""
    at = {"setup": _setup(tensor), "tensor": tensor, "component": component, "replicate": 0}
    rows, start = select(table, quantity="sampled", **at), PRINTED[tensor][component].start
    if rows.layer.max() < start + 2:
        return nothing(TOO_SHALLOW)
    rows = _rescaled(rows.assign(value=rows.leading), c_w)
    layers, values = rows.layer.to_numpy(), rows.value.to_numpy()
    bound = exponent_bound(layers, values, ROUNDING * np.abs(values), start)
    return numerical(_exponent(rows, start), bound).but(ANOTHER_QUANTITY)


def _less_printed(rows: pd.DataFrame) -> np.ndarray:
    """Exponents of the fits to networks less the printed ones, of all tensors and components."""
    parts = dict(list(rows.groupby(["setup", "tensor", "component"])))
    return np.array([
        _exponent(parts[_setup(tensor), tensor, component], fit.start) - fit.exponent
        for tensor, fits in PRINTED.items()
        for component, fit in fits.items()
    ])  # fmt: skip


def above_printed(table: pd.DataFrame, lowest: bool, leading: bool = False) -> Interval:
    """Exponent of networks less the printed one, of all tensors and components: the lowest, with a simultaneous interval, or
    the mean. With `leading`, those of the recursions instead of networks."""
    setups = tuple(dict.fromkeys(map(_setup, PRINTED)))
    rows = select(table, quantity="sampled", setup=setups, tensor=tuple(PRINTED))
    if not set(setups) <= set(rows.setup):
        return nothing("no such networks")
    if rows.layer.max() < max(fit.start for fits in PRINTED.values() for fit in fits.values()) + 2:
        return nothing(TOO_SHALLOW)
    if leading:
        found = _less_printed(rows[rows.replicate == 0].assign(value=rows.leading))
        return numerical(float(found.min() if lowest else found.mean()), ROUNDING * rows.layer.max())
    if lowest:
        found = lowest_over_replicates(rows, _less_printed, "batches")
    else:
        found = over_replicates(rows, lambda part: float(_less_printed(part).mean()), "batches")
    low, high = PAPERS_WIDTHS
    return found.but("" if rows.width.between(low, high).all() else NEEDS_PAPERS_WIDTHS)


def networks_over_exact(table: pd.DataFrame, tensor: str) -> Interval:
    """Exponent of networks at one input over that of the exact moments at the same width."""
    start = PRINTED[tensor]["0000"].start
    rows = select(table, quantity="sampled", setup=_setup(tensor), tensor=tensor, component="0000")
    if rows.layer.max() < start + 2:
        return nothing(TOO_SHALLOW)
    return over_replicates(rows, lambda part: _exponent(part, start) / _exponent(part, start, "exact"), "batches")


def _theoretical(table: pd.DataFrame, tensor: str, quantity: str, width: float) -> tuple[float, float]:
    """Exponent of numbers of theory and its error bound; nan for fewer layers than a fit needs."""
    start = PRINTED[tensor]["0000"].start
    rows = select(table, setup=_setup(tensor), tensor=tensor, quantity=quantity, width=width)
    layers, values = rows.layer.to_numpy(), rows.value.to_numpy()
    fit = fit_power_law(layers, values, start)
    if fit is None:
        return np.nan, np.nan
    return fit.exponent, exponent_bound(layers, values, rows.error.to_numpy(), start)


def exact_exponent(table: pd.DataFrame, tensor: str, width: int) -> Interval:
    """Exponent of the exact moments of networks of that width."""
    return numerical(*_theoretical(table, tensor, "exact", float(width)))


def solver_less_closed(table: pd.DataFrame, tensor: str, width: float = INF) -> Interval:
    """Exponent of the recursions less that of the closed form, both leading order; of exact moments at a finite width."""
    depth = select(table, quantity="recursion").layer.max()
    table = table[table.layer <= depth]
    found, error = _theoretical(table, tensor, "recursion", INF)
    closed, bound = _theoretical(table, tensor, "closed_form" if width == INF else "exact", width)
    return nothing(TOO_SHALLOW) if np.isnan(found) else numerical(found - closed, error + bound)


# ---- one input ----


def correction_by_parts(table: pd.DataFrame, setup: str, kernel: str) -> Interval:
    """Largest correction of a mean kernel over layers, relative to the kernel, by quadrature."""
    rows = select(table, setup=setup, quantity="by_parts")
    of = dict(list(rows.groupby("tensor")))
    limit = np.abs(of[kernel].value.to_numpy())
    relative = np.abs(of[f"{kernel}1"].value.to_numpy()) / limit
    return numerical(relative.max(), (of[f"{kernel}1"].error.to_numpy() / limit).max())
