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
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ntklab.errors import InputError
from ntklab.groups import FiniteGroup, pixel_group
from ntklab.kernels import checks, finite
from ntklab.kernels.result import Kernels
from ntklab.network import Network
from ntklab.seeds import generator

BATCH = 4
"""Networks computed side by side: enough to fill the vector units, few enough to stay in the cache."""


def draw_kernels(
    network: Network, architecture: str, group: FiniteGroup, parameters: finite.Parameters, x: Float[Array, "n ..."]
) -> tuple[Float[Array, "n n"], Float[Array, "n n"]]:
    """NNGP kernel and NTK of one network, the latter from its reverse-mode Jacobian, one array of parameters at a time."""

    def outputs(parameters):
        h = finite.features(network, architecture, group, parameters, x)
        return finite.readout(network, parameters, h), h

    jacobian, h = jax.jacrev(outputs, has_aux=True)(parameters)
    nngp = network.bias_variance + network.weight_variance / h.shape[1] * h @ h.T
    ntk = 0.0
    for leaf in jax.tree.leaves(jacobian):
        rows = leaf.reshape(*leaf.shape[:2], -1)
        ntk += jnp.einsum("nop,mop->nm", rows, rows) / rows.shape[1]
    return nngp, ntk


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _draw_all(network: Network, architecture: str, group: str, shapes: tuple, keys: Array, x: Float[Array, "n ..."]):
    """Kernels of one network per key, a few at a time. The group by name, which equals itself: one compilation."""
    elements = pixel_group(group)

    def one(key):
        return draw_kernels(network, architecture, elements, finite.init(network, shapes, key, x.dtype.name), x)

    return jax.lax.map(one, keys, batch_size=BATCH)


def _keys(root: int, architecture: str, width: int, first: int, draws: int) -> Array:
    """One key for each draw, which depends on the root seed, the architecture, the width and its number only."""
    number = generator(root, "empirical_kernels", architecture, width).integers(2**32, dtype=np.uint32)
    return jax.vmap(partial(jax.random.fold_in, jax.random.PRNGKey(number)))(jnp.arange(first, first + draws))


def empirical_kernels(
    network: Network,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    architecture: str,
    width: int,
    draws: int,
    seed: int,
    first: int = 0,
    outputs: int = 1,
    group: str | FiniteGroup = "c4",
    support: int | None = None,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (draws, n, m) of `draws` independent networks.

    Args:
        x, y: inputs (n, ...), (m, ...); square images (n, size, size, channels) for a network with filters. y=None: y = x.
        architecture: "mlp", "cnn" or "gcnn".
        width: channels of every hidden layer.
        seed: root seed; the same seed gives the same networks, and more draws begin with the same ones.
        first: number of the first draw, so that the draws can be shared out.
        outputs: number of outputs the NTK is averaged over.
        group: of "gcnn", by name or as an object: c1, c2, c4, d1, d2, d4.
        support: how many relative elements, the first ones of the group, the filters of group convolutions extend over;
            None: all of them.
        dtype: float64 or float32.

    Raises:
        InputError: for an architecture that does not fit the network, inputs that are not finite, not of one shape or not
            square, an unknown group or dtype, or a support outside 1 to the group's order.
    """
    finite.check_architecture(network, architecture)
    elements = pixel_group(group)
    support = elements.order if support is None else support
    if not 1 <= support <= elements.order:
        raise InputError(f"support={support}: filters extend over 1 to {elements.order} elements of {elements.name}")
    x, y = checks.inputs(x, y, "size size channels" if network.filters else "n0 ...", dtype)
    shapes = finite.weight_shapes(network, architecture, x.shape[1:], width, outputs, support)
    inputs = x if y is None else np.concatenate([x, y])
    columns = slice(None) if y is None else slice(len(x), None)
    with enable_x64(dtype == "float64"):
        keys = _keys(seed, architecture, width, first, -(-draws // BATCH) * BATCH)
        kernels = _draw_all(network, architecture, elements.name, tuple(shapes), keys, inputs)
        return Kernels(*(np.array(kernel)[:draws, : len(x), columns] for kernel in kernels))
