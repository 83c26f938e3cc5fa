"""Claims of the kernel experiments on made-up tables: supported where they are true, contradicted where they are not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.kernel_identity.claims import (
    CLAIMS,
    CLASSIFICATION,
    CONVERGENCE,
    IDENTITIES,
    IDENTITY,
    PUBLISHED,
)

BY_ID = {claim.id: claim for claim in CLAIMS}


def framed(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


def identity_table(*, error=1.0, control=1.0) -> pd.DataFrame:
    rows = []
    for identity in IDENTITIES:
        for precision, snap, value in (("float64", True, 1e-15), ("float64", False, 1e-9), ("float32", True, 1e-7)):
            common = {"identity": identity, "precision": precision, "snap": snap}
            rows.append({**common, "control": False, "value": value * error})
            rows.append({**common, "control": True, "value": 0.1 * control})
    return framed(rows)


def convergence_table(*, exponent=-0.5, z=1.0, shift=0.0, data="2 normal images 16x16x3, key 0xdeadbeef"):
    network = "conv 3-3 SAME, pool, 0 hidden dense, relu, sw2=1 sb2=0"
    rows = []
    for kernel in ("ntk", "nngp"):
        for width in (1.0, 2.0, 4.0, 8.0, 16.0):
            value = width**exponent
            for quantity, number in (("draw_deviation", value), ("z_score", z)):
                rows.append(
                    {"kernel": kernel, "width": width, "quantity": quantity, "value": number, "stderr": 0.03 * value}
                )
    for kernel, printed in PUBLISHED.items():
        for (image, image2), value in zip(((0, 0), (0, 1), (1, 1)), printed, strict=True):
            rows.append({"kernel": kernel, "width": np.inf, "quantity": "entry", "value": value + shift,
                         "image": image, "image2": image2})  # fmt: skip
    return framed(rows).assign(data=data, network=network)


def classification_table(*, gain=0.1, linear=1e-12, nonlinear=0.3):
    rows = []
    cases = itertools.product(("upright", "turned"), ("linear", "nonlinear"), ("ntk", "nngp"), (8, 16), range(5))
    for orientation, head, kernel, size, repeat in cases:
        common = {"orientation": orientation, "head": head, "kernel": kernel, "training_images": size, "repeat": repeat}
        for architecture, value in (("cnn", 0.4), ("gcnn", 0.4 + gain + 0.01 * (repeat - 2)), ("cnn_augmented", 0.5)):
            rows.append({**common, "architecture": architecture, "quantity": "accuracy", "value": value})
        difference = linear if head == "linear" else nonlinear
        rows.append(
            {**common, "architecture": "cnn_augmented", "quantity": "difference_from_gcnn", "value": difference}
        )
    return framed(rows)


BRIDGES = ("equivntk/aug_vs_gcnn_mlp_difference", "equivntk/aug_vs_gcnn_difference")
FLOORS = {("augmented", "gcnn"): 0.04, ("plain", "gcnn"): 0.5, ("augmented", "mismatched"): 0.3}
FLOORS |= {("augmented", "ntk"): 0.2, ("gcnn", "ntk"): 0.1}


def bridge_table(*, exponent=-0.5, excess=1.0, matched=1.0, control=1.0, widening=0.25) -> pd.DataFrame:
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
    return framed(rows)


def tables(**changed) -> dict[str, pd.DataFrame]:
    made = {IDENTITY: identity_table(), CONVERGENCE: convergence_table(), CLASSIFICATION: classification_table()}
    made |= dict.fromkeys(BRIDGES, bridge_table())
    return made | changed


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], tables())
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "table", "change"),
    [
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-float64", IDENTITY, {"error": 1e4}) for i in IDENTITIES),
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-float32", IDENTITY, {"error": 1e5}) for i in IDENTITIES),
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-control", IDENTITY, {"control": 1e-4}) for i in IDENTITIES),
        ("E2-kernel-identity-b-without-snap", IDENTITY, {"error": 1e3}),
        ("E2-kernel-convergence-slope-ntk", CONVERGENCE, {"exponent": -0.1}),
        ("E2-kernel-convergence-mean-nngp", CONVERGENCE, {"z": 6.0}),
        ("E2-kernel-convergence-published-nngp", CONVERGENCE, {"shift": 1e-6}),
        ("E2-kernel-convergence-published-ntk-from-input", CONVERGENCE, {"shift": -2e-3}),
        ("E2-hist-kernel-gain-linear-head-ntk", CLASSIFICATION, {"gain": -0.1}),
        ("E2-hist-kernel-gain-nonlinear-head-nngp", CLASSIFICATION, {"gain": -0.1}),
        ("E2-hist-kernel-augmented-ntk", CLASSIFICATION, {"linear": 1e-3}),
        ("E2-hist-kernel-head-nngp", CLASSIFICATION, {"nonlinear": 1e-12}),
    ],
)  # fmt: skip
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, table, change):
    make = {IDENTITY: identity_table, CONVERGENCE: convergence_table, CLASSIFICATION: classification_table}[table]
    assert check(BY_ID[identifier], tables(**{table: make(**change)})).verdict == CONTRADICTED


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
@pytest.mark.parametrize("table", BRIDGES)
def test_claims_about_the_bridge_are_contradicted_where_they_are_false(table, name, change):
    identifier = f"E2-{table.removeprefix('equivntk/').removesuffix('_difference').replace('_', '-')}-{name}"
    assert check(BY_ID[identifier], tables(**{table: bridge_table(**change)})).verdict == CONTRADICTED


def test_one_size_says_nothing_about_the_law():
    table = bridge_table()
    table = table[table.members.isin([1.0, 16.0, 32.0])]
    table.attrs["provenance"] = {"stand_in": False}
    claim = BY_ID["E2-aug-vs-gcnn-members-law-test"]
    assert check(claim, tables(**{claim.table: table})).verdict == UNDECIDED


def test_a_gain_within_its_error_is_undecided():
    table = classification_table(gain=0.005)
    assert check(BY_ID["E2-hist-kernel-gain-linear-head-ntk"], tables(**{CLASSIFICATION: table})).verdict == UNDECIDED


def test_printed_kernels_say_nothing_about_other_images():
    table = convergence_table(data="2 normal images 8x8x3, key 0x1")
    assert check(BY_ID["E2-kernel-convergence-published-nngp"], tables(**{CONVERGENCE: table})).verdict == UNDECIDED
