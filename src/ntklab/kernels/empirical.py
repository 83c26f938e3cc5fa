"""NNGP kernel and NTK of randomly drawn networks of finite width, whose mean tends to the infinite-width kernels.

    NTK    sum over parameters of d f_o(x) d f_o(y), averaged over the outputs o
    NNGP   sigma_b^2 + sigma_w^2 / width sum_i h_i(x) h_i(y), from the last hidden layer h

The NNGP estimate does not use products of outputs: their fluctuation does not shrink with the width.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from jaxtyping import Array, Float, Num

from ntklab.kernels import checks, finite
from ntklab.kernels.group_convolution import ORDER
from ntklab.kernels.result import Kernels
from ntklab.network import Network
from ntklab.seeds import generator

BATCH = 4
"""Networks computed side by side: enough to fill the vector units, few enough to stay in the cache."""


def draw_kernels(
    network: Network, architecture: str, parameters: finite.Parameters, x: Float[Array, "n ..."]
) -> tuple[Float[Array, "n n"], Float[Array, "n n"]]:
    """NNGP kernel and NTK of one network, the latter from its reverse-mode Jacobian, one array of parameters at a time."""

    def outputs(parameters):
        h = finite.features(network, architecture, parameters, x)
        return finite.readout(network, parameters, h), h

    jacobian, h = jax.jacrev(outputs, has_aux=True)(parameters)
    nngp = network.bias_variance + network.weight_variance / h.shape[1] * h @ h.T
    ntk = 0.0
    for leaf in jax.tree.leaves(jacobian):
        rows = leaf.reshape(*leaf.shape[:2], -1)
        ntk += jnp.einsum("nop,mop->nm", rows, rows) / rows.shape[1]
    return nngp, ntk


@partial(jax.jit, static_argnums=(0, 1, 2))
def _draw_all(network: Network, architecture: str, shapes: tuple, keys: Array, x: Float[Array, "n ..."]):
    """Kernels of one network per key, a few at a time."""

    def one(key):
        return draw_kernels(network, architecture, finite.init(network, shapes, key, x.dtype.name), x)

    return jax.lax.map(one, keys, batch_size=BATCH)


def _keys(root: int, architecture: str, width: int, first: int, draws: int) -> Array:
    """One key for each draw, which depends on the root seed, the architecture, the width and its number only."""
    number = generator(root, "empirical_kernels", architecture, width).integers(2**32, dtype=np.uint32)
    return jax.vmap(partial(jax.random.fold_in, jax.random.PRNGKey(number)))(jnp.arange(first, first + draws))


def empirical_kernels(
    network: Network,
    x: Num[np.ndarray, "n ..."],
    y: Num[np.ndarray, "m ..."] | None = None,
    *,
    architecture: str,
    width: int,
    draws: int,
    seed: int,
    first: int = 0,
    outputs: int = 1,
    rotations: int = ORDER,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (draws, n, m) of `draws` independent networks.

    Args:
        architecture: "mlp", "cnn" or "gcnn".
        width: channels of every hidden layer.
        seed: root seed; the same seed gives the same networks, and more draws begin with the same ones.
        first: number of the first draw, so that the draws can be shared out.
        outputs: number of outputs the NTK is averaged over.
        rotations: relative rotations that the filters of group convolutions support, 1 to 4.

    Raises:
        ValueError: for an architecture that does not fit the network, no samples, NaN, or images that are not square.
    """
    finite.check_architecture(network, architecture)
    for name, z in (("x", x), ("y", x if y is None else y)):
        checks.images(z, name) if network.filters else checks.samples(z, name)
    shapes = finite.weight_shapes(network, architecture, x.shape[1:], width, outputs, rotations)
    inputs = np.asarray(x if y is None else np.concatenate([x, y]), dtype)
    columns = slice(None) if y is None else slice(len(x), None)
    with enable_x64(dtype == "float64"):
        keys = _keys(seed, architecture, width, first, -(-draws // BATCH) * BATCH)
        kernels = _draw_all(network, architecture, tuple(shapes), keys, inputs)
        return Kernels(*(np.array(kernel)[:draws, : len(x), columns] for kernel in kernels))
