"""X-augmentation-finite-width: invariance and the distance to the NTK's mean of networks trained on full orbits."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.experiments.training.panels import THEORY, line, rows_of, sampled
from ntklab.experiments.training.setups import ON_ORBITS
from ntklab.plots import style

ID = "X-augmentation-finite-width"
TABLES = ("feynman/trained_means", "feynman/trained_orbit_spreads")
TITLE = "Augmentation at finite width: invariant at order 1/width"
NAMES = {"ising": "Ising lattices", "digits": "digits"}
TRAINED = {"augmented": ("trained on full orbits", "#0072b2"), "plain": ("not augmented", style.CONTROL)}
QUANTITIES = {"limit": ("infinite width", "--"), "correction": ("order 1/n", "-")}
LOWEST = 1e-17
CAPTION = """\
GeLU networks of three layers are trained on Ising lattices (top) and digits of two classes (bottom) rotated by
multiples of 90 degrees. Left: the coefficient of 1/width of the mean prediction, by theory, of the four rotations of a
test input against training time: with full augmentation all four curves are one, without they are not. Middle: a test
input (marks: networks trained on full orbits, width times the difference to infinite width, 95 % bars over batches),
with the theory of order 1/width. Right: spread over the orbits of test inputs, relative to the root mean square, of the
limit of infinite width and of the coefficient of 1/width. Good: blue curves at rounding errors on the right at all
times, red ones of order one; marks that tend to the line in the middle.
"""


def draw(means: pd.DataFrame, spreads: pd.DataFrame) -> Figure:
    """The figure, from its tables."""
    names = [name for name in ON_ORBITS if name in set(means.setup)]
    figure = style.new_figure(columns=3.2, rows=1.2 * len(names))
    grid = figure.subplots(len(names), 3, sharex=True, squeeze=False)
    for (left, middle, right), name in zip(grid, names, strict=True):
        _rotations(left, means, name)
        at = {"setup": name, "trained": "augmented", "data": "test", "point": 0}
        line(middle, means, "correction", color=THEORY, label="theory, order 1/n", **at)
        sampled(middle, means, "sampled", **at)
        middle.axhline(0, color="0.6", linewidth=0.6)
        middle.set(title=f"{NAMES[name]}: networks", ylabel="n (mean - infinite width)")
        _spreads(right, spreads[(spreads.setup == name) & (spreads["data"] == "test")])
        for axes in (left, middle, right):
            axes.set_xscale("log")
            style.plain_numbers(axes.xaxis)
        left.set_title(f"{NAMES[name]}: four rotations")
        right.set_title(f"{NAMES[name]}: spread over orbits")
    for axes in grid[-1]:
        axes.set_xlabel("time x largest eigenvalue")
    for axes in grid[0]:
        axes.legend()
    return figure


def _rotations(axes: Axes, means: pd.DataFrame, name: str) -> None:
    """The coefficient of 1/width of the elements of the first orbit, with augmentation and without."""
    for trained, (label, colour) in TRAINED.items():
        for element, shade in enumerate(sns.light_palette(colour, 6)[2:]):
            at = {"setup": name, "trained": trained, "data": "test", "point": element}
            line(axes, means, "correction", color=shade, label=label if element == 3 else None, **at)
    axes.axhline(0, color="0.6", linewidth=0.6)
    axes.set_ylabel("coefficient of 1/n")


def _spreads(axes: Axes, spreads: pd.DataFrame) -> None:
    """Relative spreads over orbits; exact zeros stand at the bottom."""
    for trained, (label, colour) in TRAINED.items():
        for quantity, (what, dashes) in QUANTITIES.items():
            rows = rows_of(spreads, trained=trained, quantity=quantity)
            rows = rows[rows.time > 0]
            value = np.maximum(rows.value, LOWEST)
            axes.plot(rows.time, value, color=colour, linestyle=dashes, label=f"{label}, {what}")
    axes.set(yscale="log", ylabel="spread over orbits / size")
