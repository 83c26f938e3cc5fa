"""Claims about image classifiers on tables made by hand: the effect there, absent, reversed; gates and reasons."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTROL_PASSES, SUPPORTED, UNDECIDED, check, decide
from ntklab.experiments.rotated_images import claims

ABOVE, BELOW = (0.0, np.inf), (-np.inf, 0.0)
OSP = {"c4": (3.5, 3.7, 3.8), "c8": (6.9, 7.4, 7.6)}
OOD = {"data": "out_of_distribution"}
CONTRADICTED = "contradicted"


def rows(quantity: str, values: dict, data="test", model="cnn", error=0.01, group=None, trained=50) -> pd.DataFrame:
    """Draws of single members, ensembles of 5 and of 10 of each group, with that standard deviation."""
    rng, parts = np.random.default_rng(list(f"{quantity}{data}{model}{values}".encode())), []
    for augmentation, of_group in values.items():
        orbit = group or ("c4" if augmentation == "c1" else augmentation)
        for members, value in zip((1, 5, 10), of_group, strict=False):
            draws = np.r_[value, value + error * rng.normal(size=400)]
            settings = {"quantity": quantity, "data": data, "model": model, "augmentation": augmentation}
            settings |= {"group": orbit, "members": float(members), "n": trained // members}
            parts.append(pd.DataFrame({"value": draws, "replicate": np.arange(401)}).assign(**settings))
    return pd.concat(parts)


def table(*parts: pd.DataFrame) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


def flipped(values: dict) -> dict:
    return {group: of_group[::-1] for group, of_group in values.items()}


def verdict(number, bounds=ABOVE) -> str:
    return decide(number, bounds)[0]


def claim_of(identifier: str):
    return next(claim for claim in claims.CLAIMS if claim.id == identifier)


@pytest.mark.parametrize("find", [claims.ensemble_above_members, claims.grows_with_members])
def test_ensembles_against_members(find):
    assert verdict(find(table(rows("osp", OSP)), "test")) == SUPPORTED
    assert verdict(find(table(rows("osp", flipped(OSP))), "test")) == CONTRADICTED
    assert verdict(find(table(rows("osp", {g: (3.0, 3.0, 3.0) for g in OSP})), "test")) == UNDECIDED
    assert verdict(find(table(rows("osp", {**OSP, "c8": OSP["c8"][::-1]})), "test")) == CONTRADICTED
    none = find(table(rows("osp", OSP)).query("augmentation == 'c1'"), "test")
    assert decide(none, ABOVE) == (UNDECIDED, "no such networks in this run")


def test_differences_are_taken_inside_each_draw():
    frame = table(rows("osp", {"c4": (3.5,)}), rows("osp", {"c4": (3.5,)}).assign(members=10.0))
    shift = frame.members == 10
    frame.loc[shift, "value"] += 0.1 + 1e-3 * np.random.default_rng(1).normal(size=shift.sum())
    low, high = claims.ensemble_above_members(frame, "test").ci95
    assert 0.09 < low < high < 0.11  # the draws of both have a standard deviation of 0.01


def test_a_claim_whose_control_passes_too_has_no_power():
    claim = claim_of("E1-fmnist-osp-ensemble-test")
    control = rows("osp", {"c1": (1.3, 1.3)}, trained=10)
    assert check(claim, {claim.table: table(rows("osp", OSP), control)}).verdict == SUPPORTED
    gaining = rows("osp", {"c1": (1.3, 1.6)}, trained=10)
    found = check(claim, {claim.table: table(rows("osp", OSP), gaining)})
    assert (found.verdict, found.reason) == (UNDECIDED, CONTROL_PASSES)


def test_the_gap_out_of_distribution_is_compared_with_that_in_distribution():
    wider = {group: (a - 0.5, b, c) for group, (a, b, c) in OSP.items()}
    larger = claims.gap_larger_out_of_distribution(table(rows("osp", OSP), rows("osp", wider, **OOD)))
    assert larger.value == pytest.approx(0.5) and verdict(larger) == SUPPORTED
    swapped = claims.gap_larger_out_of_distribution(table(rows("osp", wider), rows("osp", OSP, **OOD)))
    assert verdict(swapped) == CONTRADICTED


def test_few_networks_have_wider_intervals_than_many():
    halves = {}
    for trained in (4, 50):
        frame = table(
            rows("osp", {"c8": (7.0,)}, model="steerable", error=0.05, trained=trained, **OOD), rows("osp", OSP, **OOD)
        )
        low, high = claims.above(frame, "steerable", "cnn", "c8").ci95
        halves[trained] = high - low
    assert halves[4] > 1.1 * halves[50]


@pytest.mark.parametrize(("canonicalised", "expected"), [(7.2, SUPPORTED), (7.6, UNDECIDED), (7.9, CONTRADICTED)])
def test_an_order_of_the_talk_is_contradicted_where_ours_is_reversed(canonicalised, expected):
    claim = claim_of("E1-order-c8-ensemble-above-canonicalised")
    other = rows("osp", {"c8": (canonicalised,)}, model="canonicalised", trained=4, **OOD)
    control = rows("osp", {"c1": (5.0,)}, group="c8", trained=10, **OOD)
    assert check(claim, {claim.table: table(rows("osp", OSP, **OOD), other, control)}).verdict == expected


def test_every_order_of_the_talks_table_is_a_claim():
    orders = [claim.id for claim in claims.CLAIMS if claim.id.startswith("E1-order") and not claim.id.endswith("kappa")]
    assert len(orders) == 3 * 6 - 1  # of six pairs in three columns one is a tie
    assert claims.CLAIMS[0].id == orders[0]
    assert "E1-order-c16-single-above-canonicalised" in orders


def spreads(floor: float, augmentation: str = "c4", error: float = 0.01) -> pd.DataFrame:
    """Squared spread of the infinite ensemble, members and ensembles of 10 at two steps, 20 replicates."""
    rng, parts = np.random.default_rng(3), []
    for step in (0, 200):
        infinite = floor + error / np.sqrt(19) * np.r_[0, rng.normal(size=20)]
        for members, values in ((np.inf, infinite), (1.0, np.ones(21)), (10.0, infinite + (1 - infinite) / 10)):
            settings = {"quantity": "squared_spread", "data": "test", "model": "cnn", "augmentation": augmentation}
            settings |= {"members": members, "step": step, "group": "c4", "n": 50}
            parts.append(pd.DataFrame({"value": values, "replicate": np.arange(21)}).assign(**settings))
    return pd.concat(parts)


def test_the_floor_the_members_law_and_the_control():
    small, large = table(spreads(0.0, error=0.002)), table(spreads(0.9))
    bound = claim_of("E1-fmnist-time-floor-test").bounds
    assert verdict(claims.highest_floor(small, "test"), bound) == SUPPORTED
    assert verdict(claims.highest_floor(large, "test"), bound) == CONTRADICTED
    assert verdict(claims.highest_floor(table(spreads(0.0, error=0.1)), "test"), bound) == UNDECIDED
    assert claims.members_law(small, "test").value == pytest.approx(1.0, abs=0.01)
    assert verdict(claims.members_law(large, "test"), (-np.inf, 1.5)) == CONTRADICTED
    control = claim_of("E1-fmnist-time-control-test")
    both = table(spreads(0.0, error=0.002), spreads(0.9, "c1"))
    found = check(control, {control.table: both})
    assert found.verdict == SUPPORTED and found.value == pytest.approx(0.9) and found.control_verdict == CONTRADICTED


def test_agreement_rises_with_the_group_and_falls_between_its_angles():
    frame = table(rows("agreement", {"c4": (0.6, 0.7, 0.7), "c8": (0.8, 0.9, 0.9)}, group="so2"))
    assert claims.rises_with_order(frame, "test").value == pytest.approx(0.2)
    falling = table(rows("agreement", {"c4": (0.8, 0.9, 0.9), "c8": (0.6, 0.7, 0.7)}, group="so2"))
    assert verdict(claims.rises_with_order(falling, "test")) == CONTRADICTED
    at, between = (rows(q, {"c4": (v, v, v)}, group="so2") for q, v in (("at", 0.9), ("between", 0.6)))
    assert claims.minima_between(table(at, between), "test").value == pytest.approx(0.3)


def test_exactness_is_exact():
    exact = {"model": "canonicalised", "members": 1.0, "augmentation": "c4"}
    frame = pd.DataFrame([{**exact, "angle": angle, "value": value} for angle, value in ((90, 1.0), (45, 0.7))])
    bounds = claim_of("E1-canon-so2-exact").bounds
    assert verdict(claims.exact_at_quarter_turns(frame, "canonicalised"), bounds) == SUPPORTED
    assert verdict(claims.exact_at_quarter_turns(frame, "canonicalised", at=False), bounds) == CONTRADICTED
    off = frame.assign(value=0.9999)
    assert verdict(claims.exact_at_quarter_turns(off, "canonicalised"), bounds) == CONTRADICTED


def test_canonicalised_networks_against_ensembles():
    ensembles = rows("osp", {"c4": (3.5, 3.9, 3.9), "c16": (14.0, 15.2, 15.2)}, **OOD)
    for value, expected in ((12.0, SUPPORTED), (16.0, CONTRADICTED)):
        own = rows("osp", {"c4": (4.0 if value < 15 else 3.0,), "c16": (value,)}, model="canonicalised", **OOD)
        assert verdict(claims.loses_ground(table(ensembles, own), "ensemble"), BELOW) == expected


def test_only_the_published_numbers_of_ensembles_need_ensembles_of_their_size():
    frame = table(rows("osp", {"c4": (3.4, 3.8, 3.86)}, **OOD))
    bounds = claims.around_published("ensemble", "c4")
    assert decide(claims.as_published(frame, "ensemble", "c4"), bounds) == (UNDECIDED, "needs ensembles of 100")
    assert verdict(claims.as_published(frame, "cnn", "c4"), claims.around_published("cnn", "c4")) == SUPPORTED
    large = frame.assign(members=frame.members.replace(10.0, 100.0))
    assert verdict(claims.as_published(large, "ensemble", "c4"), bounds) == SUPPORTED
    other = table(rows("osp", {"c4": (2.0,)}, **OOD))
    assert verdict(claims.as_published(other, "cnn", "c4"), claims.around_published("cnn", "c4")) == CONTRADICTED
    assert claims.nearly_invariant(frame, "out_of_distribution", 100).reason == "needs ensembles of 100"


def test_numbers_that_no_draw_changes_and_kappas_that_are_undefined_decide_nothing():
    constant = table(rows("osp", OSP, error=0.0))
    assert claims.ensemble_above_members(constant, "test").reason == "no draw changes it"
    undefined = table(rows("kappa", OSP))
    undefined.loc[undefined.replicate > 300, "value"] = np.nan
    assert claims.ensemble_above_members(undefined, "test", "kappa").reason == "all images are one class"


def test_claims_are_undecided_on_stand_in_data():
    claim = claim_of("E1-hist-osp-ensemble-test")
    frame = table(rows("osp", OSP), rows("osp", {"c1": (1.3, 1.3)}))
    assert check(claim, {claim.table: frame}).verdict == SUPPORTED
    frame.attrs["provenance"]["stand_in"] = True
    assert check(claim, {claim.table: frame}).verdict == UNDECIDED
