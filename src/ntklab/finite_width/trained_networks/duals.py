"""Gaussian duals of smooth activations without closed forms, fast enough for the controls of many networks."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from ntklab.activations import Activation, Duals

SPACING, NODES = 0.38, 29
"""The trapezoidal rule for normal numbers: its error falls exponentially with 1/spacing for functions that are analytic in a
strip, tanh in |Im z| < pi/2, where Gauss-Hermite's falls with the root of the nodes only: 1e-6 here, against 3e-5 with 40."""


@cache
def with_duals(activation: Activation) -> Activation:
    """The activation with such duals; itself where it has closed forms, or a kink."""
    if activation.closed_duals or not activation.smooth:
        return activation
    points = SPACING * (np.arange(NODES) - NODES // 2)
    weights = np.exp(-(points**2) / 2)
    weights /= weights.sum()

    def dual(order):
        def expectation(k, v, w, *_):
            root = jnp.sqrt(v)
            slope = jnp.where(v > 0, k / jnp.where(v > 0, root, 1), 0)
            rest = jnp.sqrt(jnp.maximum(w - slope * slope, 0))
            shape = (-1, *[1] * jnp.ndim(k))

            def add(total, node):
                x, weight = node
                inner = activation.derivatives(slope * x + rest * points.reshape(shape), order, jnp)[order]
                inner = jnp.tensordot(jnp.asarray(weights, inner.dtype), inner, 1)
                return total + weight * activation.derivatives(root * x, order, jnp)[order] * inner, None

            nodes = jnp.asarray(points, root.dtype), jnp.asarray(weights, root.dtype)
            return jax.lax.scan(add, jnp.zeros_like(rest), nodes)[0]

        return expectation

    return replace(activation, closed_duals=Duals(dual(1), dual(0), lambda v: dual(0)(v, v, v)))
