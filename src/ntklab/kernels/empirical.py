"""NNGP kernel and NTK of randomly drawn networks of finite width, whose mean tends to the infinite-width kernels.

    NTK    sum over parameters of d f_o(x) d f_o(y), averaged over the outputs o
    NNGP   sigma_b^2 + sigma_w^2 / width sum_i h_i(x) h_i(y), from the last hidden layer h

The NNGP estimate does not use products of outputs: their fluctuation does not shrink with the width.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import enable_x64
from jaxtyping import Array, Float

from ntklab.kernels import checks, finite
from ntklab.kernels.group_convolution import ORDER
from ntklab.kernels.network import Network
from ntklab.kernels.result import Kernels
from ntklab.seeds import generator


def empirical_ntk(network: Network, architecture: str, parameters, x: Array, y: Array) -> Float[Array, "n m"]:
    """NTK of one network by reverse-mode Jacobians, one array of parameters at a time to spare memory."""
    leaves, structure = jax.tree.flatten(parameters)

    def jacobian(number: int, inputs: Array) -> Float[Array, "sample output parameter"]:
        def f(leaf):
            changed = jax.tree.unflatten(structure, [*leaves[:number], leaf, *leaves[number + 1 :]])
            return finite.outputs(network, architecture, changed, inputs)

        full = jax.jacrev(f)(leaves[number])
        return full.reshape(*full.shape[:2], -1)

    def contribution(number: int) -> Float[Array, "n m"]:
        left = jacobian(number, x)
        right = left if y is x else jacobian(number, y)
        return jnp.einsum("nop,mop->nm", left, right) / left.shape[1]

    return sum(contribution(number) for number in range(len(leaves)))


def empirical_nngp(network: Network, architecture: str, parameters, x: Array, y: Array) -> Float[Array, "n m"]:
    """NNGP kernel of one network from its last hidden layer."""
    left, right = (finite.features(network, architecture, parameters, z) for z in (x, y))
    return network.bias_variance + network.weight_variance / left.shape[1] * left @ right.T


@partial(jax.jit, static_argnums=(0, 1, 2))
def _draw_all(network: Network, architecture: str, shapes, keys: Array, x: Array, y: Array | None):
    y = x if y is None else y

    def one(key):
        parameters = finite.init(network, shapes, key, x.dtype)
        kernels = (f(network, architecture, parameters, x, y) for f in (empirical_nngp, empirical_ntk))
        return tuple(kernels)

    return jax.lax.map(one, keys, batch_size=4)


def empirical_kernels(
    network: Network,
    x: Float[np.ndarray, "n ..."],
    y: Float[np.ndarray, "m ..."] | None = None,
    *,
    architecture: str,
    width: int,
    draws: int,
    seed: int,
    outputs: int = 1,
    rotations: int = ORDER,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (draws, n, m) of `draws` independent networks.

    Args:
        architecture: "mlp", "cnn" or "gcnn".
        width: channels of every hidden layer.
        seed: root seed; the same seed gives the same networks.
        outputs: number of outputs the NTK is averaged over.
        rotations: relative rotations that the filters of group convolutions support, 1 to 4.

    Raises:
        ValueError: for an architecture that does not fit the network, no samples, NaN, or images that are not square.
    """
    finite.check_architecture(network, architecture)
    for name, z in (("x", x), ("y", x if y is None else y)):
        checks.images(z, name) if network.filters else checks.samples(z, name)
    shapes = finite.weight_shapes(network, architecture, x.shape[1:], width, outputs, rotations)
    number = generator(seed, "empirical_kernels").integers(2**32, dtype=np.uint32)
    with enable_x64(dtype == "float64"):
        keys = jax.random.split(jax.random.PRNGKey(number), draws)
        inputs = (np.asarray(x, dtype), None if y is None else np.asarray(y, dtype))
        nngp, ntk = _draw_all(network, architecture, tuple(shapes), keys, *inputs)
        return Kernels(np.array(nngp), np.array(ntk))
