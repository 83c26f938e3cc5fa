"""An arcsine that compiles to vector instructions.

`jnp.arccos` and `jnp.arctan2` on a CPU fall back to one library call per element, 20 to 30 ns each, and took nine
tenths of the time of a ReLU kernel. The form below is branch-free and takes about 2 ns in float64 and float32.
Method of the FreeBSD libm (`e_asin.c`, rational approximation of the remainder) and of Cephes (`asinf.c`, polynomial):

    |x| <= 1/2:   asin(x) = x + x z R(z),                       z = x^2
    |x| >  1/2:   asin(x) = pi/2 - 2 (s + s z R(z)),            z = (1 - |x|) / 2,  s = sqrt(z)
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

NUMERATOR = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
DENOMINATOR = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)
SINGLE = (1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2)


def _polynomial(coefficients: tuple[float, ...], z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Horner's rule, lowest coefficient first."""
    value = jnp.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def arcsine(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """arcsin(x) for -1 <= x <= 1, within one unit in the last place of pi/2 (2.2e-16 in float64, 1.6e-7 in float32)."""
    size = jnp.abs(x)
    far = size > 0.5
    z = jnp.where(far, 0.5 * (1 - size), size * size)
    s = jnp.where(far, jnp.sqrt(z), size)
    single = x.dtype == jnp.float32
    remainder = _polynomial(SINGLE, z) if single else _polynomial(NUMERATOR, z) / _polynomial(DENOMINATOR, z)
    s = s + s * z * remainder
    angle = jnp.where(far, np.pi / 2 - 2 * s, s)
    return jnp.where(x < 0, -angle, angle)
