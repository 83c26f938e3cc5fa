"""Deviations of empirical kernels: known answers, and errors that are the spread over independent repetitions."""

import numpy as np

from ntklab.metrics.kernel_convergence import draw_deviation, mean_deviation, mean_kernel, relative_deviation

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
