"""Exact moments of finite ReLU networks at one input: closed forms, the limit, and a network computed by hand."""

from fractions import Fraction

import numpy as np
import pytest

from ntklab.experiments.finite_width.relu_moments import TENSORS, leading_order, moments


@pytest.mark.parametrize("width", [1, 7, 64, 300])
def test_v_has_its_closed_form(width):
    """n ((1 + 5/n)^(l - 1) - 1) K^2, at K = 2."""
    expected = [4 * width * ((1 + 5 / width) ** (layer - 1) - 1) for layer in range(1, 31)]
    assert moments(width, 30)["V"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("tensor", TENSORS)
def test_the_limit_is_the_leading_order(tensor):
    at_limit, exact = np.array(leading_order(30)[tensor]), np.array(moments(10**8, 30)[tensor])
    np.testing.assert_allclose(exact, at_limit, rtol=1e-5)
    assert np.abs(np.array(moments(300, 30)[tensor]) / np.maximum(at_limit, 1e-30) - 1)[10:].min() > 0.05


@pytest.mark.parametrize("tensor", TENSORS)
def test_layer_two_is_the_leading_order_at_any_width(tensor):
    assert moments(3, 2)[tensor] == pytest.approx(leading_order(2)[tensor], rel=1e-12)


def test_layer_three_of_one_neuron_by_hand():
    """One neuron in both hidden layers: z^(1) = sqrt(2) x, z^(2) = sqrt(2) w z^(1) where that is positive, x and w normal.

    Both are positive one time in four, and nothing passes else. Then G^(3) = 2 (z^(2))^2, and with two last weights u and v
    NTK^(3)_12 = 2 u v NTK^(2)_11, NTK^(2)_11 = (z^(1))^2 + 2 w^2. Moments of normal numbers: E[x^2] = 1, E[x^4] = 3.
    """
    passing, second, fourth, k = 1 / 4, 1.0, 3.0, 2.0
    square = 4 * 4 * k**2 * fourth * fourth
    assert moments(1, 3)["V"][2] == pytest.approx(passing * square - k**2)
    ntk_squared = k**2 * fourth + 4 * k * second * second + 4 * fourth
    assert moments(1, 3)["B"][2] == pytest.approx(passing * 4 * ntk_squared)


def closed_forms(n: int, depth: int) -> dict[str, list[float]]:
    """Spec collapsed-sampling.md, section 3, as it is written there: C_W = 2, lambda_W = 1, k = 2 and t = 1.

    Derived from the moments of the NTK given the preactivations, and no part of it is shared with `moments`. Rational
    numbers, as D and F subtract powers that are close at large n.
    """
    n, k, t = Fraction(n), Fraction(2), Fraction(1)
    al, be = 1 + 5 / n, 1 - 1 / n
    x, y, k2, a = k * t, Fraction(0), k**2, t**2
    b = e = f = T = Fraction(0)
    found = {tensor: [] for tensor in TENSORS}
    for layer in range(1, depth + 1):
        p = layer - 1
        F = n * k * t / 3 * (p * al**p - n * be / 6 * (al**p - be**p))
        found["V"].append(float(n * k**2 * (al**p - 1)))
        found["F"].append(float(F))
        found["D"].append(float(n * k * t * (n / 6 * (al**layer - be**layer) - layer) + F))
        found["A"].append(float(n * (a + 2 * e + T - layer**2 * t**2)))
        found["B"].append(float(n * (b + 2 * f + T)))
        k2, x, y, a, b, e, f, T = (
            al * k2,
            al * k2 / 2 + be * x,
            2 / n * x + al * y,
            (1 - 3 / n + 4 / n**2) * a + (4 / n - 8 / n**2) * b + be * x + al * k2 / 4,
            be * b + (2 / n - 4 / n**2) * a,
            (2 / n - 4 / n**2) * a + be * e + x / n + al * y / 2,
            (2 / n - 4 / n**2) * b + be * f,
            4 / n**2 * (a + 2 * b) + 2 / n * (2 * e + 4 * f) + al * T,
        )
    return found


@pytest.mark.parametrize("width", [3, 200])
@pytest.mark.parametrize("tensor", TENSORS)
def test_equal_to_the_closed_forms_from_conditional_moments(tensor, width):
    np.testing.assert_allclose(moments(width, 30)[tensor], closed_forms(width, 30)[tensor], rtol=1e-10, atol=0)
