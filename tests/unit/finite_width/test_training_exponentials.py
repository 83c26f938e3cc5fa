"""Nested integrals and sums of decays: against quadrature, plain sums and high precision, wherever nodes coincide or vanish."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import nquad

from ntklab.finite_width.training.exponentials import Flow, Steps

RATES = {
    "distinct": (0.0, 0.3, 1.1, 2.5, 0.7),
    "coincident": (0.8, 0.8, 0.8, 0.8, 0.8),
    "all zero": (0.0, 0.0, 0.0, 0.0, 0.0),
    "nearly coincident": (0.5, 0.5 * (1 + 1e-9), 0.0, 1e-12, 0.5),
    "far apart": (0.0, 1e-7, 1e-3, 10.0, 1e4),
}


def precise(function, nodes):
    """A divided difference in 250 digits; nodes are moved apart by 1e-25."""
    with mp.workdps(250):
        x = [mp.mpf(float(node)) + k * mp.mpf(10) ** -25 for k, node in enumerate(nodes)]
        row = [function(value) for value in x]
        for order in range(1, len(x)):
            row = [(row[i + 1] - row[i]) / (x[i + order] - x[i]) for i in range(len(row) - 1)]
        return float(row[0])


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES.keys())
@pytest.mark.parametrize("time", [0.0, 1e-4, 0.5, 3.0, 40.0, 1e6])
def test_the_flow_in_high_precision(rates, time):
    for order in range(5):
        nodes = rates[: order + 1]
        expected = (-1) ** order * precise(lambda r: mp.exp(-r * mp.mpf(time)), nodes)
        assert float(Flow(time).integral(*nodes)) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("rates", [RATES["distinct"][:3], RATES["coincident"][:3], RATES["all zero"][:3]])
def test_the_flow_is_a_nested_integral(rates):
    time, (first, second, third) = 1.7, rates
    integral, _ = nquad(
        lambda s, u: np.exp(-first * s - second * (u - s) - third * (time - u)), [lambda u: (0, u), (0, time)]
    )
    assert float(Flow(time).integral(*rates)) == pytest.approx(integral, rel=1e-10)


@pytest.mark.parametrize("factors", [(1.0, 0.7, 0.4, 0.9), (0.6,) * 4, (0.0, 0.0, 1.0, -0.5), (-0.9, 0.9, -0.9, 1.0)])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 30])
def test_steps_are_a_nested_sum(factors, number):
    step = 0.3
    for order in range(4):
        nodes = np.array(factors[: order + 1])
        powers = [p for p in itertools.product(range(number + 1), repeat=order + 1) if sum(p) == number - order]
        expected = step**order * sum(np.prod(nodes**p) for p in powers)
        size = step**order * sum(np.prod(np.abs(nodes) ** p) for p in powers)
        assert float(Steps(step, number).integral(*nodes)) == pytest.approx(expected, abs=1e-13 * size)


def test_many_steps_in_high_precision():
    for nodes in ((1.0, 1 - 1e-6, 1 - 1e-6, 0.9), (1.0, 1 - 1e-9, 1 - 2e-9), (0.5, 0.5 * (1 + 1e-12), 0.2)):
        expected = 0.1 ** (len(nodes) - 1) * precise(lambda x: x**10_000, nodes)
        assert float(Steps(0.1, 10_000).integral(*nodes)) == pytest.approx(expected, rel=1e-11)


def test_infinite_time_is_the_limit_of_long_times():
    for nodes in ((0.0, 0.4, 1.0, 1.0), (0.4, 1.0), (0.0,)):
        late = Flow(1e3).integral(*nodes)
        np.testing.assert_allclose(Flow(np.inf).integral(*nodes), late, rtol=1e-13, atol=1e-150)
        factors = [1 - 0.5 * node for node in nodes]
        late = Steps(0.5, 5000).integral(*factors)
        np.testing.assert_allclose(Steps(0.5, np.inf).integral(*factors), late, rtol=1e-12, atol=1e-150)
    assert np.isinf(Flow(np.inf).integral(0.0, 0.0, 1.0))


def test_arrays_broadcast():
    a, b = np.linspace(0, 2, 5)[:, None], np.linspace(0, 3, 4)
    table = Flow(1.3).integral(0.0, a, b)
    assert table.shape == (5, 4)
    assert table[2, 3] == pytest.approx(float(Flow(1.3).integral(3.0, 0.0, 1.0)), rel=1e-14)
