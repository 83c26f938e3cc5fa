"""The layer recursions of all order-1/n tensors, as a table of terms (Guillen, Misof & Gerken, arXiv 2508.11522v4).

Every term is one diagram: its contribution to a tensor of layer l + 1, made from the `Layer` l one comes from. Slots are
written as einsum letters a, b, c, d; the index order of each tensor is in `solver.solve`. Extended from the paper to biases,
unequal widths (`ratio`) and learning-rate factors; where the printed equations are inconsistent, these are the ones that
agree with sampled networks.

Derivatives with respect to z_g of a function of two slots are sums over its slots, not over distinct inputs, so that
coincident inputs need no special case and no covariance is inverted.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ntklab.finite_width.gaussian import GaussianExpectations


@dataclass(frozen=True)
class Layer:
    """What the terms of the step from layer l to l + 1 are made of.

    Attributes:
        theta: leading-order NTK of layer l, (input, input).
        expectations: under N(0, K) of layer l.
        local: pattern of derivative orders -> expectation of a product of four, (input,) * 4.
        tensors: those of layer l.
        c_w, lambda_w: variance and learning-rate factor of the weights of layer l + 1.
        ratio: n_l / n_{l-1}.
        new: tensors of layer l + 1 computed already.
    """

    theta: np.ndarray
    expectations: GaussianExpectations
    local: Mapping[tuple[int, ...], np.ndarray]
    tensors: Mapping[str, np.ndarray]
    c_w: float
    lambda_w: float
    ratio: float
    new: dict[str, np.ndarray] = field(default_factory=dict)

    def M(self, p: int, q: int) -> np.ndarray:
        """<sigma^(p)(z_a) sigma^(q)(z_b)>, (a, b)."""
        return self.expectations.pair(p, q)

    @property
    def omega(self) -> np.ndarray:
        """<Omega_ab> = lambda_w <s_a s_b> + C_w Theta_ab <s'_a s'_b>."""
        return self.lambda_w * self.M(0, 0) + self.c_w * self.theta * self.M(1, 1)

    def first(self, p: int, q: int) -> tuple[tuple[int, np.ndarray], tuple[int, np.ndarray]]:
        """Slot-wise first derivatives of sigma^(p)(z_a) sigma^(q)(z_b): ((slot, expectation), ...)."""
        return (0, self.M(p + 1, q)), (1, self.M(p, q + 1))

    def second(self, p: int, q: int, X: np.ndarray) -> np.ndarray:
        """sum_gh <d^2(sigma^(p)_a sigma^(q)_b)/dz_g dz_h> X[g, h, ...], (a, b, ...)."""
        same = np.einsum("aa...->a...", X)
        return (
            _times(self.M(p + 2, q), same[:, None])
            + _times(self.M(p + 1, q + 1), X + X.swapaxes(0, 1))
            + _times(self.M(p, q + 2), same[None, :])
        )

    def second_omega(self, X: np.ndarray) -> np.ndarray:
        """sum_gh <d^2 Omega_ab/dz_g dz_h> X[g, h, ...]."""
        return self.lambda_w * self.second(0, 0, X) + self.c_w * _times(self.theta, self.second(1, 1, X))

    def fourth(self, p: int, q: int, V: np.ndarray) -> np.ndarray:
        """sum over four slots of <d^4(sigma^(p)_a sigma^(q)_b)/dz^4> V, (a, b)."""
        return (
            self.M(p + 4, q) * ein("aaaa->a", V)[:, None]
            + self.M(p + 3, q + 1) * 4 * ein("aaab->ab", V)
            + self.M(p + 2, q + 2) * (2 * ein("aabb->ab", V) + 4 * ein("abab->ab", V))
            + self.M(p + 1, q + 3) * 4 * ein("abbb->ab", V)
            + self.M(p, q + 4) * ein("bbbb->b", V)[None, :]
        )

    def fourth_omega(self, V: np.ndarray) -> np.ndarray:
        """The same for Omega_ab."""
        return self.lambda_w * self.fourth(0, 0, V) + self.c_w * self.theta * self.fourth(1, 1, V)

    def joint(self, X: np.ndarray, left: tuple[int, int], right: tuple[int, int], slots: str) -> np.ndarray:
        """sum_gh <d(sigma^(p)_a sigma^(q)_b)/dz_g> <d(sigma^(r)_c sigma^(s)_d)/dz_h> X[g, x, h, y], (a, b, c, d).

        `left` = (p, q), `right` = (r, s), `slots` = the letters x and y; g runs over a, b and h over c, d.
        """
        x, y = slots
        return sum(
            ein(f"ab,cd,{'ab'[g]}{x}{'cd'[h]}{y}->abcd", dg, dh, X)
            for g, dg in self.first(*left)
            for h, dh in self.first(*right)
        )

    def end(self, X: np.ndarray, orders: tuple[int, int], subscripts: str, pair: str) -> np.ndarray:
        """sum_g <d(sigma^(p)_a sigma^(q)_b)/dz_g> X[..., g]; `subscripts` are those of X before g, `pair` the slots a, b."""
        return sum(ein(f"{pair},{subscripts}{pair[g]}->abcd", dg, X) for g, dg in self.first(*orders))


def ein(subscripts: str, *arrays: np.ndarray) -> np.ndarray:
    """`numpy.einsum` without a search for an order of contraction: the arrays are small."""
    return np.einsum(subscripts, *arrays)


def _times(matrix: np.ndarray, X: np.ndarray) -> np.ndarray:
    """matrix[a, b] X[a, b, ...]."""
    return matrix.reshape(matrix.shape + (1,) * (X.ndim - 2)) * X


SSSS, DDSS, DDDD, D2DDS, D3DDD, D2D2DD = (
    (0, 0, 0, 0),
    (1, 1, 0, 0),
    (1, 1, 1, 1),
    (2, 1, 1, 0),
    (3, 1, 1, 1),
    (2, 2, 1, 1),
)
"""Orders of the derivatives in local expectations, in the order of the array's slots: DDSS[a, b, c, d] = <s'_a s'_b s_c s_d>."""

Terms = Iterator[np.ndarray]
"""One array for each diagram, first the local ones."""


def _mirrored(X: np.ndarray) -> np.ndarray:
    """X[c, d, a, b]: the two pairs of slots exchanged."""
    return X.transpose(2, 3, 0, 1)


def _v(s: Layer) -> Terms:
    """Ec[z1 z2 z3 z4], eq. (50): neuron pairs (1, 2), (3, 4)."""
    C, M = s.c_w, s.M
    yield C**2 * (s.local[SSSS] - ein("ab,cd->abcd", M(0, 0), M(0, 0)))
    yield s.ratio * C**2 / 4 * _mirrored(s.second(0, 0, _mirrored(s.second(0, 0, s.tensors["V"]))))


def _k1(s: Layer) -> Terms:
    """The part of E[z1 z2] of order 1/n."""
    yield s.ratio * s.c_w / 2 * s.second(0, 0, s.tensors["K1"])
    yield s.ratio * s.c_w / 8 * s.fourth(0, 0, s.tensors["V"])


def _d(s: Layer) -> Terms:
    """Ec[z1 z2, Theta_34], eq. (53): preactivations 1 and 2, NTK 3 and 4."""
    C, M = s.c_w, s.M
    product = s.lambda_w * s.local[SSSS] + C * ein("cd,cdab->abcd", s.theta, s.local[DDSS])
    yield C * (product - ein("ab,cd->abcd", M(0, 0), s.omega))
    yield s.ratio * C / 4 * _mirrored(s.second_omega(_mirrored(s.second(0, 0, s.tensors["V"]))))
    yield s.ratio * C**2 / 2 * ein("abcd,cd->abcd", s.second(0, 0, s.tensors["D"]), M(1, 1))


def _f(s: Layer) -> Terms:
    """Ec[z_a z_c, Theta_bd]: neuron pairs (a, b), (c, d)."""
    yield s.c_w**2 * ein("bd,bdac->abcd", s.theta, s.local[DDSS])
    yield s.ratio * s.c_w**2 * s.joint(s.tensors["F"], (0, 1), (0, 1), "bd")


def _a(s: Layer) -> Terms:
    """Ec[Theta_12, Theta_34]: neuron pairs (1, 2), (3, 4)."""
    C, M, r = s.c_w, s.M, s.ratio
    mixed = s.lambda_w * C * ein("cd,cdab->abcd", s.theta, s.local[DDSS])
    product = s.lambda_w**2 * s.local[SSSS] + mixed + _mirrored(mixed)
    product += C**2 * ein("ab,cd,abcd->abcd", s.theta, s.theta, s.local[DDDD])
    yield product - ein("ab,cd->abcd", s.omega, s.omega)
    yield r / 4 * _mirrored(s.second_omega(_mirrored(s.second_omega(s.tensors["V"]))))
    absorbed = ein("abcd,cd->abcd", s.second_omega(s.tensors["D"]), M(1, 1))
    yield r * C / 2 * absorbed
    yield r * C / 2 * _mirrored(absorbed)
    yield r * C**2 * ein("ab,cd,abcd->abcd", M(1, 1), M(1, 1), s.tensors["A"])


def _b(s: Layer) -> Terms:
    """Ec[Theta_ac, Theta_bd]: neuron pairs (a, b), (c, d)."""
    yield s.c_w**2 * ein("ac,bd,abcd->abcd", s.theta, s.theta, s.local[DDDD])
    yield s.ratio * s.c_w**2 * ein("ab,cd,abcd->abcd", s.M(1, 1), s.M(1, 1), s.tensors["B"])


def _theta1(s: Layer) -> Terms:
    """The part of E[Theta_12] of order 1/n: the five diagrams of eq. (15)."""
    C, r = s.c_w, s.ratio
    yield r * C * s.tensors["Theta1"] * s.M(1, 1)
    yield r / 2 * s.second_omega(s.tensors["K1"])
    yield r / 8 * s.fourth_omega(s.tensors["V"])
    yield r * C / 2 * ein("abab->ab", s.second(1, 1, s.tensors["D"]))
    yield r * C * ein("abab->ab", s.second(1, 1, s.tensors["F"].transpose(0, 2, 1, 3)))


def _p(s: Layer) -> Terms:
    """E[dTheta(a; b, c) z_d], eq. (58): neuron pairs (a, d), (b, c)."""
    C, M, r = s.c_w, s.M, s.ratio
    yield C**2 * ein("ab,ac,abcd->abcd", s.theta, s.theta, s.local[D2DDS])
    yield r * C**2 * ein("bc,ad,aabc->abcd", M(1, 1), M(2, 0), s.tensors["B"])
    yield r * C**2 * ein("bc,abcd->abcd", M(1, 1), s.end(s.tensors["P"], (1, 0), "abc", "ad"))


def _q(s: Layer) -> Terms:
    """E[dTheta(a; b, c) z_d], eq. (60): neuron pairs (a, b), (c, d). The first term is F of the layer computed."""
    C, M, r = s.c_w, s.M, s.ratio
    yield s.lambda_w / C * ein("badc->abcd", s.new["F"])
    yield C**2 * ein("ab,ac,abcd->abcd", s.theta, s.theta, s.local[D2DDS])
    yield r * C**2 * ein("ab,abcd->abcd", s.theta, s.joint(s.tensors["F"], (2, 1), (1, 0), "ac"))
    yield r * C**2 * ein("ab,abcd->abcd", M(1, 1), s.end(s.tensors["Q"], (1, 0), "abc", "cd"))


def _r(s: Layer) -> Terms:
    """E[ddI(a; b, c, d)], eq. (63) with s'_1 in the terms with Theta_01: neuron pairs (a, b), (c, d)."""
    C, lam, M, r, theta, B, P = s.c_w, s.lambda_w, s.M, s.ratio, s.theta, s.tensors["B"], s.tensors["P"]
    yield lam * C * ein("ac,ad,acdb->abcd", theta, theta, s.local[D2DDS])
    yield C**2 * ein("ab,ac,ad,abcd->abcd", theta, theta, theta, s.local[D3DDD])
    yield r * lam * C * ein("cd,ab,aacd->abcd", M(1, 1), M(2, 0), B)
    yield r * lam * C * ein("cd,abcd->abcd", M(1, 1), s.end(P, (1, 0), "acd", "ab"))
    yield r * C**2 * ein("cd,ab,ab,aacd->abcd", M(1, 1), theta, M(3, 1), B)
    yield r * C**2 * ein("cd,ab,abcd->abcd", M(1, 1), theta, s.end(P, (2, 1), "acd", "ab"))
    yield r * C**2 * ein("cd,ab,abcd->abcd", M(1, 1), M(1, 1), s.tensors["R"])


def _s(s: Layer) -> Terms:
    """E[ddII(a, b, c, d)]: neuron pairs (a, b), (c, d)."""
    C, lam, M, r, theta, B = s.c_w, s.lambda_w, s.M, s.ratio, s.theta, s.tensors["B"]
    yield lam * C * ein("ac,bd,abcd->abcd", theta, theta, s.local[DDDD])
    yield C**2 * ein("ab,ac,bd,abcd->abcd", theta, theta, theta, s.local[D2D2DD])
    yield r * lam * C * ein("cd,ab,abcd->abcd", M(1, 1), M(1, 1), B)
    yield r * C**2 * ein("cd,ab,ab,abcd->abcd", M(1, 1), theta, M(2, 2), B)
    yield r * C**2 * ein("cd,ab,abcd->abcd", M(1, 1), M(1, 1), s.tensors["S"])


def _t(s: Layer) -> Terms:
    """E[ddII(a, c, b, d)], eqs. (64) to (66): neuron pairs (a, b), (c, d), a double leg with its own single leg."""
    C, lam, M, r, theta, F, Q = s.c_w, s.lambda_w, s.M, s.ratio, s.theta, s.tensors["F"], s.tensors["Q"]
    both = "ab,cd,abcd->abcd"
    ones = np.ones_like(theta)
    # At each vertex the parameter is a weight of the new layer (lam), or both legs go down through the activation (C).
    left = {"weight": (lam, ones, (1, 0)), "below": (C, theta, (2, 1))}
    for u, w in itertools.product(left, repeat=2):
        (cu, tu, ou), (cw, tw, ow) = left[u], left[w]
        local = {
            ("weight", "weight"): lambda: s.local[DDSS].transpose(0, 2, 1, 3),
            ("weight", "below"): lambda: ein("cadb->abcd", s.local[D2DDS]),
            ("below", "weight"): lambda: s.local[D2DDS],
            ("below", "below"): lambda: s.local[D2D2DD].transpose(0, 2, 1, 3),
        }[u, w]()
        yield cu * cw * ein("ac,ab,cd,abcd->abcd", theta, tu, tw, local)
        yield r * cu * cw * ein(both, tu, tw, s.joint(F, ou, ow, "ac"))
    for u in left:
        factor, t, orders = left[u]
        yield r * factor * C * ein(both, t, M(1, 1), s.end(Q, orders, "cda", "ab"))
        yield r * factor * C * ein(both, M(1, 1), t, s.end(Q, orders, "abc", "cd"))
    yield r * C**2 * ein(both, M(1, 1), M(1, 1), s.tensors["T"])


def _u(s: Layer) -> Terms:
    """E[ddII(a, c, d, b)]: neuron pairs (a, b), (c, d), a double leg with the other's single leg."""
    theta = s.theta
    yield s.c_w**2 * ein("ac,ad,cb,acbd->abcd", theta, theta, theta, s.local[D2D2DD])
    yield s.ratio * s.c_w**2 * ein("ab,cd,abcd->abcd", s.M(1, 1), s.M(1, 1), s.tensors["U"])


class Recursion(NamedTuple):
    """The terms of one tensor and what they are made of."""

    terms: Callable[[Layer], Terms]
    carries: tuple[str, ...]
    """Tensors of the layer below."""
    patterns: tuple[tuple[int, int, int, int], ...] = ()
    """Local expectations."""
    new: tuple[str, ...] = ()
    """Tensors of the same layer."""


RECURSIONS: dict[str, Recursion] = {
    "V": Recursion(_v, ("V",), (SSSS,)),
    "K1": Recursion(_k1, ("K1", "V")),
    "D": Recursion(_d, ("V", "D"), (SSSS, DDSS)),
    "F": Recursion(_f, ("F",), (DDSS,)),
    "A": Recursion(_a, ("V", "D", "A"), (SSSS, DDSS, DDDD)),
    "B": Recursion(_b, ("B",), (DDDD,)),
    "Theta1": Recursion(_theta1, ("Theta1", "K1", "V", "D", "F")),
    "P": Recursion(_p, ("B", "P"), (D2DDS,)),
    "Q": Recursion(_q, ("F", "Q"), (D2DDS,), ("F",)),
    "R": Recursion(_r, ("B", "P", "R"), (D2DDS, D3DDD)),
    "S": Recursion(_s, ("B", "S"), (DDDD, D2D2DD)),
    "T": Recursion(_t, ("F", "Q", "T"), (DDSS, D2DDS, D2D2DD)),
    "U": Recursion(_u, ("U",), (D2D2DD,)),
}
"""Every tensor of order 1/n, in an order in which those of one layer can be computed."""
MATRICES = ("K1", "Theta1")
"""Tensors with two slots; the others have four."""
