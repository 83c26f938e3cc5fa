"""The kernel recursion of one pair of images, and the compiled loop over many pairs.

For two images the covariance of all positions is an array K[row, column, row', column'] (P^2 numbers for P pixels), and
Theta likewise. Variances, P numbers per image, are all that a nonlinearity needs besides. Compared with group layers,
which hold 16 P^2 numbers per array, a pair under one rotation costs two arrays (E2 sec. 4).

What limits the speed is the compiler: XLA for CPUs recomputes the box filter for each of the outputs that need it, and
splits an expression with two outputs at every division and root. So each array is computed in a `stage` of its own,
which the compiler cannot merge with the next: 5 to 8 times faster than leaving the fusion to it.
"""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from ntklab.kernels.convolution import PAIR_AXES, shared_shift_sum, variance_average
from ntklab.network import Network

Covariance = Float[Array, "row column row2 column2"]
Variances = list[Float[Array, "image _ _"]]


def stage(go, function, *arrays):
    """function(*arrays), kept apart from what comes before and after by a branch that is always taken.

    `go` is a run-time truth: the compiler may not assume it, hence must finish `function` before it goes on. On a GPU,
    where fusion with several outputs works and a branch costs a round trip to the host, the branch is left out.
    """
    if jax.default_backend() != "cpu":
        return function(*arrays)
    result = jax.eval_shape(function, *arrays)
    return lax.cond(go, function, lambda *_: jnp.zeros(result.shape, result.dtype), *arrays)


def layer_variances(network: Network, x: Float[Array, "image row column channel"]) -> Variances:
    """E[z(t)^2] of the pre-activations of every convolution, one array per layer."""
    v, variances = jnp.mean(x * x, axis=-1), []
    for q in network.filters:
        v = network.weight_variance * variance_average(v, q, network.padding) + network.bias_variance
        variances.append(v)
        v = network.nonlinearity.duals.variance(v)
    return variances


def _convolve(network: Network, q: int, go, k: Covariance, bias: float) -> Float[Array, "_ _ _ _"]:
    """bias + sw2 / q^2 sum_y K[t + y, t' + y]; rows first, then columns."""
    rows, columns = PAIR_AXES
    scale = network.weight_variance / q**2
    k = stage(go, lambda k: shared_shift_sum(k, rows, q, network.padding), k)
    return stage(go, lambda k: bias + scale * shared_shift_sum(k, columns, q, network.padding), k)


def pooled_pair(network: Network, go, x, y, variances_x: list, variances_y: list):
    """K and Theta of two images (row, column, channel) after the global average pooling, two numbers.

    The NTK of the input is zero, so that after the first convolution Theta = K.
    """
    s = network.nonlinearity.duals
    k = stage(go, lambda x, y: jnp.einsum("hwc,abc->hwab", x, y) / x.shape[-1], x, y)
    theta = None
    for q, v, w in zip(network.filters, variances_x, variances_y, strict=True):
        v, w = v[:, :, None, None], w[None, None, :, :]
        k = _convolve(network, q, go, k, network.bias_variance)
        theta = k if theta is None else stage(go, jnp.add, k, _convolve(network, q, go, theta, 0.0))
        derivative = stage(go, s.derivative_dual, k, v, w)
        k = stage(go, s.dual, k, v, w, derivative)
        theta = stage(go, jnp.multiply, theta, derivative)
    return stage(go, jnp.mean, k), stage(go, jnp.mean, theta)


def pooled_pairs(
    network: Network,
    x: Float[Array, "n row column channel"],
    y: Float[Array, "m row column channel"],
    pairs: Int[Array, "pair 2"],
    count: Int[Array, ""],
) -> tuple[Float[Array, " pair"], Float[Array, " pair"]]:
    """K and Theta after pooling of the first `count` of the listed (index in x, index in y); zero for the others.

    The number of pairs is a run-time value: one compilation serves every tile of an image size.
    """
    variances_x, variances_y = layer_variances(network, x), layer_variances(network, y)

    def body(number, results):
        i, j = pairs[number]
        pair = pooled_pair(network, count > 0, x[i], y[j], [v[i] for v in variances_x], [w[j] for w in variances_y])
        return tuple(result.at[number].set(value) for result, value in zip(results, pair, strict=True))

    return lax.fori_loop(0, count, body, (jnp.zeros(len(pairs), x.dtype), jnp.zeros(len(pairs), x.dtype)))


CPU_OPTIONS = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_prefer_vector_width": 512}
"""What makes XLA's loops over doubles faster on CPUs (JAX 0.10: by 1.2 to 1.5, as measured by
`benchmarks/kernels.py`). Releases come and go with options: those that one does not know are left out."""


@cache
def compiled_pairs() -> Callable:
    """`pooled_pairs`, compiled with those of CPU_OPTIONS that there are."""
    options = CPU_OPTIONS if jax.default_backend() == "cpu" else {}
    known = {name: value for name, value in options.items() if _is_known({name: value})}
    return jax.jit(pooled_pairs, static_argnums=0, compiler_options=known)


def _is_known(option: dict[str, bool | int]) -> bool:
    try:
        jax.jit(lambda x: x, compiler_options=option).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
