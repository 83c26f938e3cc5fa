"""An activation from a function of your own: its derivatives come from JAX."""

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from ntklab.activations.activation import Activation
from ntklab.errors import InputError

SIZES = (2**8, 2**12, 2**16)
"""Numbers evaluated at a time: few, for each is a compilation."""
SMOOTH_TO = 6
"""Derivatives that are tested for jumps: as many as the recursions of `solve` use."""
STEP, JUMP = 1 / 64, 0.05
"""Between the points of that test; and of a derivative beyond the trapezoidal rule, relative to its largest value."""


def activation_from(function: Callable[[Any], Any], name: str | None = None, nodes: int = 28) -> Activation:
    """The activation sigma(z) = function(z), good for `Network`, kernels, `solve` and `sample` like the built-in ones.

        swish = activation_from(jax.nn.silu, name="swish")
        mlp_kernel(Network(dense=2, nonlinearity=swish), x)

    Derivatives of every order are those of JAX (Taylor mode, or nested forward mode for functions without it); Gaussian
    expectations are quadratures, in kernels and in recursions.

    Args:
        function: of one JAX array, elementwise, smooth (`jax.numpy` and not `numpy` inside).
        name: for tables and messages; default that of the function. A fingerprint of the function's computation is added,
            since names are keys of caches.
        nodes: of the quadrature to start with, as in `Activation`: right for functions that vary on a scale of one.

    Raises:
        InputError: if the function isn't elementwise, is complex or not finite near zero, or jumps or has a kink in one of its
            first six derivatives, as ReLU and ELU do: Gaussian expectations would miss what is at the kink.
    """
    return _activation(function, name or getattr(function, "__name__", "function"), int(nodes))


@lru_cache(maxsize=256)
def _activation(function: Callable[[Any], Any], name: str, nodes: int) -> Activation:
    """Cached, for networks compare by their activations."""
    found = Activation(f"{name}#{_fingerprint(function, name)}", _derivatives(function), nodes=nodes)
    _check_smooth(found)
    return found


def _fingerprint(function: Callable[[Any], Any], name: str) -> str:
    """Of the function's computation and the numbers in it; `InputError` unless it is elementwise and real."""
    import jax  # only those who give a function need JAX
    import jax.numpy as jnp

    try:
        traced = jax.make_jaxpr(function)(jnp.zeros(3, jnp.float32))
    except Exception as error:
        raise InputError(
            f"activation {name}: not a function of one JAX array ({str(error).splitlines()[0]}); write it with jax.numpy"
        ) from error
    if [result.shape for result in traced.out_avals] != [(3,)] or traced.out_avals[0].dtype.kind != "f":
        shapes = ", ".join(str(result) for result in traced.out_avals)
        raise InputError(
            f"activation {name}: gives {shapes} for float32[3]; an elementwise function gives real numbers of the same shape"
        )
    content = str(traced.jaxpr).encode() + b"".join(np.asarray(value).tobytes() for value in traced.consts)
    return hashlib.sha256(content).hexdigest()[:8]


def _derivatives(function: Callable[[Any], Any]):
    """As `Derivatives`: traced in JAX, compiled once for a few sizes in NumPy."""

    @cache
    def compiled(highest: int):
        import jax

        return jax.jit(lambda z: _taylor(function, z, highest))

    def derivatives(z, highest, xp):
        if xp is not np:
            return _taylor(function, z, highest)
        z = np.asarray(z, float)
        size = next((size for size in SIZES if z.size <= size), SIZES[-1])
        padded = np.zeros(-(-max(z.size, 1) // size) * size)
        padded[: z.size] = z.ravel()
        import jax

        # Numbers are numbers, also where a program that asks for them is being traced.
        with jax.ensure_compile_time_eval(), jax.enable_x64(True):
            parts = [np.asarray(compiled(highest)(part)) for part in padded.reshape(-1, size)]
        return np.concatenate(parts, axis=1)[:, : z.size].reshape(highest + 1, *z.shape)

    return derivatives


def _taylor(function: Callable[[Any], Any], z, highest: int):
    """The function and its derivatives at z, (highest + 1, *z.shape)."""
    import jax.numpy as jnp
    from jax.experimental.jet import jet

    z = jnp.asarray(z)
    if highest:
        one, zero = jnp.ones_like(z), jnp.zeros_like(z)
        try:
            value, slopes = jet(function, (z,), ([one] + [zero] * (highest - 1),))
            return jnp.stack([value, *slopes])
        except Exception:
            # JAX has Taylor rules for many functions and not for all, and says so in several ways.
            pass
    return jnp.stack(_nested(function, z, highest))


def _nested(function: Callable[[Any], Any], z, highest: int) -> list:
    """The same by forward mode of forward mode."""
    import jax
    import jax.numpy as jnp

    found = [function]
    for _ in range(highest):
        found.append(lambda z, last=found[-1]: jax.jvp(last, (z,), (jnp.ones_like(z),))[1])
    return [derivative(z) for derivative in found]


def _check_smooth(activation: Activation) -> None:
    """`InputError` where a derivative changes by more between two points than its own derivative says."""
    z = np.arange(-8, 8 + STEP / 2, STEP)
    values = activation.derivatives(z, SMOOTH_TO, np)
    if not np.all(np.isfinite(values)):
        at = z[np.argwhere(~np.isfinite(values))[0][1]]
        raise InputError(f"activation {activation.name}: it or a derivative is not finite at z = {at:g}")
    change = np.diff(values[:-1]) - STEP * (values[1:, 1:] + values[1:, :-1]) / 2
    jumps = np.abs(change) > JUMP * np.abs(values[:-1]).max(axis=1, keepdims=True)
    if jumps.any():
        order, place = np.argwhere(jumps)[0]
        raise InputError(
            f"activation {activation.name}: derivative {order} jumps near z = {z[place]:.2g}; only smooth functions "
            "(leaky_relu(slope) is built in)"
        )
