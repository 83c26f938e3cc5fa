"""The committed tables of a laptop run give the committed findings: what claims compute does not drift unseen."""

import numpy as np
import pytest

from ntklab.claims.claim import check
from ntklab.pipeline.catalogue import claims, schemas
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.table_files import read_table

ALL = [claim for found in claims().values() for claim in found]


@pytest.fixture(scope="module")
def reference(request):
    folder = request.config.rootpath / "results/reference"
    names = {claim.table for claim in ALL}
    tables = {name: read_table(folder / f"tables/{name}.parquet", schemas()[name]) for name in names}
    return tables, read_table(folder / "claims/claims.parquet", CLAIMS).set_index("id")


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.id)
def test_a_claim_finds_what_it_found(reference, claim):
    tables, found = reference
    finding, row = check(claim, tables), found.loc[claim.id]
    assert finding.verdict == row.verdict
    expected = row[["value", "ci_low", "ci_high"]].to_numpy(dtype=float)
    np.testing.assert_allclose([finding.value, finding.ci_low, finding.ci_high], expected, rtol=1e-9, atol=1e-15)


def test_the_committed_findings_are_of_all_claims(reference):
    assert sorted(reference[1].index) == sorted(claim.id for claim in ALL)
