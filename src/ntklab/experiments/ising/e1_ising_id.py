"""E1-ising-id: on in-distribution lattices the ensemble mean is nearly invariant while single members are not."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.ising.panels import against_members, against_time
from ntklab.plots import style

ID = "E1-ising-id"
TABLES = (
    "ensembles/ising_invariance",
    "ensembles/ising_example_lattice",
    "ensembles/ising_example_prediction",
)
TITLE = "Ising model: ensembles of augmented networks become invariant in distribution"
CAPTION = """\
Fully connected networks learn the energy of Ising lattices from the full orbit of every training lattice (all four
rotations, unless the config names another group). Top: one test lattice and its orbit, which have the same energy; beneath
each, the energy that a single member and the mean of the ensemble predict, in units of J. Bottom: relative standard
deviation over the orbit (pooled over test lattices) and its absolute form, against training time, for single members
(dotted), for the mean of all members (solid) and for the infinitely wide ensemble (NTK mean, strip beneath: rounding
level); then against the number of members, with the analytic line for infinitely wide members. Bands and bars are 95 %
intervals. Good: the solid curves lie below the dotted ones by the square root of the number of members at every time,
whatever the width, and the points follow the line; the mean of networks trained without augmentation (red) stays at the
members' level.
"""


def draw(table: pd.DataFrame, lattice: pd.DataFrame, prediction: pd.DataFrame) -> Figure:
    """The figure, from its three tables."""
    figure = style.new_figure(columns=3, rows=2.6)
    top, bottom = figure.add_gridspec(2, 1, height_ratios=[1, 1.5])
    _orbit(figure, top, lattice, prediction)
    cells = bottom.subgridspec(1, 3)
    relative, _ = against_time(cells[0], table, "in_distribution", "rsd_pooled", "relative standard deviation")
    against_time(cells[1], table, "in_distribution", "spread", "spread over the orbit")
    size = figure.add_subplot(cells[2])
    against_members(size, table, "in_distribution", "rsd_pooled", "relative standard deviation")
    size.legend()
    figure.legend(*relative.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _orbit(figure: Figure, cell, lattice: pd.DataFrame, prediction: pd.DataFrame) -> None:
    elements = sorted(lattice.element.unique())
    for element, part in zip(elements, cell.subgridspec(1, len(elements)), strict=True):
        axes = figure.add_subplot(part)
        spins = lattice[lattice.element == element].pivot(index="row", columns="column", values="value")
        axes.imshow(spins, cmap="Greys", vmin=-1.6, vmax=1.6)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        energies = prediction[prediction.element == element].set_index("members").value
        true, single = energies.loc[np.inf], energies.loc[1]
        members = max(m for m in energies.index if np.isfinite(m))
        # More than four lattices in a row leave room for smaller words only.
        between, size = (", ", None) if len(elements) <= 4 else ("\n", "x-small")
        moved = _moved(lattice.group.iloc[0], int(element), len(elements))
        axes.set_title(f"{moved}{between}energy {true:g}", fontsize=size)
        axes.set_xlabel(
            f"single member {single:.2f}\nmean of {style.count(members)}: {energies.loc[members]:.2f}", fontsize=size
        )


def _moved(group: str, element: int, order: int) -> str:
    """How an element of a group of that order moves the lattice: reflections come after the rotations."""
    rotations = order if group.startswith("c") else order // 2
    mirrored, turn = divmod(element, rotations)
    degrees = 360 * turn // rotations
    return f"mirrored, {degrees}°" if mirrored else f"rotated by {degrees}°"
