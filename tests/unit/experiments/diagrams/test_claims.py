"""Claims about the diagrams hold where they are true and fail where they are not."""

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.diagrams.claims import CHECKS, CLAIMS, COUNTS, DIAGRAMS

BY_ID = {claim.id: claim for claim in CLAIMS}


def tables(*, extra=0, equal=1e-15, noticed=0.1, z=1.0, without=10.0) -> dict[str, pd.DataFrame]:
    diagrams = [{"tensor": t, "number": k} for t, count in COUNTS.items() for k in range(count + extra)]
    checks = []
    for tensor, count in COUNTS.items():
        solver = {"tensor": tensor, "quantity": "solver_difference"}
        checks.append({**solver, "change": "complete", "number": 0, "value": equal})
        for change in ("left out", "doubled"):
            checks += [{**solver, "change": change, "number": k + 1, "value": noticed} for k in range(count)]
    for tensor in ("X", "Y"):
        sampled = {"tensor": tensor, "quantity": "z_score"}
        checks.append({**sampled, "change": "complete", "number": 0, "value": -z})
        checks += [{**sampled, "change": "left out", "number": k, "value": v} for k in (1, 2) for v in (without, 0.0)]
    framed = {DIAGRAMS: pd.DataFrame(diagrams), CHECKS: pd.DataFrame(checks)}
    for frame in framed.values():
        frame.attrs["provenance"] = {"stand_in": False}
    return framed


@pytest.mark.parametrize("identifier", BY_ID)
def test_claims_are_supported_where_they_are_true(identifier):
    assert check(BY_ID[identifier], tables()).verdict == SUPPORTED


@pytest.mark.parametrize(("identifier", "change", "verdict"), [
    *((f"diagrams-number-{t}", {"extra": 1}, CONTRADICTED) for t in COUNTS),
    ("diagrams-equal-recursions", {"equal": 1e-8}, CONTRADICTED),
    ("diagrams-none-missing", {"noticed": 1e-9}, CONTRADICTED),
    ("diagrams-symmetry-factors", {"noticed": 1e-9}, CONTRADICTED),
    ("diagrams-hessian-product", {"z": 6.0}, CONTRADICTED),
    ("diagrams-hessian-product-control", {"without": 2.0}, UNDECIDED),
])  # fmt: skip
def test_claims_fail_where_they_are_not(identifier, change, verdict):
    assert check(BY_ID[identifier], tables(**change)).verdict == verdict
