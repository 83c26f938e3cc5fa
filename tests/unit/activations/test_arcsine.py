"""The arcsine in vector instructions, against fifty digits."""

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax import enable_x64

from ntklab.activations._arcsine import arcsine

UNITS = 2.5
"""Units in the last place of the result, for |x| up to 1/2 one. Above, the result is pi/2 - 2 s, which is smallest, 0.52, at 1/2:
pi/2 is wrong by half such a unit, the result is rounded, and s, with a rounded root and a rounded sum, counts twice."""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_arcsine_is_accurate_to_the_last_digits(dtype):
    small = np.logspace(np.log10(4 * np.finfo(dtype).tiny), 0, 1000)
    x = np.concatenate([np.linspace(0, 1, 4001), small, 0.5 + small, 0.5 - small, 1 - small]).astype(dtype)
    x = np.unique(np.concatenate([x, -x]))
    x = x[np.abs(x) <= 1]
    with enable_x64(dtype == "float64"):
        found = np.asarray(arcsine(jnp.asarray(x)))
    assert found.dtype == dtype
    with mpmath.workdps(50):
        exact = [mpmath.asin(float(value)) for value in x]
        error = np.array([float(value - e) for value, e in zip(map(float, found), exact, strict=True)])
    unit = np.spacing(np.abs(np.array(exact, float)).astype(dtype)).astype(float)
    assert np.all(np.abs(error) <= np.where(np.abs(x) > 0.5, UNITS, 1) * unit)
