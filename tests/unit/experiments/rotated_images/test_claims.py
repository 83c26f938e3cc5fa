"""Claims about image classifiers on tables made by hand: the effect there, absent, reversed; gates and reasons."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTROL_PASSES, SUPPORTED, UNDECIDED, check, decide
from ntklab.experiments.rotated_images import claim_numbers as numbers
from ntklab.experiments.rotated_images import claims

ABOVE, BELOW = (0.0, np.inf), (-np.inf, 0.0)
OSP = {"c4": (3.5, 3.7, 3.8), "c8": (6.9, 7.4, 7.6)}
OOD = {"data": "out_of_distribution"}
CONTRADICTED = "contradicted"


def rows(quantity: str, values: dict, data="test", model="cnn", error=0.01, group=None, trained=50) -> pd.DataFrame:
    """Replicates of single members, ensembles of 5 and of 10 of each group, with that standard error over networks, and over
    images."""
    rng, parts = np.random.default_rng(list(f"{quantity}{data}{model}{values}".encode())), []
    for augmentation, of_group in values.items():
        orbit = group or ("c4" if augmentation == "c1" else augmentation)
        for members, value in zip((1, 5, 10), of_group, strict=False):
            settings = {"quantity": quantity, "data": data, "model": model, "augmentation": augmentation}
            settings |= {"group": orbit, "members": float(members), "n": trained, "step": 200}
            for left_out, groups in (("none", 1), ("images", 20), ("members", min(trained, 20))):
                deviations = rng.normal(size=groups)
                deviations -= deviations.mean()
                if left_out != "none":  # so that the jackknife finds that error
                    deviations *= error / np.sqrt(groups - 1) / deviations.std()
                numbered = np.arange(groups) + (left_out != "none")
                of_part = pd.DataFrame({"value": value + deviations, "replicate": numbered, "left_out": left_out})
                parts.append(of_part.assign(**settings))
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


@pytest.mark.parametrize("find", [numbers.ensemble_above_members, numbers.grows_with_members])
def test_ensembles_against_members(find):
    assert verdict(find(table(rows("osp", OSP)), "test")) == SUPPORTED
    assert verdict(find(table(rows("osp", flipped(OSP))), "test")) == CONTRADICTED
    assert verdict(find(table(rows("osp", {g: (3.0, 3.0, 3.0) for g in OSP})), "test")) == UNDECIDED
    assert verdict(find(table(rows("osp", {**OSP, "c8": OSP["c8"][::-1]})), "test")) == CONTRADICTED
    none = find(table(rows("osp", OSP)).query("augmentation == 'c1'"), "test")
    assert decide(none, ABOVE) == (UNDECIDED, "no such networks in this run")


def test_differences_are_taken_inside_each_replicate():
    frame = table(rows("osp", {"c4": (3.5,)}), rows("osp", {"c4": (3.5,)}).assign(members=10.0))
    shift = frame.members == 10
    frame.loc[shift, "value"] += 0.1 + 1e-4 * np.random.default_rng(1).normal(size=shift.sum())
    low, high = numbers.ensemble_above_members(frame, "test").ci95
    assert 0.09 < low < high < 0.11  # the standard error of both is 0.01


def test_the_order_of_the_rows_does_not_matter():
    frame = table(rows("osp", OSP))
    shuffled = table(frame.sample(frac=1, random_state=1))
    for find in (numbers.ensemble_above_members, numbers.grows_with_members):
        assert find(shuffled, "test") == find(frame, "test")


def test_a_claim_whose_control_passes_too_has_no_power():
    claim = claim_of("E1-fmnist-osp-ensemble-test")
    control = rows("osp", {"c1": (1.3, 1.3)}, trained=10)
    assert check(claim, {claim.table: table(rows("osp", OSP), control)}).verdict == SUPPORTED
    gaining = rows("osp", {"c1": (1.3, 1.6)}, trained=10)
    found = check(claim, {claim.table: table(rows("osp", OSP), gaining)})
    assert (found.verdict, found.reason) == (UNDECIDED, CONTROL_PASSES)


def test_the_gap_out_of_distribution_is_compared_with_that_in_distribution():
    wider = {group: (a - 0.5, b, c) for group, (a, b, c) in OSP.items()}
    larger = numbers.gap_larger_out_of_distribution(table(rows("osp", OSP), rows("osp", wider, **OOD)))
    assert larger.value == pytest.approx(0.5) and verdict(larger) == SUPPORTED
    swapped = numbers.gap_larger_out_of_distribution(table(rows("osp", wider), rows("osp", OSP, **OOD)))
    assert verdict(swapped) == CONTRADICTED


def test_few_networks_have_wider_intervals_than_many():
    halves = {}
    for trained in (4, 50):
        frame = table(
            rows("osp", {"c8": (7.0,)}, model="steerable", error=0.05, trained=trained, **OOD), rows("osp", OSP, **OOD)
        )
        low, high = numbers.above(frame, "steerable", "cnn", "c8").ci95
        halves[trained] = high - low
    assert halves[4] > 1.05 * halves[50]


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


ORDERS = {
    "c4": ["ensemble-above-single", "steerable-above-ensemble", "canonicalised-above-ensemble"],
    "c8": ["ensemble-above-single", "ensemble-above-steerable", "ensemble-above-canonicalised"],
    "c16": ["ensemble-above-single", "ensemble-above-steerable", "ensemble-above-canonicalised"],
}
OTHER_ORDERS = {
    "c4": ["steerable-above-single", "canonicalised-above-single"],
    "c8": ["steerable-above-single", "canonicalised-above-single", "steerable-above-canonicalised"],
    "c16": ["steerable-above-single", "single-above-canonicalised", "steerable-above-canonicalised"],
}
SETS = ["test", "mnist", "natural", "noise"]
EVERYWHERE = ["test", "out_of_distribution"]


def identifiers() -> set[str]:
    """All that were claimed before any number was seen: a claim is never dropped because of its numbers."""
    orders = [f"E1-order-{group}-{order}" for group, found in ORDERS.items() for order in found]
    beyond_chance = [f"{order}-kappa" for order in orders if "c4" not in order or "single" in order]
    orders += [f"E1-order-{group}-{order}" for group, found in OTHER_ORDERS.items() for order in found]
    of_talk = [
        f"E1-table-{kind}-{group}" for kind in ("ensemble", "cnn", "steerable", "canonicalised") for group in ORDERS
    ]
    of_table = ["ensemble", "ensemble-kappa", "exact-steerable", "exact-canonicalised", "canonicalised-below-ensemble",
                "canonicalised-below-steerable"]  # fmt: skip
    by_set = {
        "fmnist-time-law": SETS, "fmnist-time-floor": SETS, "fmnist-time-control": SETS, "so2-rises": EVERYWHERE,
        "so2-ensemble": EVERYWHERE, "so2-ensemble-kappa": EVERYWHERE[1:], "so2-minima": EVERYWHERE,
        "canon-so2-rises": EVERYWHERE, "fmnist-osp": ["ensemble-test", "grows-test"],
        "hist-osp": ["ensemble-test", "grows-test"], "fmnist-acc": ["canonicalised", "steerable"],
    }  # fmt: skip
    for name, sets in (("fmnist", SETS[1:]), ("hist", SETS[2:])):
        for suffix in ("", "-kappa"):
            by_set[f"{name}-ood-ensemble{suffix}"] = sets
            by_set.setdefault(f"{name}-ood", []).extend([f"grows{suffix}", f"gap{suffix}"])
    alone = ["E1-fmnist-osp-100", "E1-hist-osp-20", "E1-hist-example", "E1-canon-so2-exact"]
    found = [f"E1-{name}-{data}" for name, sets in by_set.items() for data in sets]
    return {*orders, *beyond_chance, *of_talk, *(f"E1-table-{name}" for name in of_table), *found, *alone}


def test_no_claim_is_dropped():
    assert {claim.id for claim in claims.CLAIMS} == identifiers() and len(claims.CLAIMS) == len(identifiers()) == 91


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
    assert verdict(numbers.highest_floor(small, "test"), bound) == SUPPORTED
    assert verdict(numbers.highest_floor(large, "test"), bound) == CONTRADICTED
    assert verdict(numbers.highest_floor(table(spreads(0.0, error=0.1)), "test"), bound) == UNDECIDED
    assert numbers.members_law(small, "test").value == pytest.approx(1.0, abs=0.01)
    assert verdict(numbers.members_law(large, "test"), (-np.inf, 1.5)) == CONTRADICTED
    control = claim_of("E1-fmnist-time-control-test")
    both = table(spreads(0.0, error=0.002), spreads(0.9, "c1"))
    found = check(control, {control.table: both})
    assert found.verdict == SUPPORTED and found.value == pytest.approx(0.9) and found.control_verdict == CONTRADICTED


def test_agreement_rises_with_the_group_and_falls_between_its_angles():
    frame = table(rows("agreement", {"c4": (0.6, 0.7, 0.7), "c8": (0.8, 0.9, 0.9)}, group="so2"))
    assert numbers.rises_with_order(frame, "test").value == pytest.approx(0.2)
    falling = table(rows("agreement", {"c4": (0.8, 0.9, 0.9), "c8": (0.6, 0.7, 0.7)}, group="so2"))
    assert verdict(numbers.rises_with_order(falling, "test")) == CONTRADICTED
    at, between = (rows(q, {"c4": (v, v, v)}, group="so2") for q, v in (("at", 0.9), ("between", 0.6)))
    assert numbers.minima_between(table(at, between), "test").value == pytest.approx(0.3)


def test_exactness_is_exact():
    exact = {"model": "canonicalised", "members": 1.0, "augmentation": "c4"}
    several = [{**exact, "angle": np.nan, "value": 0.5, "quantity": "agreement"}]
    frame = pd.DataFrame(
        [{**exact, "angle": angle, "value": value, "quantity": "same"} for angle, value in ((90, 1.0), (45, 0.7))]
        + several
    )
    bounds = claim_of("E1-canon-so2-exact").bounds
    assert verdict(numbers.exact_at_quarter_turns(frame, "canonicalised"), bounds) == SUPPORTED
    between = numbers.exact_at_quarter_turns(frame, "canonicalised", at=False)
    assert between.value == 0.7 and verdict(between, bounds) == CONTRADICTED
    off = frame.assign(value=0.9999)
    assert verdict(numbers.exact_at_quarter_turns(off, "canonicalised"), bounds) == CONTRADICTED
    assert numbers.exact_at_quarter_turns(frame, "steerable").reason == "no such networks in this run"


def test_four_is_exactly_four():
    claim = claim_of("E1-table-exact-canonicalised")
    frame = table(rows("osp", {"c4": (4.0,)}, model="canonicalised", **OOD), rows("osp", {"c4": (3.5,)}, **OOD))
    frame = table(frame[frame.left_out == "none"])
    assert check(claim, {claim.table: frame}).verdict == SUPPORTED
    other = table(frame.assign(value=frame.value - 1e-4))
    assert check(claim, {claim.table: other}).verdict == CONTRADICTED
    assert check(claim_of("E1-table-exact-steerable"), {claim.table: frame}).verdict == UNDECIDED


def test_ensembles_are_compared_in_accuracy_and_labels_of_other_images_are_the_control():
    claim = claim_of("E1-fmnist-acc-canonicalised")
    own, other = rows("accuracy", {"c4": (0.8, 0.85, 0.86)}), rows("accuracy", {"c4": (0.82,)}, model="canonicalised")
    shifted = (
        rows("accuracy_shifted", {"c4": (0.1, 0.1, 0.1)}),
        rows("accuracy_shifted", {"c4": (0.1,)}, model="canonicalised"),
    )
    assert check(claim, {claim.table: table(own, other, *shifted)}).verdict == SUPPORTED
    better = rows("accuracy", {"c4": (0.95,)}, model="canonicalised")
    assert check(claim, {claim.table: table(own, better, *shifted)}).verdict == CONTRADICTED
    ensembles = claim_of("E1-fmnist-acc-steerable")
    steerable = rows("accuracy", {"c4": (0.7, 0.8)}, model="steerable")
    assert ensembles.find(table(own, steerable)).value == pytest.approx(0.06), "the largest of both"


def test_the_example_is_an_image_that_a_member_loses_and_the_ensemble_keeps():
    def said(member: list[int], ensemble: list[int]) -> pd.DataFrame:
        values = {1.0: member, 20.0: ensemble, np.inf: [6, 6, 6, 6]}
        rows = [(m, 90.0 * i, c) for m, of_size in values.items() for i, c in enumerate(of_size)]
        return pd.DataFrame(rows, columns=["members", "angle", "value"])

    bounds = claim_of("E1-hist-example").bounds
    assert verdict(numbers.example_as_chosen(said([6, 6, 2, 6], [6, 6, 6, 6])), bounds) == SUPPORTED
    assert verdict(numbers.example_as_chosen(said([6, 1, 2, 3], [6, 6, 6, 6])), bounds) == CONTRADICTED
    none = numbers.example_as_chosen(said([6, 6, 2, 6], [6, 6, 1, 6]))
    assert decide(none, bounds) == (UNDECIDED, "the ensemble keeps no such image at all rotations")


def test_canonicalised_networks_against_ensembles():
    ensembles = rows("osp", {"c4": (3.5, 3.9, 3.9), "c16": (14.0, 15.2, 15.2)}, **OOD)
    for value, expected in ((12.0, SUPPORTED), (16.0, CONTRADICTED)):
        own = rows("osp", {"c4": (4.0 if value < 15 else 3.0,), "c16": (value,)}, model="canonicalised", **OOD)
        assert verdict(numbers.loses_ground(table(ensembles, own), "ensemble"), BELOW) == expected
    one = table(ensembles, rows("osp", {"c4": (4.0,)}, model="canonicalised", **OOD))
    assert numbers.loses_ground(one, "ensemble").reason == "needs canonicalised networks of two groups"


def test_groups_are_compared_with_ensembles_of_the_size_that_all_of_them_have():
    ensembles = rows("osp", {"c4": (3.5, 3.6, 3.9), "c16": (14.0, 15.2)}, **OOD)
    own = rows("osp", {"c4": (4.0,), "c16": (12.0,)}, model="canonicalised", **OOD)
    assert numbers.common_size(table(ensembles, own)) == 5
    expected = (12 - 15.2) / 16 - (4 - 3.6) / 4
    assert numbers.loses_ground(table(ensembles, own), "ensemble").value == pytest.approx(expected)
    above = numbers.above(table(ensembles, own), "canonicalised", "ensemble", "c4")
    assert above.value == pytest.approx(4 - 3.9), "in one group, with the largest"


def test_only_the_published_numbers_of_ensembles_need_ensembles_of_their_size():
    frame = table(rows("osp", {"c4": (3.4, 3.8, 3.86)}, **OOD))
    bounds = numbers.around_published("ensemble", "c4")
    assert decide(numbers.as_published(frame, "ensemble", "c4"), bounds) == (UNDECIDED, "needs ensembles of 100")
    assert verdict(numbers.as_published(frame, "cnn", "c4"), numbers.around_published("cnn", "c4")) == SUPPORTED
    large = frame.assign(members=frame.members.replace(10.0, 100.0))
    assert verdict(numbers.as_published(large, "ensemble", "c4"), bounds) == SUPPORTED
    other = table(rows("osp", {"c4": (2.0,)}, **OOD))
    assert verdict(numbers.as_published(other, "cnn", "c4"), numbers.around_published("cnn", "c4")) == CONTRADICTED
    assert numbers.nearly_invariant(frame, "out_of_distribution", 100).reason == "needs ensembles of 100"


def test_numbers_that_no_replicate_changes_and_kappas_that_are_undefined_decide_nothing():
    constant = table(rows("osp", OSP, error=0.0))
    assert numbers.ensemble_above_members(constant, "test").reason == "no network or image changes it"
    for part in ("none", "members", "images"):
        undefined = table(rows("kappa", OSP))
        undefined.loc[(undefined.left_out == part) & (undefined.replicate < 2), "value"] = np.nan
        found = numbers.ensemble_above_members(undefined, "test", "kappa")
        assert decide(found, ABOVE) == (UNDECIDED, "all images are one class")


def test_claims_are_undecided_on_stand_in_data():
    claim = claim_of("E1-hist-osp-ensemble-test")
    frame = table(rows("osp", OSP), rows("osp", {"c1": (1.3, 1.3)}))
    assert check(claim, {claim.table: frame}).verdict == SUPPORTED
    frame.attrs["provenance"]["stand_in"] = True
    assert check(claim, {claim.table: frame}).verdict == UNDECIDED
