"""E2-qm9: energies of molecules by infinitely wide networks, against the number of training molecules."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ntklab.experiments.molecules.panels import KERNELS, MODELS
from ntklab.experiments.molecules.published import PUBLISHED, PUBLISHED_TRAINING
from ntklab.plots import style

ID = "E2-qm9"
TABLES = ("equivntk/molecules_energy_errors",)
TITLE = "Molecules: what SO(3) equivariance is worth"
CAPTION = """\
Error of the atomisation energies of QM9 molecules, predicted by infinitely wide networks trained for ever, against the
number of training molecules. Every atom has its own network, which sees the other atoms as a signal on a sphere; outputs are
summed. MLP: the signal flattened, one hidden layer of ReLU. Residual MLP: that of the public experiments. MLP, rotated copies:
trained on randomly turned copies of every molecule. SO(3)-GCNN: lifting and SO(3) convolutions, erf, pooled over rotations.
Left and middle: mean absolute and root mean square error of the NTK. Right: mean absolute error, NNGP kernel. Errors
are means over as many training sets of a size as the largest holds. Bands are 95 % intervals (Student's) over draws of training
and test molecules, which share none; the same molecules for all models. Dashed:
the mean energy of the training molecules as the prediction. Hollow: the public notebook, one draw of few molecules, not the
paper's figure. Good: the SO(3)-GCNN lies below all others at every size, all fall with it, and rotated copies lead from the
MLP towards it.
"""
QUANTITIES = {"mae": "mean absolute error", "rmse": "root mean square error"}


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=3, rows=1.5)
    axes = figure.subplots(1, 3, sharey=True)
    panels = (("mae", "ntk"), ("rmse", "ntk"), ("mae", "nngp"))
    for panel, (quantity, kernel) in zip(axes, panels, strict=True):
        rows = table[table.quantity == quantity]
        for model, (name, colour, marker) in MODELS.items():
            _curve(panel, rows[(rows.model == model) & (rows.kernel == kernel)], name, color=colour, marker=marker)
            if kernel == "ntk" and (model, quantity) in PUBLISHED:
                panel.plot(
                    PUBLISHED_TRAINING,
                    PUBLISHED[model, quantity],
                    marker,
                    color=colour,
                    markerfacecolor="none",
                    markersize=8,
                )
        _curve(panel, rows[rows.model == "constant"], "mean energy", color="0.4", linestyle="--")
        panel.set(xscale="log", yscale="log", xlabel="training molecules", ylabel=f"{QUANTITIES[quantity]} [meV]")
        panel.set_title(f"{KERNELS[kernel]}, {QUANTITIES[quantity]}")
        sizes = sorted(table.training_molecules.unique())
        panel.set_xticks(sizes, [style.count(size) for size in sizes])
        panel.minorticks_off()
    style.plain_numbers(axes[0].yaxis)
    axes[0].legend()
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, name: str, **look) -> None:
    """Mean over draws, with its band."""
    values = rows.groupby("training_molecules").value.agg(["mean", "sem", "count"])
    half = stats.t.ppf(0.975, values["count"] - 1) * values["sem"]
    mean = values["mean"]
    axes.plot(mean.index, mean, label=name, markersize=4, **look)
    axes.fill_between(mean.index, np.maximum(mean - half, 0.3 * mean), mean + half, color=look["color"], alpha=0.15)
