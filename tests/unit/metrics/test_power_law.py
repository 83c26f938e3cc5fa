"""Power laws are fitted to the layers asked for and to no others."""

import numpy as np
import pytest

from ntklab.metrics.power_law import fit_power_law


def test_power_laws_are_fitted_from_the_first_layer_asked_for():
    layers = np.arange(1, 31)
    fit = fit_power_law(layers, np.where(layers < 10, 1.0, 0.5 * layers**2.5), 10)
    assert fit.factor == pytest.approx(0.5) and fit.exponent == pytest.approx(2.5)
    assert fit_power_law(layers[:8], np.ones(8), 10) is None
