"""Claims about the diagrams hold where they are true and fail where they are not."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CHECK, CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.diagrams.claims import CHECKS, CLAIMS, COUNTS, DIAGRAMS, REPLICATES
from ntklab.metrics.resampling import leave_groups_out

BY_ID = {claim.id: claim for claim in CLAIMS}
TERMS = np.array([[3.0, 1.0, 0.2], [1.0, -1.0, 0.3]])
"""(diagram, component)"""


def replicates(factor: float, without: int | None, noise: float, seed: int = 0) -> pd.DataFrame:
    """X and Y of networks that have all diagrams, times a factor, or all but one."""
    rng, rows = np.random.default_rng(seed), []
    present = np.delete(TERMS, without, axis=0) if without is not None else TERMS
    for tensor in ("X", "Y"):
        for component in range(3):
            row = {"tensor": tensor, "component": str(component)}
            for width in (8.0, 16.0, 32.0):
                batches = factor * present[:, component].sum() + 1 / width + noise * rng.normal(size=40)
                left_out = leave_groups_out(lambda kept: kept.mean(), batches)
                stderr = batches.std(ddof=1) / np.sqrt(40)
                rest = {**row, "width": width, "number": 0, "quantity": "sampled", "stderr": stderr}
                rows += [{**rest, "replicate": k, "value": v} for k, v in enumerate([batches.mean(), *left_out])]
            diagram = {**row, "width": np.inf, "replicate": 0, "quantity": "diagram", "stderr": 0.0}
            rows += [{**diagram, "number": k, "value": v} for k, v in enumerate(TERMS[:, component], 1)]
    return pd.DataFrame(rows)


def tables(*, extra=0, equal=1e-15, noticed=0.1, factor=1.0, without=None, noise=0.05) -> dict[str, pd.DataFrame]:
    diagrams = [
        {"tensor": t, "number": k, "internal": "local" if k == 0 else "V"}
        for t, n in COUNTS.items()
        for k in range(n + extra)
    ]
    checks = []
    for tensor, count in COUNTS.items():
        solver = {"tensor": tensor, "quantity": "solver_difference"}
        checks.append({**solver, "change": "complete", "number": 0, "value": equal})
        for change in ("left out", "doubled"):
            checks += [{**solver, "change": change, "number": k + 1, "value": noticed} for k in range(count)]
    framed = {
        DIAGRAMS: pd.DataFrame(diagrams), CHECKS: pd.DataFrame(checks), REPLICATES: replicates(factor, without, noise),
    }  # fmt: skip
    for frame in framed.values():
        frame.attrs["provenance"] = {"stand_in": False}
    return framed


@pytest.mark.parametrize("identifier", BY_ID)
def test_claims_are_supported_where_they_are_true(identifier):
    found = check(BY_ID[identifier], tables())
    assert found.verdict == SUPPORTED and found.control_verdict == CONTRADICTED
    assert found.ci_low < found.value < found.ci_high


@pytest.mark.parametrize(("identifier", "change", "verdict"), [
    *((f"diagrams-number-{t}", {"extra": 1}, CONTRADICTED) for t in COUNTS),
    ("diagrams-equal-recursions", {"equal": 1e-8}, CONTRADICTED),
    ("diagrams-none-missing", {"noticed": 1e-9}, CONTRADICTED),
    ("diagrams-symmetry-factors", {"noticed": 1e-9}, CONTRADICTED),
    *((f"diagrams-hessian-product-{t}", {"factor": f}, CONTRADICTED) for t in "XY" for f in (0.0, 0.5, 2.0)),
    ("diagrams-hessian-product-X", {"noise": 30.0}, UNDECIDED),
    ("diagrams-hessian-product-control", {"without": 0}, CONTRADICTED),
    ("diagrams-hessian-product-control", {"without": 1}, CONTRADICTED),
    ("diagrams-hessian-product-control", {"noise": 3.0}, UNDECIDED),
])  # fmt: skip
def test_claims_fail_where_they_are_not(identifier, change, verdict):
    assert check(BY_ID[identifier], tables(**change)).verdict == verdict


def test_a_change_that_is_not_noticed_leaves_the_identity_without_power():
    found = check(BY_ID["diagrams-equal-recursions"], tables(noticed=1e-12))
    assert (found.verdict, found.reason) == (UNDECIDED, "control passes too")


def test_identities_and_counts_are_checks():
    assert all((claim.kind == CHECK) == (claim.table != REPLICATES) for claim in CLAIMS)
