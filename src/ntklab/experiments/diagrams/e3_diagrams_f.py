"""E3-diagrams-F: the recursion of F as two diagrams."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.diagrams.panels import equation, explain
from ntklab.plots import style

ID = "E3-diagrams-F"
TABLES = ("feynman/diagrams",)
TITLE = r"The joint cumulant of two preactivations and an NTK, from layer $\ell$ to $\ell+1$"
CAPTION = """\
The two diagrams of F, the cumulant of the preactivations 1, 2 and the NTK of 3, 4 in which 1 shares a neuron with 3 and 2
with 4, enumerated from the Feynman rules. Black dots: external points, labelled by input. Solid lines are preactivations,
dotted lines the two ends of the NTK (one colour is one contracted parameter index), dashed lines the same between a cubic
vertex and the propagator; white: propagator, the Gaussian expectation at layer l; grey: a tensor of layer l. Beneath each
diagram its term: s is the activation, primes derivatives, d_g acts on the functions behind it and g is summed over their
inputs, C_W the weight variance, r the ratio of the widths of layers l and l - 1. Good: two diagrams, as in the paper.
"""


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    figure = style.new_figure(columns=2.3, rows=0.8)
    equation(figure, table, "F", columns=2)
    explain(figure)
    return figure
