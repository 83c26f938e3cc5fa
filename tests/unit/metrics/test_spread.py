"""Metrics of invariance against hand-computed values."""

import numpy as np
import pytest

from ntklab.metrics.spread import distance, orbit_deviation, orbit_spread, rsd_median, rsd_pooled

TWO_ORBITS = np.array([[1.0, 3.0], [2.0, 2.0]])
"""Orbit means 2 and 2, variances 1 and 0."""


def test_metrics_by_hand():
    assert orbit_spread(TWO_ORBITS) == pytest.approx(np.sqrt(0.5))
    assert rsd_pooled(TWO_ORBITS) == pytest.approx(np.sqrt(0.5 / 4.5))
    assert rsd_median(TWO_ORBITS) == pytest.approx((0.5 + 0) / 2)
    assert distance(TWO_ORBITS, np.zeros((2, 2))) == pytest.approx(np.sqrt(18 / 4))
    np.testing.assert_array_equal(orbit_deviation(TWO_ORBITS), [[-1, 1], [0, 0]])


def test_invariant_predictions_have_no_spread_and_leading_axes_are_free(rng):
    invariant = np.repeat(rng.normal(size=(3, 2, 5, 1)), 4, axis=-1)
    for metric in (orbit_spread, rsd_pooled, rsd_median):
        assert metric(invariant).shape == (3, 2)
        assert np.abs(metric(invariant)).max() < 1e-15


def test_the_pooled_deviation_is_at_most_one(rng):
    f = rng.normal(size=(4, 6, 4))
    assert rsd_pooled(orbit_deviation(f)) == pytest.approx(1)
    assert (rsd_pooled(f) < 1).all()
