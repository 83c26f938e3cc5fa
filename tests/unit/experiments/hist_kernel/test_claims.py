"""Claims about classification by kernels on made-up tables: supported where true, contradicted where not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.hist_kernel.claims import CLAIMS, FASHION, HISTOLOGY, TABLE

BY_ID = {claim.id: claim for claim in CLAIMS}
GAIN, UPRIGHT = "E2-hist-kernel-gain-linear-head-ntk", "E2-hist-kernel-gain-upright-linear-head-ntk"
SIZES = (8, 16, 32, 64)


def made_up(
    *, gain=0.1, linear=1e-12, nonlinear=0.3, upright=-0.08, data=FASHION, group="c4", noise=0.02, seed=3, repeats=8
):
    """The group-convolutional network gains on turned images; only a linear head makes it equal the augmented one.

    Gains scatter over repeats, half of the variance shared by the sizes.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for orientation, head, kernel in itertools.product(("upright", "turned"), ("linear", "nonlinear"), ("ntk", "nngp")):
        noises = (rng.normal(size=(repeats, 1)) + rng.normal(size=(repeats, len(SIZES)))) * noise / np.sqrt(2)
        for repeat, (place, size) in itertools.product(range(repeats), enumerate(SIZES)):
            common = {
                "orientation": orientation, "head": head, "kernel": kernel, "training_images": size, "repeat": repeat,
            }  # fmt: skip
            more = (gain if orientation == "turned" else upright) + noises[repeat, place]
            for architecture, value in (("cnn", 0.4), ("gcnn", 0.4 + more), ("cnn_augmented", 0.5)):
                rows.append({**common, "architecture": architecture, "quantity": "accuracy", "value": value})
            augmented = linear if head == "linear" else nonlinear
            for architecture, value in (("cnn_augmented", augmented), ("cnn", 1.0)):
                rows.append(
                    {**common, "architecture": architecture, "quantity": "difference_from_gcnn", "value": value}
                )
    frame = pd.DataFrame(rows).assign(data=data, group=group)
    frame.attrs["provenance"] = {"stand_in": False}
    return {TABLE: frame}


def true_for(identifier: str) -> dict[str, pd.DataFrame]:
    if "histology" in identifier:
        return made_up(data=HISTOLOGY, upright=0.1)
    return made_up(upright=0.1 if "upright" in identifier else -0.08)


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(identifier):
    finding = check(BY_ID[identifier], true_for(identifier))
    assert finding.verdict == SUPPORTED and finding.control_verdict == CONTRADICTED
    assert finding.ci_low < finding.value < finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("gain-linear-head-ntk", {"gain": -0.1}),
        ("gain-nonlinear-head-nngp", {"gain": -0.1}),
        ("gain-upright-nonlinear-head-nngp", {}),
        ("gain-histology-ntk", {"data": HISTOLOGY}),
        ("augmented-ntk", {"linear": 1e-3, "nonlinear": 1e-3}),
        ("head-nngp", {"nonlinear": 1e-12}),
    ],
)
def test_no_claim_is_supported_where_it_is_false(identifier, change):
    assert check(BY_ID[f"E2-hist-kernel-{identifier}"], made_up(**change)).verdict in (CONTRADICTED, UNDECIDED)


def test_a_reversed_order_contradicts():
    assert check(BY_ID[UPRIGHT], made_up()).verdict == CONTRADICTED
    assert check(BY_ID[GAIN], made_up(gain=-0.1)).verdict == CONTRADICTED


def test_a_gain_that_orientation_does_not_take_away_has_no_power():
    finding = check(BY_ID[GAIN], made_up(upright=0.1))
    assert finding.verdict == UNDECIDED and finding.reason == "control passes too"


def test_a_gain_at_all_sizes_but_one_is_not_supported():
    (frame,) = made_up().values()
    at_one_size = (frame.training_images == 32) & (frame.orientation == "turned") & (frame.architecture == "gcnn")
    frame.loc[at_one_size & (frame.quantity == "accuracy"), "value"] -= 0.1
    assert check(BY_ID[GAIN], {TABLE: frame}).verdict == UNDECIDED


def test_a_gain_within_its_error_is_undecided():
    assert check(BY_ID[GAIN], made_up(gain=0.005)).verdict == UNDECIDED


def test_other_images_decide_nothing():
    for identifier, data in ((GAIN, HISTOLOGY), (UPRIGHT, "mnist"), ("E2-hist-kernel-gain-histology-ntk", FASHION)):
        finding = check(BY_ID[identifier], made_up(data=data))
        assert finding.verdict == UNDECIDED and "images" in finding.reason


def test_other_groups_decide_nothing_about_gains():
    for identifier in (GAIN, UPRIGHT):
        finding = check(BY_ID[identifier], made_up(group="d4"))
        assert finding.verdict == UNDECIDED and "group" in finding.reason


def test_repeats_without_spread_decide_nothing():
    finding = check(BY_ID[GAIN], made_up(noise=0.0))
    assert finding.verdict == UNDECIDED and finding.reason
