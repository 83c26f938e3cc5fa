"""Power laws in the depth."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from ntklab.metrics.resampling import standard_error

FEWEST = 3
"""Layers that a fit needs: two would always lie on a power law."""


class PowerLaw(NamedTuple):
    """factor * layer^exponent, with the standard error of the exponent; nan where nothing was resampled."""

    factor: float
    exponent: float
    error: float = np.nan


def _slopes(layers: Num[np.ndarray, " layer"]) -> Float[np.ndarray, " layer"]:
    """Weights of log |value| in the exponent: least squares of a line against log layer."""
    logs = np.log(layers) - np.log(layers).mean()
    return logs / np.sum(logs**2)


def fit_power_law(
    layers: Num[np.ndarray, " layer"],
    values: Float[np.ndarray, " layer"],
    start: int,
    replicates: Float[np.ndarray, "group layer"] | None = None,
) -> PowerLaw | None:
    """Least squares of log |value| against log layer from `start` on; None for fewer than three layers there.

    Values of different layers come from the same networks, so that the error of the exponent is never put together from
    those of the layers: `replicates` are the values with one group of networks left out at a time, and each is fitted anew
    (delete-group jackknife).
    """
    kept = (layers >= start) & (values != 0)
    if kept.sum() < FEWEST:
        return None
    exponent, constant = np.polyfit(np.log(layers[kept]), np.log(np.abs(values[kept])), 1)
    error = np.nan
    if replicates is not None:
        error = float(standard_error(np.log(np.abs(replicates[:, kept])) @ _slopes(layers[kept])))
    return PowerLaw(float(np.exp(constant)), float(exponent), error)


def exponent_bound(
    layers: Num[np.ndarray, " layer"],
    values: Float[np.ndarray, " layer"],
    errors: Float[np.ndarray, " layer"],
    start: int,
) -> float:
    """How far the exponent of a fit may be off when each value is off by at most its (small) numerical error bound."""
    kept = (layers >= start) & (values != 0)
    return float(np.abs(_slopes(layers[kept])) @ np.abs(errors[kept] / values[kept]))
