"""Infinite-width kernels and the closed-form training dynamics they imply."""
