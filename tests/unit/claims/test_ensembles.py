"""Statistics of tables of moments on numbers that can be reckoned by hand; their coverage is tested beside this."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.ensembles import (
    fraction_left,
    law_ratios,
    law_slope,
    mean_square,
    relative_spread,
    root,
    signed_root,
)
from ntklab.metrics.resampling import Interval


def rows(quantity: str, values: dict[float, float], trained: int = 400, **settings) -> pd.DataFrame:
    """Size of ensemble -> mean square, the same in three replicates."""
    return pd.DataFrame([
        {"width": 64.0, **settings, "trained": trained, "quantity": quantity, "members": size, "replicate": r, "value": v}
        for size, v in values.items()
        for r in range(3)
    ])  # fmt: skip


SPREAD = {np.inf: 0.02, 1.0: 0.5}


def test_the_mean_square_of_any_size_follows_from_two():
    table = rows("squared_spread", SPREAD)
    for members, expected in ((np.inf, 0.02), (1, 0.5), (4, 0.02 + 0.48 / 4)):
        np.testing.assert_allclose(mean_square(table, "squared_spread", members), expected)


def test_what_is_left_is_over_what_a_single_member_has():
    np.testing.assert_allclose(fraction_left(rows("squared_spread", SPREAD)), 0.04)


def test_relative_spreads_are_over_the_size_of_the_same_ensembles():
    table = pd.concat([rows("squared_spread", SPREAD), rows("mean_square", {np.inf: 1.0, 1.0: 2.0})])
    np.testing.assert_allclose(relative_spread(table, 4), np.sqrt(0.14 / 1.25))
    limit = {"limit_squared_spread": {np.inf: 0.0, 1.0: 0.4}, "limit_mean_square": {np.inf: 0.6, 1.0: 1.0}}
    both = pd.concat([table, *(rows(quantity, values) for quantity, values in limit.items())])
    np.testing.assert_allclose(relative_spread(both, 4), np.sqrt(0.14 / 1.25))
    np.testing.assert_allclose(relative_spread(both, 4, "limit_"), np.sqrt(0.1 / 0.7))


def test_squares_that_are_estimated_below_zero_keep_their_sign():
    np.testing.assert_allclose(signed_root(np.array([4.0, -4.0])), [2.0, -2.0])
    found = root(Interval(0.04, (-0.01, 0.09), (-0.04, 0.16), "members", "a reason"))
    np.testing.assert_allclose([found.value, *found.ci95, *found.ci997], [0.2, -0.1, 0.3, -0.2, 0.4])
    assert (found.resampled, found.reason) == ("members", "a reason")


@pytest.mark.parametrize("power", [0.5, 0.3])
def test_the_slope_and_the_ratios_of_a_law(power):
    sizes = {float(size): size ** (-2 * power) for size in (1, 10, 40)}
    table = rows("squared_spread", {np.inf: 0.0, **sizes, 200.0: 7.0})
    assert law_slope(table, "squared_spread").value == pytest.approx(-power)  # of 200 there are two blocks: too few
    ratios = law_ratios(table, "squared_spread", smallest=20)
    np.testing.assert_allclose(ratios, 40 ** (0.5 - power))
    assert len(ratios) == 1


def test_one_size_says_nothing_about_the_law():
    table = rows("squared_spread", {np.inf: 0.0, 1.0: 1.0})
    assert law_slope(table, "squared_spread").reason == "needs 10 ensembles of a size above 1"
    assert law_ratios(table, "squared_spread", smallest=10).empty
