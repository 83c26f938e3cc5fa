"""Intervals of statistics of tables that carry replicates, or repeats."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ntklab.metrics.resampling import Interval, highest_of_all, jackknife_interval, lowest_of_all

REPLICATE = "replicate"
"""Column of a table of replicates: 0 is the whole sample, 1, 2, ... have one group of units left out."""

OneNumber = Callable[[pd.DataFrame], float]
Numbers = Callable[[pd.DataFrame], np.ndarray]


def _apart(table: pd.DataFrame, statistic: Callable) -> tuple[np.ndarray, np.ndarray]:
    """The statistic of the whole sample, and those with one group left out."""
    parts = dict(list(table.groupby(REPLICATE, sort=True)))
    whole = np.asarray(statistic(parts.pop(0)), dtype=float)
    return whole, np.stack([np.asarray(statistic(part), dtype=float) for part in parts.values()])


def over_replicates(table: pd.DataFrame, statistic: OneNumber, resampled: str = "members") -> Interval:
    """Interval of a statistic of a table of replicates: the whole statistic with one group left out at a time."""
    whole, replicates = _apart(table, statistic)
    return jackknife_interval(float(whole), replicates, resampled)


def highest_over_replicates(table: pd.DataFrame, statistic: Numbers, resampled: str = "members") -> Interval:
    """The same for several numbers (times, widths, groups): the one whose simultaneous interval ends highest."""
    return highest_of_all(*_apart(table, statistic), resampled)


def lowest_over_replicates(table: pd.DataFrame, statistic: Numbers, resampled: str = "members") -> Interval:
    """The same for the one whose simultaneous interval ends lowest."""
    return lowest_of_all(*_apart(table, statistic), resampled)


def farthest_over_replicates(
    table: pd.DataFrame, statistic: Numbers, centre: float | int, resampled: str = "members"
) -> Interval:
    """The same for the one whose simultaneous interval reaches farthest from a centre."""
    return _farther(*_apart(table, statistic), centre, resampled)


def one_of(numbers: pd.Series, resampled: str = "members") -> Interval:
    """Interval of a statistic that is given for every replicate, by its number."""
    return jackknife_interval(float(numbers[0]), numbers.drop(index=0).to_numpy(), resampled)


def highest_of(numbers: pd.DataFrame, resampled: str = "members") -> Interval:
    """The same for several cases, one row each, replicates in the columns: the one whose simultaneous interval ends highest."""
    return highest_of_all(*_columns(numbers), resampled)


def lowest_of(numbers: pd.DataFrame, resampled: str = "members") -> Interval:
    """The same for the one whose simultaneous interval ends lowest."""
    return lowest_of_all(*_columns(numbers), resampled)


def farthest_of(numbers: pd.DataFrame, centre: float | int, resampled: str = "members") -> Interval:
    """The same for the one whose simultaneous interval reaches farthest from a centre."""
    return _farther(*_columns(numbers), centre, resampled)


def _farther(values: np.ndarray, replicates: np.ndarray, centre: float | int, resampled: str) -> Interval:
    high, low = highest_of_all(values, replicates, resampled), lowest_of_all(values, replicates, resampled)
    return high if high.ci95[1] - centre > centre - low.ci95[0] else low


def _columns(numbers: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return numbers[0].to_numpy(), numbers.drop(columns=0).to_numpy().T


def over_units(table: pd.DataFrame, unit: str, statistic: OneNumber, resampled: str) -> Interval:
    """Interval of a statistic of independent units (repeats, draws, batches), numbered in a column: each left out in turn."""
    replicates = [statistic(table[table[unit] != one]) for one in sorted(table[unit].unique())]
    return jackknife_interval(float(statistic(table)), np.array(replicates, dtype=float), resampled)
