"""Sub-ensembles, the unbiased estimator and jackknife errors, by hand and over repeated experiments."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.metrics.statistics import block_means, jackknife, squared_mean, sub_ensembles


def test_blocks_are_disjoint_and_in_order():
    np.testing.assert_array_equal(block_means(np.arange(7.0), 3), [1, 4])
    with pytest.raises(InputError, match="an ensemble of 8 members asked, 7 are trained"):
        block_means(np.arange(7.0), 8)


def test_the_unbiased_estimate_by_hand():
    d = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    pairs = [d[i] @ d[j] for i in range(3) for j in range(3) if i != j]
    estimate = squared_mean(d)
    assert estimate.value == pytest.approx(np.mean(pairs) / 2)
    left_out = [np.mean([d[i] @ d[j] for i in kept for j in kept if i != j]) / 2 for kept in ([1, 2], [0, 2], [0, 1])]
    assert estimate.stderr == pytest.approx(np.sqrt(2 / 3 * np.square(left_out - np.mean(left_out)).sum()))
    assert estimate.n == 3
    with pytest.raises(InputError, match="needs three members, there are 2"):
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
