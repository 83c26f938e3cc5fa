"""Claims about identities on made-up tables: supported where they are true, not where they are false."""

import pandas as pd
import pytest

from ntklab.claims.claim import CHECK, CONTRADICTED, EVIDENCE, SUPPORTED, UNDECIDED, check
from ntklab.experiments.kernel_identity.claims import CLAIMS, CONTROL_BAR, IDENTITIES, TABLE

BY_ID = {claim.id: claim for claim in CLAIMS}
NAMES = {identity: f"E2-kernel-identity-{identity.replace(' ', '-')}" for identity in IDENTITIES}


def made_up(*, error=1.0, control=1.0) -> dict[str, pd.DataFrame]:
    """Errors at the size of rounding and controls far above it, times a factor each."""
    rows = []
    for identity in IDENTITIES:
        for precision, snap, value in (("float64", True, 1e-15), ("float64", False, 1e-9), ("float32", True, 1e-7)):
            common = {"identity": identity, "precision": precision, "snap": snap}
            rows.append({**common, "control": False, "value": value * error})
            rows.append({**common, "control": True, "value": 0.1 * control})
    return tables(pd.DataFrame(rows))


def tables(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    frame.attrs["provenance"] = {"stand_in": False}
    return {TABLE: frame}


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(identifier):
    finding = check(BY_ID[identifier], made_up())
    assert finding.verdict == SUPPORTED and finding.control_verdict == CONTRADICTED
    assert finding.ci_low < finding.value < finding.ci_high and finding.resampled == "none"


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        *((f"{name}-float64", {"error": 1e4}) for name in NAMES.values()),
        *((f"{name}-float32", {"error": 1e5}) for name in NAMES.values()),
        *((f"{name}-control", {"control": 0.09}) for name in NAMES.values()),
        *((f"{NAMES[identity]}-without-snap", {"error": 1e4}) for identity in ("a", "b", "c", "d", "d ridge")),
    ],
)
def test_no_claim_is_supported_where_it_is_false(identifier, change):
    assert check(BY_ID[identifier], made_up(**change)).verdict in (CONTRADICTED, UNDECIDED)


@pytest.mark.parametrize("identifier", [f"{NAMES['a']}-float64", f"{NAMES['c']}-float32", f"{NAMES['f']}-control"])
def test_errors_that_both_precisions_agree_on_contradict(identifier):
    """A violated identity has the same error in both precisions; a broken condition that breaks nothing has rounding's."""
    (frame,) = made_up().values()
    violated = frame.assign(value=frame.value.where(frame.control, 0.05).where(~frame.control, 1e-15))
    assert check(BY_ID[identifier], tables(violated)).verdict == CONTRADICTED


def test_the_bar_of_controls_is_that_of_the_specification():
    assert CONTROL_BAR == 1e-2
    assert check(BY_ID[f"{NAMES['f']}-control"], made_up(control=0.05)).verdict == CONTRADICTED


def test_identities_are_checks_and_the_need_of_their_conditions_is_evidence():
    kinds = {claim.id.rpartition("-")[2]: claim.kind for claim in CLAIMS}
    assert kinds == {"float64": CHECK, "float32": CHECK, "snap": CHECK, "control": EVIDENCE}


def test_the_worst_network_decides_on_an_identity_and_the_best_one_on_its_control():
    (frame,) = made_up().values()
    worse = frame.assign(value=frame.value.where(frame.control, 1e-3))
    better = frame.assign(value=frame.value.where(~frame.control, 1e-9))
    both = tables(pd.concat([frame, worse, better]))
    assert check(BY_ID["E2-kernel-identity-a-float64"], both).value == 1e-3
    assert check(BY_ID["E2-kernel-identity-a-control"], both).value == 1e-9


def test_the_error_of_an_error_is_what_the_other_precision_changes():
    finding = check(BY_ID["E2-kernel-identity-c-float32"], made_up())
    assert finding.ci_high - finding.value == pytest.approx(1e-7 + 2**-23, rel=1e-5)
    finding = check(BY_ID["E2-kernel-identity-c-float64"], made_up())
    assert finding.ci_high - finding.value == pytest.approx(1e-7 * 2**-29 + 2**-52, rel=1e-5)
