"""Which method computes the Gaussian expectations of an activation."""

import numpy as np
from jaxtyping import Float

from ntklab.activations import Activation
from ntklab.finite_width.gaussian import GaussianExpectations
from ntklab.finite_width.orthants import KinkedExpectations
from ntklab.finite_width.quadrature import SmoothExpectations


def gaussian_expectations(
    activation: Activation, covariance: Float[np.ndarray, "n n"], nodes: int | None = None
) -> GaussianExpectations:
    """Expectations by quadrature for a smooth activation, in closed form where the activation has a kink."""
    return (SmoothExpectations if activation.smooth else KinkedExpectations)(activation, covariance, nodes)
