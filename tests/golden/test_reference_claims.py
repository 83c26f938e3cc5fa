"""The committed tables of a laptop run give the committed findings: what claims compute does not drift unseen."""

import numpy as np
import pytest
from ntklab.claims.catalogue import CLAIMS
from ntklab.schemas import CLAIMS as CLAIMS_SCHEMA
from ntklab.schemas import SCHEMAS

from ntklab.claims.claim import check
from ntklab.pipeline.tables import read_table


@pytest.fixture(scope="module")
def reference(request):
    folder = request.config.rootpath / "results/reference"
    names = {claim.table for claim in CLAIMS}
    tables = {name: read_table(folder / f"tables/{name}.parquet", SCHEMAS[name]) for name in names}
    return tables, read_table(folder / "claims/claims.parquet", CLAIMS_SCHEMA).set_index("id")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_finds_what_it_found(reference, claim):
    tables, found = reference
    finding, row = check(claim, tables), found.loc[claim.id]
    assert finding.verdict == row.verdict
    expected = row[["value", "ci_low", "ci_high"]].to_numpy(dtype=float)
    np.testing.assert_allclose([finding.value, finding.ci_low, finding.ci_high], expected, rtol=1e-9, atol=1e-15)
