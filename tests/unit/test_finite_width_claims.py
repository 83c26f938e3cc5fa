"""Claims and figures about finite width from small tables: supported when it is so, contradicted when it is not."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims import feynman
from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED
from ntklab.metrics.extrapolation import extrapolate
from ntklab.metrics.power_law import fit_power_law

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


def test_extrapolation_finds_the_constant_and_its_error(rng):
    widths = np.array([8, 16, 32, 64])
    exact = 3 + 2 / widths - 5 / widths**2
    value, error = extrapolate(widths, exact, np.full(4, 0.01), degree=2)
    assert value == pytest.approx(3, abs=1e-9)
    drawn = exact + 0.01 * rng.normal(size=(4000, 4))
    found = [float(extrapolate(widths, d, np.full(4, 0.01), degree=2)[0]) for d in drawn]
    assert np.std(found) == pytest.approx(float(error), rel=0.05)
    with pytest.raises(ValueError, match="2 widths do not fix a polynomial of degree 2"):
        extrapolate(widths[:2], exact[:2], np.ones(2), degree=2)


def test_extrapolation_keeps_shapes_and_exact_zeros():
    value, error = extrapolate(np.array([4, 8]), np.zeros((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(value, np.zeros(3))
    np.testing.assert_array_equal(error, np.zeros(3))


def test_power_laws_are_fitted_from_the_first_layer_asked_for():
    layers = np.arange(1, 31)
    fit = fit_power_law(layers, np.where(layers < 10, 1.0, 0.5 * layers**2.5), 10)
    assert fit.factor == pytest.approx(0.5) and fit.exponent == pytest.approx(2.5)
    assert fit_power_law(layers[:8], np.ones(8), 10) is None


@pytest.mark.parametrize(("coefficient", "verdict"), [(2.0, SUPPORTED), (0.0, CONTRADICTED)])
def test_the_correction_must_be_the_one_found(coefficient, verdict):
    table = kernels({n: 1 + coefficient / n + 0.3 / n**2 for n in (10, 20, 30, 60)})
    assert feynman.corrected_agrees(table, "K", "00").verdict == verdict
    if coefficient:
        assert feynman.corrected_is_closer(table, "K", "00").verdict == SUPPORTED


def test_noise_decides_nothing():
    table = kernels({n: 1 + 2 / n for n in (10, 20, 30)}, stderr=0.5)
    assert feynman.corrected_agrees(table, "K", "00").verdict == UNDECIDED
    assert feynman.no_correction_in_networks(table, "gelu", "K").verdict == UNDECIDED


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, SUPPORTED), (6.0, CONTRADICTED)])
def test_tensors_agree_when_z_is_of_order_one(scale, verdict):
    rows = [
        row(setup="all_tensors", tensor="V", quantity="z_score", value=scale * z, layer=3) for z in (1, -1, 0.5, 0.2)
    ]
    assert feynman.tensor_agrees(pd.DataFrame(rows), "V").verdict == verdict


def test_no_correction_means_none():
    assert feynman.no_correction_in_theory(kernels({10: 1.0}), "gelu", "K").verdict == CONTRADICTED
    table = kernels({10: 1.0, 20: 1.0})
    table.loc[table.tensor == "K1", "value"] = 0.0
    assert feynman.no_correction_in_theory(table, "gelu", "K").verdict == SUPPORTED
    assert feynman.no_correction_in_networks(table, "gelu", "K").verdict == SUPPORTED
    away = kernels({10: 1.1, 20: 1.05})
    assert feynman.no_correction_in_networks(away, "gelu", "K").verdict == CONTRADICTED


@pytest.mark.parametrize(("exponent", "verdict"), [(1.19, SUPPORTED), (2.0, CONTRADICTED)])
def test_power_laws_are_compared_with_the_printed_ones(exponent, verdict):
    rows = [
        row(setup="relu_depth_v", tensor="V", component="0000", quantity="leading_order", value=l**exponent, layer=l)
        for l in range(1, 31)  # noqa: E741
    ]
    assert feynman.power_law(pd.DataFrame(rows), "V", "0000", "leading_order").verdict == verdict
    assert feynman.power_law(pd.DataFrame(rows[:8]), "V", "0000", "leading_order").verdict == UNDECIDED


@pytest.mark.parametrize(("slope", "verdict"), [(feynman.SLOPE, SUPPORTED), (0.8, CONTRADICTED)])
def test_linear_growth_has_its_slope(slope, verdict):
    rows = [
        row(setup="relu_depth", tensor="Theta", quantity="sampled", value=slope * n, layer=n, stderr=0.01)
        for n in range(1, 31)
    ]
    assert feynman.linear_growth(pd.DataFrame(rows)).verdict == verdict


def test_every_claim_has_a_name_of_its_own():
    names = [claim.id for claim in feynman.CLAIMS]
    assert len(set(names)) == len(names) and all(claim.paper == "feynman" for claim in feynman.CLAIMS)
