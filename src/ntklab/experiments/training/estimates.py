"""The numbers that claims about trained networks are decided by, with their intervals, from the tables of replicates.

Units are batches of networks; every statistic, the extrapolation in 1/width included, is computed again with each batch left
out.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.claims.replicates import over_replicates
from ntklab.metrics.extrapolation import ratio_to_theory
from ntklab.metrics.resampling import Interval, nothing, numerical

SOURCES = ("Theta1", "AB", "PQ", "ddNTK")
FEWEST = 3
"""Widths that a polynomial of degree 1 in 1/width, with something left to see, is fitted to."""
WIDE = 32
"""Width from which on it is fitted, where there are so many such widths."""
TOO_FEW = f"needs networks of {FEWEST} widths"
EPS = float(np.finfo(np.float64).eps)


def select(table: pd.DataFrame, **values) -> pd.DataFrame:
    """The rows with these values, in order of width, set, point and time."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.sort_values(["width", "data", "point", "time"])


def _grid(rows: pd.DataFrame, column: str) -> Float[np.ndarray, "width component"]:
    return rows[column].to_numpy().reshape(rows.width.nunique(), -1)


def _extrapolated(rows: pd.DataFrame, theory: str, others: Float[np.ndarray, " component"] | None = None) -> float:
    """Measured over a column of theory, one number; `others` is taken off what is measured."""
    values = _grid(rows, "value") if others is None else _grid(rows, "value") - others
    return ratio_to_theory(np.unique(rows.width), values, _grid(rows, "stderr"), _grid(rows, theory)[0], degree=1)


def _after(table: pd.DataFrame, setup: str, quantity: str) -> pd.DataFrame:
    """The rows of a quantity after the initialisation."""
    rows = select(table, setup=setup, quantity=quantity)
    return rows[rows.time > 0]


def _of_widths(table: pd.DataFrame, setup: str, quantity: str, statistic: Callable[[pd.DataFrame], float]) -> Interval:
    rows = _after(table, setup, quantity)
    wide = rows[rows.width >= WIDE]
    rows = wide if wide.width.nunique() >= FEWEST else rows
    if rows.width.nunique() < FEWEST:
        return nothing(TOO_FEW)
    return over_replicates(
        rows, lambda part: statistic(part.sort_values(["width", "data", "point", "time"])), "batches"
    )


def over_theory(table: pd.DataFrame, setup: str, quantity: str = "sampled", data: str | None = None) -> Interval:
    """Coefficient of 1/width of the mean over networks, over the theory's, at all points and times."""
    rows = table if data is None else table[table["data"] == data]
    return _of_widths(rows, setup, quantity, lambda part: _extrapolated(part, "theory"))


def source_over_theory(table: pd.DataFrame, setup: str, source: str, without: bool = False) -> Interval:
    """Part of the coefficient of 1/width that has the form of one source, the others taken as in theory, over that source's.

    `without`: the same for networks that lacked the source, which is the number less one.
    """

    def statistic(rows: pd.DataFrame) -> float:
        others = _grid(rows, "theory")[0] - _grid(rows, source)[0]
        return _extrapolated(rows, source, others) - without

    return _of_widths(table, setup, "sampled", statistic)


def explained(table: pd.DataFrame, setup: str, data: str, factor: float = 1.0) -> Interval:
    """Share of the squared distance of the mean over networks of the largest width to infinite width that the correction
    takes away, over points and times; what noise adds to both distances is taken off.

    `factor`: what the correction is multiplied by; twice the right one takes nothing away.
    """
    rows = _after(table[table["data"] == data], setup, "sampled")
    if rows.empty:
        return nothing("no such networks")
    rows = rows[rows.width == rows.width.max()]

    def statistic(part: pd.DataFrame) -> float:
        noise = np.sum(part.stderr**2)
        left = np.sum((part.value - factor * part.theory) ** 2) - noise
        return float(1 - left / (np.sum(part.value**2) - noise))

    return over_replicates(rows, statistic, "batches")


def largest_spread(table: pd.DataFrame, setup: str, trained: str, quantity: str = "correction") -> Interval:
    """Largest spread over orbits relative to its size, over times and sets of inputs."""
    rows = table[(table.setup == setup) & (table.trained == trained) & (table.quantity == quantity) & (table.time > 0)]
    if rows.empty:
        return nothing("no such networks")
    worst = rows.loc[rows.value.idxmax()]
    return numerical(float(worst.value), float(worst.stderr) + 8 * EPS)
