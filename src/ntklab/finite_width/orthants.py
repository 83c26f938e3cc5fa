"""Gaussian expectations of activations with a kink at zero (ReLU, leaky ReLU): closed forms and orthant moments.

sigma(z) = a_+ z for z > 0 and a_- z for z < 0; sigma' is piecewise constant and sigma'' = (a_+ - a_-) delta(z). Nothing
singular is ever sampled: products are reduced to

    m(C; p) = E[ prod_i z_i^{p_i} 1(z_i > 0) ],  z ~ N(0, C)

which integration by parts brings down to orthant probabilities (one to three dimensions in closed form, four by a
one-dimensional integral, Plackett's).
"""

import itertools
import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from numpy.polynomial.legendre import leggauss
from scipy.special import gamma

from ntklab.activations import Activation
from ntklab.errors import InputError
from ntklab.finite_width.gaussian import Factors, GaussianExpectations

PARALLEL = 1e-12
"""Inputs are one direction if 1 - rho^2 is below this; closed forms divide by powers of it."""
ARC_NODES = 20
"""Gauss-Legendre nodes between two kinks of a rank-two integral: machine precision."""


class KinkedExpectations(GaussianExpectations):
    """Expectations for a scale-invariant activation with slopes a_- and a_+.

    At most one factor may be a second derivative, at an input of a direction of its own or with factors sigma' of the same
    input; that product is then the derivative of a power of sigma', as for every smoothed kink. `InputError` otherwise.
    """

    def __init__(self, activation: Activation, covariance: Float[np.ndarray, "n n"], nodes: int | None = None):
        super().__init__(activation, covariance, nodes)
        if not covariance.diagonal().min() > 0:
            raise InputError(
                f"{activation.name}: an input has variance 0 at the kink (a zero input without bias); remove it"
            )
        self.below, self.above = activation.slopes
        scale = np.sqrt(covariance.diagonal())
        self._correlation = np.clip(covariance / np.outer(scale, scale), -1, 1)
        self._orthants: dict[tuple, _Orthant] = {}

    def pair(self, p: int, q: int) -> Float[np.ndarray, "n n"]:
        """M_pq by Price's theorem from M_00 (dM_pq/dK_ab = M_{p+1,q+1}, dM_pq/dK_aa = M_{p+2,q} / 2).

        For one direction (the same input, or parallel ones) M_pq is not defined one by one, but every sum over slots in
        the recursions is a derivative of f(z) = sigma(z) sigma(c z) or sigma'(z) sigma'(c z); M_00 and M_11 then carry all
        of it and the others count as zero.
        """
        if p < q:
            return self.pair(q, p).T
        if (p, q) not in _MOMENTS:
            raise InputError(f"{self.activation.name}: no pair moment of orders {p} and {q}")
        K, rho = self.covariance, self._correlation
        aa, bb = np.broadcast_arrays(K.diagonal()[:, None], K.diagonal()[None, :])
        parallel = 1 - rho**2 < PARALLEL
        determinant = np.where(parallel, np.nan, aa * bb - K * K)
        jump, product = (self.above - self.below) ** 2, self.above * self.below
        regular = jump / (2 * np.pi) * _MOMENTS[p, q](aa, K, bb, np.sqrt(determinant), np.pi - np.arccos(rho))
        half = (self.above**2 + self.below**2) / 2
        same = np.where(rho > 0, half, product)
        if (p, q) == (0, 0):
            return np.where(parallel, same * K, regular + product * K)
        if (p, q) == (1, 1):
            return np.where(parallel, same, regular + product)
        return np.where(parallel, 0.0, regular)

    def moments(self, products: Iterable[Factors]) -> dict[Factors, float]:
        return {factors: self._moment(factors) for factors in products}

    def _moment(self, factors: Factors) -> float:
        directions = self._directions(factors)
        delta = [d for d in directions if d.singular]
        if len(delta) > 1 or any(d.undefined for d in directions):
            raise InputError(
                f"{self.activation.name}: the product of derivatives {factors} (input, order) at a kink is not defined"
            )
        inputs = tuple(d.input for d in directions)
        powers = tuple(d.power for d in directions)
        if np.linalg.matrix_rank(self._correlation[np.ix_(inputs, inputs)], tol=1e-10) <= 2 and not delta:
            return self._planar(directions)
        total = 0.0
        free = [i for i, d in enumerate(directions) if not d.singular]
        for signs in itertools.product((1, -1), repeat=len(free)):
            coefficient = math.prod(
                directions[i].above if s > 0 else directions[i].below for i, s in zip(free, signs, strict=True)
            )
            if coefficient:
                total += coefficient * self._orthant(inputs, free, signs, len(directions)).moment(
                    powers, tuple(free), tuple(i for i in range(len(directions)) if i not in free)
                )
        for d in delta:
            if d.power:
                return 0.0  # delta(z) z
            total *= d.above / math.sqrt(2 * math.pi * self.covariance[d.input, d.input])
        return total

    def _orthant(self, inputs: tuple, free: list[int], signs: tuple, size: int) -> "_Orthant":
        """Moments for one choice of signs, shared by all products of the same inputs."""
        full = np.ones(size)
        full[free] = signs
        key = (inputs, tuple(full))
        if key not in self._orthants:
            block = self.covariance[np.ix_(inputs, inputs)]
            self._orthants[key] = _Orthant(full[:, None] * block * full, self.nodes)
        return self._orthants[key]

    def _directions(self, factors: Factors) -> list["_Direction"]:
        """Group the factors by direction: parallel and antiparallel inputs are one function of one variable."""
        found: list[_Direction] = []
        for a, order in factors:
            for direction in found:
                rho = self._correlation[direction.input, a]
                if a == direction.input or 1 - rho**2 < PARALLEL:
                    break
            else:
                direction = _Direction(a)
                found.append(direction)
                rho = 1.0
            ratio = math.copysign(
                math.sqrt(self.covariance[a, a] / self.covariance[direction.input, direction.input]), rho
            )
            direction.multiply(ratio if a != direction.input else 1.0, order, self.below, self.above)
        for direction in found:
            direction.finish(self.below, self.above)
        return found

    def _planar(self, directions: list["_Direction"]) -> float:
        """Rank one or two: z = L u with u in the plane, and homogeneity does the radial integral.

        <g> = 2^{d/2} Gamma(d/2 + 1) / (2 pi) int_0^{2 pi} g(L u(phi)) dphi for g of degree d, split where a z changes sign.
        """
        inputs = [d.input for d in directions]
        values, vectors = np.linalg.eigh(self.covariance[np.ix_(inputs, inputs)])
        root = (vectors * np.sqrt(np.maximum(values, 0)))[:, -2:]
        if root.shape[1] == 1:
            root = np.concatenate([root, np.zeros_like(root)], axis=1)
        kinks = np.arctan2(-root[:, 0], root[:, 1])
        edges = np.unique(np.concatenate([kinks, kinks + np.pi]) % (2 * np.pi))
        edges = np.append(edges, edges[0] + 2 * np.pi)
        x, w = leggauss(ARC_NODES)
        half = np.diff(edges)[:, None] / 2
        phi = edges[:-1, None] + half * (1 + x)
        z = np.einsum("ir,rst->ist", root, np.stack([np.cos(phi), np.sin(phi)]))
        g = np.ones_like(phi)
        for direction, zi in zip(directions, z, strict=True):
            g = g * np.where(zi > 0, direction.above, direction.below) * np.abs(zi) ** direction.power
        degree = sum(d.power for d in directions)
        return float(2 ** (degree / 2) * gamma(degree / 2 + 1) / (2 * np.pi) * np.sum(half * w * g))


class _Direction:
    """The product of all factors along one direction: above z^power for z > 0, below |z|^power for z < 0."""

    def __init__(self, a: int):
        self.input, self.power, self.above, self.below = a, 0, 1.0, 1.0
        self.singular = self.undefined = False
        self._slopes, self._same = 0, True

    def multiply(self, ratio: float, order: int, below: float, above: float) -> None:
        """One more factor sigma^(order)(ratio z)."""
        self._same &= ratio == 1.0
        if order >= 2:
            self.undefined |= self.singular or order > 2
            self.singular = True
            return
        up, down = (above, below) if ratio > 0 else (below, above)
        if order == 0:
            self.power += 1
            self.above *= up * ratio
            self.below *= -down * ratio
        else:
            self._slopes += 1
            self.above *= up
            self.below *= down

    def finish(self, below: float, above: float) -> None:
        """sigma'' sigma'^k at one input is the derivative of sigma'^(k+1) / (k+1): delta(z) times its jump."""
        if not self.singular:
            return
        self.undefined |= not self._same and self.power == 0
        k = self._slopes + 1
        self.above = (above**k - below**k) / k


_MOMENTS = {
    # (p, q): 2 pi M_pq / (a_+ - a_-)^2 as a function of K_aa, K_ab, K_bb, sqrt(det), pi - arccos(rho); no linear part
    (0, 0): lambda aa, ab, bb, root, angle: root + angle * ab,
    (1, 1): lambda aa, ab, bb, root, angle: angle,
    (2, 0): lambda aa, ab, bb, root, angle: root / aa,
    (2, 2): lambda aa, ab, bb, root, angle: 1 / root,
    (3, 1): lambda aa, ab, bb, root, angle: -ab / (aa * root),
    (4, 0): lambda aa, ab, bb, root, angle: bb / (aa * root) - 2 * root / aa**2,
    (3, 3): lambda aa, ab, bb, root, angle: ab / root**3,
    (4, 2): lambda aa, ab, bb, root, angle: -bb / root**3,
    (5, 1): lambda aa, ab, bb, root, angle: 2 * ab / (aa**2 * root) + ab * bb / (aa * root**3),
}


class _Orthant:
    """Moments over the positive orthant for one covariance, by integration by parts; intermediate results are kept."""

    def __init__(self, covariance: np.ndarray, nodes: int):
        self.nodes = nodes
        self._covariances: dict[tuple[int, ...], list[list[float]]] = {(): covariance.tolist()}
        self._known: dict[tuple, float] = {}

    def moment(self, powers: tuple[int, ...], alive: tuple[int, ...], given: tuple[int, ...] = ()) -> float:
        """E[prod over alive i of z_i^powers_i 1(z_i > 0) | z_j = 0 for j given].

        m(C; p) = sum_j C_ij { q_j m(C; q - e_j) if q_j > 0, else (2 pi C_jj)^(-1/2) m(C | z_j = 0; q without j) } with any
        i of positive power and q = p - e_i.
        """
        key = (powers, alive, given)
        if key not in self._known:
            self._known[key] = self._moment(powers, alive, given)
        return self._known[key]

    def _moment(self, powers, alive, given) -> float:
        C = self._conditional(given)
        for i, j in itertools.combinations(alive, 2):
            if C[i][i] * C[j][j] - C[i][j] ** 2 < PARALLEL * C[i][i] * C[j][j]:  # dependent once others are fixed
                if C[i][j] < 0:
                    return 0.0
                ratio = math.sqrt(C[j][j] / C[i][i]) ** powers[j]
                powers = _changed(_changed(powers, i, powers[j]), j, -powers[j])
                return ratio * self.moment(powers, tuple(k for k in alive if k != j), given)
        i = next((i for i in alive if powers[i]), None)
        if i is None:
            return _probability([[C[a][b] for b in alive] for a in alive], self.nodes)
        q, total = _changed(powers, i, -1), 0.0
        for j in alive:
            if q[j]:
                total += C[i][j] * q[j] * self.moment(_changed(q, j, -1), alive, given)
            else:
                rest = self.moment(q, tuple(k for k in alive if k != j), tuple(sorted((*given, j))))
                total += C[i][j] / math.sqrt(2 * math.pi * C[j][j]) * rest
        return total

    def _conditional(self, given: tuple[int, ...]) -> list[list[float]]:
        """Covariance given z_j = 0 for all j in `given`."""
        if given not in self._covariances:
            C, j = self._conditional(given[:-1]), given[-1]
            self._covariances[given] = [
                [C[a][b] - C[a][j] * C[j][b] / C[j][j] for b in range(len(C))] for a in range(len(C))
            ]
        return self._covariances[given]


def _changed(powers: tuple[int, ...], i: int, by: int) -> tuple[int, ...]:
    return (*powers[:i], powers[i] + by, *powers[i + 1 :])


def _probability(C: list[list[float]], nodes: int) -> float:
    """Probability that all of up to four jointly normal variables are positive."""
    size = len(C)
    if size == 0:
        return 1.0
    R = {
        (i, j): max(-1.0, min(1.0, C[i][j] / math.sqrt(C[i][i] * C[j][j])))
        for i, j in itertools.combinations(range(size), 2)
    }
    if size <= 3:
        return (1 + sum(math.asin(rho) for rho in R.values()) * 2 / math.pi) / 2**size if size > 1 else 0.5
    return _plackett(R, nodes)


def _plackett(R: dict[tuple[int, int], float], nodes: int) -> float:
    """Four dimensions: integrate dP/dR_ij over R(t) = I + t (R - I), with t = sin(pi u / 2); 20 nodes give 1e-8."""
    u, w = leggauss(nodes)
    t = np.sin(np.pi / 4 * (1 + u))
    w = w * np.pi / 4 * np.sqrt(1 - t * t)
    total = 1 / 16
    for (i, j), rho in R.items():
        k, m = (a for a in range(4) if a not in (i, j))
        r, ik, jk, im, jm, km = (
            t * R[min(a, b), max(a, b)] for a, b in ((i, j), (i, k), (j, k), (i, m), (j, m), (k, m))
        )
        d = 1 - r * r
        kk, mm = d - ik * ik - jk * jk + 2 * r * ik * jk, d - im * im - jm * jm + 2 * r * im * jm
        cross = km * d - ik * im - jk * jm + r * (ik * jm + jk * im)
        with np.errstate(invalid="ignore", divide="ignore"):
            conditional = np.clip(np.where((kk > 0) & (mm > 0), cross / np.sqrt(kk * mm), 0.0), -1, 1)
        total += np.sum(w * rho / (2 * np.pi * np.sqrt(d)) * (0.25 + np.arcsin(conditional) / (2 * np.pi)))
    return float(total)
