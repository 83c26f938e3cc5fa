"""Networks and images drawn again: draw 0 is the sample itself, and the intervals cover what they should."""

from functools import partial

import numpy as np
import pytest

from ntklab.experiments.rotated_images.claims import Drawn
from ntklab.experiments.rotated_images.draws import (
    DRAWS,
    MEMBER_DRAWS,
    image_weights,
    measured_again,
    member_draws,
    on_angles,
    on_labels,
    on_orbits,
)  # fmt: skip
from ntklab.metrics import orbit_classification as metrics
from ntklab.metrics.statistics import block_means

MEMBERS, IMAGES = 20, 40


def drawn(sets: dict, rng: np.random.Generator, members: int | None = None):
    number = len(next(iter(sets.values())))
    images = {name: image_weights(f.shape[1], rng) for name, f in sets.items()}
    return images, member_draws(number, members or number, rng)


@pytest.mark.parametrize("size", [1, 5])
def test_draw_zero_is_the_sample_itself(size, rng):
    sets = {name: rng.normal(size=(12, 9, 8, 3)).astype(np.float32) for name in ("test", "mnist", "noise")}
    images, members = drawn(sets, rng)
    found = measured_again(sets, size, members, images, partial(on_orbits, number=3))
    means = block_means(sets["test"].astype(float), size)
    assert found["test", "osp"].shape == (DRAWS + 1,)
    assert found["test", "osp"][0] == pytest.approx(metrics.orbit_same_prediction(means).mean())
    both = metrics.same_off_identity(means).mean(), metrics.concentration(means).mean()
    assert found["test", "kappa"][0] == pytest.approx(metrics.chance_corrected(*both))
    together = block_means(np.concatenate([sets["mnist"], sets["noise"]], axis=1).astype(float), size)
    both = metrics.same_off_identity(together).mean(), metrics.concentration(together).mean()
    assert found["out_of_distribution", "kappa"][0] == pytest.approx(metrics.chance_corrected(*both))
    angles = measured_again(sets, size, members, images, partial(on_angles, number=3, order=4, quarter_turns=4))
    agreement = metrics.agreement(means).mean(axis=0)
    for quantity, chosen in (("agreement", slice(None)), ("at", slice(2, None, 2)), ("between", slice(1, None, 2))):
        assert angles["test", quantity][0] == pytest.approx(agreement[chosen].mean())
    labels = sets["test"][0, :, 0].argmax(axis=-1)
    right = measured_again(
        {"test": sets["test"][:, :, :1]}, size, members, {"test": images["test"]}, partial(on_labels, labels=labels)
    )
    assert right["test", "accuracy"][0] == pytest.approx(metrics.accuracy(means, labels).mean())


def test_any_draw_is_what_drawing_by_hand_gives(rng):
    sets = {name: rng.normal(size=(6, 5, 4, 3)) for name in ("test", "noise")}
    images, members = drawn(sets, rng)
    found = {size: measured_again(sets, size, members, images, partial(on_orbits, number=3)) for size in (1, 3)}
    per_draw = DRAWS // MEMBER_DRAWS
    for draw in (1, 2, 77, DRAWS):
        times = np.round(images["test"][draw] * 5).astype(int)
        chosen = np.repeat(sets["test"][members[(draw - 1) // per_draw]], times, axis=1)
        for size, values in found.items():
            by_hand = metrics.orbit_same_prediction(block_means(chosen, size)).mean()
            assert values["test", "osp"][draw] == pytest.approx(by_hand)


def same_sign(common: float, alone: float) -> float:
    """Probability that two normal numbers with these shared and own variances have the same sign."""
    return 0.5 + np.arcsin(common / (common + alone)) / np.pi


def covered(image: float, network: float, both: float, images: int, rng: np.random.Generator) -> float:
    """Fraction of 200 intervals of the OSP of means of 5 minus that of single networks that hold the truth.

    Two classes, z = image + network + network x image + noise, with these variances, all normal: OSP is known.
    """
    size, repetitions, hits = 5, 200, 0
    osp = {m: 1 + 3 * same_sign(image + (network + both) / m, 0.5 / m) for m in (1, size)}
    for _ in range(repetitions):
        sets = {}
        shared = np.sqrt(network) * rng.normal(size=(MEMBERS, 1, 1))
        for name, number in (("test", images), ("noise", 2)):
            z = np.sqrt(image) * rng.normal(size=(number, 1)) + shared
            z = z + np.sqrt(both) * rng.normal(size=(MEMBERS, number, 1))
            z = z + np.sqrt(0.5) * rng.normal(size=(MEMBERS, number, 4))
            sets[name] = np.stack([z, np.zeros_like(z)], axis=-1)
        weights, members = drawn(sets, rng)
        numbers = []
        for m in (size, 1):
            values = measured_again(sets, m, members, weights, partial(on_orbits, number=2))["test", "osp"]
            numbers.append(Drawn(values[0], values[1:], ((values[1:].var(), MEMBERS - 1),)))
        low, high = numbers[0].minus(numbers[1]).interval().ci95
        assert low < high
        hits += low <= osp[size] - osp[1] <= high
    return hits / repetitions


@pytest.mark.parametrize("image", [0.0, 1.0], ids=["null", "alternative"])
def test_intervals_of_paired_differences_cover_the_truth(image, rng):
    """Without an image part ensembles of all sizes have the same OSP. 90 to 98 %, and three standard errors of 200."""
    assert 0.9 - 0.06 <= covered(image, 2.0, 0.1, 200, rng) <= 0.98 + 0.03 - 0.011


def test_intervals_are_too_wide_where_networks_and_images_together_make_the_spread(rng):
    assert covered(1.0, 0.3, 0.5, IMAGES, rng) >= 0.95


def test_the_mean_of_few_networks_has_its_unbiased_variance(rng):
    """One fewer is drawn: the variance over draws is s^2 / 4 for four networks, not 3/4 of it."""
    values = rng.normal(size=4)
    weights = np.array([np.bincount(row, minlength=4) / 3 for row in rng.integers(4, size=(40_000, 3))])
    assert (weights @ values).var() == pytest.approx(values.var(ddof=1) / 4, rel=0.05)
    assert member_draws(4, 3, rng).shape == (MEMBER_DRAWS, 3)
