"""What is measured of an ensemble and of its limit, against what theory says of independent members."""

import numpy as np
import pytest

from ntklab.metrics.ensemble_invariance import Units, measure_ensemble, measure_limit
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE


def members_with_floor(rng, floor: float, members: int = 1200) -> np.ndarray:
    """Members (member, time 2, input 8, element 4), half of them partners by name, around a mean of orbit spread `floor`."""
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
    inputs, elements, members = 6, 4, 8000
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
