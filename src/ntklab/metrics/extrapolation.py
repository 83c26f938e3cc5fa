"""Limits of infinite width from measurements at several finite ones."""

import numpy as np
from jaxtyping import Float, Num

from ntklab.errors import InputError


def extrapolate(
    widths: Num[np.ndarray, " width"],
    values: Float[np.ndarray, "width *shape"],
    stderr: Float[np.ndarray, "width *shape"],
    degree: int = 1,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Constant term of a weighted least-squares polynomial in 1/width, and its standard error from those given.

    The measurements at different widths must be independent. `InputError` for fewer widths than coefficients.
    """
    if len(widths) <= degree:
        raise InputError(f"{len(widths)} widths do not fix a polynomial of degree {degree}; give at least {degree + 1}")
    design = np.vander(1 / np.asarray(widths, float), degree + 1, increasing=True)
    flat, error = values.reshape(len(widths), -1), stderr.reshape(len(widths), -1)
    # An exact value (of a tensor that vanishes) has no error; any equal weights will do.
    error = np.where(error > 0, error, np.where(np.any(error > 0, axis=0), np.inf, 1.0))
    constant, uncertainty = np.empty(flat.shape[1]), np.empty(flat.shape[1])
    for k in range(flat.shape[1]):
        scaled = design / error[:, k, None]
        covariance = np.linalg.pinv(scaled.T @ scaled)
        constant[k] = covariance[0] @ (scaled.T @ (flat[:, k] / error[:, k]))
        uncertainty[k] = np.sqrt(covariance[0, 0]) * np.any(stderr.reshape(len(widths), -1)[:, k] > 0)
    return constant.reshape(values.shape[1:]), uncertainty.reshape(values.shape[1:])
