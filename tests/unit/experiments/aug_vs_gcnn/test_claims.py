"""Claims about augmented and group-convolutional ensembles on made-up tables: supported where true, contradicted where not."""

import itertools

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.aug_vs_gcnn.claims import CLAIMS

BY_ID = {claim.id: claim for claim in CLAIMS}
TABLES = ("equivntk/aug_vs_gcnn_mlp_difference", "equivntk/aug_vs_gcnn_difference")
FLOORS = {("augmented", "gcnn"): 0.04, ("plain", "gcnn"): 0.5, ("augmented", "mismatched"): 0.3}
FLOORS |= {("augmented", "ntk"): 0.2, ("gcnn", "ntk"): 0.1}


def made_up(*, exponent=-0.5, excess=1.0, matched=1.0, control=1.0, widening=0.25) -> pd.DataFrame:
    """Differences that are pure noise, and squared ones that fall with width, unless told otherwise."""
    rows = []

    def add(data, width, pair, members, step, quantity, value, stderr):
        rows.append(
            dict(data=data, width=width, first=pair[0], second=pair[1], members=members, step=step, quantity=quantity,
                 value=value, stderr=stderr, n=max(1, round(16 / members)), ci_low=value - 1.96 * stderr,
                 ci_high=value + 1.96 * stderr)
        )  # fmt: skip

    cases = itertools.product(("training", "test", "noise"), (8.0, 32.0), FLOORS.items(), (1, 10))
    for data, width, (pair, floor), step in cases:
        for members in (1.0, 2.0, 4.0, 8.0, 16.0):
            add(data, width, pair, members, step, "difference", excess * members**exponent, 0.02 * members**exponent)
            add(data, width, pair, members, step, "noise", members**-0.5, 0.0)
        factor = matched if pair == ("augmented", "gcnn") else control if "ntk" not in pair else 1.0
        value = floor * factor * (widening if width == 32 else 1.0)
        add(data, width, pair, 32.0, step, "difference_floor", value, 0.002)
    frame = pd.DataFrame(rows)
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], dict.fromkeys(TABLES, made_up()))
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("noise-test", {"excess": 3.0}),
        ("members-law-noise", {"exponent": -0.1}),
        ("matched-training", {"matched": 100.0}),
        ("not-augmented-test", {"control": 0.01}),
        ("mismatched-noise", {"control": 0.01}),
        ("augmented-limit-test", {"widening": 2.0}),
        ("gcnn-limit-training", {"widening": 2.0}),
    ],
)
@pytest.mark.parametrize("table", TABLES)
def test_claims_about_the_bridge_are_contradicted_where_they_are_false(table, name, change):
    identifier = f"E2-{table.removeprefix('equivntk/').removesuffix('_difference').replace('_', '-')}-{name}"
    assert check(BY_ID[identifier], {table: made_up(**change)}).verdict == CONTRADICTED


def test_that_the_ensembles_approach_each_other_is_contradicted_where_they_part():
    identifier = "E2-aug-vs-gcnn-mlp-width-test"
    assert check(BY_ID[identifier], {TABLES[0]: made_up(widening=2.0)}).verdict == CONTRADICTED


def test_one_size_says_nothing_about_the_law():
    table = made_up()
    table = table[table.members.isin([1.0, 16.0, 32.0])]
    table.attrs["provenance"] = {"stand_in": False}
    claim = BY_ID["E2-aug-vs-gcnn-members-law-test"]
    assert check(claim, {claim.table: table}).verdict == UNDECIDED
