"""Second moments of ensembles in pairs: against sums over all pairs of members, against known truth, and their coverage."""

import itertools

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.metrics.ensemble_moments import (
    ensemble_moments,
    limit_moments,
    mean_moments,
    moments_of,
    second_moments,
)
from ntklab.metrics.resampling import jackknife_interval

REPETITIONS = 400


def paired(rng, pairs: int, mean, odd: float, even: float) -> np.ndarray:
    """Members (member, time 2, entry) = mean + even part, shared by a pair, +- odd part, of opposite sign in a pair."""
    shape = (pairs, 2, len(mean))
    shared, opposite = even * rng.normal(size=shape), odd * rng.normal(size=shape)
    return mean + np.stack([shared + opposite, shared - opposite], axis=1).reshape(2 * pairs, 2, -1)


def test_the_infinite_ensemble_is_the_mean_over_different_pairs_of_their_means(rng):
    members = rng.normal(size=(10, 3, 7))
    means = (members[::2] + members[1::2]) / 2
    means[:, 0] = members[::2, 0]  # at initialisation means of pairs say nothing
    for left_out, row in ((None, 0), (1, 2)):  # replicate r leaves out pair r - 1
        kept = [k for k in range(5) if k != left_out]
        expected = np.mean([(means[a] * means[b]).mean(axis=-1) for a, b in itertools.permutations(kept, 2)], axis=0)
        np.testing.assert_allclose(second_moments(members)[np.inf][row], expected)
        rest = members[[m for k in kept for m in (2 * k, 2 * k + 1)]]
        np.testing.assert_allclose(second_moments(members)[1.0][row], np.square(rest).mean(axis=(0, 2)))


def test_blocks_are_of_the_first_of_each_pair(rng):
    members = rng.normal(size=(24, 1, 5))
    members[1::2] = 1e6
    blocks = members[::2].reshape(3, 4, 5).mean(axis=1)
    np.testing.assert_allclose(second_moments(members, [4])[4.0][0], np.square(blocks).mean())
    assert set(second_moments(members, [1, 4, 5])) == {np.inf, 1.0, 4.0}


@pytest.mark.parametrize("truth", [0.0, 0.3])
@pytest.mark.parametrize("pairs", [12, 80])
def test_the_infinite_ensemble_is_covered(rng, truth, pairs):
    """Nominal 95 %: 90 to 98 % where the mean is there; where it vanishes the interval is too wide, never too narrow."""
    mean, caught = truth * np.tile([1.0, -1.0], 15), 0
    for _ in range(REPETITIONS):
        found = second_moments(paired(rng, pairs, mean, odd=1.0, even=0.5))[np.inf][:, 1]
        low, high = jackknife_interval(found[0], found[1:], "members").ci95
        caught += low < truth**2 < high
    assert 0.90 <= caught / REPETITIONS <= (0.98 if truth else 1.0)


def test_pairs_take_out_the_noise_of_the_odd_part(rng):
    """After initialisation the error is that of the shared part, here a hundredth in the square of what members have."""
    sample = paired(rng, 40, np.zeros(200), odd=1.0, even=0.1)
    found = second_moments(sample)[np.inf][:, 1]
    assert abs(found[0]) < 1e-3
    as_members = sample[np.concatenate([np.arange(0, 80, 2), np.arange(0, 80, 2)])]  # the same draws, no opposite ones
    single = second_moments(as_members[rng.permutation(80)])[np.inf][:, 1]
    assert found[1:].std() < 0.1 * single[1:].std()


def test_an_ensemble_of_m_has_the_floor_and_the_variance_over_m(rng):
    mean = 0.4 * np.tile([1.0, -1.0], 50)
    found = second_moments(paired(rng, 4000, mean, odd=1.0, even=0.0), [20])
    floor, single, block = (found[size][0, 1] for size in (np.inf, 1.0, 20.0))
    np.testing.assert_allclose(block, floor + (single - floor) / 20, rtol=0.02)
    np.testing.assert_allclose(single, 1 + 0.16, rtol=0.02)


def test_what_has_too_few_or_odd_members_is_refused(rng):
    with pytest.raises(InputError, match="members in pairs asked, there are 7"):
        second_moments(rng.normal(size=(7, 1, 3)))
    with pytest.raises(InputError, match="needs three independent units, there are 2"):
        second_moments(rng.normal(size=(4, 1, 3)))


def test_every_replicate_of_every_time_is_a_row(rng):
    rows = list(moments_of("squared_spread", rng.normal(size=(12, 3, 4)), groups=6))
    assert {(row.members, row.time_index, row.replicate) for row in rows} == {
        (size, time, replicate) for size in (1.0, np.inf) for time in range(3) for replicate in range(7)
    }


def test_the_limit_is_what_gaussian_members_have(rng):
    """Members drawn with the limit's mean and covariance have its squared spread and mean square, at sizes 1 and inf."""
    inputs, elements = 5, 4
    mean = rng.normal(size=(1, inputs, elements))
    root = rng.normal(size=(inputs, elements, elements))
    covariance = (root @ root.transpose(0, 2, 1))[None]
    noise = np.einsum("xgh,mxh->mxg", root, rng.normal(size=(6000, inputs, elements)))
    drawn = {
        (row.quantity, row.members, row.replicate): row.value
        for row in ensemble_moments((mean + noise[:, None]), mean, groups=20)
    }
    for row in limit_moments(mean, covariance, groups=20):
        kind = (row.quantity.removeprefix("limit_"), row.members)
        replicates = np.array([drawn[(*kind, replicate)] for replicate in range(1, 21)])
        interval = jackknife_interval(drawn[(*kind, 0)], replicates, "members")
        low, high = interval.ci997
        margin = interval.ci997[1] - interval.value
        assert low - margin / 2 < row.value < high + margin / 2


def test_the_mean_square_of_a_number_of_each_member(rng):
    numbers = rng.normal(size=(40, 2))
    rows = {(row.time_index, row.replicate): row for row in mean_moments("kernel_change", numbers, groups=20)}
    np.testing.assert_allclose(rows[1, 0].value, np.square(numbers[:, 1]).mean())
    np.testing.assert_allclose(rows[1, 3].value, np.square(np.delete(numbers[:, 1], [4, 5])).mean())
