"""E1-ising-ood: invariance off the distribution, at every training time, for every width."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.ising.panels import against_members, against_time
from ntklab.plots import style

ID = "E1-ising-ood"
TABLES = ("ensembles/ising_invariance",)
TITLE = "Ising model: ensembles of augmented networks become invariant out of distribution"
CAPTION = """\
The ensembles of E1-ising-id, evaluated on inputs that no training set contains: independent normal numbers instead of
spins (top), lattices of which a third of the sites is empty (middle), and lattices at a finite temperature, with mildly ordered
spins (bottom; their energies are large, so that relative deviations are small). Columns, marks and bands as in E1-ising-id.
Good: the same picture as in distribution, although nothing was ever learned about such inputs: solid curves below the
dotted ones by the square root of the number of members, at every time and width, and the NTK mean at rounding level.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3, rows=4.8)
    sets = ("gaussian_spins", "diluted_spins", "ordered_spins")
    grid = figure.add_gridspec(len(sets), 3)
    for row, data in enumerate(sets):
        relative, _ = against_time(grid[row, 0], table, data, "rsd_pooled", "relative standard deviation")
        against_time(grid[row, 1], table, data, "spread", "spread over the orbit")
        size = figure.add_subplot(grid[row, 2])
        against_members(size, table, data, "rsd_pooled", "relative standard deviation")
        size.legend()
    figure.legend(*relative.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
