"""Every claim on the committed tables of a laptop run: it can fail, its verdict follows from its row, and the row is current."""

import re

import numpy as np
import pytest

from ntklab.claims.claim import CHECK, CONTRADICTED, EVIDENCE, SUPPORTED, UNDECIDED
from ntklab.pipeline.catalogue import claims
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.table_files import read_table

IDS = [claim.id for found in claims().values() for claim in found]


@pytest.fixture(scope="module")
def findings(request, findings_of):
    return findings_of(request.config.rootpath / "results/reference")


@pytest.fixture(scope="module")
def rows(request):
    return read_table(request.config.rootpath / "results/reference/claims/claims.parquet", CLAIMS).set_index("id")


def test_the_committed_rows_are_of_all_claims(rows):
    assert sorted(rows.index) == sorted(IDS)


@pytest.mark.parametrize("name", IDS)
def test_no_claim_is_supported_where_its_statement_must_fail(findings, name):
    claim, finding = findings[name]
    if finding.verdict == SUPPORTED:
        assert finding.control_verdict != SUPPORTED
    if claim.kind == EVIDENCE:
        assert claim.control is not None
        assert np.isfinite(finding.control_value) or (finding.verdict == UNDECIDED and finding.reason)
    assert (finding.verdict == UNDECIDED) == bool(finding.reason)


@pytest.mark.parametrize("name", IDS)
def test_a_committed_row_is_what_the_claim_finds(findings, rows, name):
    """So that tables, claims and what is written about them are of one state."""
    _, finding = findings[name]
    row = rows.loc[name]
    assert (finding.verdict, finding.reason) == (row.verdict, row.reason)
    columns = ["value", "ci_low", "ci_high", "control_value", "control_ci_low", "control_ci_high", "resolves"]
    found = [getattr(finding, column) for column in columns]
    np.testing.assert_allclose(found, row[columns].to_numpy(dtype=float), rtol=1e-9, atol=1e-15)


def bounds(criterion: str) -> tuple[float, float]:
    """Of a criterion in words, by another way than the one in which it was written."""
    low, high = re.search(r"between (\S+) and", criterion), re.search(r"(?:at most|and) (\S+)$", criterion)
    least = re.search(r"at least (\S+)$", criterion) or low
    return float(least[1]) if least else -np.inf, float(high[1]) if high else np.inf


@pytest.mark.parametrize("name", IDS)
def test_a_verdict_follows_from_the_numbers_of_its_row(rows, name):
    """The rules of evidence, read off the committed row: intervals with width, the whole of it inside, a control outside."""
    row = rows.loc[name]
    low, high = bounds(row.criterion)
    slack = 1e-4 * max(abs(end) for end in (low, high) if np.isfinite(end))  # words give six digits
    inside = low - slack <= row.ci_low and row.ci_high <= high + slack
    if np.isfinite(row.value):
        assert row.ci_low < row.ci_high and row.resampled
    if row.verdict == SUPPORTED:
        assert inside and row.reason == ""
        assert row.kind == CHECK or row.control_verdict != SUPPORTED
    if row.verdict == CONTRADICTED:
        assert row.ci_high < low or row.ci_low > high
    if row.reason == "interval too wide":
        assert not (low + slack <= row.ci_low and row.ci_high <= high - slack)
