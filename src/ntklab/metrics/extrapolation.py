"""Limits of infinite width from measurements at several finite ones."""

import numpy as np
from jaxtyping import Float, Num

from ntklab.errors import InputError


def extrapolate(
    widths: Num[np.ndarray, " width"],
    values: Float[np.ndarray, "width *shape"],
    stderr: Float[np.ndarray, "width *shape"],
    degree: int = 1,
    power: int = 1,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Constant term of a weighted least-squares polynomial in 1/width^power, and its standard error from those given.

    The measurements at different widths must be independent (networks of different widths are); the intervals of claims
    come from resampling the whole fit, with `stderr` kept as fixed weights. `InputError` for fewer widths than coefficients.
    """
    if len(widths) <= degree:
        raise InputError(f"{len(widths)} widths do not fix a polynomial of degree {degree}; give at least {degree + 1}")
    design = np.vander(np.asarray(widths, float) ** -power, degree + 1, increasing=True)
    flat, error = values.reshape(len(widths), -1), stderr.reshape(len(widths), -1)
    # An exact value (of a tensor that vanishes) has no error; any equal weights will do.
    error = np.where(error > 0, error, np.where(np.any(error > 0, axis=0), np.inf, 1.0))
    scaled = design / error.T[:, :, None]
    covariance = np.linalg.pinv(np.einsum("kwi,kwj->kij", scaled, scaled))[:, 0]
    constant = np.einsum("ki,kwi,wk->k", covariance, scaled, flat / error)
    uncertainty = np.sqrt(covariance[:, 0]) * np.any(stderr.reshape(len(widths), -1) > 0, axis=0)
    return constant.reshape(values.shape[1:]), uncertainty.reshape(values.shape[1:])


def ratio_to_theory(
    widths: Num[np.ndarray, " width"],
    values: Float[np.ndarray, "width component"],
    stderr: Float[np.ndarray, "width component"],
    theory: Float[np.ndarray, " component"],
    degree: int,
) -> float:
    """Measured over theory, one number for all components: m extrapolated to infinite width, t the theory,

        sum_c w_c m_c t_c / sum_c w_c t_c^2,      w_c the inverse squared error of m_c.

    Each component counts as far as the sampler resolves it; those without error (they vanish identically) do not count.
    The error of the ratio is that of the whole, by resampling, with the given `stderr` as fixed weights.
    """
    measured, error = extrapolate(widths, values, stderr, degree)
    weight = np.divide(1.0, error**2, out=np.zeros_like(error), where=error > 0)
    return float(np.sum(weight * measured * theory) / np.sum(weight * theory**2))
