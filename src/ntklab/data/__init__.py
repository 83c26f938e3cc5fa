"""Data sets: what networks are trained on, and what they are evaluated on."""
