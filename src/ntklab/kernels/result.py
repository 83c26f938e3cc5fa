"""What a kernel function returns."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Kernels(NamedTuple):
    """NNGP kernel (covariance of one output at initialisation) and NTK, both divided by the identity over outputs.

    Shape (n, m) between n and m inputs, unless the function that returns them says otherwise.
    """

    nngp: Float[np.ndarray, "*shape"]
    ntk: Float[np.ndarray, "*shape"]
