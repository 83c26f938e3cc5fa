"""Images of independent normal numbers."""

import jax
import numpy as np
from jax import enable_x64
from jaxtyping import Float64


def gaussian_images(key: int, images: int, size: int, channels: int) -> Float64[np.ndarray, "image row column channel"]:
    """Images (images, size, size, channels), pixels N(0, 1).

    Drawn as the public notebook on kernel convergence (code of E2) draws its own: key 0xDEADBEEF, two 16 x 16 x 3 images
    give the images of the printed kernels. Hence JAX's generator, with the key split once and not partitioned.
    """
    with jax.threefry_partitionable(False), enable_x64(True):
        _, second = jax.random.split(jax.random.key(key))
        return np.asarray(jax.random.normal(second, (images, size, size, channels)))
