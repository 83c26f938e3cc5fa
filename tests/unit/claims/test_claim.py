"""The verdict of a claim follows from its interval and its criterion; nothing is decided on stand-in data."""

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, Claim, check, inside

CLAIM = Claim(
    "id", "paper", "source", "statement", "quantity", "criterion", "table", lambda _: inside(0.5, 0.4, 0.6, (0.0, 1.0))
)


def table(stand_in: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"value": [0.0]})
    frame.attrs["provenance"] = {"stand_in": stand_in}
    return frame


def test_an_interval_across_the_criterion_is_undecided():
    assert inside(0.5, 0.4, 0.6, (0.0, 0.5)).verdict == UNDECIDED
    assert inside(0.5, 0.4, 0.5, (0.0, 0.5)).verdict == SUPPORTED
    assert inside(0.5, 0.51, 0.6, (0.0, 0.5)).verdict == CONTRADICTED
    assert inside(-0.5, -0.6, -0.1, (0.0, 0.5)).verdict == CONTRADICTED


def test_a_number_that_is_none_decides_nothing():
    nan = float("nan")
    assert inside(nan, nan, nan, (0.0, 1.0)).verdict == UNDECIDED


@pytest.mark.parametrize(("stand_in", "verdict"), [(False, SUPPORTED), (True, UNDECIDED)])
def test_a_claim_on_stand_in_data_is_undecided(stand_in, verdict):
    finding = check(CLAIM, {"table": table(stand_in)})
    assert finding.verdict == verdict
    assert (finding.value, finding.ci_low, finding.ci_high) == (0.5, 0.4, 0.6)
