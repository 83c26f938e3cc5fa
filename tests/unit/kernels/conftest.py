"""Kernels of neural-tangents layers, with which the fast ones are compared."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from jax import enable_x64


@pytest.fixture(scope="session")
def layer_kernel() -> Callable:
    """(init, apply, kernel) of layers -> the function (x, y) -> [nngp, ntk] in float64, compiled once."""

    def compiled(layers: tuple) -> Callable:
        function = jax.jit(lambda x, y: tuple(layers[2](x, y, ("nngp", "ntk"))))

        def kernel(x: np.ndarray, y: np.ndarray | None) -> list[np.ndarray]:
            with enable_x64(True):
                return [np.asarray(k) for k in function(x, y)]

        return kernel

    return compiled
