"""Bars end where the error says; on a logarithmic axis one that reaches zero ends in an arrow instead."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.markers import CARETDOWNBASE

from ntklab.plots.panels import ARROW, bars, curve, largest, select


@pytest.fixture
def axes():
    return Figure().add_subplot()


def drawn_bars(axes) -> list[tuple[float, float, float]]:
    """(x, lower end, upper end) of every vertical line of every bar, in the order of x."""
    collections = [artist for artist in axes.collections if isinstance(artist, LineCollection)]
    segments = [segment for collection in collections for segment in collection.get_segments()]
    return sorted((float(a[0]), float(min(a[1], b[1])), float(max(a[1], b[1]))) for a, b in segments)


def arrows(axes) -> list[tuple[float, float]]:
    """Where the arrows that point down stand."""
    lines = [line for line in axes.lines if line.get_marker() == CARETDOWNBASE]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


X, VALUE, ERROR = [1.0, 2.0, 3.0], [1.0, 0.5, 0.01], [0.1, 0.25, 0.02]


def test_bars_are_symmetric_on_a_linear_axis(axes):
    bars(axes, X, VALUE, ERROR)
    expected = [(x, value - error, value + error) for x, value, error in zip(X, VALUE, ERROR, strict=True)]
    np.testing.assert_allclose(drawn_bars(axes), expected)
    assert arrows(axes) == []


def test_on_a_logarithmic_axis_a_bar_that_reaches_zero_ends_in_an_arrow(axes):
    axes.set_yscale("log")
    bars(axes, X, VALUE, ERROR)
    found = drawn_bars(axes)
    np.testing.assert_allclose(found[:2], [(1.0, 0.9, 1.1), (2.0, 0.25, 0.75)])
    # The third is open below: its upper end is the interval's, its lower one an arrow, not a cap.
    assert max(top for x, _, top in found if x == 3.0) == pytest.approx(0.03)
    assert min(bottom for x, bottom, _ in found if x == 3.0) == pytest.approx(0.01 * (1 - ARROW))
    assert arrows(axes) == [(3.0, pytest.approx(0.01 * (1 - ARROW)))]
    caps = [line for line in axes.lines if line.get_marker() == "_"]
    ends = sorted(float(y) for line in caps for x, y in zip(*line.get_data(), strict=True) if x == 3.0)
    assert ends == pytest.approx([0.01, 0.03])  # a cap at the mark itself, hidden by it, and one at the upper end


def test_a_bar_just_above_zero_keeps_its_lower_end(axes):
    axes.set_yscale("log")
    bars(axes, [1.0], [1.0], [0.95])
    np.testing.assert_allclose(drawn_bars(axes), [(1.0, 0.05, 1.95)])
    assert arrows(axes) == []


def test_a_bar_that_ends_at_zero_has_an_arrow(axes):
    axes.set_yscale("log")
    bars(axes, [1.0], [1.0], [1.0])
    assert arrows(axes) == [(1.0, pytest.approx(1 - ARROW))]


def test_the_arrow_has_the_colour_of_its_mark(axes):
    axes.set_yscale("log")
    bars(axes, X, VALUE, ERROR, color="red")
    assert {line.get_color() for line in axes.lines} == {"red"}


def test_one_place_may_hold_many_bars(axes):
    bars(axes, [0.0], VALUE, ERROR)
    assert [x for x, _, _ in drawn_bars(axes)] == [0.0, 0.0, 0.0]


ROWS = pd.DataFrame(
    {
        "data": ["test", "test", "test", "noise"],
        "quantity": ["spread", "spread", "floor", "spread"],
        "width": [8.0, 8.0, 8.0, 16.0],
        "members": [1.0, 10.0, 1.0, 5.0],
        "step": [5, 0, 1, 2],
        "value": [1.0, 2.0, 3.0, 4.0],
        "stderr": [0.1, 0.1, 0.1, 0.0],
        "ci_low": [-1.0, 1.8, 2.8, 4.0],
        "ci_high": [1.2, 2.2, 3.2, 4.0],
    }
)


def test_rows_are_chosen():
    assert select(ROWS, "test", "spread").value.tolist() == [1.0, 2.0]
    assert largest(ROWS).value.tolist() == [2.0, 4.0]


def test_a_curve_goes_from_left_to_right_and_its_band_stays_on_the_paper(axes):
    curve(axes, ROWS[:2], "step", color="red")
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [0, 5] and line.get_ydata().tolist() == [2.0, 1.0]
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.1) and heights.max() == pytest.approx(2.2)


def test_an_exact_curve_has_no_band(axes):
    curve(axes, ROWS[3:], "step", color="red")
    assert list(axes.collections) == []
