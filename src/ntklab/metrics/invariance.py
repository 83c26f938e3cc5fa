"""How invariant scalar predictions are over the orbits of a group (E1; slides "Relative Standard Deviation").

Predictions f have shape (..., input, element): every input transformed by every group element, in the unit of the
targets. v(x) is the population variance of f over the orbit of x.
"""

import numpy as np
from jaxtyping import Float

from ntklab.types import Numbers, OrbitPredictions


def orbit_deviation(f: OrbitPredictions) -> OrbitPredictions:
    """f(rho(g) x) minus its mean over the orbit."""
    return f - f.mean(axis=-1, keepdims=True)


def orbit_spread(f: OrbitPredictions) -> Float[Numbers, "*leading"]:
    """sqrt(mean_x v(x)), root mean square deviation from the orbit mean; unit of the targets.

    For M independent members with an invariant common mean, the squared spread of their mean is that of one member
    divided by M, at every time.
    """
    return np.sqrt(f.var(axis=-1).mean(axis=-1))


def rsd_pooled(f: OrbitPredictions) -> Float[Numbers, "*leading"]:
    """Pooled relative standard deviation sqrt(mean_x v(x)) / sqrt(mean_{x, g} f^2), between 0 (invariant) and 1."""
    return orbit_spread(f) / np.sqrt(np.square(f).mean(axis=(-2, -1)))


def rsd_median(f: OrbitPredictions) -> Float[Numbers, "*leading"]:
    """Median over inputs of the relative standard deviation sqrt(v(x)) / |mean_g f(rho(g) x)|.

    Meant for predictions mapped back to energies, whose orbit means may come near zero: hence the median.
    """
    return np.median(f.std(axis=-1) / np.abs(f.mean(axis=-1)), axis=-1)


def distance(
    f: OrbitPredictions, reference: Float[np.ndarray, "*_reference input element"]
) -> Float[Numbers, "*leading"]:
    """Root mean square difference between predictions and a reference over inputs and elements; unit of the targets."""
    return np.sqrt(np.square(f - reference).mean(axis=(-2, -1)))
