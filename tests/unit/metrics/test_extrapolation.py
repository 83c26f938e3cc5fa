"""Limits of infinite width from several finite ones: the constant, its error, and what is too little."""

import numpy as np
import pytest

from ntklab.metrics.extrapolation import extrapolate, ratio_to_theory
from ntklab.metrics.resampling import jackknife_interval, leave_groups_out


def test_extrapolation_finds_the_constant_and_its_error(rng):
    widths = np.array([8, 16, 32, 64])
    exact = 3 + 2 / widths - 5 / widths**2
    value, error = extrapolate(widths, exact, np.full(4, 0.01), degree=2)
    assert value == pytest.approx(3, abs=1e-9)
    drawn = exact + 0.01 * rng.normal(size=(4000, 4))
    found = [float(extrapolate(widths, d, np.full(4, 0.01), degree=2)[0]) for d in drawn]
    assert np.std(found) == pytest.approx(float(error), rel=0.05)
    with pytest.raises(ValueError, match="2 widths do not fix a polynomial of degree 2"):
        extrapolate(widths[:2], exact[:2], np.ones(2), degree=2)


def test_a_power_of_the_width_may_be_given():
    widths = np.array([8, 16, 32, 64])
    value, _ = extrapolate(widths, 3 + 2 / widths**2.0, np.array([1.0, 0.5, 0.2, 0.1]), power=2)
    assert value == pytest.approx(3, abs=1e-9)


def test_extrapolation_keeps_shapes_and_exact_zeros():
    value, error = extrapolate(np.array([4, 8]), np.zeros((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(value, np.zeros(3))
    np.testing.assert_array_equal(error, np.zeros(3))


THEORY = np.array([5.0, -1.0, 0.2, 0.0])
WIDTHS = np.array([8, 16, 32])


def batches(rng, factor, number=40):
    """(batch, width, component) of a tensor that is `factor` times the theory at infinite width."""
    exact = factor * THEORY + np.multiply.outer(1 / WIDTHS, np.array([10.0, 3.0, -1.0, 0.5]))
    return exact + rng.normal(size=(number, 3, 4)) * np.array([3.0, 1.0, 0.5, 0.3])


def ratio_of(sample):
    """Interval of the ratio, with the whole extrapolation inside what is resampled."""
    stderr = sample.std(axis=0, ddof=1) / np.sqrt(len(sample))

    def statistic(kept):
        return ratio_to_theory(WIDTHS, kept.mean(axis=0), stderr, THEORY, degree=1)

    return jackknife_interval(statistic(sample), leave_groups_out(statistic, sample), "batches")


@pytest.mark.parametrize("factor", [1.0, 0.0, 2.0])
def test_the_interval_of_a_ratio_to_theory_covers_the_true_one(factor, rng):
    found = [ratio_of(batches(rng, factor)) for _ in range(300)]
    assert 0.90 < np.mean([f.ci95[0] <= factor <= f.ci95[1] for f in found]) < 0.98
    assert min(f.ci95[1] - f.ci95[0] for f in found) > 0


def test_components_that_vanish_do_not_count(rng):
    sample = batches(rng, 1.0)
    sample[:, :, 3] = 0.0
    assert ratio_of(sample).value == pytest.approx(1, abs=0.5)
