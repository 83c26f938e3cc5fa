"""Ensembles of finite networks trained by full-batch gradient descent: their mean, and what it differs by from infinite width."""

from ntklab.finite_width.trained_networks.means import TrainedMeans, trained_means

__all__ = ["TrainedMeans", "trained_means"]
