"""Claims about classification by kernels on made-up tables: supported where true, contradicted where not."""

import itertools

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.hist_kernel.claims import CLAIMS, TABLE

BY_ID = {claim.id: claim for claim in CLAIMS}


def made_up(*, gain=0.1, linear=1e-12, nonlinear=0.3, upright=0.0) -> dict[str, pd.DataFrame]:
    """The group-convolutional network gains on turned images; only a linear head makes it equal the augmented one."""
    rows = []
    cases = itertools.product(("upright", "turned"), ("linear", "nonlinear"), ("ntk", "nngp"), (8, 16), range(5))
    for orientation, head, kernel, size, repeat in cases:
        common = {"orientation": orientation, "head": head, "kernel": kernel, "training_images": size, "repeat": repeat}
        more = (gain if orientation == "turned" else upright) + 0.01 * (repeat - 2)
        for architecture, value in (("cnn", 0.4), ("gcnn", 0.4 + more), ("cnn_augmented", 0.5)):
            rows.append({**common, "architecture": architecture, "quantity": "accuracy", "value": value})
        difference = linear if head == "linear" else nonlinear
        rows.append(
            {**common, "architecture": "cnn_augmented", "quantity": "difference_from_gcnn", "value": difference}
        )
    frame = pd.DataFrame(rows)
    frame.attrs["provenance"] = {"stand_in": False}
    return {TABLE: frame}


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], made_up())
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("gain-linear-head-ntk", {"gain": -0.1}),
        ("gain-nonlinear-head-nngp", {"gain": -0.1}),
        ("augmented-ntk", {"linear": 1e-3}),
        ("head-nngp", {"nonlinear": 1e-12}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, change):
    assert check(BY_ID[f"E2-hist-kernel-{identifier}"], made_up(**change)).verdict == CONTRADICTED


def test_a_gain_within_its_error_is_undecided():
    assert check(BY_ID["E2-hist-kernel-gain-linear-head-ntk"], made_up(gain=0.005)).verdict == UNDECIDED


def test_upright_images_do_not_enter_the_gain():
    finding = check(BY_ID["E2-hist-kernel-gain-linear-head-ntk"], made_up(upright=-0.3))
    assert finding.value == pytest.approx(0.1) and finding.verdict == SUPPORTED
