"""How invariant scalar predictions are over the orbits of a group (E1; slides "Relative Standard Deviation").

Predictions f have shape (..., input, element): every input transformed by every group element, in the unit of the
targets. v(x) is the population variance of f over the orbit of x. Lists, NumPy, JAX and torch arrays all give the same;
`InputError` for fewer axes, an empty one, and for what is not real or not finite.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.types import Numbers, OrbitPredictions


def _orbits(f: ArrayLike, name: str = "f") -> OrbitPredictions:
    return as_array(f, name, "... input element")


def orbit_deviation(f: ArrayLike) -> OrbitPredictions:
    """f(rho(g) x) minus its mean over the orbit, (..., input, element)."""
    f = _orbits(f)
    return f - f.mean(axis=-1, keepdims=True)


def orbit_spread(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """sqrt(mean_x v(x)), root mean square deviation from the orbit mean; unit of the targets.

    For M independent members with an invariant common mean, the squared spread of their mean is that of one member
    divided by M, at every time.
    """
    return np.sqrt(_orbits(f).var(axis=-1).mean(axis=-1))


def rsd_pooled(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """Pooled relative standard deviation sqrt(mean_x v(x)) / sqrt(mean_{x, g} f^2), between 0 (invariant) and 1."""
    f = _orbits(f)
    return orbit_spread(f) / np.sqrt(np.square(f).mean(axis=(-2, -1)))


def rsd_median(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """Median over inputs of the relative standard deviation sqrt(v(x)) / |mean_g f(rho(g) x)|.

    Meant for predictions mapped back to energies, whose orbit means may come near zero: hence the median.
    """
    f = _orbits(f)
    return np.median(f.std(axis=-1) / np.abs(f.mean(axis=-1)), axis=-1)


def distance(f: ArrayLike, reference: ArrayLike) -> Float[Numbers, "*leading"]:
    """Root mean square difference between predictions and a reference over inputs and elements; unit of the targets.

    The reference has the inputs and elements of f; its leading axes are those of f, or the last of them. `InputError`
    otherwise.
    """
    f, reference = _orbits(f), _orbits(reference, "reference")
    leading = f.ndim - reference.ndim
    if leading < 0 or any(b not in (1, a) for a, b in zip(f.shape[leading:-2], reference.shape[:-2], strict=True)):
        raise InputError(f"reference: shape {reference.shape}; expected the shape of f, {f.shape}, or its last axes")
    if reference.shape[-2:] != f.shape[-2:]:
        raise InputError(f"reference: shape {reference.shape}; expected the inputs and elements of f, {f.shape[-2:]}")
    return np.sqrt(np.square(f - reference).mean(axis=(-2, -1)))
