"""The NTK of random networks with one output, drawn without their weights."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.finite_width.trained_networks.networks import Gradients, Program, ntk, orthonormal


def sizes(program: Program) -> list[tuple[int, ...]]:
    """Shapes of the standard normal numbers of one NTK: their count is linear in the width."""
    a, P = program.architecture, program.inputs
    hidden = [shape for n, m in zip(a.widths[1:], a.widths, strict=False) for shape in ((P, n), (n,), (P, m))]
    return [(P, a.widths[0]), *hidden, (a.widths[-1],)]


def random_ntk(
    program: Program,
    root: Float[Array, "input input"],
    theta: Float[Array, "input input"],
    numbers: Float[Array, " number"],
) -> Float[Array, "input input"]:
    """The NTK of a random network; its distribution is exact. `root` and `theta`: square root of K, and NTK, of layer 1.

    Weights W meet the vectors h(a) of the layer before, and in the gradients the d(a) of the next, and nothing else. With
    orthonormal bases q of the h(a) and p of the d(a) all W q are independent normal vectors and, given these, so are the
    parts of the W^T p that are orthogonal to the q.
    """
    a = program.architecture
    ends = np.cumsum([math.prod(shape) for shape in sizes(program)])
    parts = [part.reshape(shape) for part, shape in zip(jnp.split(numbers, ends[:-1]), sizes(program), strict=True)]
    values, slopes = program.activation.derivatives(root @ parts[0], 1, jnp)
    forward, all_slopes, bases = [values], [slopes], []
    for layer, width in enumerate(a.widths[:-1], 1):
        columns, bias = parts[3 * layer - 2 : 3 * layer]
        bases.append(orthonormal(values))
        z = math.sqrt(a.c_w[layer] / width) * (values @ bases[-1].T) @ columns + math.sqrt(a.c_b[layer]) * bias
        values, slopes = program.activation.derivatives(z, 1, jnp)
        forward.append(values)
        all_slopes.append(slopes)
    backward = [all_slopes[-1] * math.sqrt(a.c_w[-1] / a.widths[-1]) * parts[-1]]
    for layer in range(a.depth - 2, 0, -1):
        back, basis, columns, fresh = backward[-1], bases[layer - 1], parts[3 * layer - 2], parts[3 * layer]
        free = (back @ orthonormal(back).T) @ fresh
        carried = (back @ columns.T - free @ basis.T) @ basis + free
        backward.append(all_slopes[layer - 1] * math.sqrt(a.c_w[layer] / a.widths[layer - 1]) * carried)
    outputs = jnp.zeros(program.inputs, values.dtype)
    return ntk(program, theta, Gradients(outputs, tuple(forward), tuple(backward[::-1])))
