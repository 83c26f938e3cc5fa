"""Figures of the paper on finite width and Feynman diagrams."""
