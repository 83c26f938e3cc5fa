"""Metrics against hand-computed values and against what theory says of random ensembles."""

import numpy as np
import pytest
from ntklab.schemas import INVARIANCE

from ntklab.metrics.ensemble_invariance import Units, measure_ensemble, measure_limit
from ntklab.metrics.invariance import distance, orbit_deviation, orbit_spread, rsd_median, rsd_pooled
from ntklab.metrics.statistics import block_means, jackknife, squared_mean, sub_ensembles

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


def test_blocks_are_disjoint_and_in_order():
    np.testing.assert_array_equal(block_means(np.arange(7.0), 3), [1, 4])
    with pytest.raises(ValueError, match="an ensemble of 8 members asked, 7 are trained"):
        block_means(np.arange(7.0), 8)


def test_the_unbiased_estimate_by_hand():
    d = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    pairs = [d[i] @ d[j] for i in range(3) for j in range(3) if i != j]
    estimate = squared_mean(d)
    assert estimate.value == pytest.approx(np.mean(pairs) / 2)
    left_out = [np.mean([d[i] @ d[j] for i in kept for j in kept if i != j]) / 2 for kept in ([1, 2], [0, 2], [0, 1])]
    assert estimate.stderr == pytest.approx(np.sqrt(2 / 3 * np.square(left_out - np.mean(left_out)).sum()))
    assert estimate.n == 3
    with pytest.raises(ValueError, match="needs three members, there are 2"):
        squared_mean(d[:2])


@pytest.mark.parametrize("mean", [0.0, 0.7])
def test_the_unbiased_estimate_is_unbiased_and_its_error_is_honest(rng, mean):
    """Over repeated experiments: no bias, and an error that is right, or conservative by sqrt 2 where the mean is zero."""
    repeats, members, samples = 3000, 12, 5
    draws = mean + rng.normal(size=(repeats, members, samples))
    estimates = [squared_mean(d) for d in draws]
    values = np.array([e.value for e in estimates])
    squared_errors = np.array([e.stderr**2 for e in estimates])
    bias = values.mean() - mean**2
    assert abs(bias) < 4 * values.std() / np.sqrt(repeats)
    ratio = squared_errors.mean() / values.var()
    assert 0.95 < ratio < (1.35 if mean else 2.5)


def test_the_plain_square_is_biased_where_the_unbiased_one_is_not(rng):
    """Negative control: what squared_mean corrects is there."""
    draws = rng.normal(size=(2000, 12, 5))
    assert np.square(draws.mean(axis=1)).mean() == pytest.approx(1 / 12, rel=0.05)


def test_the_jackknife_of_a_mean_is_its_standard_error(rng):
    x = rng.normal(size=(60, 1))
    error = jackknife(lambda mean: mean, x, groups=60)
    assert error[0] == pytest.approx(x.std(ddof=1) / np.sqrt(60))


def test_sub_ensembles_average_squares_or_values(rng):
    x = rng.normal(size=(12, 1))
    means = np.abs(x.reshape(6, 2).mean(axis=1))
    plain = sub_ensembles(lambda f: np.abs(f[..., 0]), x, 2)
    squared = sub_ensembles(lambda f: np.abs(f[..., 0]), x, 2, squared=True)
    assert plain.value == pytest.approx(means.mean())
    assert plain.stderr == pytest.approx(means.std(ddof=1) / np.sqrt(6))
    assert squared.value == pytest.approx(np.sqrt(np.mean(means**2)))
    assert squared.stderr == pytest.approx((means**2).std(ddof=1) / np.sqrt(6) / (2 * squared.value))
    assert sub_ensembles(lambda f: f[..., 0], x, 7).n == 1


def members_with_floor(rng, floor: float, members: int = 600) -> np.ndarray:
    """Independent members (member, time 2, input 8, element 4) around a mean whose orbit spread is `floor`."""
    mean = np.tile([floor, -floor], (2, 8, 2)) + 1.0
    return (mean + rng.normal(size=(members, 2, 8, 4))).astype(np.float32)


def rows_of(measured, quantity, members):
    return [m for m in measured if m.quantity == quantity and m.members == members]


def test_the_spread_of_an_ensemble_falls_like_the_square_root_of_its_size(rng):
    predictions = members_with_floor(rng, 0.0)
    measured = list(measure_ensemble(predictions, np.ones((2, 8, 4)), [1, 10, 60], Units(0.0, 1.0)))
    for size in (1, 10, 60):
        for row in rows_of(measured, "spread", size):
            assert row.n == 600 // size
            assert abs(row.value - np.sqrt(0.75 / size)) < 4 * row.stderr


@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_the_floor_tells_a_finite_ensemble_from_a_mean_that_is_not_invariant(rng, floor):
    measured = list(measure_ensemble(members_with_floor(rng, floor), np.ones((2, 8, 4)), [600], Units(0.0, 1.0)))
    for row in rows_of(measured, "floor", 600):
        assert abs(row.value - floor**2) < 4 * row.stderr
        assert (row.value > 10 * row.stderr) == (floor > 0)
    for row in rows_of(measured, "distance_floor", 600):
        assert abs(row.value - floor**2) < 4 * row.stderr


def test_every_quantity_is_measured_and_described(rng):
    measured = list(measure_ensemble(members_with_floor(rng, 0.1), np.ones((2, 8, 4)), [1, 600], Units(-1.0, 2.0)))
    assert {m.quantity for m in measured} == set(INVARIANCE.quantities)


def test_the_analytic_line_is_what_gaussian_members_give(rng):
    """Members drawn with the limit's mean and covariance follow the limit's rows at every size."""
    inputs, elements, members = 6, 4, 4000
    mean = np.repeat(rng.normal(size=(1, inputs, 1)), elements, axis=-1)
    root = rng.normal(size=(inputs, elements, elements))
    covariance = (root @ root.transpose(0, 2, 1))[None]
    noise = np.einsum("xgh,mxh->mxg", root, rng.normal(size=(members, inputs, elements)))
    predictions = (mean + noise[:, None]).astype(np.float32)
    sizes, units = [1, 20], Units(0.0, 1.0)
    limit = list(measure_limit(mean, covariance, sizes, units))
    sampled = list(measure_ensemble(predictions, mean, sizes, units))
    for size in sizes:
        for quantity in ("spread", "distance_to_ntk"):
            (expected,), (row,) = rows_of(limit, quantity, size), rows_of(sampled, quantity, size)
            assert abs(row.value - expected.value) < 4 * row.stderr
    exact = rows_of(limit, "spread", np.inf)[0]
    assert exact.value < 1e-15 and exact.stderr == 0
