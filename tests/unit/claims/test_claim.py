"""A verdict follows from a number's intervals, the bounds, and a control that the statement must fail."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import (
    CHECK,
    CONTRADICTED,
    CONTROL_PASSES,
    STAND_IN,
    SUPPORTED,
    TOO_WIDE,
    UNDECIDED,
    Claim,
    check,
    decide,
    of_changed_theory,
)
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
FAILS = numerical(5.0, 0.1)


def number(value=0.5, half95=0.1, half997=0.2, reason="") -> Interval:
    ends = [(value - half, value + half) for half in (half95, half997)]
    return Interval(value, *ends, "members", reason)


def claim(found: Interval, control: Interval | None = FAILS, bounds=(0.0, 1.0), **more) -> Claim:
    words = {"control": lambda table: control, "control_is": "elsewhere"} if control else {}
    return Claim(
        "E0-made-up", "paper", "source", "statement", "quantity", "table", lambda table: found, bounds, **words, **more
    )


def verdict(stated: Claim, stand_in: bool = False):
    frame = pd.DataFrame({"value": [0.0]})
    frame.attrs["provenance"] = {"stand_in": stand_in}
    return check(stated, {"table": frame})


@pytest.mark.parametrize(
    ("value", "half95", "half997", "expected"),
    [
        (0.5, 0.5, 0.9, SUPPORTED),  # all of 95 % inside, ends included; 99.7 % may reach out
        (0.5, 0.51, 0.9, UNDECIDED),
        (1.3, 0.1, 0.2, CONTRADICTED),
        (1.3, 0.1, 0.31, UNDECIDED),  # 95 % outside is not enough
        (-0.3, 0.1, 0.2, CONTRADICTED),
        (-0.3, 0.1, 0.3, UNDECIDED),
    ],
)
def test_support_takes_the_interval_at_95_and_contradiction_that_at_99_7_percent(value, half95, half997, expected):
    found = verdict(claim(number(value, half95, half997)))
    assert found.verdict == expected
    assert found.reason == (TOO_WIDE if expected == UNDECIDED else "")
    assert (found.value, found.ci_low, found.ci_high) == (value, value - half95, value + half95)


@pytest.mark.parametrize(("bounds", "value"), [((-INF, 1.0), -50.0), ((0.0, INF), 50.0)])
def test_a_bound_on_one_side_is_open_on_the_other(bounds, value):
    assert decide(number(value), bounds) == (SUPPORTED, "")
    assert decide(number(-value), bounds) == (CONTRADICTED, "")


def test_a_claim_whose_control_passes_too_has_no_power():
    found = verdict(claim(number(), number(0.6)))
    assert (found.verdict, found.reason, found.control_verdict) == (UNDECIDED, CONTROL_PASSES, SUPPORTED)
    assert (found.control_value, found.control_ci_low, found.control_ci_high) == (0.6, 0.5, 0.7)


def test_a_control_that_passes_takes_nothing_from_a_contradiction():
    assert verdict(claim(number(3.0), number(0.6))).verdict == CONTRADICTED


@pytest.mark.parametrize(("control", "expected"), [(number(0.9), UNDECIDED), (number(3.0), CONTRADICTED)])
def test_a_control_that_is_not_supported_leaves_the_support(control, expected):
    found = verdict(claim(number(), control, bounds=(0.0, 0.95)))
    assert (found.verdict, found.control_verdict) == (SUPPORTED, expected)


def test_a_control_without_a_number_takes_the_support():
    found = verdict(claim(number(), nothing("no control was trained")))
    assert found.verdict == UNDECIDED and "no control was trained" in found.reason


@pytest.mark.parametrize(
    "found", [number(reason="needs ensembles of 100"), number(3.0, reason="needs ensembles of 100")]
)
def test_a_gate_decides_nothing_keeps_the_number_and_gives_its_reason(found):
    checked = verdict(claim(found))
    assert (checked.verdict, checked.reason) == (UNDECIDED, "needs ensembles of 100")
    assert checked.value == found.value


def test_a_number_that_is_none_decides_nothing():
    checked = verdict(claim(nothing("one width only")))
    assert (checked.verdict, checked.reason) == (UNDECIDED, "one width only") and np.isnan(checked.value)
    nan = float("nan")
    assert decide(Interval(nan, (nan, nan), (nan, nan), "members"), (0.0, 1.0))[0] == UNDECIDED


@pytest.mark.parametrize("value", [0.5, 3.0])
def test_stand_in_data_decide_nothing(value):
    checked = verdict(claim(number(value)), stand_in=True)
    assert (checked.verdict, checked.reason, checked.value) == (UNDECIDED, STAND_IN, value)


def test_evidence_without_a_control_is_refused_and_a_check_is_not():
    with pytest.raises(ValueError, match=r"E0-made-up.*control"):
        claim(number(), control=None)
    assert verdict(claim(number(), control=None, kind=CHECK)).verdict == SUPPORTED


@pytest.mark.parametrize("more", [{"control": lambda table: FAILS}, {"control_is": "elsewhere"}])
def test_a_control_comes_with_its_words(more):
    with pytest.raises(ValueError, match="E0-made-up"):
        Claim("E0-made-up", "", "", "", "", "table", lambda table: number(), (0.0, 1.0), kind=CHECK, **more)


def test_an_interval_without_width_is_refused():
    with pytest.raises(ValueError, match=r"E0-made-up.*zero width"):
        verdict(claim(numerical(0.5, 0.0)))


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((-INF, 0.04), "at most 0.04"), ((0.01, INF), "at least 0.01"), ((-0.65, -0.35), "between -0.65 and -0.35")],
)
def test_the_criterion_in_words_follows_from_the_bounds(bounds, words):
    assert claim(number(), bounds=bounds).criterion == f"interval {words}"


def test_a_ratio_to_theory_says_which_change_it_notices_and_others_do_not():
    assert verdict(claim(number(1.05, 0.1), bounds=(0.8, 1.2), of_theory=True)).resolves == pytest.approx(0.15)
    assert np.isnan(verdict(claim(number())).resolves)


def test_the_control_of_a_theory_is_the_theory_changed():
    changed = of_changed_theory(lambda table: number(1.0, 0.1, 0.2, "gate"), 2.0)(pd.DataFrame())
    assert changed == Interval(0.5, (0.45, 0.55), (0.4, 0.6), "members", "gate")
