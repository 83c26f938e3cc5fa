"""What a claim is: a statement, where it is made, the number that decides it, its control, and the verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ntklab.metrics.resampling import Interval, fraction_noticed

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
EVIDENCE, CHECK = "evidence", "check"
CONTROL_PASSES, TOO_WIDE, STAND_IN = "control passes too", "interval too wide", "stand-in data"

Statistic = Callable[[pd.DataFrame], Interval]
"""The table of a claim -> the number, with its intervals."""


@dataclass(frozen=True)
class Claim:
    """A statement of a paper and how it is decided.

    Attributes:
        find: the number that decides.
        bounds: where its interval must lie, ends included; infinite for one side only.
        kind: evidence, about what could be otherwise, or check, of the arithmetic (an identity, a sum of all terms).
        control: the same statistic where the statement must fail; every claim of kind evidence has one.
        control_is: what the control is, in words.
        of_theory: whether the number is measured / theory; the finding then says which change of the theory it notices.
        published: the number that the source states for the same quantity, if any.
    """

    id: str
    paper: str
    source: str
    statement: str
    quantity: str
    table: str
    find: Statistic
    bounds: tuple[float, float]
    kind: str = EVIDENCE
    control: Statistic | None = None
    control_is: str = ""
    of_theory: bool = False
    published: float | None = None

    def __post_init__(self) -> None:
        if (self.control is None) != (self.control_is == ""):
            raise ValueError(f"claim {self.id}: a control and its words come together")
        if self.kind == EVIDENCE and self.control is None:
            raise ValueError(f"claim {self.id}: evidence needs a control, the same statistic where the statement fails")

    @property
    def criterion(self) -> str:
        """What counts as supported, in words."""
        low, high = self.bounds
        if np.isinf(low):
            return f"interval at most {high:g}"
        if np.isinf(high):
            return f"interval at least {low:g}"
        return f"interval between {low:g} and {high:g}"


@dataclass(frozen=True)
class Finding:
    """The number that decides a claim, its 95 % interval, those of the control, and what they say.

    `control_verdict` is that of the same rule without the control's own control: a claim is worth what it could have shown
    had it been false.
    """

    value: float
    ci_low: float
    ci_high: float
    resampled: str
    resolves: float
    control_value: float
    control_ci_low: float
    control_ci_high: float
    control_verdict: str
    verdict: str
    reason: str


def decide(number: Interval, bounds: tuple[float, float]) -> tuple[str, str]:
    """Verdict and reason without a control: supported when the whole 95 % interval meets the bounds, contradicted when the
    whole 99.7 % interval is outside (of 300 true claims, one at 95 % would contradict several by chance)."""
    (low, high), (lowest, highest) = number.ci95, number.ci997
    if number.reason or np.isnan(number.value):
        return UNDECIDED, number.reason or "no number"
    if bounds[0] <= low and high <= bounds[1]:
        return SUPPORTED, ""
    if highest < bounds[0] or lowest > bounds[1]:
        return CONTRADICTED, ""
    return UNDECIDED, TOO_WIDE


def check(claim: Claim, tables: Mapping[str, pd.DataFrame]) -> Finding:
    """The finding of a claim; one on stand-in data, or whose control would be supported too, is always undecided.

    `ValueError` for an interval without width: it says that the spread of the number was not looked at.
    """
    whole = tables[claim.table]
    # Without its provenance, which pandas would copy, deeply, with every selection.
    table = whole.copy(deep=False)
    table.attrs = {}
    number = claim.find(table)
    if number.ci95[0] == number.ci95[1]:
        raise ValueError(f"claim {claim.id}: an interval of zero width")
    verdict, reason = decide(number, claim.bounds)
    nan = float("nan")
    control, control_verdict = Interval(nan, (nan, nan), (nan, nan), ""), ""
    if claim.control:
        control = claim.control(table)
        control_verdict, missing = decide(control, claim.bounds)
        if verdict == SUPPORTED and control_verdict == SUPPORTED:
            verdict, reason = UNDECIDED, CONTROL_PASSES
        elif verdict == SUPPORTED and missing and missing != TOO_WIDE:
            verdict, reason = UNDECIDED, f"no control: {missing}"
    if whole.attrs["provenance"]["stand_in"]:
        verdict, reason = UNDECIDED, STAND_IN
    return Finding(
        value=number.value, ci_low=number.ci95[0], ci_high=number.ci95[1], resampled=number.resampled,
        resolves=fraction_noticed(number) if claim.of_theory else nan,
        control_value=control.value, control_ci_low=control.ci95[0], control_ci_high=control.ci95[1],
        control_verdict=control_verdict, verdict=verdict, reason=reason,
    )  # fmt: skip


def of_changed_theory(find: Statistic, factor: float | int) -> Statistic:
    """Control of a ratio measured / theory: the same with the theory times `factor`."""

    def found(table: pd.DataFrame) -> Interval:
        return find(table).scaled(1 / factor)

    return found
