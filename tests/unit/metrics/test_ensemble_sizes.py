"""Ensembles of every size that a pool of networks can form: by enumeration, by the plain metrics, and by simulation."""

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import softmax

from ntklab.errors import InputError
from ntklab.metrics import ensemble_sizes, orbit_classification
from ntklab.metrics.ensemble_sizes import (
    HALVES,
    NOISE,
    SubEnsembles,
    disagreement,
    labelled,
    on_elements,
    orbit_same_predictions,
    sub_ensembles_of,
    tally,
    together,
)
from ntklab.metrics.resampling import groups_of, standard_error
from ntklab.metrics.two_way import TwoWay


@pytest.mark.parametrize(("members", "size"), [(3, 1), (50, 1), (7, 3), (20, 5), (7, 6), (50, 20), (3, 2)])
def test_rows_are_means_of_different_networks(rng, members, size):
    """All of them are in the mean, and those without a network in the replicate that leaves it out."""
    chosen = sub_ensembles_of(members, size, rng)
    assert ((chosen.means > 0).sum(axis=1) == size).all()
    np.testing.assert_allclose(chosen.means[chosen.means > 0], 1 / size)
    assert chosen.averages.shape == (1 + members, len(chosen.means)) and chosen.deviations is None
    weights = np.vstack([np.ones(len(chosen.means)), (chosen.means == 0).T])
    np.testing.assert_allclose(chosen.averages, weights / weights.sum(axis=1, keepdims=True))
    used = (chosen.averages[1:, :, None] > 0) & (chosen.means > 0)
    assert not used[np.arange(members), :, np.arange(members)].any(), "a network that is left out"


@pytest.mark.parametrize(("members", "size"), [(20, 5), (20, 3), (8, 4), (50, 20)])
def test_rows_are_blocks_of_partitions_whose_number_keeps_their_noise_small(rng, members, size):
    """Every partition has a network at most once; there are as few as the noise allows."""
    chosen, blocks = sub_ensembles_of(members, size, rng), members // size
    partitions = chosen.means.reshape(-1, blocks, members)
    assert ((partitions > 0).sum(axis=1) <= 1).all()
    assert ((partitions > 0).sum(axis=(1, 2)) == blocks * size).all()
    noise = (members - 1) / (1 - size / members) / len(chosen.means)
    assert noise <= NOISE < noise * (1 + 1.1 / len(partitions))


def test_with_the_same_generator_small_ensembles_are_parts_of_large_ones():
    small, large = (sub_ensembles_of(12, size, np.random.default_rng(4)).means for size in (2, 4))
    whole = min(len(small) // 2, len(large)) // 3 * 3
    np.testing.assert_allclose((small[: 2 * whole : 2] + small[1 : 2 * whole : 2]) / 2, large[:whole])


@pytest.mark.parametrize("members", [3, 7, 20])
def test_the_whole_pool_is_one_ensemble_whose_deviations_are_those_of_halves(rng, members):
    """As varied as an ensemble of half as many: half the mean square of the difference of disjoint halves."""
    chosen, half = sub_ensembles_of(members, members, rng), members // 2
    np.testing.assert_allclose(chosen.means[0], 1 / members)
    halves = chosen.means[1:].reshape(HALVES, -1, members)[:, :2]
    assert ((halves > 0).sum(axis=2) == half).all() and ((halves > 0).sum(axis=1) <= 1).all()
    np.testing.assert_allclose(halves[halves > 0], 1 / half)
    assert len(np.unique(halves, axis=0)) > min(5, HALVES / 4), "random partitions"
    assert chosen.averages.shape == (1, len(chosen.means))
    assert chosen.averages[0, 0] == 1 and not chosen.averages[:, 1:].any()
    assert chosen.deviations.shape == (2 * HALVES, len(chosen.means))
    values = np.sin(np.arange(3.0 * len(chosen.means)).reshape(-1, 3))
    (whole,) = chosen.over("kind", values)
    np.testing.assert_allclose([whole.value, *whole.inputs], values[0])
    first, second = values[1:, 0].reshape(HALVES, -1)[:, :2].T
    assert whole.members["kind"].mean() == pytest.approx(whole.value)
    assert standard_error(whole.members["kind"]) ** 2 == pytest.approx(np.square(first - second).mean() / 2)


def test_single_networks_are_exact(rng):
    s = rng.normal(size=7)
    chosen = sub_ensembles_of(7, 1, rng)
    values = np.sin(chosen.means @ s)
    expected = [np.sin(s).mean(), *(np.sin(np.delete(s, member)).mean() for member in range(7))]
    np.testing.assert_allclose(chosen.averages @ values, expected)


@pytest.mark.parametrize("size", [0, 8])
def test_sizes_that_the_pool_does_not_have_are_refused(rng, size):
    with pytest.raises(InputError, match=f"sub-ensembles of {size} asked, of 7 networks"):
        sub_ensembles_of(7, size, rng)


@pytest.mark.parametrize("size", [1, 2])
def test_a_pool_of_two_is_refused(rng, size):
    with pytest.raises(InputError, match="needs three independent units, there are 2"):
        sub_ensembles_of(2, size, rng)


@pytest.mark.parametrize(("members", "size"), [(7, 3), (6, 2), (6, 5)])
def test_averages_estimate_the_mean_over_all_sub_ensembles(rng, members, size):
    """A statistic that is not linear, of the whole pool and with each network left out, against all sub-ensembles."""
    s = rng.normal(size=members)

    def exactly(pool: np.ndarray) -> float:
        means = np.array([np.mean(part) for part in itertools.combinations(pool, size)])
        return np.mean(np.sign(means) + means**2)

    found = []
    for _ in range(40):
        chosen = sub_ensembles_of(members, size, rng)
        means = chosen.means @ s
        found.append(chosen.averages @ (np.sign(means) + means**2))
    expected = [exactly(s), *(exactly(np.delete(s, member)) for member in range(members))]
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - expected) < 4 * error + 1e-12).all()
    assert np.std(found, axis=0)[0] < 0.1


def linear(chosen: SubEnsembles, s: np.ndarray) -> TwoWay:
    """The mean over the sub-ensembles of the mean over their networks of a number of each."""
    return chosen.over("kind", (chosen.means @ s)[:, None])[0]


@pytest.mark.parametrize("members", [12, 50])
def test_the_jackknife_of_a_linear_statistic_is_the_textbook_one(rng, members):
    s = rng.normal(size=members)
    found = linear(sub_ensembles_of(members, 1, rng), s)
    assert found.value == pytest.approx(s.mean())
    np.testing.assert_allclose(found.members["kind"], [np.delete(s, member).mean() for member in range(members)])
    assert standard_error(found.members["kind"]) == pytest.approx(s.std(ddof=1) / np.sqrt(members))


def variance_ratios(size: int, rng: np.random.Generator) -> np.ndarray:
    """Variance of a linear statistic by the replicates of ensembles of 20 networks, over the textbook's, forty times."""
    s, ratios = rng.normal(size=20), []
    for _ in range(40):
        found = linear(sub_ensembles_of(20, size, rng), s)
        assert found.value == pytest.approx(s.mean())
        ratios.append(standard_error(found.members["kind"]) ** 2 / (s.var(ddof=1) / 20))
    return np.array(ratios)


@pytest.mark.parametrize("size", [2, 5, 10])
def test_the_jackknife_of_a_linear_statistic_of_ensembles_is_the_textbook_one_but_for_the_noise(rng, size):
    """The random choice of sub-ensembles adds what it may."""
    ratios = variance_ratios(size, rng)
    assert abs(ratios.mean() - (1 + NOISE)) < 4 * ratios.std() / np.sqrt(40) < 0.08


def test_a_linear_statistic_of_the_whole_pool_has_twice_the_textbook_variance(rng):
    """That of a pool of half as many."""
    ratios = variance_ratios(20, rng)
    assert abs(ratios.mean() - 2) < 4 * ratios.std() / np.sqrt(40) < 0.15


MEMBERS, IMAGES, ELEMENTS, CLASSES = 6, 23, 4, 3


@pytest.fixture
def logits(rng) -> np.ndarray:
    """Of few networks that agree on some images, (member, image, element, class)."""
    f = 2 * rng.normal(size=(IMAGES, 1, CLASSES)) + rng.normal(size=(MEMBERS, IMAGES, ELEMENTS, CLASSES))
    return f + np.array([0.5, 0.0, -0.5])


def plainly(f: np.ndarray, size: int) -> dict[str, float]:
    """From the plain metrics of single networks, or of the mean of all."""
    means = f if size == 1 else f.mean(axis=0, keepdims=True)
    same = orbit_classification.same_off_identity(means).mean()
    by_chance = orbit_classification.concentration(means).mean()
    kappa = orbit_classification.chance_corrected(same, by_chance)
    return {"same": same, "concentration": by_chance, "kappa": kappa}


def left_out(f: np.ndarray, statistic) -> tuple[list, list]:
    """The statistic without each network, and without each group of images."""
    return (
        [statistic(np.delete(f, member, axis=0)) for member in range(len(f))],
        [statistic(np.delete(f, group, axis=1)) for group in groups_of(f.shape[1], min(20, f.shape[1]))],
    )


def compare(found: TwoWay, f: np.ndarray, statistic, size: int = 1) -> None:
    """A number with all its replicates against the statistic of what is left, recomputed; the networks' of single ones only."""
    by_network, by_image = left_out(f, statistic)
    assert found.value == pytest.approx(statistic(f), abs=1e-12)
    if size == 1:
        np.testing.assert_allclose(found.members["kind"], by_network, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.inputs, by_image, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [1, MEMBERS])
def test_agreement_chance_and_kappa_are_the_plain_ones_whatever_is_left_out(rng, logits, size):
    chosen = sub_ensembles_of(MEMBERS, size, rng)
    found = on_elements(tally(logits, chosen), chosen, "kind")
    for quantity, number in found.items():
        compare(number, logits, lambda f, quantity=quantity: plainly(f, size)[quantity], size)
    osp = orbit_same_predictions(found["same"], ELEMENTS)
    means = logits if size == 1 else logits.mean(axis=0, keepdims=True)
    assert osp.value == pytest.approx(orbit_classification.orbit_same_prediction(means).mean())
    assert osp.stderr() == pytest.approx((ELEMENTS - 1) * found["same"].stderr())


def test_agreement_of_ensembles_between_is_that_of_all_that_there_are(rng, logits):
    """Of 6 choose 3 = 20 sub-ensembles, within the scatter of the partitions."""
    means = np.stack([logits[list(part)].mean(axis=0) for part in itertools.combinations(range(MEMBERS), 3)])
    expected = orbit_classification.same_off_identity(means).mean()
    found = []
    for _ in range(40):
        chosen = sub_ensembles_of(MEMBERS, 3, rng)
        found.append(on_elements(tally(logits, chosen), chosen, "kind")["same"].value)
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(40) < 0.01


def test_places_are_elements_counted_from_the_identity(rng, logits):
    chosen = sub_ensembles_of(MEMBERS, 1, rng)
    found = on_elements(tally(logits, chosen), chosen, "kind", [1, 3])["same"]
    compare(found, logits, lambda f: orbit_classification.agreement(f)[:, [1, 3]].mean())


def test_sets_together_are_one_set_of_all_their_images(rng, logits):
    """Group k of both sets is left out at once."""
    other = logits[::-1] + rng.normal(size=logits.shape)
    chosen = sub_ensembles_of(MEMBERS, 1, rng)
    found = on_elements(together([tally(logits, chosen), tally(other, chosen)]), chosen, "kind")
    for quantity, number in found.items():
        both = np.stack([logits, other], axis=2)  # (member, image, set, element, class): an image of each set at once
        compare(
            number, both, lambda f, quantity=quantity: plainly(f.reshape(len(f), -1, *f.shape[3:]), 1)[quantity]
        )  # fmt: skip


def test_batches_and_precision_change_nothing_but_rounding(rng, logits, monkeypatch):
    chosen = sub_ensembles_of(MEMBERS, 2, rng)
    whole, single = tally(logits, chosen), tally(logits.astype(np.float32), chosen)
    monkeypatch.setattr(ensemble_sizes, "AT_ONCE", logits[0].size)
    for first, second, third in zip(whole, tally(logits, chosen), single, strict=True):
        np.testing.assert_allclose(second, first, rtol=1e-12)
        np.testing.assert_allclose(third, first, rtol=1e-12)


def test_kappa_is_undefined_where_all_images_are_one_class(rng, logits):
    logits[..., 0] += 100
    chosen = sub_ensembles_of(MEMBERS, 2, rng)
    found = on_elements(tally(logits, chosen), chosen, "kind")
    assert found["same"].value == pytest.approx(1) and found["concentration"].value == pytest.approx(1)
    assert np.isnan(found["kappa"].value) and found["kappa"].interval().reason == "all images are one class"


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """By the formula of Guo et al. 2017, bin for bin: 15 bins, closed at their upper ends."""
    found = 0.0
    for b in range(15):
        inside = [i for i, p in enumerate(probabilities) if b / 15 < p.max() <= (b + 1) / 15]
        if inside:
            right = np.mean([probabilities[i].argmax() == labels[i] for i in inside])
            confidence = np.mean([probabilities[i].max() for i in inside])
            found += len(inside) / len(labels) * abs(right - confidence)
    return found


@pytest.mark.parametrize("size", [1, MEMBERS])
def test_accuracy_and_calibration_are_the_plain_ones_whatever_is_left_out(rng, logits, size):
    upright = logits[:, :, 0]
    labels = np.where(
        rng.random(IMAGES) < 0.7, upright.mean(axis=0).argmax(axis=-1), rng.integers(CLASSES, size=IMAGES)
    )
    found = labelled(upright, labels, sub_ensembles_of(MEMBERS, size, rng), "kind")
    with_labels = np.concatenate([upright, np.broadcast_to(labels[:, None], (MEMBERS, IMAGES, 1))], axis=2)
    others = np.concatenate([upright, np.broadcast_to(np.roll(labels, 1)[:, None], (MEMBERS, IMAGES, 1))], axis=2)

    def statistic(f: np.ndarray, quantity: str) -> float:
        """The labels, the last entry of the last axis, go with their images."""
        of_images, values = f[0, :, -1].astype(int), f[..., :-1]
        if quantity.endswith("probabilities"):
            values = softmax(values, axis=-1)
        means = values if size == 1 else values.mean(axis=0, keepdims=True)
        if quantity.startswith("accuracy"):
            return (means.argmax(axis=-1) == of_images).mean()
        if not quantity.endswith("probabilities"):
            means = softmax(means, axis=-1)
        return np.mean([calibration_error(each, of_images) for each in means])

    assert set(found) == {
        "accuracy", "accuracy_probabilities", "accuracy_shifted", "calibration_error", "calibration_error_probabilities"
    }  # fmt: skip
    for quantity, number in found.items():
        f = others if quantity == "accuracy_shifted" else with_labels
        compare(number, f, lambda part, quantity=quantity: statistic(part, quantity), size)
    assert found["accuracy"].value == pytest.approx(
        orbit_classification.accuracy(
            upright[:, :, None] if size == 1 else upright.mean(axis=0)[:, None], labels
        ).mean()
    )
    assert found["accuracy_shifted"].value < found["accuracy"].value


def test_networks_that_are_right_as_often_as_they_are_confident_have_no_calibration_error(rng):
    """Of 20 images of each confidence so many are right."""
    confidence = np.repeat([0.55, 0.75, 0.95], 20)
    right = np.concatenate([np.arange(20) < 20 * p for p in (0.55, 0.75, 0.95)])
    f = np.log(np.stack([confidence, 1 - confidence], axis=-1))
    members = np.stack([f, f, f])
    chosen = sub_ensembles_of(3, 3, rng)
    found = labelled(members, np.where(right, 0, 1), chosen, "kind")
    assert found["accuracy"].value == pytest.approx(0.75)
    for quantity in ("calibration_error", "calibration_error_probabilities"):
        assert found[quantity].value == pytest.approx(0, abs=1e-12)
    always = labelled(members, np.zeros(60, dtype=int), chosen, "kind")
    assert always["calibration_error"].value == pytest.approx(0.25)


def test_probabilities_are_averaged_where_they_are_asked_for(rng):
    """Two sure networks outvote, as mean logits, a third that is surer; as mean probabilities, too, but are less sure."""
    f = np.array([[[2.0, 0.0]], [[2.0, 0.0]], [[0.0, 9.0]]]).repeat(3, axis=1)
    found = labelled(f, np.zeros(3, dtype=int), sub_ensembles_of(3, 3, rng), "kind")
    assert found["accuracy"].value == 0 and found["accuracy_probabilities"].value == 1


def test_disagreement_is_that_of_all_pairs(logits):
    upright = logits[:, :, 0]

    def of_pairs(f: np.ndarray) -> float:
        classes = f.argmax(axis=-1)
        return np.mean([np.mean(first != second) for first, second in itertools.combinations(classes, 2)])

    found = disagreement(upright, "kind")
    compare(found, upright, of_pairs)
    assert 0.1 < found.value < 0.9
    same = disagreement(np.stack([upright[0]] * 4), "kind")
    assert same.value == 0 and not same.members["kind"].any()


def test_the_class_of_the_largest_is_the_first_of_equal_ones(rng):
    f = rng.integers(-2, 2, size=(50, 4, 6, 3)).astype(np.float32)
    assert (f == f.max(axis=1, keepdims=True)).sum(axis=1).max() > 1
    untouched = f.copy()
    np.testing.assert_array_equal(ensemble_sizes._largest(f), f.argmax(axis=1))
    np.testing.assert_array_equal(f, untouched)
    np.testing.assert_array_equal(ensemble_sizes._largest(f[:, :1]), 0)
    np.testing.assert_array_equal(ensemble_sizes._largest(np.full((2, 3, 1), -np.inf)), 0)


def test_many_classes_are_told_apart(rng):
    f = rng.normal(size=(3, 30, 2, 300))
    chosen = sub_ensembles_of(3, 1, rng)
    assert on_elements(tally(f, chosen), chosen, "kind")["concentration"].value == pytest.approx(
        plainly(f, 1)["concentration"]
    )


REPETITIONS, SIZE, POOL = 200, 4, 12


def drawn(
    network: float, rng: np.random.Generator, *shape: int, image: float = 1.0, images: int = IMAGES
) -> np.ndarray:
    """Logits of `shape` networks: a part of the image which they share, one of the network, and noise of each element."""
    *repetitions, members = shape
    shared = image * rng.normal(size=(*repetitions, 1, images, 1, CLASSES))
    own = network * rng.normal(size=(*repetitions, members, 1, 1, CLASSES))
    return shared + own + rng.normal(size=(*repetitions, members, images, ELEMENTS, CLASSES))


class Trials(NamedTuple):
    """What repetitions find of a number whose true value is known."""

    coverage: float
    bias: float
    """In its standard errors."""
    error: float
    """Estimated over true."""


def trials(found: list[TwoWay], truth: float) -> Trials:
    ends = np.array([number.interval().ci95 for number in found])
    values = np.array([number.value for number in found])
    errors = np.array([number.stderr() for number in found])
    return Trials(
        ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean(),
        (values.mean() - truth) / values.std() * np.sqrt(len(found)),
        np.sqrt(np.mean(errors**2)) / values.std(),
    )


@pytest.fixture(scope="module")
def growths() -> dict[tuple[float, str], Trials]:
    """Agreement and kappa of ensembles of SIZE of the pool minus those of single networks, by the size of the networks' part.

    The truth is from 2000 ensembles of different networks on different images, that is, from a pool without an end.
    """
    rng, found = np.random.default_rng(11), {}
    chosen = {size: sub_ensembles_of(POOL, size, rng) for size in (1, SIZE)}
    for network in (0.0, 0.7):
        samples = [drawn(network, rng, POOL).astype(np.float32) for _ in range(REPETITIONS)]
        large, small = (
            [on_elements(tally(f, each), each, "kind") for f in samples] for each in (chosen[SIZE], chosen[1])
        )
        f = drawn(network, rng, 2000, SIZE)
        true_large, true_small = plainly(f.mean(axis=1), 1), plainly(f[:, :3], 1)
        for quantity in ("same", "kappa"):
            grown = [more[quantity].minus(one[quantity]) for more, one in zip(large, small, strict=True)]
            found[network, quantity] = trials(grown, true_large[quantity] - true_small[quantity])
    return found


@pytest.mark.parametrize("network", [0.0, 0.7], ids=["no part of the network", "a part of the network"])
@pytest.mark.parametrize("quantity", ["same", "kappa"])
def test_intervals_of_growth_with_the_size_cover_the_truth(growths, network, quantity):
    """Conservative, since much of the spread is what one network does on one image: more than 93, perhaps more than 98 %."""
    found = growths[network, quantity]
    assert found.coverage >= 0.93
    assert abs(found.bias) < 4
    assert 0.95 < found.error < 1.1 * np.sqrt(2)


def of_whole_pools(network: float, members: int, *quantities: str, **options: float) -> list[Trials]:
    """Of pools whose networks all make one ensemble; the truth is from 2000 others."""
    rng = np.random.default_rng(11)
    truth = plainly(np.concatenate([drawn(network, rng, 100, members, **options).mean(axis=1) for _ in range(20)]), 1)
    chosen, found = sub_ensembles_of(members, members, rng), []
    for _ in range(REPETITIONS):
        f = drawn(network, rng, members, **options).astype(np.float32)
        found.append(on_elements(tally(f, chosen), chosen, "kind"))
    return [trials([numbers[quantity] for numbers in found], truth[quantity]) for quantity in quantities]


@pytest.mark.parametrize("network", [0.0, 0.7], ids=["no part of the network", "a part of the network"])
def test_intervals_of_whole_pools_cover_the_truth(network):
    """Conservative as those of growth, and since an ensemble of half as many networks stands for the pool."""
    for found in of_whole_pools(network, POOL, "same", "kappa"):
        assert found.coverage >= 0.93
        assert abs(found.bias) < 4
        assert 0.95 < found.error < 1.1 * np.sqrt(2)


def test_intervals_of_whole_pools_cover_the_truth_where_the_networks_alone_decide():
    """Images have no part of their own: there is nothing but the spread over networks, which a single pool does not show."""
    (found,) = of_whole_pools(np.sqrt(2), 20, "same", image=0.0, images=100)
    assert found.coverage >= 0.93
    assert abs(found.bias) < 4
    assert 0.95 < found.error < 1.1 * np.sqrt(2)
