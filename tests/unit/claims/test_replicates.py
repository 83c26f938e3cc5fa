"""Intervals from tables of replicates and of units are those of the arrays behind them, and cover the truth."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.replicates import (
    REPLICATE,
    farthest_of,
    highest_of,
    highest_over_replicates,
    lowest_of,
    lowest_over_replicates,
    one_of,
    over_replicates,
    over_units,
)
from ntklab.metrics.resampling import highest_of_all, jackknife_interval, leave_groups_out, lowest_of_all

WIDTHS = (4.0, 8.0, 16.0)
mean = partial(np.mean, axis=0)


def tabulated(sample: np.ndarray) -> pd.DataFrame:
    """Means over the units (unit, width) as a table of replicates, rows in no order."""
    replicates = np.concatenate([[mean(sample)], leave_groups_out(mean, sample)])
    rows = [
        {"width": width, REPLICATE: number, "value": value}
        for number, values in enumerate(replicates)
        for width, value in zip(WIDTHS, values, strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1.0, random_state=1)


def slope(table: pd.DataFrame) -> float:
    return np.polyfit(np.log(table.width), np.log(table.value), 1)[0]


def by_width(table: pd.DataFrame) -> np.ndarray:
    return table.sort_values("width").value.to_numpy()


def test_a_statistic_of_a_table_is_that_of_the_units(rng):
    sample = np.array(WIDTHS) ** -0.5 * rng.gamma(4.0, 0.25, size=(60, 3))
    found = over_replicates(tabulated(sample), slope, "draws")

    def of_units(some):
        return np.polyfit(np.log(WIDTHS), np.log(mean(some)), 1)[0]

    expected = jackknife_interval(of_units(sample), leave_groups_out(of_units, sample), "draws")
    np.testing.assert_allclose(found.ci95, expected.ci95)
    np.testing.assert_allclose(found.ci997, expected.ci997)
    assert found.resampled == "draws"


def test_the_ends_of_several_numbers_are_simultaneous_ones(rng):
    sample = rng.normal(size=(60, 3)) + np.array([0.0, 0.3, -0.3])
    table, replicates = tabulated(sample), leave_groups_out(mean, sample)
    for over, of_all in ((highest_over_replicates, highest_of_all), (lowest_over_replicates, lowest_of_all)):
        np.testing.assert_allclose(over(table, by_width).ci95, of_all(mean(sample), replicates, "members").ci95)


def test_columns_of_replicates_give_the_same_as_rows(rng):
    table = tabulated(rng.normal(size=(60, 3)) + 1.0)
    columns = table.pivot(index="width", columns=REPLICATE, values="value")
    np.testing.assert_allclose(highest_of(columns).ci95, highest_over_replicates(table, by_width).ci95)
    np.testing.assert_allclose(lowest_of(columns).ci95, lowest_over_replicates(table, by_width).ci95)
    one = table[table.width == 8.0]
    np.testing.assert_allclose(one_of(columns.loc[8.0]).ci95, over_replicates(one, lambda t: t.value.item()).ci95)


@pytest.mark.parametrize(("shift", "end"), [(0.5, highest_of), (-0.5, lowest_of)])
def test_the_farthest_of_a_centre_is_the_end_that_reaches_farther(rng, shift, end):
    table = tabulated(1.0 + 0.1 * rng.normal(size=(60, 3)) + np.array([0.0, shift, 0.0]))
    columns = table.pivot(index="width", columns=REPLICATE, values="value")
    found = farthest_of(columns, 1.0)
    assert found == end(columns) and found.value == columns.loc[8.0, 0]


@pytest.mark.parametrize("truth", [0.0, 0.2])
def test_repeats_numbered_in_a_column_are_covered(rng, truth):
    """Two numbers of each repeat, which share its noise: the repeat is the unit, not the row."""
    covered = []
    repeats = np.repeat(np.arange(8), 2)
    for _ in range(500):
        values = truth + rng.normal(size=8)[repeats] + 0.1 * rng.normal(size=16)
        table = pd.DataFrame({"repeat": repeats, "value": values})
        found = over_units(table, "repeat", lambda t: t.value.to_numpy().mean(), "repeats")
        assert found.ci95[0] < found.ci95[1] and found.resampled == "repeats"
        covered.append(found.ci95[0] <= truth <= found.ci95[1])
    assert 0.90 < np.mean(covered) < 0.98


@pytest.mark.parametrize("truth", [0.0, 0.5])
def test_the_farthest_of_several_ratios_is_covered(rng, truth):
    """All intervals hold at once, so that the farthest one holds at least as often."""
    covered = []
    for _ in range(250):
        sample = 1 + truth + 0.5 * rng.normal(size=(60, 3))
        replicates = np.concatenate([[mean(sample)], leave_groups_out(mean, sample)])
        low, high = farthest_of(pd.DataFrame(replicates.T), 1.0).ci95
        covered.append(low <= 1 + truth <= high)
    assert 0.92 < np.mean(covered) < 1.0
