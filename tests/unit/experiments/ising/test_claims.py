"""Claims about Ising lattices on made-up tables: supported where they are true, contradicted where they are not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.ising.claims import CLAIMS, ISING

SETS = ["training", "in_distribution", "gaussian_spins", "diluted_spins"]
BY_ID = {claim.id: claim for claim in CLAIMS}


def made_up(
    *,
    exponent: float = -0.5,
    floor: float = 0.0,
    ntk_spread: float = 1e-15,
    control: float = 0.3,
    widening: float = 0.5,
) -> pd.DataFrame:
    """An invariance table whose numbers follow the theory unless told otherwise (errors of 1 %)."""
    rows = []

    def add(data, augmentation, width, members, step, quantity, value, stderr):
        rows.append(
            dict(data=data, group="c4", augmentation=augmentation, width=width, members=members, step=step,
                 quantity=quantity, value=value, stderr=stderr, n=20, ci_low=value - 1.96 * stderr,
                 ci_high=value + 1.96 * stderr)
        )  # fmt: skip

    for data, step in itertools.product(SETS, [0, 10, 100]):
        add(data, "c4", np.inf, np.inf, step, "rsd_pooled", ntk_spread, 0.0)
        add(data, "c1", 64.0, 1.0, step, "spread", 0.6, 0.006)
        add(data, "c1", 64.0, 100.0, step, "floor", control * 0.36, 0.001)
        for narrowing, width in enumerate([64.0, 256.0]):
            for members in (1.0, 10.0, 100.0):
                value = 0.6 * members**exponent
                add(data, "c4", width, members, step, "spread", value, 0.01 * value)
                add(data, "c4", width, members, step, "rsd_pooled", value, 0.01 * value)
            add(data, "c4", width, 100.0, step, "floor", floor * 0.36, 0.001)
            add(data, "c4", width, 100.0, step, "distance_floor", 0.01 * widening ** (2 * narrowing), 0.0002)
    frame = pd.DataFrame(rows)
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


def verdict(identifier: str, table: pd.DataFrame) -> str:
    return check(BY_ID[identifier], {ISING: table}).verdict


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], {ISING: made_up()})
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("E1-ising-ntk-invariant", {"ntk_spread": 1e-6}),
        ("E1-ising-members-law-in_distribution", {"exponent": -0.1}),
        ("E1-ising-members-law-all-times-gaussian_spins", {"exponent": -0.1}),
        ("E1-ising-floor-in_distribution", {"floor": 0.1}),
        ("E1-ising-floor-bound-diluted_spins", {"floor": 0.1}),
        ("E1-ising-control-in_distribution", {"control": 0.0}),
        ("E1-ising-ensemble-below-members-diluted_spins", {"exponent": -0.1}),
        ("E1-ising-ntk-distance-falls", {"widening": 2.0}),
        ("E1-ising-ntk-distance-in_distribution", {"widening": 2.0}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, change):
    assert verdict(identifier, made_up(**change)) == CONTRADICTED


def test_invariance_out_of_distribution_is_compared_with_that_in_distribution():
    table = made_up()
    table.loc[(table.data == "gaussian_spins") & (table.members == 100), ["value", "stderr"]] *= 4
    assert verdict("E1-ising-ood-gaussian_spins", table) == CONTRADICTED
    assert verdict("E1-ising-ood-diluted_spins", table) == SUPPORTED


def test_members_that_are_invariant_themselves_contradict_that_they_vary():
    table = made_up()
    table.loc[table.members == 1, ["value", "ci_low", "ci_high"]] *= 0.1
    assert verdict("E1-ising-members-vary-in_distribution", table) == CONTRADICTED


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_claims_on_stand_in_data_are_undecided(identifier):
    table = made_up()
    table.attrs["provenance"] = {"stand_in": True}
    assert verdict(identifier, table) == UNDECIDED
