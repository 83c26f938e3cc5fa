"""Finite networks sampled with all weights integrated out: only preactivations are drawn (beyond the papers)."""

from ntklab.finite_width.collapsed.estimators import estimates
from ntklab.finite_width.collapsed.networks import TENSORS

__all__ = ["TENSORS", "estimates"]
