"""Exact moments of finite linear networks: n times the cumulants that V, D, F, A and B are the limits of.

Any inputs, widths, depth and constants of each layer; nothing is expanded in 1/n. With sigma(z) = z, layer l + 1 is,
given the n neurons of layer l (spec finite-width.md, 2.7),

    z'_i(a)      = b_i + n^(-1/2) sum_k W_ik z_k(a)
    NTK'_ij(a,b) = delta_ij d(a,b) + (1/n) sum_km W_ik W_jm NTK_km(a,b),    d(a,b) = lambda_b + lambda_W q(a,b),
    q(a,b)       = (1/n) sum_k z_k(a) z_k(b),    t(a,b) = (1/n) sum_k NTK_kk(a,b),

where d is the direct term, of the weights and biases of layer l + 1 themselves. A product T of two of z z and NTK has
four legs (neuron, input), and by the symmetry of the weights E[T] = sum over the three pairings p of the legs of
delta_p T_p[inputs]. By Wick's theorem the four weights of a step pair the legs of T as well: a pairing p of the weights
and a pairing s of T, laid over each other, leave one free sum over the n neurons for each closed loop. Over n^2,

    X_p = sum_s n^(loops(p, s) - 2) T_s,    two loops where p = s, one otherwise.

p = (12)(34) gives E[q q], E[q t] and E[t t] of T = z z z z, z z NTK and NTK NTK; p = (13)(24) the other pairing. With
g = C_b + C_W q and w = d + C_W t, the variance of z' and the mean of NTK'_ii given layer l,

    V' = n cov(g, g),   D' = n cov(g, w),   A' = n cov(w, w),
    F' = n C_W^2 X_(13)(24) of z z NTK,     B' = n C_W^2 X_(13)(24) of NTK NTK.

The direct term enters a step to D and A alone: its delta pairs the two legs of one NTK, which F and B pair with legs of
the other factor. Biases enter through the means alone, E[q] = K and E[t] = Theta, which are those of infinite width at
every n.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

TENSORS = ("V", "D", "F", "A", "B")
PAIRINGS = ("(12)(34)", "(13)(24)", "(14)(23)")
"""Of the legs 1 to 4 of z z z z, z z NTK(3,4) and NTK(1,2) NTK(3,4)."""

Legs = list[Float[np.ndarray, "n n n n"]]
"""One array for each of `PAIRINGS`, over the inputs of legs 1, 2, 3, 4."""
PerLayer = float | Sequence[float]
"""One value for all layers, or one for each."""


class Statistics(NamedTuple):
    """Of one layer, fed by `width` neurons: the tensors are `width` times the cumulant, slots as in the spec, 1.4."""

    width: int
    K: Float[np.ndarray, "n n"]
    """E[z_i z_i]"""
    Theta: Float[np.ndarray, "n n"]
    """E[NTK_ii]"""
    V: Float[np.ndarray, "n n n n"]
    D: Float[np.ndarray, "n n n n"]
    F: Float[np.ndarray, "n n n n"]
    A: Float[np.ndarray, "n n n n"]
    B: Float[np.ndarray, "n n n n"]


class Constants(NamedTuple):
    """Of one layer: variances of weights and biases, factors of their derivatives in the NTK."""

    c_w: float
    c_b: float
    lambda_w: float
    lambda_b: float


def _loops(p: int, s: int) -> int:
    """Closed loops of two pairings of four legs laid over each other."""
    return 2 if p == s else 1


def _outer(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """X of legs 1, 2 times Y of legs 3, 4."""
    return X[:, :, None, None] * Y


def _contracted(p: int, product: Legs, cumulant: Legs, n: int) -> np.ndarray:
    """X_p without the product of means: moment = product of means + cumulant, in every pairing.

    The product of means has factor 1 in pairing p itself. Left out here, it is not subtracted later, where little would
    remain at large n.
    """
    total = np.zeros_like(cumulant[0])
    for s in range(3):
        total += float(n) ** (_loops(p, s) - 2) * cumulant[s]
        if s != p:
            total += float(n) ** (_loops(p, s) - 2) * product[s]
    return total


def _zzzz(s: Statistics) -> tuple[Legs, Legs]:
    """Product of means and cumulant of z z z z."""
    K, V = _outer(s.K, s.K), s.V / s.width
    return [_first_to(p, K) for p in range(3)], [_first_to(p, V) for p in range(3)]


def _first_to(p: int, X: np.ndarray) -> np.ndarray:
    """X, whose slots are pairs (0, 1) and (2, 3), as an array over legs 1, 2, 3, 4 that are paired as p says."""
    return np.einsum(("abcd->abcd", "acbd->abcd", "adbc->abcd")[p], X)


def _zzn(s: Statistics) -> tuple[Legs, Legs]:
    """Product of means and cumulant of z z NTK, symmetric in legs 1 and 2."""
    mean, across = _outer(s.K, s.Theta), _crosswise(s.F) / s.width
    zero = np.zeros_like(mean)
    return [mean, zero, zero], [s.D / s.width, across, across.swapaxes(0, 1)]


def _nn(s: Statistics) -> tuple[Legs, Legs]:
    """Product of means and cumulant of NTK NTK, symmetric under NTK_ij(a,b) = NTK_ji(b,a)."""
    mean, across = _outer(s.Theta, s.Theta), _crosswise(s.B) / s.width
    zero = np.zeros_like(mean)
    return [mean, zero, zero], [s.A / s.width, across, across.swapaxes(0, 1)]


def _crosswise(X: np.ndarray) -> np.ndarray:
    """From the slots 1, 3, 2, 4 of F and B to legs 1, 2, 3, 4, and back."""
    return X.swapaxes(1, 2)


def _d(c: Constants, qq: np.ndarray, qt: np.ndarray) -> np.ndarray:
    """cov(g, w) of the covariances of q and t."""
    return c.c_w * (c.lambda_w * qq + c.c_w * qt)


def _a(c: Constants, qq: np.ndarray, qt: np.ndarray, tt: np.ndarray) -> np.ndarray:
    """cov(w, w) of the covariances of q and t."""
    tq = qt.transpose(2, 3, 0, 1)
    return c.lambda_w**2 * qq + c.lambda_w * c.c_w * (qt + tq) + c.c_w**2 * tt


def _next(s: Statistics, n: int, c: Constants) -> Statistics:
    """One layer further, over n neurons."""
    zzzz, zzn, nn = _zzzz(s), _zzn(s), _nn(s)
    qq, qt, tt = (_contracted(0, *moment, n) for moment in (zzzz, zzn, nn))
    return Statistics(
        width=n,
        K=c.c_b + c.c_w * s.K,
        Theta=c.lambda_b + c.lambda_w * s.K + c.c_w * s.Theta,
        V=n * c.c_w**2 * qq,
        D=n * _d(c, qq, qt),
        F=n * c.c_w**2 * _crosswise(_contracted(1, *zzn, n)),
        A=n * _a(c, qq, qt, tt),
        B=n * c.c_w**2 * _crosswise(_contracted(1, *nn, n)),
    )


def _first(x: np.ndarray, c: Constants) -> Statistics:
    """Layer 1: z is Gaussian and the NTK a number."""
    gram = x @ x.T / x.shape[1]
    none = np.zeros((len(x),) * 4)
    # No width feeds layer 1: what it divides is zero.
    return Statistics(1, c.c_b + c.c_w * gram, c.lambda_b + c.lambda_w * gram, *[none] * 5)


def moments(
    x: Num[np.ndarray, "n n0"],
    widths: Sequence[int],
    c_w: PerLayer = 1.0,
    lambda_w: PerLayer = 1.0,
    c_b: PerLayer = 0.0,
    lambda_b: PerLayer = 0.0,
) -> dict[str, list[np.ndarray]]:
    """Means and cumulants of a linear network's preactivations and NTK, for layers 1 to len(widths) + 1.

    K = E[z_i z_i] and Theta = E[NTK_ii], both (input, input); V, D, F, A, B, arrays (input,) * 4 with the slots of spec
    finite-width.md, 1.4, are n times the cumulant at these very widths, n the one that feeds the layer. They hold for
    networks of any number of outputs.

    Args:
        x: inputs.
        widths: of the hidden layers, each at least 1.
        c_w, c_b: variances of weights and biases, one number or one for each layer.
        lambda_w, lambda_b: factors of their derivatives in the NTK, likewise.

    Raises:
        ValueError: for a width below 1, or a constant that has neither one value nor one for each layer.
    """
    if any(n < 1 for n in widths):
        raise ValueError(f"widths={list(widths)}: at least 1 each")
    depth = len(widths) + 1
    spread = [np.broadcast_to(value, depth).astype(float) for value in (c_w, c_b, lambda_w, lambda_b)]
    constants = [Constants(*map(float, values)) for values in zip(*spread, strict=True)]
    layers = [_first(np.asarray(x, float), constants[0])]
    for n, c in zip(widths, constants[1:], strict=True):
        layers.append(_next(layers[-1], n, c))
    return {name: [getattr(layer, name) for layer in layers] for name in ("K", "Theta", *TENSORS)}
