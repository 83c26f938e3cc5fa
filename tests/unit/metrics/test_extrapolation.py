"""Limits of infinite width from several finite ones: the constant, its error, and what is too little."""

import numpy as np
import pytest

from ntklab.metrics.extrapolation import extrapolate


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


def test_extrapolation_keeps_shapes_and_exact_zeros():
    value, error = extrapolate(np.array([4, 8]), np.zeros((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(value, np.zeros(3))
    np.testing.assert_array_equal(error, np.zeros(3))
