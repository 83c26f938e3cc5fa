"""Finite networks sampled with all weights integrated out: only preactivations are drawn."""
