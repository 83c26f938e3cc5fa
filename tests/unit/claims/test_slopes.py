"""Slopes of power laws: the known one is found, and its interval holds it as often as it says."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED
from ntklab.claims.slopes import common_slope, slope_with_error

MEMBERS = np.array([1.0, 3.0, 10.0, 30.0, 100.0])


def rows(exponent: float, factors=(1.0, 5.0), relative_error: float = 0.02, noise=0.0) -> pd.DataFrame:
    """factor * members^exponent for each kind, with errors in proportion; `noise` is in units of them."""
    frames = [
        pd.DataFrame({"kind": str(factor), "members": MEMBERS, "value": factor * MEMBERS**exponent})
        for factor in factors
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.assign(stderr=relative_error * frame.value)
    return frame.assign(value=frame.value + noise * frame.stderr)


def test_one_slope_is_common_to_kinds_of_different_size():
    table = rows(-0.5)
    finding = common_slope(table, table.kind)
    assert finding.value == pytest.approx(-0.5) and finding.verdict == SUPPORTED
    table = rows(-0.3)
    assert common_slope(table, table.kind).verdict == CONTRADICTED


@pytest.mark.parametrize("found", ["common_slope", "slope_with_error"])
def test_the_interval_holds_the_slope_nineteen_times_of_twenty(rng, found):
    inside = 0
    for _ in range(200):
        factors = (1.0, 5.0) if found == "common_slope" else (1.0,)
        table = rows(-0.5, factors, noise=rng.normal(size=len(factors) * len(MEMBERS)))
        if found == "common_slope":
            finding = common_slope(table, table.kind)
            slope, error = finding.value, finding.ci_high - finding.value
        else:
            slope, error = slope_with_error(table.members, table)
        inside += abs(slope + 0.5) <= error
    assert 0.91 < inside / 200 < 0.99
