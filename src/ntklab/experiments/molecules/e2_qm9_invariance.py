"""E2-qm9-invariance: how far predictions move when molecules turn, against the bandlimit of the input."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.molecules.panels import KERNELS, MODELS
from ntklab.experiments.molecules.spreads import relative_spread, replicated_spreads
from ntklab.metrics.resampling import standard_error
from ntklab.plots import style

ID = "E2-qm9-invariance"
TABLES = ("equivntk/molecules_turned_predictions",)
TITLE = "Molecules: predictions under rotations"
CAPTION = """\
Test molecules are turned at random: standard deviation of the predicted energy over the rotations of a molecule, root mean
square over molecules, relative to the standard deviation of the predictions over molecules, against the bandlimit of the
grid on which atoms see each other. Left: NTK, right: NNGP kernel. Bars: 95 % intervals over molecules
(jackknife). The SO(3)-GCNN is exactly invariant for signals that
the grid holds; what atoms see is not band-limited, and what the grid does not hold turns into errors of the lower degrees.
Good: the SO(3)-GCNN lies far below the others and falls with the bandlimit; the MLP does not fall, and rotated copies bring it
down.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=2, rows=1.4)
    for axes, (kernel, title) in zip(figure.subplots(1, 2, sharey=True), KERNELS.items(), strict=True):
        of_kernel = table[table.kernel == kernel]
        for model, (name, colour, marker) in MODELS.items():
            rows = of_kernel[of_kernel.model == model]
            found = {bandlimit: of_one for bandlimit, of_one in rows.groupby("bandlimit")}
            values = [relative_spread(of_one) for of_one in found.values()]
            errors = [standard_error(replicated_spreads(of_one)) for of_one in found.values()]
            axes.errorbar(
                list(found),
                values,
                1.96 * np.array(errors),
                color=colour,
                marker=marker,
                capsize=2,
                markersize=4,
                label=name,
            )
        axes.set(yscale="log", xlabel="bandlimit", ylabel="spread over rotations / over molecules", title=title)
        axes.set_xticks(sorted(table.bandlimit.unique()))
    figure.axes[0].legend()
    return figure
