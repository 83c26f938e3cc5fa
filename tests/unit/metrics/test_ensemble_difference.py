"""Differences of two ensembles: the unbiased floor, and the noise of finite ensembles."""

import numpy as np

from ntklab.metrics.ensemble_difference import chosen_logits, mean_logits, measure_difference, noise


def drawn(members, shift, rng):
    """Differences with mean `shift` in pairs: a common noise of opposite sign and a small one of their own."""
    large = rng.normal(size=(members // 2, 2, 50))
    small = 0.1 * rng.normal(size=(members, 2, 50))
    return shift + np.repeat(large, 2, axis=0) * np.tile([1.0, -1.0], members // 2)[:, None, None] + small


def test_the_floor_is_unbiased_and_the_difference_is_noise_where_ensembles_agree(rng):
    floors = []
    for _ in range(200):
        rows = list(measure_difference(drawn(12, 0.0, rng), [1, 6], 2.0))
        floors.append(next(row.value for row in rows if row.quantity == "difference_floor"))
    assert abs(np.mean(floors)) < 4 * np.std(floors) / np.sqrt(200)
    found = {(r.quantity, r.members): r for r in rows if r.time_index == 0}
    for size in (1.0, 6.0):
        difference, line = found["difference", size], found["noise", size]
        assert abs(difference.value - line.value) < 5 * np.hypot(difference.stderr, line.stderr) + 0.05 * line.value
    np.testing.assert_allclose(found["noise", 1.0].value, np.sqrt(1.01) / 2, rtol=0.2)


def test_the_floor_is_the_squared_difference_of_infinite_ensembles(rng):
    (floor,) = [
        row
        for row in measure_difference(drawn(40, 0.5, rng), [1], 1.0)
        if row.quantity == "difference_floor" and row.time_index == 1
    ]
    assert abs(floor.value - 0.25) < 4 * floor.stderr


def test_noise_falls_with_the_size_and_knows_its_error(rng):
    values = np.array([noise(rng.normal(size=(20, 100)), 4).value for _ in range(200)])
    np.testing.assert_allclose(values.mean(), 0.5, rtol=0.01)
    np.testing.assert_allclose(noise(rng.normal(size=(20, 100)), 4).stderr, values.std(), rtol=0.5)


def test_mean_logits_are_those_of_pairs_with_their_error(rng):
    ntk = rng.normal(size=(3, 30, 4))
    chosen = chosen_logits(ntk)
    assert len(chosen) == len(set(chosen)) == 20 * 4 + 3 * 2
    assert all(time == 2 or output == ntk[2, image].argmax() for time, image, output in chosen)
    found = [list(mean_logits(ntk + drawn(40, 0.0, rng)[:, :1, :1, None], chosen)) for _ in range(100)]
    errors = np.array([[row.value - ntk[row.time_index, row.input, row.output] for row in rows] for rows in found])
    np.testing.assert_allclose(errors.std(axis=0), np.mean([row.stderr for row in found[0]]), rtol=0.4)
    assert {row.n for row in found[0]} == {20}
