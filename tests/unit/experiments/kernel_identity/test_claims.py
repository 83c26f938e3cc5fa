"""Claims about identities on made-up tables: supported where they are true, contradicted where they are not."""

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, check
from ntklab.experiments.kernel_identity.claims import CLAIMS, IDENTITIES, TABLE

BY_ID = {claim.id: claim for claim in CLAIMS}


def made_up(*, error=1.0, control=1.0) -> dict[str, pd.DataFrame]:
    """Errors at the size of rounding and controls far above it, times a factor each."""
    rows = []
    for identity in IDENTITIES:
        for precision, snap, value in (("float64", True, 1e-15), ("float64", False, 1e-9), ("float32", True, 1e-7)):
            common = {"identity": identity, "precision": precision, "snap": snap}
            rows.append({**common, "control": False, "value": value * error})
            rows.append({**common, "control": True, "value": 0.1 * control})
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
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-float64", {"error": 1e4}) for i in IDENTITIES),
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-float32", {"error": 1e5}) for i in IDENTITIES),
        *((f"E2-kernel-identity-{i.replace(' ', '-')}-control", {"control": 1e-4}) for i in IDENTITIES),
        ("E2-kernel-identity-b-without-snap", {"error": 1e3}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, change):
    assert check(BY_ID[identifier], made_up(**change)).verdict == CONTRADICTED


def test_the_worst_network_decides_on_an_identity_and_the_best_one_on_its_control():
    (frame,) = made_up().values()
    worse = frame.assign(value=frame.value.where(frame.control, 1e-3))
    better = frame.assign(value=frame.value.where(~frame.control, 1e-9))
    frame = pd.concat([frame, worse, better])
    frame.attrs["provenance"] = {"stand_in": False}
    assert check(BY_ID["E2-kernel-identity-a-float64"], {TABLE: frame}).value == 1e-3
    assert check(BY_ID["E2-kernel-identity-a-control"], {TABLE: frame}).value == 1e-9
