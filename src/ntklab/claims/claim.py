"""What a claim is: a statement, where it is made, the number that decides it, and the verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Number = float | np.floating
SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"


@dataclass(frozen=True)
class Finding:
    """The number that decides a claim, its 95 % interval, and what it says."""

    value: float
    ci_low: float
    ci_high: float
    verdict: str


@dataclass(frozen=True)
class Claim:
    """A statement of a paper and how it is decided: `find` maps the claim's table to a finding."""

    id: str
    paper: str
    source: str
    statement: str
    quantity: str
    criterion: str
    table: str
    find: Callable[[pd.DataFrame], Finding]
    published: float | None = None


def inside(value: Number, low: Number, high: Number, bounds: tuple[float, float]) -> Finding:
    """Supported when the whole interval lies inside the bounds, contradicted when it lies outside, else undecided."""
    if bounds[0] <= low and high <= bounds[1]:
        verdict = SUPPORTED
    elif high < bounds[0] or low > bounds[1]:
        verdict = CONTRADICTED
    else:
        verdict = UNDECIDED
    return Finding(float(value), float(low), float(high), verdict)


def check(claim: Claim, tables: Mapping[str, pd.DataFrame]) -> Finding:
    """The finding of a claim; one on stand-in data is always undecided."""
    table = tables[claim.table]
    finding = claim.find(table)
    if table.attrs["provenance"]["stand_in"]:
        return Finding(finding.value, finding.ci_low, finding.ci_high, UNDECIDED)
    return finding
