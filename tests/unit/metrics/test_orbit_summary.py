"""`invariance` against the plain formulas, and its intervals over repeated experiments."""

import numpy as np
import pytest
import torch

from ntklab.errors import InputError
from ntklab.metrics import invariance, orbit_deviation, orbit_spread, squared_mean
from ntklab.metrics.orbit_classification import chance_corrected, concentration, logit_spread, same_off_identity
from ntklab.metrics.statistics import pair_means


def test_numbers_are_the_plain_ones_at_every_time(rng):
    f = rng.normal(size=(8, 3, 5, 4))
    found = invariance(f)
    np.testing.assert_allclose(found.spread, orbit_spread(f.mean(axis=0)))
    np.testing.assert_allclose(found.member_spread, np.sqrt(np.mean(orbit_spread(f) ** 2, axis=0)))
    np.testing.assert_allclose(found.expected_spread, found.member_spread / np.sqrt(8))
    floors = [squared_mean(orbit_deviation(f[:, time]).reshape(8, -1)).value for time in range(3)]
    np.testing.assert_allclose(found.squared_floor, floors, atol=1e-15)
    assert found.kappa is None and found.squared_floor_interval.shape == (3, 2)
    one = invariance(f[:, 1])
    assert one.squared_floor == pytest.approx(
        found.squared_floor[1], abs=1e-14
    ) and one.squared_floor_interval.shape == (2,)
    np.testing.assert_allclose(one.squared_floor_interval, found.squared_floor_interval[1], atol=1e-14)


def test_the_squares_add_up(rng):
    """spread^2 = floor + (member_spread^2 - floor) / members, an identity of the estimators."""
    found = invariance(rng.normal(size=(8, 5, 4)) + rng.normal(size=(5, 4)))
    expected = found.squared_floor + (found.member_spread**2 - found.squared_floor) / 8
    assert found.spread**2 == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_the_interval_covers_the_floor(rng, floor):
    """Deviations of an infinite ensemble that is invariant, or has an orbit spread of `floor`; many inputs."""
    repeats, pattern = 300, np.array([1.0, -1.0, 1.0, -1.0])
    covered = 0
    for _ in range(repeats):
        f = floor * pattern + rng.normal(size=(30, 1, 20, 1)) + 0.5 * rng.normal(size=(30, 1, 20, 4))
        low, high = invariance(f).squared_floor_interval[0]
        covered += low <= floor**2 <= high
    assert covered / repeats > 0.9  # 0.95 is 3.9 standard deviations above


def test_pairs_count_once(rng):
    f = rng.normal(size=(12, 5, 4))
    paired, means = invariance(f, paired=True), invariance(pair_means(f))
    assert repr(paired) == repr(means) and paired.members == 6


def test_kappa_is_agreement_beyond_chance(rng):
    f = rng.normal(size=(10, 12, 1, 3)) + 0.8 * rng.normal(size=(10, 12, 4, 3))
    found, mean = invariance(f, classes=True), f.mean(axis=0)
    assert found.kappa == pytest.approx(chance_corrected(same_off_identity(mean), concentration(mean))[()])
    assert found.spread == pytest.approx(logit_spread(mean))
    low, high = found.kappa_interval
    assert low < found.kappa < high
    exact = invariance(np.repeat(f[:, :, :1], 4, axis=2), classes=True)
    assert (exact.kappa, exact.spread, exact.squared_floor) == (1, 0, 0)
    times = invariance(np.stack([f, 2 * f], axis=1), classes=True)
    np.testing.assert_allclose(times.kappa, [found.kappa] * 2)
    assert times.kappa_interval.shape == (2, 2)


def test_predictions_of_one_class_have_no_kappa(rng):
    f = rng.normal(size=(10, 5, 4, 3)) + np.array([100.0, 0, 0])
    found = invariance(f, classes=True)
    assert np.isnan(found.kappa) and np.isnan(found.kappa_interval).all()


def test_arrays_as_callers_have_them(rng):
    f = rng.normal(size=(4, 3, 2))
    for values in (f.tolist(), torch.tensor(f, requires_grad=True)):
        assert repr(invariance(values)) == repr(invariance(f))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((4, 3), {}, "predictions: shape (4, 3); expected shape (member, ..., input, element)"),
        (
            (4, 3, 2),
            {"classes": True},
            "predictions: shape (4, 3, 2); expected shape (member, ..., input, element, class)",
        ),
        ((4, 3, 1), {}, "orbits of one element"),
        ((2, 3, 4), {}, "predictions: of 2 independent members; intervals need three"),
        ((5, 3, 4), {"paired": True}, "members in pairs asked, there are 5"),
    ],
)
def test_what_cannot_be_measured_says_so(shape, options, message):
    with pytest.raises(InputError) as refused:
        invariance(np.zeros(shape), **options)
    assert message in str(refused.value)


def test_its_repr_is_short(rng):
    lines = repr(invariance(rng.normal(size=(8, 3, 5, 4)))).splitlines()
    assert lines[0] == "Invariance of the mean of 8 members, arrays (3,)" and len(lines) == 6
