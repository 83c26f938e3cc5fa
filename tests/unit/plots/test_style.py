"""Colours with a meaning differ, numbers have no decimal points, and nothing random enters a figure."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy import stats

from ntklab.plots import style


def test_widths_go_from_light_to_dark_whatever_their_order():
    colours = style.width_colours([1024.0, 512.0, 2048.0])
    assert list(colours) == [512.0, 1024.0, 2048.0]
    brightness = [sum(to_rgb(colour)) for colour in colours.values()]
    assert brightness == sorted(brightness, reverse=True)


def test_every_group_has_a_colour_of_its_own():
    names = ["c1", "c4", "c8", "c12", "c16", "c20", "c24"]
    assert len({to_rgb(style.group_colour(name)) for name in names}) == len(names)
    assert style.group_colour("c1") == style.CONTROL


def test_numbers_have_no_decimal_points():
    assert style.count(512.0) == "512" and style.count(np.int64(3)) == "3"


def test_bars_over_repeats_are_students():
    axes = Figure().add_subplot()
    values = [1.0, 2.0, 4.0]
    rows = pd.DataFrame({"size": [8, 8, 8, 16, 16, 16], "value": [*values, 5.0, 5.0, 5.0]})
    style.over_repeats(axes, rows, "size", shift=1.1, color="red")
    (container,) = axes.containers
    line, _, (bars,) = container.lines
    np.testing.assert_allclose(line.get_xydata(), [[8.8, np.mean(values)], [17.6, 5.0]])
    half = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
    ends = np.array(bars.get_segments()[0], dtype=float)[:, 1]
    np.testing.assert_allclose(ends, [np.mean(values) - half, np.mean(values) + half])


def test_widths_on_a_logarithmic_axis_are_plain_numbers():
    axes = Figure().add_subplot()
    axes.set(xscale="log", xlim=(8, 600))
    style.plain_numbers(axes.xaxis)
    axes.figure.draw_without_rendering()
    shown = [label.get_text() for label in axes.get_xticklabels() if 8 <= label.get_position()[0] <= 600]
    assert shown == ["10", "20", "50", "100", "200", "500"]
    assert not any(label.get_text() for label in axes.get_xticklabels(minor=True))


def test_figures_are_laid_out_and_sized_in_panels():
    with mpl.rc_context():
        style.apply()
        figure = style.new_figure(columns=2, rows=1.5)
        assert figure.get_size_inches().tolist() == pytest.approx([2 * style.COLUMN, 3.6])
        assert figure.get_layout_engine() is not None and mpl.rcParams["svg.hashsalt"] == "ntklab"
