"""Claims about finite width on small tables: supported where they are true, contradicted where they are not."""

import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED
from ntklab.experiments.finite_width import claims

INF = float("inf")


def row(**values):
    defaults = {"setup": "gelu", "component": "00", "layer": 4, "c_w": 2.0, "width": INF, "stderr": 0.0}
    return {**defaults, **values}


def kernels(sampled, stderr=1e-4, **at):
    """A table with K = 1, K1 = 2 and sampled means of K."""
    rows = [
        row(tensor="K", quantity="infinite_width", value=1.0, **at),
        row(tensor="K1", quantity="leading_order", value=2.0, **at),
        *(
            row(tensor="K", quantity="sampled", value=v, width=float(n), stderr=stderr, **at)
            for n, v in sampled.items()
        ),
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("coefficient", "verdict"), [(2.0, SUPPORTED), (0.0, CONTRADICTED)])
def test_the_correction_must_be_the_one_found(coefficient, verdict):
    table = kernels({n: 1 + coefficient / n + 0.3 / n**2 for n in (10, 20, 30, 60)})
    assert claims.corrected_agrees(table, "K", "00").verdict == verdict
    if coefficient:
        assert claims.corrected_is_closer(table, "K", "00").verdict == SUPPORTED


def test_noise_decides_nothing():
    table = kernels({n: 1 + 2 / n for n in (10, 20, 30)}, stderr=0.5)
    assert claims.corrected_agrees(table, "K", "00").verdict == UNDECIDED
    assert claims.no_correction_in_networks(table, "gelu", "K").verdict == UNDECIDED


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, SUPPORTED), (6.0, CONTRADICTED)])
def test_tensors_agree_when_z_is_of_order_one(scale, verdict):
    rows = [
        row(setup="all_tensors", tensor="V", quantity="z_score", value=scale * z, layer=3) for z in (1, -1, 0.5, 0.2)
    ]
    assert claims.tensor_agrees(pd.DataFrame(rows), "V").verdict == verdict


def test_no_correction_means_none():
    assert claims.no_correction_in_theory(kernels({10: 1.0}), "gelu", "K").verdict == CONTRADICTED
    table = kernels({10: 1.0, 20: 1.0})
    table.loc[table.tensor == "K1", "value"] = 0.0
    assert claims.no_correction_in_theory(table, "gelu", "K").verdict == SUPPORTED
    assert claims.no_correction_in_networks(table, "gelu", "K").verdict == SUPPORTED
    away = kernels({10: 1.1, 20: 1.05})
    assert claims.no_correction_in_networks(away, "gelu", "K").verdict == CONTRADICTED


@pytest.mark.parametrize(("exponent", "verdict"), [(1.19, SUPPORTED), (2.0, CONTRADICTED)])
def test_power_laws_are_compared_with_the_printed_ones(exponent, verdict):
    rows = [
        row(setup="relu_depth_v", tensor="V", component="0000", quantity="leading_order", value=l**exponent, layer=l)
        for l in range(1, 31)  # noqa: E741
    ]
    assert claims.power_law(pd.DataFrame(rows), "V", "0000", "leading_order").verdict == verdict
    assert claims.power_law(pd.DataFrame(rows[:8]), "V", "0000", "leading_order").verdict == UNDECIDED


@pytest.mark.parametrize(("slope", "verdict"), [(claims.SLOPE, SUPPORTED), (0.8, CONTRADICTED)])
def test_linear_growth_has_its_slope(slope, verdict):
    rows = [
        row(setup="relu_depth", tensor="Theta", quantity="sampled", value=slope * n, layer=n, stderr=0.01)
        for n in range(1, 31)
    ]
    assert claims.linear_growth(pd.DataFrame(rows)).verdict == verdict


@pytest.mark.parametrize(("coefficient", "verdict"), [(1.207, SUPPORTED), (1.615, CONTRADICTED)])
def test_the_printed_deviation_of_leaky_relu_is_that_of_its_own_networks(coefficient, verdict):
    at = {"setup": "leaky_relu", "tensor": "Theta", "component": "01"}
    rows = [row(quantity="infinite_width", value=2.0, **at)]
    for n in (10, 20, 40):
        rows.append(row(quantity="sampled", value=2 * (1 - coefficient / n), width=float(n), stderr=1e-3, **at))
    finding = claims.leading_leaky(pd.DataFrame(rows))
    assert finding.verdict == verdict and finding.value == pytest.approx(coefficient)
