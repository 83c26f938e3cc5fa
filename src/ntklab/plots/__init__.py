"""Figures: one module per figure in the folder of its paper, drawn from tables alone."""
