"""E3-diagrams-NTK-mean: the correction of order 1/n to the mean NTK as five diagrams."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.diagrams.panels import equation, explain
from ntklab.plots import style

ID = "E3-diagrams-NTK-mean"
TABLES = ("feynman/diagrams",)
TITLE = r"The correction of order $1/n$ to the mean NTK, from layer $\ell$ to $\ell+1$"
CAPTION = """\
The five diagrams of the mean NTK at order 1/n (the paper's equation (15)), enumerated from the Feynman rules. The dotted
lines end at the two inputs of the NTK. A wavy line hands down Omega_12 = lambda_W s_1 s_2 + C_W Theta_12 s'_1 s'_2, the
NTK's function of the preactivations of one neuron; two dashed lines hand down the fluctuation of the NTK of layer l instead.
White: propagator, the Gaussian expectation at layer l, on which every solid line acts as a derivative; grey: the tensors of
layer l (K1 and Theta1: mean corrections; V, D, F: cumulants). Beneath each diagram its term; symmetry factors are 1 over the
number of ways to exchange solid lines. Good: five diagrams, with the symmetry factors 1/2, 1/8, 1, 1/2, 1.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=2.7, rows=1.6)
    equation(figure, table, "Theta1", columns=3)
    explain(figure)
    return figure
