"""Claims about image classifiers on tables made by hand: supported, contradicted, undecided."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.rotated_images import claims

OSP = {"c4": (3.5, 3.7, 3.8), "c8": (6.9, 7.4, 7.6)}


def rows(
    quantity: str, values: dict, data: str = "test", model: str = "cnn", error: float = 0.01, **more
) -> list[dict]:
    """Rows of single members, ensembles of 5 and of 10 for each group."""
    return [
        {
            "quantity": quantity, "data": data, "model": model, "augmentation": group, "group": group, "value": value,
            "members": float(members), "stderr": error, "n": 50 // members, "step": 200, **more,
        }
        for group, of_group in values.items()
        for members, value in zip((1, 5, 10), of_group, strict=False)
    ]  # fmt: skip


def table(*parts: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame([row for part in parts for row in part])
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


def flipped(values: dict) -> dict:
    return {group: of_group[::-1] for group, of_group in values.items()}


@pytest.mark.parametrize("find", [claims.ensemble_above_members, claims.grows_with_members])
def test_ensembles_against_members(find):
    assert find(table(rows("osp", OSP)), "test").verdict == SUPPORTED
    assert find(table(rows("osp", flipped(OSP))), "test").verdict == CONTRADICTED
    assert find(table(rows("osp", OSP, error=1.0)), "test").verdict == UNDECIDED
    one_group_wrong = {**OSP, "c8": OSP["c8"][::-1]}
    assert find(table(rows("osp", one_group_wrong)), "test").verdict == CONTRADICTED


def test_the_worst_group_decides():
    finding = claims.ensemble_above_members(table(rows("osp", OSP)), "test")
    assert finding.value == pytest.approx(0.3) and finding.ci_low == pytest.approx(0.3 - 1.96 * np.hypot(0.01, 0.01))


def test_the_gap_out_of_distribution_is_compared_with_that_in_distribution():
    wider = {group: (a - 0.5, b, c) for group, (a, b, c) in OSP.items()}
    frame = table(rows("osp", OSP), rows("osp", wider, data="out_of_distribution"))
    assert claims.gap_larger_out_of_distribution(frame).value == pytest.approx(0.5)
    swapped = table(rows("osp", wider), rows("osp", OSP, data="out_of_distribution"))
    assert claims.gap_larger_out_of_distribution(swapped).verdict == CONTRADICTED


def test_the_members_law_and_the_floor():
    law = {"c4": (1.0, 5**-0.5, 10**-0.5)}
    assert claims.members_law(table(rows("spread", law)), "test").value == pytest.approx(1.0)
    assert claims.members_law(table(rows("spread", {"c4": (1.0, 1.0, 1.0)})), "test").verdict == CONTRADICTED
    floor = lambda value: table(rows("floor", {"c4": (value,)}, error=0.1))  # noqa: E731
    assert claims.floor_is_zero(floor(0.2), "test").verdict == SUPPORTED
    assert claims.floor_is_zero(floor(-0.5), "test").verdict == CONTRADICTED
    control = table(rows("floor", {"c1": (4.0,)}), rows("spread", {"c1": (2.5,)}))
    assert claims.control_is_not(control, "test").value == pytest.approx(4 / 2.5**2)
    assert claims.control_is_not(control, "test").verdict == SUPPORTED


def test_agreement_rises_with_the_group_and_falls_between_its_angles():
    frame = table(rows("agreement", {"c4": (0.6, 0.7, 0.7), "c8": (0.8, 0.9, 0.9)}))
    assert claims.rises_with_order(frame, "test").value == pytest.approx(0.2)
    at_angles = [
        rows("agreement", {"c4": (value, value)}, angle=angle)
        for angle, value in (
            (0.0, 1.0),
            (45.0, 0.6),
            (90.0, 0.9),
            (135.0, 0.5),
            (180.0, 0.9),
            (225.0, 0.6),
            (270.0, 0.9),
        )
    ]
    assert claims.minima_between(table(*at_angles), "test").value == pytest.approx(0.9 - (0.6 + 0.5 + 0.6) / 3)


def test_exactness_is_exact():
    at = [rows("agreement", {"c4": (1.0,)}, model="canonicalised", angle=angle) for angle in (0.0, 90.0)]
    assert claims.exact_at_quarter_turns(table(*at), "canonicalised").verdict == SUPPORTED
    off = rows("agreement", {"c4": (0.999,)}, model="canonicalised", angle=180.0)
    assert claims.exact_at_quarter_turns(table(*at, off), "canonicalised").verdict == CONTRADICTED
    frame = table(rows("osp", {"c4": (4.0,)}, data="out_of_distribution", model="steerable"))
    assert claims.exactly_four(frame, "steerable").verdict == SUPPORTED
    assert claims.exactly_four(frame, "canonicalised").verdict == UNDECIDED


def test_canonicalised_networks_against_ensembles():
    ood = {"data": "out_of_distribution"}
    ensembles = rows("osp", {"c4": (3.5, 3.9, 3.9), "c16": (14.0, 15.2, 15.2)}, **ood)
    losing = rows("osp", {"c4": (4.0,), "c16": (12.0,)}, model="canonicalised", **ood)
    assert claims.canonicalised_loses(table(ensembles, losing), "ensemble").verdict == SUPPORTED
    winning = rows("osp", {"c4": (3.0,), "c16": (16.0,)}, model="canonicalised", **ood)
    assert claims.canonicalised_loses(table(ensembles, winning), "ensemble").verdict == CONTRADICTED


def test_published_numbers_are_decided_by_ensembles_of_their_size_only():
    frame = table(rows("osp", {"c4": (3.4, 3.8, 3.86)}, data="out_of_distribution"))
    small = claims.as_published(frame, "ensemble", "c4")
    assert small.verdict == UNDECIDED and small.value == pytest.approx(3.86)
    large = frame.assign(members=frame.members.replace(10.0, 100.0))
    assert claims.as_published(large, "ensemble", "c4").verdict == SUPPORTED
    assert claims.as_published(large, "cnn", "c4").verdict == SUPPORTED
    assert claims.as_published(large.assign(value=2.0), "cnn", "c4").verdict == CONTRADICTED


def test_claims_are_undecided_on_stand_in_data():
    frame = table(rows("osp", OSP))
    claim = next(claim for claim in claims.CLAIMS if claim.id == "E1-hist-osp-ensemble-test")
    assert check(claim, {claim.table: frame}).verdict == SUPPORTED
    frame.attrs["provenance"]["stand_in"] = True
    assert check(claim, {claim.table: frame}).verdict == UNDECIDED


def test_groups_that_a_run_has_not_trained_with_leave_claims_undecided():
    """The papers' groups are c4, c8 and c16; the config may have others, such as c8 and c12."""
    others = {"c8": OSP["c8"], "c12": (9.0, 10.5, 11.0)}
    frame = table(rows("osp", others), rows("spread", others), rows("floor", others))
    assert claims.ensemble_above_members(frame, "test").verdict == SUPPORTED
    assert claims.grows_with_members(frame, "test").verdict == SUPPORTED
    for find in (claims.members_law, claims.floor_is_zero):
        assert find(frame, "test").verdict == UNDECIDED
    assert claims.nearly_invariant(frame, "test", 5, 3.95).verdict == UNDECIDED
    assert claims.as_published(frame, "ensemble", "c16").verdict == UNDECIDED
    assert claims.more_accurate(frame, "steerable", True).verdict == UNDECIDED
