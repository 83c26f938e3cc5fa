"""Deviations of empirical kernels: known answers, and errors that are the spread over independent repetitions."""

import numpy as np
import pytest

from ntklab.metrics.kernel_convergence import (
    draw_deviation,
    mean_deviation,
    mean_kernel,
    relative_deviation,
    replicated_deviation,
    replicated_ratios,
)
from ntklab.metrics.resampling import highest_of_all, jackknife_interval, leave_groups_out

EXACT = np.array([[2.0, 1.0], [1.0, 2.0]])


def drawn(rng, draws, noise=0.3):
    return EXACT + noise * rng.normal(size=(draws, 2, 2))


def test_relative_deviation_is_that_of_frobenius_norms():
    assert relative_deviation(EXACT + np.array([[3.0, 0.0], [0.0, 4.0]]), EXACT) == 5 / np.sqrt(10)


def test_deviations_of_gaussian_draws_and_their_errors(rng):
    """|noise| over four entries: A = noise sqrt(4 / 10), and B = A / sqrt(N) on the root mean square."""
    expected = 0.3 * np.sqrt(4 / 10)
    single = [draw_deviation(drawn(rng, 50), EXACT) for _ in range(200)]
    values = np.array([estimate.value for estimate in single])
    assert abs(values.mean() - expected) < 4 * values.std() / np.sqrt(200) + 0.01 * expected
    np.testing.assert_allclose(np.mean([estimate.stderr for estimate in single]), values.std(), rtol=0.15)
    means = np.array([relative_deviation(drawn(rng, 50).mean(axis=0), EXACT) for _ in range(400)])
    np.testing.assert_allclose(np.sqrt(np.mean(means**2)), expected / np.sqrt(50), rtol=0.1)


def test_the_bootstrap_error_is_the_spread_of_a_biased_mean(rng):
    """With a bias much larger than the noise the deviation is nearly linear in the mean, and its error Gaussian."""
    samples = [drawn(rng, 40) + 3.0 for _ in range(200)]
    values = np.array([relative_deviation(sample.mean(axis=0), EXACT) for sample in samples])
    errors = [mean_deviation(sample, EXACT, 200, rng).stderr for sample in samples]
    np.testing.assert_allclose(np.mean(errors), values.std(), rtol=0.15)
    assert mean_deviation(samples[0], EXACT, 200, rng).value == values[0]


def test_mean_kernel_has_the_standard_error_of_the_mean(rng):
    draws = drawn(rng, 10)
    mean = mean_kernel(draws)
    np.testing.assert_allclose(mean.value, draws.mean(axis=0))
    np.testing.assert_allclose(mean.stderr, np.sqrt(draws.var(axis=0, ddof=1) / 10))


def test_replicates_are_the_statistics_without_one_group_of_draws(rng):
    draws = drawn(rng, 40)
    deviations, ratios = replicated_deviation(draws, EXACT), replicated_ratios(draws, EXACT)
    assert deviations.shape == (21,) and ratios.shape == (21, 2, 2)
    assert (
        deviations[0] == draw_deviation(draws, EXACT).value and deviations[1] == draw_deviation(draws[2:], EXACT).value
    )
    np.testing.assert_allclose(ratios[0], draws.mean(axis=0) / EXACT)
    np.testing.assert_allclose(ratios[20], draws[:38].mean(axis=0) / EXACT)


def skewed(rng, variance, draws=150):
    """Kernels whose scale is log-normal of mean 1, as a product over layers is nearly, entries a tenth apart."""
    scale = np.exp(np.sqrt(variance) * rng.normal(size=(draws, 1, 1)) - variance / 2)
    return EXACT * scale * (1 + 0.1 * np.sqrt(variance) * rng.normal(size=(draws, 2, 2)))


@pytest.mark.parametrize("exponent", [-0.5, -0.2])
def test_the_interval_of_a_slope_covers_the_true_slope(rng, exponent):
    """Expected A^2 of the kernels above, exactly: e^v (1 + 0.01 v) - 1 with v the variance of the scale's logarithm."""
    widths = np.array([4.0, 8.0, 16.0, 32.0, 64.0])
    variances = 2 * widths ** (2 * exponent) / 4

    def slope(squared):
        return np.polyfit(np.log(widths), np.log(squared) / 2, 1)[0]

    exact = slope(np.exp(variances) * (1 + 0.01 * variances) - 1)
    covered = []
    for _ in range(400):
        squared = np.stack([relative_deviation(skewed(rng, v), EXACT) ** 2 for v in variances], axis=1)
        replicates = leave_groups_out(lambda some: slope(some.mean(axis=0)), squared)
        low, high = jackknife_interval(slope(squared.mean(axis=0)), replicates, "draws").ci95
        assert low < high
        covered.append(low <= exact <= high)
    assert 0.90 < np.mean(covered) < 0.98


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_intervals_of_ratios_are_simultaneous_over_entries_and_widths(rng, bias):
    """The interval that ends highest is above the true ratio as long as all are: at least 95 % of the time."""
    covered = []
    for _ in range(200):
        ratios = [replicated_ratios((1 + bias) * skewed(rng, v), EXACT).reshape(21, -1) for v in (0.1, 0.05, 0.02)]
        found = np.concatenate(ratios, axis=1)
        covered.append(highest_of_all(found[0], found[1:], "draws").ci95[1] >= 1 + bias)
    assert np.mean(covered) > 0.95
