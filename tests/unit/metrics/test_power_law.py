"""Power laws are fitted to the layers asked for and to no others, and the error of the exponent is that of the whole fit."""

import numpy as np
import pytest

from ntklab.metrics.power_law import exponent_bound, fit_power_law
from ntklab.metrics.resampling import leave_groups_out

LAYERS = np.arange(1, 31)


def test_power_laws_are_fitted_from_the_first_layer_asked_for():
    fit = fit_power_law(LAYERS, np.where(LAYERS < 10, 1.0, 0.5 * LAYERS**2.5), 10)
    assert fit.factor == pytest.approx(0.5) and fit.exponent == pytest.approx(2.5) and np.isnan(fit.error)
    assert fit_power_law(LAYERS[:8], np.ones(8), 10) is None


def drawn(rng: np.random.Generator, exponent: float, batches: int = 40) -> np.ndarray:
    """Batches of a quantity that wanders from layer to layer: what a batch has too much of it keeps."""
    wander = 1 + 0.3 * np.cumsum(rng.normal(size=(batches, 30)), axis=1) / np.sqrt(LAYERS)
    return LAYERS**exponent * wander


@pytest.mark.parametrize("exponent", [0.0, 1.2])
def test_the_error_covers_the_exponent_of_values_that_share_their_networks(exponent, rng):
    """With the layers' own errors put together as if they were independent it would not."""
    covered, apart = [], []
    for _ in range(400):
        batches = drawn(rng, exponent)
        replicates = leave_groups_out(lambda kept: kept.mean(axis=0), batches)
        fit = fit_power_law(LAYERS, batches.mean(axis=0), 5, replicates)
        covered.append(abs(fit.exponent - exponent) < 2.093 * fit.error)  # Student, 19 degrees of freedom
        logs = np.log(LAYERS[4:]) - np.log(LAYERS[4:]).mean()
        relative = batches.std(axis=0, ddof=1)[4:] / np.sqrt(40) / batches.mean(axis=0)[4:]
        apart.append(abs(fit.exponent - exponent) < 1.96 * np.sqrt(np.sum((logs * relative) ** 2)) / np.sum(logs**2))
    assert 0.90 < np.mean(covered) < 0.98
    assert np.mean(apart) < 0.85


def test_the_bound_of_an_exponent_is_reached_by_the_worst_errors():
    values, errors = LAYERS**2.0, 1e-7 * LAYERS**2.0
    bound = exponent_bound(LAYERS, values, errors, 4)
    centred = np.log(LAYERS) - np.log(LAYERS[3:]).mean()
    worst = fit_power_law(LAYERS, values + np.sign(centred) * errors, 4).exponent - 2
    assert worst == pytest.approx(bound, rel=1e-5) and bound > 0
