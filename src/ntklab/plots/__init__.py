"""Figures: one module per figure in the folder of its paper, drawn from tables alone."""

from ntklab.errors import require

require("workflow", "pandas", "seaborn")
