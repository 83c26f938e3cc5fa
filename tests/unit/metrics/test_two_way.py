"""Numbers over networks and inputs: arithmetic inside replicates, and intervals that cover what they should."""

import numpy as np
import pytest
from scipy import stats

from ntklab.metrics.resampling import groups_of
from ntklab.metrics.two_way import TwoWay

REPETITIONS = 500
AT_LEAST, AT_MOST = 0.90, 0.98
"""Coverage of intervals of nominally 95 %; a standard error of it is 1 %."""


def number(value: float, inputs, **members) -> TwoWay:
    return TwoWay(np.float64(value), {kind: np.array(each, float) for kind, each in members.items()}, np.array(inputs))


A = number(3.0, [2.9, 3.1, 3.0], a=[2.5, 3.5, 3.0])
B = number(1.0, [1.1, 0.9, 1.0], a=[0.5, 1.5, 1.0])
C = number(1.0, [1.1, 0.9, 1.0], c=[0.8, 1.2, 1.0, 1.0])


def test_differences_of_the_same_networks_are_taken_inside_each_replicate():
    found = A.minus(B)
    assert found.value == 2 and list(found.members) == ["a"]
    np.testing.assert_allclose(found.members["a"], 2)  # their replicates move together
    np.testing.assert_allclose(found.inputs, [1.8, 2.2, 2.0])
    (networks, inputs), degrees = found.variances()
    assert networks == pytest.approx(0) and degrees == [2, 2]
    assert inputs == pytest.approx(2 * np.var([1.8, 2.2, 2.0]))


def test_variances_of_other_networks_add_and_the_inputs_stay_paired():
    found = A.minus(C)
    variances, degrees = found.variances()
    assert list(found.members) == ["a", "c"] and degrees == [2, 3, 2]
    expected = [2 * np.var([2.5, 3.5, 3.0]), 3 * np.var([0.8, 1.2, 1.0, 1.0]), 2 * np.var([1.8, 2.2, 2.0])]
    np.testing.assert_allclose(variances, expected)
    assert found.stderr() == pytest.approx(np.sqrt(sum(expected)))
    assert C.minus(A).stderr() == pytest.approx(found.stderr())


def test_a_difference_of_differences_pairs_all_kinds_that_both_have():
    found = A.minus(C).minus(B.minus(C))
    np.testing.assert_allclose(found.members["c"], 0, atol=1e-12)
    np.testing.assert_allclose([found.value, *found.members["a"], *found.inputs], [2, 2, 2, 2, 1.8, 2.2, 2.0])


def test_a_number_times_and_plus_a_constant():
    found = A.times(2).plus(-1)
    assert found.value == 5
    np.testing.assert_allclose(found.members["a"], [4, 6, 5])
    np.testing.assert_allclose(found.inputs, [4.8, 5.2, 5.0])
    assert found.stderr() == pytest.approx(2 * A.stderr())


def test_several_numbers_at_once_have_the_errors_of_each():
    members = np.stack([A.members["a"], B.members["a"]], axis=1)
    both = TwoWay(np.array([3.0, 1.0]), {"a": members}, np.stack([A.inputs, B.inputs], axis=1))
    np.testing.assert_allclose(both.stderr(), [A.stderr(), B.stderr()])


def test_degrees_of_freedom_are_those_of_satterthwaite():
    found = A.minus(C)
    variances, degrees = (np.array(each) for each in found.variances())
    freedom = variances.sum() ** 2 / (variances**2 / degrees).sum()
    assert min(degrees) <= freedom <= sum(degrees)
    interval = found.interval()
    for ends, level in ((interval.ci95, 0.95), (interval.ci997, 0.997)):
        np.testing.assert_allclose(ends, stats.t.interval(level, freedom, found.value, found.stderr()))
    assert interval.value == 2 and interval.resampled == "members+inputs" and not interval.reason


def test_one_source_alone_has_its_own_degrees_of_freedom():
    """With no spread over inputs the interval is that of the jackknife over networks."""
    found = number(1.0, [1.0, 1.0, 1.0], a=[0.9, 1.1, 1.0, 1.0]).interval()
    error = np.sqrt(3 * np.var([0.9, 1.1, 1.0, 1.0]))
    np.testing.assert_allclose(found.ci95, stats.t.interval(0.95, 3, 1.0, error))


@pytest.mark.parametrize("place", ["value", "members", "inputs"])
def test_what_some_replicates_do_not_have_decides_nothing(place):
    undefined = {
        "value": number(np.nan, A.inputs, a=A.members["a"]),
        "members": number(3.0, A.inputs, a=[2.5, np.nan, 3.0]),
        "inputs": number(3.0, [2.9, np.nan, 3.0], a=A.members["a"]),
    }[place]
    for found in (undefined, undefined.minus(C), C.minus(undefined)):
        interval = found.interval()
        assert np.isnan(interval.value) and interval.reason == "all images are one class"


def test_what_nothing_changes_decides_nothing():
    interval = number(4.0, [4.0, 4.0, 4.0], a=[4.0, 4.0, 4.0]).interval()
    assert interval.reason == "no network or image changes it"
    assert interval.value == 4 and interval.ci95[0] < 4 < interval.ci95[1], "an interval of zero width is refused"


def two_way(sample: np.ndarray, kind: str = "networks") -> TwoWay:
    """The mean of numbers (network, input) with its replicates."""
    by_network, by_input = (
        np.array([np.delete(means, group).mean() for group in groups_of(len(means))])
        for means in (sample.mean(axis=1), sample.mean(axis=0))
    )
    return TwoWay(sample.mean(), {kind: by_network}, by_input)


def drawn(networks: float, both: float, shape: tuple[int, int], inputs: np.ndarray, rng) -> np.ndarray:
    """a_mi = u_m + v_i + w_mi of the given standard deviations of u and w, v given; the truth is 0."""
    return networks * rng.normal(size=(shape[0], 1)) + inputs + both * rng.normal(size=shape)


def coverage(found: list[TwoWay], truth: float = 0.0) -> float:
    intervals = [each.interval().ci95 for each in found]
    assert all(low < high for low, high in intervals)
    return np.mean([low <= truth <= high for low, high in intervals])


@pytest.mark.parametrize(
    ("networks", "inputs"), [(1.0, 1.0), (1.0, 0.1), (0.1, 1.0)], ids=["both", "networks alone", "inputs alone"]
)
@pytest.mark.parametrize("shape", [(20, 60), (5, 30), (50, 45)])
def test_intervals_cover_the_truth_where_networks_or_inputs_make_the_spread(rng, networks, inputs, shape):
    sample = (drawn(networks, 0.3, shape, inputs * rng.normal(size=shape[1]), rng) for _ in range(REPETITIONS))
    assert AT_LEAST <= coverage([two_way(each) for each in sample]) <= AT_MOST


def test_intervals_are_too_wide_where_one_network_on_one_input_makes_the_spread(rng):
    """Conservative: what networks and inputs do together is counted twice, the error is too long by the root of 2, and the
    intervals cover more than 98 %. Where that part is one of several they are in between."""
    sample = [two_way(drawn(0, 1, (20, 60), np.zeros(60), rng)) for _ in range(REPETITIONS)]
    assert coverage(sample) > AT_MOST
    errors = np.array([each.stderr() for each in sample])
    assert np.sqrt(np.mean(errors**2)) * np.sqrt(20 * 60) == pytest.approx(np.sqrt(2), rel=0.03)
    mixed = [two_way(drawn(0.2, 1, (20, 60), 0.2 * rng.normal(size=60), rng)) for _ in range(REPETITIONS)]
    assert coverage(mixed) >= 0.93


@pytest.mark.parametrize("networks", [(20, 20), (30, 4)], ids=["as many", "of few"])
def test_intervals_of_differences_of_two_kinds_on_the_same_inputs_cover_the_truth(rng, networks):
    """What inputs do to both kinds alike cancels; what they do to one of them only does not."""
    found = []
    for _ in range(REPETITIONS):
        alike = 5 * rng.normal(size=40)
        kinds = [drawn(1, 0.3, (n, 40), alike + 0.5 * rng.normal(size=40), rng) for n in networks]
        found.append(two_way(kinds[0], "first").minus(two_way(kinds[1], "second")))
    assert AT_LEAST <= coverage(found) <= AT_MOST
    unpaired = np.sqrt(2 * 5**2 / 40)
    assert np.median([each.stderr() for each in found]) < unpaired
