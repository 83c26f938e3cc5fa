"""Coverage of the statistics of tables of moments: members in pairs with known truth, where an effect is there and where not.

Nominal 95 % must lie between 90 and 98 %; a floor that vanishes, or nearly, is a degenerate statistic, whose
interval is too wide.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.ensembles import fraction_left, law_slope, mean_square, relative_spread, root
from ntklab.claims.replicates import highest_of, one_of
from ntklab.metrics.ensemble_moments import second_moments
from ntklab.metrics.resampling import Interval
from ntklab.metrics.spread import orbit_deviation

REPETITIONS = 200
INPUTS, ELEMENTS, PAIRS = 6, 4, 60
SIZES = (3, 6)
ODD, EVEN = 0.8, 0.6
"""Standard deviations of the parts of opposite and of equal sign in a pair; together those of a member, 1."""
TURNED = np.array([1.0, -1.0, 1.0, -1.0])


def table(rng, floor: float, widths: int = 1) -> pd.DataFrame:
    """Ensembles at several widths whose infinite ensembles have that squared spread, and outputs of mean square 1 more."""
    rows = []
    mean = 1 + np.sqrt(floor) * np.tile(TURNED, (2, INPUTS, 1))
    for width in range(widths):
        shape = (PAIRS, 2, INPUTS, ELEMENTS)
        odd, even = ODD * rng.normal(size=shape), EVEN * rng.normal(size=shape)
        members = mean + np.stack([even + odd, even - odd], axis=1).reshape(2 * PAIRS, *shape[1:])
        rows += [frame.assign(width=float(width)) for frame in _frames(members)]
    return pd.concat(rows)


def _frames(members: np.ndarray) -> Iterator[pd.DataFrame]:
    for quantity, deviation in (("squared_spread", orbit_deviation(members)), ("mean_square", members)):
        for size, values in second_moments(deviation.reshape(*deviation.shape[:2], -1), SIZES).items():
            columns = {"quantity": quantity, "members": size, "trained": PAIRS}
            yield pd.DataFrame({**columns, "replicate": np.arange(len(values)), "value": values[:, 1]})


MEMBER = 3 / 4
"""Squared spread of a single member's noise of variance 1: the orbit mean has a quarter of it."""


def coverage(interval, truth: float) -> float:
    """How often the interval of one repetition holds the truth; none has zero width."""
    found: list[Interval] = [interval() for _ in range(REPETITIONS)]
    for one in found:
        assert one.ci997[0] < one.ci95[0] < one.ci95[1] < one.ci997[1]
    return float(np.mean([one.ci95[0] <= truth <= one.ci95[1] for one in found]))


def _left(rows):
    return one_of(fraction_left(rows).squeeze())


def _relative(rows, members):
    return one_of(relative_spread(rows, members).squeeze())


def _spread(rows):
    return root(one_of(mean_square(rows, "squared_spread", np.inf).squeeze()))


@pytest.mark.parametrize("floor", [0.0, 0.1, 1.0])
def test_what_is_left_of_a_members_spread_is_covered(rng, floor):
    found = coverage(lambda: _left(table(rng, floor)), floor / (floor + MEMBER))
    assert 0.90 <= found <= (0.98 if floor > 0.5 else 1.0)


@pytest.mark.parametrize("members", [1, 50])
@pytest.mark.parametrize("floor", [0.0, 0.2])
def test_relative_spreads_of_ensembles_are_covered(rng, floor, members):
    expected = np.sqrt((floor + MEMBER / members) / (1 + floor + 1 / members))
    found = coverage(lambda: _relative(table(rng, floor), members), expected)
    assert 0.90 <= found <= (1.0 if floor == 0.0 and members > 1 else 0.98)


@pytest.mark.parametrize("floor", [0.1, 1.0])
def test_the_root_of_a_square_is_covered(rng, floor):
    assert 0.90 <= coverage(lambda: _spread(table(rng, floor)), np.sqrt(floor)) <= 0.98


@pytest.mark.parametrize("floor", [0.0, 0.5])
def test_the_slope_against_the_number_of_members_is_covered(rng, floor):
    sizes = np.array([1, *SIZES])
    size = np.log(sizes) - np.log(sizes).mean()
    squares = floor + MEMBER / sizes
    expected = size @ np.log(squares) / np.square(size).sum() / 2
    found = coverage(lambda: law_slope(table(rng, floor), "squared_spread"), expected)
    assert 0.90 <= found <= 0.98


@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_the_highest_of_several_widths_bounds_all_of_them(rng, floor):
    """The upper end is above the common truth at least as often as it should be, and not always by far."""
    ends = np.array([highest_of(fraction_left(table(rng, floor, widths=4))).ci95 for _ in range(60)])
    truth = floor / (floor + MEMBER)
    assert np.mean(ends[:, 1] >= truth) >= 0.95
    if floor:
        assert np.mean(ends[:, 0] <= truth) >= 0.90


def test_the_interval_is_that_of_the_pairs(rng):
    """Estimated from members as if they were independent, the error of a floor would be that of their whole noise."""
    widths = {}
    for name, change in (("pairs", None), ("members", partial(np.random.default_rng(0).permutation, 2 * PAIRS))):
        members = _members(rng)
        sample = members[change()] if change else members
        found = _left(pd.concat(_frames(sample)))
        widths[name] = found.ci95[1] - found.ci95[0]
    assert widths["pairs"] < 0.3 * widths["members"]


def _members(rng) -> np.ndarray:
    odd, even = rng.normal(size=(PAIRS, 2, INPUTS, ELEMENTS)), 0.2 * rng.normal(size=(PAIRS, 2, INPUTS, ELEMENTS))
    return np.stack([even + odd, even - odd], axis=1).reshape(2 * PAIRS, 2, INPUTS, ELEMENTS)
