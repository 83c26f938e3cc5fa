"""Exact moments of finite ReLU networks at one input: n times the cumulants that V, D, F, A and B are the limits of.

Without biases, at any width n and depth, by an argument that expands nothing in 1/n. Given the layers below, the rows
(z_i, u_i) of preactivations and weights, with NTK_ij = delta_ij (lambda / C_W) G + u_i^T NTK u_j, are independent Gaussians;
G = C_W / n sum_a sigma(z_a)^2 is the variance of z. Turning the sign of one row changes no product that is even in it, so
that the step functions sigma'(z_i) are worth a factor 1/2 for each neuron i that occurs, whatever stands beside them.
Spec finite-width.md, 4.2, has E[G^2] = K^2 (1 + 5/n)^(l - 1) at C_W = 2, of which this is the extension to the NTK.
"""

from fractions import Fraction
from typing import NamedTuple

TENSORS = ("V", "D", "F", "A", "B")
"""Those with a moment here, each in its component 0000."""


class _Moments(NamedTuple):
    """Of layer l, for neurons i and j that differ; z has mean square K and the NTK mean Theta."""

    zzzz: Fraction
    """E[z_i^2 z_j^2], a third of E[z_i^4]."""
    zz_outer: Fraction
    """E[z_i^2 NTK_jj]"""
    zz_cross: Fraction
    """E[z_i z_j NTK_ij]"""
    zz_same: Fraction
    """E[z_i^2 NTK_ii]"""
    outer: Fraction
    """E[NTK_ii NTK_jj]"""
    cross: Fraction
    """E[NTK_ij^2]"""
    same: Fraction
    """E[NTK_ii^2]"""


def _next(m: _Moments, width: int, c_w: Fraction, lambda_w: Fraction) -> _Moments:
    """One layer further, over `width` neurons."""
    scale = (c_w / width) ** 2
    own, pairs = Fraction(width, 2), Fraction(width * (width - 1), 4)
    square = scale * (3 * own + pairs) * m.zzzz  # E[G^2]
    trace = scale * (own * m.zz_same + pairs * m.zz_outer)  # E[G t], t = C_W / n sum_a sigma'_a^2 NTK_aa
    traces = scale * (own * m.same + pairs * m.outer)  # E[t^2]
    product = scale * (own * m.same + pairs * m.cross)  # (C_W / n)^2 sum_ab E[sigma'_a sigma'_b NTK_ab^2]
    mixed = scale * (own * m.zz_same + pairs * m.zz_cross)  # (C_W / n)^2 sum_ab E[sigma_a sigma_b NTK_ab]
    direct = lambda_w / c_w
    outer = direct**2 * square + 2 * direct * trace + traces
    zz_outer = direct * square + trace
    return _Moments(square, zz_outer, mixed, zz_outer + 2 * mixed, outer, product, outer + 2 * product)


def moments(width: int, depth: int, c_w: float = 2.0, lambda_w: float = 1.0) -> dict[str, list[float]]:
    """Tensor -> its component 0000 over layers 1 to `depth`, for hidden layers of `width` neurons and |x|^2 / n_0 = 1.

    V scales with the square of |x|^2 / n_0, and so do the others. Rational arithmetic: rounded once, at the end.
    """
    c, rate = Fraction(c_w), Fraction(lambda_w)
    K, theta = c, rate
    m = _Moments(K**2, K * theta, Fraction(0), K * theta, theta**2, Fraction(0), theta**2)
    found = {tensor: [0.0] for tensor in TENSORS}
    for _ in range(1, depth):
        m = _next(m, width, c, rate)
        K, theta = c / 2 * K, rate / 2 * K + c / 2 * theta
        cumulants = (m.zzzz - K**2, m.zz_outer - K * theta, m.zz_cross, m.outer - theta**2, m.cross)
        for tensor, value in zip(TENSORS, cumulants, strict=True):
            found[tensor].append(float(width * value))
    return found


def leading_order(depth: int) -> dict[str, list[float]]:
    """Closed forms of the same at infinite width, for C_W = 2 and lambda_W = 1 (spec finite-width.md, 4.2)."""
    layers = range(1, depth + 1)
    return {
        "V": [20.0 * (j - 1) for j in layers],
        "D": [6.0 * j * (j - 1) for j in layers],
        "F": [2.0 * j * (j - 1) for j in layers],
        "A": [j * (j - 1) * (7 * j - 2) / 3 for j in layers],
        "B": [j * (j - 1) * (2 * j - 1) / 3 for j in layers],
    }
