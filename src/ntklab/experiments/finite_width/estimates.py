"""The numbers that claims about widths are decided by, from the table of replicates, with their intervals (`exponents`: depths).

Everything sampled is a statistic of means over batches of networks, computed again with each group of batches left out: the
extrapolation in 1/width is inside what is resampled.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.replicates import farthest_over_replicates, over_replicates
from ntklab.metrics.extrapolation import extrapolate, ratio_to_theory
from ntklab.metrics.resampling import Interval, nothing

WIDE = 32
"""Width from which on polynomials in 1/width are fitted, where there are three such widths."""
FROM = 10
"""Width from which on a term of order 1/n^2 and one of order 1/n^3 are fitted to what is beyond the leading order."""
TOO_FEW = f"needs networks of two widths from {FROM} on"
ROUNDING = 1e-10
"""Error bound of the recursions at thirty layers, relative to a component."""


def select(table: pd.DataFrame, **values) -> pd.DataFrame:
    """The rows with these values, in order of component, width and layer."""
    for column, value in values.items():
        table = table[table[column].isin(value) if isinstance(value, tuple) else table[column] == value]
    return table.sort_values(["component", "width", "layer"])


def of_batches(
    table: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    missing: str,
    over: Callable = over_replicates,
    **values,
) -> Interval:
    """Interval of a statistic of the rows with these values, over batches; `missing` says why there are none."""
    rows = select(table, quantity="sampled", **values)
    wanted = values["setup"] if isinstance(values["setup"], tuple) else (values["setup"],)
    return over(rows, statistic, resampled="batches") if set(wanted) <= set(rows.setup) else nothing(missing)


# ---- widths ----


def _grid(rows: pd.DataFrame, column: str) -> np.ndarray:
    """(width, component), from rows in order of component and width."""
    return rows[column].to_numpy().reshape(-1, rows.width.nunique()).T


def _coefficients(rows: pd.DataFrame) -> np.ndarray:
    """What tends to the coefficient of 1/width, (width, component)."""
    return np.where(
        _kernel(rows), (_grid(rows, "value") - _grid(rows, "limit")) * _widths(rows)[:, None], _grid(rows, "value")
    )


def _errors(rows: pd.DataFrame) -> np.ndarray:
    return _grid(rows, "stderr") * (_widths(rows)[:, None] if _kernel(rows) else 1.0)


def _kernel(rows: pd.DataFrame) -> bool:
    """Whether the rows are of a mean kernel, not of what is of order 1/width."""
    return rows.tensor.iloc[0] in ("K", "Theta")


def _widths(rows: pd.DataFrame) -> np.ndarray:
    return np.unique(rows.width.to_numpy())


def _for_fits(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows[rows.width >= WIDE]
    return wide if wide.width.nunique() >= 3 else rows


def _over_theory(rows: pd.DataFrame) -> float:
    rows = _for_fits(rows)
    widths = _widths(rows)
    return ratio_to_theory(
        widths, _coefficients(rows), _errors(rows), _grid(rows, "leading")[0], degree=min(2, len(widths) - 1)
    )


def correction_over_theory(table: pd.DataFrame, setup: str, kernel: str, component: str) -> Interval:
    """Coefficient of 1/width of a mean kernel, from networks (a polynomial in 1/width), over that of the recursions."""
    return of_batches(table, _over_theory, "no such networks", setup=setup, tensor=kernel, component=component)


def _components_over_theory(rows: pd.DataFrame) -> np.ndarray:
    rows = _for_fits(rows)
    widths = _widths(rows)
    limit, _ = extrapolate(widths, _coefficients(rows), _errors(rows), min(2, len(widths) - 1))
    return limit / _grid(rows, "leading")[0]


def farthest_component(table: pd.DataFrame, setup: str, tensor: str) -> Interval:
    """The component, extrapolated in 1/width, that is farthest from the recursions', over theirs; simultaneous interval."""
    farthest = partial(farthest_over_replicates, centre=1.0)
    return of_batches(table, _components_over_theory, "no such networks", farthest, setup=setup, tensor=tensor)


def tensor_over_theory(table: pd.DataFrame, setup: str, tensor: str) -> Interval:
    """All components of a tensor, extrapolated in 1/width, over the recursions' (`metrics.extrapolation.ratio_to_theory`)."""
    return of_batches(table, _over_theory, "no such networks", setup=setup, tensor=tensor)


def deviation_over_correction(table: pd.DataFrame, kernel: str, component: str) -> Interval:
    """Deviation d of the mean kernel from infinite width over the correction p, from width 20 on: sum w p d / sum w p^2.

    w are the inverse squared errors. Only what was sampled for d is random, so that the ratio needs no resolved denominator.
    """

    def statistic(rows: pd.DataFrame) -> float:
        predicted = rows.leading / rows.width
        weight = predicted / rows.stderr**2
        return float(np.sum(weight * (rows.value - rows.limit)) / np.sum(weight * predicted))

    wide = table[table.width >= 20]
    return of_batches(wide, statistic, "no networks of width 20", setup="gelu", tensor=kernel, component=component)


def at_every_width(table: pd.DataFrame, kernel: str, component: str, centre: float) -> Interval:
    """Deviation of the mean kernel from infinite width over the correction at the width, from 20 on, at which it is farthest
    from `centre`; simultaneous interval."""

    def statistic(rows: pd.DataFrame) -> np.ndarray:
        return ((rows.value - rows.limit) * rows.width / rows.leading).to_numpy()

    wide = table[table.width >= 20]
    farthest, at = partial(farthest_over_replicates, centre=centre), {"tensor": kernel, "component": component}
    return of_batches(wide, statistic, "no networks of width 20", farthest, setup="gelu", **at)


def coefficient(table: pd.DataFrame, setup: str, kernel: str) -> Interval:
    """Size of the relative deviation of a mean kernel at inputs 01 from infinite width times width, extrapolated."""

    def statistic(rows: pd.DataFrame) -> float:
        rows = _for_fits(rows)
        widths, limit = _widths(rows), _grid(rows, "limit")[0]
        found, _ = extrapolate(
            widths, _coefficients(rows) / limit, _errors(rows) / np.abs(limit), min(2, len(widths) - 1)
        )
        return float(np.abs(found[0]))

    return of_batches(table, statistic, "no such networks", setup=setup, tensor=kernel, component="01")


def deviation_of_mean(table: pd.DataFrame, setup: str, kernel: str) -> Interval:
    """Width times the relative deviation of a mean kernel at one input from infinite width, weighted mean over widths.

    The interval is wider by the rounding errors of the kernels, times width: what does not vary has no other error.
    """

    def statistic(rows: pd.DataFrame) -> float:
        scale = rows.width / rows.limit
        weight = 1 / np.maximum(rows.stderr * scale, ROUNDING * rows.width) ** 2
        return float(np.sum(weight * scale * (rows.value - rows.limit)) / np.sum(weight))

    found = of_batches(table, statistic, "no such networks", setup=setup, tensor=kernel, component="00")
    return found.widened(ROUNDING * float(table.width.max()))


def _second_over_first(rows: pd.DataFrame) -> float:
    """c_2 / c_1 of c_1 + c_2 / n + c_3 / n^2, c_1 that of the recursions."""
    widths, first = _widths(rows), _grid(rows, "leading")[0]
    scale = widths[:, None] / first
    value, _ = extrapolate(widths, scale * (_coefficients(rows) - first), np.abs(scale) * _errors(rows), degree=1)
    return float(value[0])


def second_order(table: pd.DataFrame, setup: str, tensor: str, component: str, width: int) -> Interval:
    """Term of order 1/n^2 over that of order 1/n at a width: the relative error of the leading order there."""
    table = table[table.width >= FROM]
    at = {"setup": setup, "tensor": tensor, "component": component}
    if select(table, **at).width.nunique() < 2:
        return nothing(TOO_FEW)
    return of_batches(table, _second_over_first, TOO_FEW, **at).scaled(1 / width)


def second_order_over_exact(table: pd.DataFrame, setup: str, tensor: str) -> Interval:
    """The same from networks at one input, over what the same fit to their exact moments has."""
    table = table[table.width >= FROM]
    at = {"setup": setup, "tensor": tensor, "component": "0000"}
    if select(table, **at).width.nunique() < 2:
        return nothing(TOO_FEW)

    def statistic(rows: pd.DataFrame) -> float:
        return _second_over_first(rows) / _second_over_first(rows.assign(value=rows.exact))

    return of_batches(table, statistic, TOO_FEW, **at)


def as_relu_deviates(table: pd.DataFrame, setup: str) -> Interval:
    """Relative deviation of the mean NTK at two inputs, times width and extrapolated, over that of ReLU networks.

    As 1 + (theirs - ReLU's) / ReLU's by the recursions: both have the same weights in each batch, so that most of the noise
    goes out of the difference, and the denominator is not sampled.
    """

    def deviation(rows: pd.DataFrame) -> float:
        rows = _for_fits(rows)
        widths, limit = _widths(rows), _grid(rows, "limit")[0]
        value, _ = extrapolate(widths, _coefficients(rows) / limit, _errors(rows) / limit, min(1, len(widths) - 1))
        return float(value[0])

    def statistic(rows: pd.DataFrame) -> float:
        relu = rows[rows.setup == "relu"]
        expected = relu.leading.iloc[0] / relu.limit.iloc[0]
        return 1 + (deviation(rows[rows.setup == setup]) - deviation(relu)) / expected

    return of_batches(table, statistic, "no such networks", setup=(setup, "relu"), tensor="Theta", component="01")
