"""Metrics of classifiers on orbits: by hand, by Monte Carlo, and against the law of independent members."""

import numpy as np
import pytest

from ntklab.metrics import orbit_classification as metrics
from ntklab.metrics.resampling import jackknife_interval

RNG = np.random.default_rng(3)


def logits(*classes: int) -> np.ndarray:
    """One image whose class at each element is the given one."""
    return np.eye(3)[list(classes)][None]


@pytest.mark.parametrize(
    ("classes", "osp"), [((0, 0, 0, 0), 4), ((1, 0, 0, 0), 1), ((1, 0, 1, 2), 2), ((2, 2, 2, 0), 3)]
)
def test_osp_counts_the_elements_with_the_class_of_the_identity(classes, osp):
    assert metrics.orbit_same_prediction(logits(*classes)) == osp
    expected = np.equal(classes, classes[0]).astype(float)
    np.testing.assert_array_equal(metrics.agreement(logits(*classes)), expected)


@pytest.mark.parametrize("bias", [0.0, 2.0])
def test_independent_predictions_are_at_chance_whatever_their_frequencies(bias):
    f = RNG.standard_normal((40_000, 8, 10)) + bias * (np.arange(10) == 0)
    each = metrics.same_prediction(f).sum(axis=-1)
    expected = metrics.chance(8, metrics.concentration(f))
    assert abs(each.mean() - expected) < 4 * each.std() / np.sqrt(len(each))
    assert abs(metrics.chance_corrected(metrics.same_off_identity(f), metrics.concentration(f))) < 0.01
    assert metrics.chance(4, 0.1) == pytest.approx(1.3) and (metrics.concentration(f) > 0.3) == (bias > 0)


def test_kappa_by_hand():
    f = np.concatenate([logits(0, 0, 0, 1), logits(1, 1, 1, 1)])
    assert metrics.concentration(f) == pytest.approx((3 / 8) ** 2 + (5 / 8) ** 2)
    kappa = metrics.chance_corrected(metrics.same_off_identity(f), metrics.concentration(f))
    assert kappa == pytest.approx((5 / 6 - 34 / 64) / (1 - 34 / 64))
    constant = logits(2, 2, 2, 2)
    assert np.isnan(metrics.chance_corrected(metrics.same_off_identity(constant), metrics.concentration(constant)))
    assert np.isnan(metrics.chance_corrected(np.float64(1), np.float64(1 - 1e-15))), (
        "one class, but for the rounding of averages"
    )


@pytest.mark.parametrize("shift", [0.0, 0.5], ids=["null", "alternative"])
def test_intervals_of_the_floor_cover_it(shift):
    """Normal deviations with a mean of zero, where the floor's U-statistic is degenerate, and with another."""
    fixed = np.linspace(1, 2, 30 * 4 * 2).reshape(30, 4, 2)
    fixed -= fixed.mean(axis=1, keepdims=True)
    true, covered, repetitions = shift**2 * np.square(fixed).sum() / (30 * 4), 0, 400
    scale = np.exp(-np.arange(30) / 10)[:, None, None]
    for _ in range(repetitions):
        deviations = metrics.deviation(RNG.standard_normal((50, 30, 4, 2))) * scale + shift * fixed
        found = metrics.squared_spreads(deviations[:, None])
        low, high = jackknife_interval(found.infinite[0, 0], found.infinite[1:, 0], "members").ci95
        assert low < high
        covered += low <= true <= high
    # Up to 98 % and three standard errors of 400 repetitions.
    assert 0.9 <= covered / repetitions <= 0.98 + 0.021


def test_squared_spreads_of_exactly_invariant_networks_vanish_with_all_replicates():
    f = np.repeat(RNG.standard_normal((5, 6, 1, 3)), 4, axis=2)
    for values in metrics.squared_spreads(metrics.deviation(f)[:, None]):
        assert values.shape == (6, 1) and not values.any()


def test_spread_vanishes_for_invariant_logits_and_is_what_the_formula_says():
    f = RNG.standard_normal((5, 4, 3))
    mean = f.mean(axis=1, keepdims=True)
    by_hand = np.sqrt(np.mean([np.sum((f[x, g] - mean[x, 0]) ** 2) for x in range(5) for g in range(4)]))
    assert metrics.logit_spread(f) == pytest.approx(by_hand)
    size = np.sqrt(np.mean(np.sum(f**2, axis=-1)))
    assert metrics.relative_logit_spread(f) == pytest.approx(by_hand / size)
    assert metrics.logit_spread(np.broadcast_to(mean, f.shape)) == pytest.approx(0)
    assert metrics.accuracy(f, f[:, 0].argmax(-1)) == 1


def test_the_floor_is_unbiased():
    deviation = RNG.standard_normal((6, 4, 3))
    deviation -= deviation.mean(axis=1, keepdims=True)
    true = np.square(deviation).sum(axis=-1).mean()
    draws = [metrics.floor(deviation + 2 * RNG.standard_normal((5, 6, 4, 3))) for _ in range(400)]
    values = np.array([draw.value for draw in draws])
    assert abs(values.mean() - true) < 4 * values.std() / np.sqrt(len(values))
    # Errors are those of single estimates: their mean square is the variance, too large if anything.
    assert 0.9 < np.mean([draw.stderr**2 for draw in draws]) / values.var() < 2.2
