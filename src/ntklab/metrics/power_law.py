"""Power laws in the depth."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num


class PowerLaw(NamedTuple):
    """factor * layer^exponent."""

    factor: float
    exponent: float


def fit_power_law(
    layers: Num[np.ndarray, " layer"], values: Float[np.ndarray, " layer"], start: int
) -> PowerLaw | None:
    """Least squares of log |value| against log layer from `start` on; None for fewer than three layers there."""
    kept = (layers >= start) & (values != 0)
    if kept.sum() < 3:
        return None
    exponent, constant = np.polyfit(np.log(layers[kept]), np.log(np.abs(values[kept])), 1)
    return PowerLaw(float(np.exp(constant)), float(exponent))
